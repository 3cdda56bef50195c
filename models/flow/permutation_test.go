package flow

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/models"
)

// permutation is y_d = x_{from[d]}.
type permutation struct{ from, back []int }

// NewPermutation returns the layer y_d = x_{from[d]}, with determinant one. from
// must hold each of 0 … len(from)−1 once.
func NewPermutation(from []int) (Layer, error) {
	if len(from) == 0 {
		return nil, errors.New("flow: permutation of 0 variables, need at least 1")
	}
	p := permutation{slices.Clone(from), slices.Repeat([]int{-1}, len(from))}
	for d, f := range from {
		if f < 0 || f >= len(from) || p.back[f] >= 0 {
			return nil, fmt.Errorf("flow: %v is no permutation: each of 0 to %d must occur once", from, len(from)-1)
		}
		p.back[f] = d
	}
	return p, nil
}

// NewReverse returns the permutation that turns the variables round.
func NewReverse(dim int) (Layer, error) {
	from := make([]int, max(dim, 0))
	for d := range from {
		from[d] = dim - 1 - d
	}
	return NewPermutation(from)
}

// NewRandomPermutation returns a permutation that follows from the seed.
func NewRandomPermutation(dim int, seed uint64) (Layer, error) {
	const stream = 0x7065726d
	return NewPermutation(rand.New(rand.NewPCG(seed, stream)).Perm(max(dim, 0)))
}

func (permutation) Name() string         { return "permutation" }
func (p permutation) Dim() int           { return len(p.from) }
func (permutation) ContextDim() int      { return 0 }
func (permutation) Specs() []models.Spec { return nil }

func (p permutation) Forward(_ models.Params, x, _ *Node) (y, logDet *Node) {
	return columns(x, p.from), nil
}

func (p permutation) Inverse(_ models.Params, y, _ *Node) (x, logDet *Node) {
	return columns(y, p.back), nil
}

// columns picks the columns of x in the given order.
func columns(x *Node, from []int) *Node {
	index := make([]int32, len(from))
	for d, f := range from {
		index[d] = int32(f)
	}
	rows := Gather(Transpose(x, 0, 1), ExpandAxes(Const(x.Graph(), index), -1))
	return Transpose(rows, 0, 1)
}

func (p permutation) Host(func(string) []float32) (Host, error) {
	move := func(from []int) func(row []float32) {
		return func(row []float32) {
			old := slices.Clone(row)
			for d, f := range from {
				row[d] = old[f]
			}
		}
	}
	return columnwise{len(p.from), move(p.from), move(p.back)}, nil
}
