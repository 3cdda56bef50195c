package masks

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"
)

// Violation is a path from an input to an output that must not see it.
type Violation struct {
	// Input and Output are the ends of the path; the degree of Input is not smaller than that of Output.
	Input, Output int
	// InputDegree and OutputDegree are their degrees in the order.
	InputDegree, OutputDegree int
	// Through holds the unit of each hidden layer on one such path. It is empty for a direct connection.
	Through []int
}

// String describes the violation on one line.
func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "input %d (degree %d) reaches output %d (degree %d)", v.Input, v.InputDegree, v.Output, v.OutputDegree)
	if len(v.Through) == 0 {
		b.WriteString(" directly")
		return b.String()
	}
	for l, unit := range v.Through {
		if l == 0 {
			fmt.Fprintf(&b, " through unit %d of hidden layer 0", unit)
		} else {
			fmt.Fprintf(&b, ", %d of %d", unit, l)
		}
	}
	return b.String()
}

// Verify multiplies masks and returns every pair of an input and an output that are joined by a path although the
// degree of the input is not smaller than that of the output, by input and then by output. It knows nothing of how the
// masks came about: it looks only at which entries are true, so it can judge masks that were read back from weights.
//
// masks[l][i][j] joins unit i to unit j of the next layer; direct, which may be nil, joins inputs to outputs. Shapes
// that do not follow on each other are a programming error and panic.
func Verify(masks [][][]bool, direct [][]bool, order Order) []Violation {
	reach := reachOutputs(masks, len(order))
	if direct != nil {
		checkShape("the direct mask", direct, len(order), len(order))
	}
	var found []Violation
	for i := range order {
		for d := range order {
			if order[i] < order[d] {
				continue
			}
			v := Violation{Input: i, Output: d, InputDegree: order[i], OutputDegree: order[d]}
			switch {
			case direct != nil && direct[i][d]:
			case len(masks) > 0 && reach[0][i].Bit(d) == 1:
				v.Through = witness(masks, reach, i, d)
			default:
				continue
			}
			found = append(found, v)
		}
	}
	return found
}

// Violations returns the forbidden paths of the set, as [Verify] finds them in its masks. There are none: it is the
// check, by multiplying the masks out, of what [Connects] promises.
func (s *Set) Violations() []Violation {
	return Verify(s.masks(), s.DirectMask(), s.Order)
}

func (s *Set) masks() [][][]bool {
	all := make([][][]bool, s.Layers())
	for l := range all {
		all[l] = s.Mask(l)
	}
	return all
}

// reachOutputs returns, for each layer of masks and each unit that feeds it, which outputs the unit reaches: a bit of each.
func reachOutputs(masks [][][]bool, dim int) [][]*big.Int {
	reach := make([][]*big.Int, len(masks))
	for l := len(masks) - 1; l >= 0; l-- {
		rows, columns := len(masks[l]), dim
		if l == 0 {
			rows = dim
		}
		if l+1 < len(masks) {
			columns = len(masks[l+1])
		}
		checkShape(fmt.Sprintf("mask %d", l), masks[l], rows, columns)
		reach[l] = make([]*big.Int, rows)
		for i, row := range masks[l] {
			reach[l][i] = new(big.Int)
			for j, joined := range row {
				switch {
				case !joined:
				case l == len(masks)-1:
					reach[l][i].SetBit(reach[l][i], j, 1)
				default:
					reach[l][i].Or(reach[l][i], reach[l+1][j])
				}
			}
		}
	}
	return reach
}

// witness returns the hidden units of one path from an input to an output that it reaches.
func witness(masks [][][]bool, reach [][]*big.Int, input, output int) []int {
	var path []int
	unit := input
	for l := 0; l+1 < len(masks); l++ {
		for j, joined := range masks[l][unit] {
			if joined && reach[l+1][j].Bit(output) == 1 {
				unit = j
				break
			}
		}
		path = append(path, unit)
	}
	return path
}

func checkShape(what string, mask [][]bool, rows, columns int) {
	if len(mask) != rows {
		panic(fmt.Sprintf("masks: %s has %d rows, want %d", what, len(mask), rows))
	}
	for i, row := range mask {
		if len(row) != columns {
			panic(fmt.Sprintf("masks: row %d of %s has %d columns, want %d", i, what, len(row), columns))
		}
	}
}

// Paths returns how many paths lead from input i to output d, Paths()[i][d]: the product of all masks plus the direct
// connections. Numbers that are too large stay at math.MaxInt64. With rows and columns in the order of [Order.Sequence]
// its transpose is the strictly lower triangular matrix of eq. 10.
func (s *Set) Paths() [][]int64 {
	// All units of one degree in one layer have the same number of paths from an input, so counting by degree is exact.
	largest := s.Order.Max()
	byInput := make([][]int64, largest+1) // by degree of the input, then of the output
	for from := 1; from <= largest; from++ {
		paths := make([]int64, largest+1) // into one unit of each degree
		for to := range paths {
			paths[to] = one(Connects(from, to, s.Strict(0)))
		}
		for l := 1; l < s.Layers(); l++ {
			strict := s.Strict(l)
			units := make([]int64, largest+1)
			for _, degree := range s.In(l) {
				units[degree] = addSaturating(units[degree], paths[degree])
			}
			clear(paths)
			for degree, n := range units {
				if n == 0 {
					continue
				}
				for to := range paths {
					if Connects(degree, to, strict) {
						paths[to] = addSaturating(paths[to], n)
					}
				}
			}
		}
		if s.Direct {
			for to := range paths {
				paths[to] = addSaturating(paths[to], one(Connects(from, to, true)))
			}
		}
		byInput[from] = paths
	}
	out := make([][]int64, len(s.Order))
	for i, from := range s.Order {
		out[i] = make([]int64, len(s.Order))
		for d, to := range s.Order {
			out[i][d] = byInput[from][to]
		}
	}
	return out
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// addSaturating adds two numbers that are not negative.
func addSaturating(a, b int64) int64 {
	sum, carry := bits.Add64(uint64(a), uint64(b), 0)
	if carry != 0 || sum > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(sum)
}

// ContextReaches returns for each output whether the context feeds it, through hidden units, through a direct
// connection, or at once when there are no hidden layers. Without a context all are false.
func (s *Set) ContextReaches() []bool {
	reached := make([]bool, len(s.Order))
	if !s.Context {
		return reached
	}
	lowest := 0 // the smallest degree of the units of the layer below that the context reaches: these feed whatever others do
	for _, degrees := range s.Hidden {
		next := s.Order.Max()
		for _, degree := range degrees {
			if Connects(lowest, degree, false) {
				next = min(next, degree)
			}
		}
		lowest = next
	}
	for d, degree := range s.Order {
		reached[d] = Connects(lowest, degree, true) || s.Direct && Connects(0, degree, true)
	}
	return reached
}
