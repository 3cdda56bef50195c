package data

import "math"

// Grid is cells of the numbers of a column that are rounded to a step, in model space: of x the
// cell is from T(x − s/2) to T(x + s/2), and its middle is what rows have.
type Grid struct {
	of          chain
	step        step
	first, last float64 // steps with declared bounds, −Inf and +Inf without
	// Of a circle its numbers are the steps from start on, and come again after so many; 0 of a line.
	start, around float64
}

// step is what numbers are rounded to: multiples of num/den, which are computed so that a decimal
// step gives the nearest float64 of a decimal number.
type step struct{ size, num, den float64 }

func newStep(size float64) step {
	for den := 1.0; den <= 1e15; den *= 10 {
		if n := math.Round(size * den); n > 0 && math.Abs(n-size*den) <= 1e-9*n {
			return step{size, n, den}
		}
	}
	return step{size, size, 1}
}

// from is the number of the first multiple that is not below x.
func (s step) from(x float64) float64 { return math.Ceil(x/s.size - 1e-6) }

// value is the k-th multiple.
func (s step) value(k float64) float64 { return k*s.num/s.den + 0 } // no −0

// index is the number of the multiple that is nearest to x.
func (s step) index(x float64) float64 { return math.Round(x * s.den / s.num) }

// snap is the multiple that x is meant to be, x itself where it is none: of rows of float32 it
// has fewer digits.
func (s step) snap(x float64, narrow bool) (_ float64, on bool) {
	digits := 0x1p-48
	if narrow {
		digits = 0x1p-23
	}
	v := s.value(s.index(x))
	if math.Abs(v-x) <= max(1e-6*s.size, digits*math.Abs(x)) {
		return v, true
	}
	return x, false
}

// newGrid returns the cells of a step between bounds.
func newGrid(size float64, low, high *float64, of chain) *Grid {
	g := &Grid{of: of, step: newStep(size), first: math.Inf(-1), last: math.Inf(1)}
	if low != nil {
		g.first = g.step.from(*low)
	}
	if high != nil {
		g.last = math.Floor(*high/size + 1e-6)
	}
	return g
}

// ends are those of the cell of a number of the source, finite ones at the ends of the grid too.
func (g *Grid) ends(x float64) (low, high float64) {
	half := g.step.size / 2
	if k := g.step.index(x); x == g.step.value(k) { // neighbours have the same end
		low, _ = g.of.forward(g.step.value(k - 0.5))
		high, _ = g.of.forward(g.step.value(k + 0.5))
		return low, high
	}
	low, _ = g.of.forward(x - half)
	high, _ = g.of.forward(x + half)
	return low, high
}

// cell is the middle and the width of the cell of a number of the source.
func (g *Grid) cell(x float64) (middle, width float64) {
	low, high := g.ends(x)
	return (low + high) / 2, high - low
}

// number is the number of the source, a multiple of the step within the bounds, of whose cell a
// number y of model space is.
func (g *Grid) number(y float64) float64 {
	k := min(max(g.step.index(g.of.inverse(y)), g.first), g.last)
	if g.around > 0 {
		k -= g.around * math.Floor((k-g.start)/g.around)
	}
	return g.step.value(k)
}

// source is the number of the source whose cell has the middle y: a multiple of the step or,
// where none has, one between them.
func (g *Grid) source(y float64) float64 {
	x := g.number(y)
	middle, width := g.cell(x)
	if math.Abs(middle-y) <= max(0x1p-22*math.Abs(y), width/1024) {
		return x
	}
	low, high := max(g.of.inverse(y)-g.step.size, g.step.value(g.first)), min(g.of.inverse(y)+g.step.size, g.step.value(g.last))
	for range 64 {
		x = (low + high) / 2
		if middle, _ := g.cell(x); middle < y {
			low = x
		} else {
			high = x
		}
	}
	return x
}

// Round is the middle of the cell of a number.
func (g *Grid) Round(y float64) float64 {
	middle, _ := g.cell(g.number(y))
	return middle
}

// Cell are the ends of the cell of which y is the middle: that of a multiple of the step or,
// where no multiple has y, one that is centred on the number that has. They are −Inf and +Inf at
// the ends of the grid.
func (g *Grid) Cell(y float64) (low, high float64) { return g.cellOf(g.source(y)) }

// cellOf are the ends of the cell of a number of the source.
func (g *Grid) cellOf(x float64) (low, high float64) {
	low, high = g.ends(x)
	if x <= g.step.value(g.first) {
		low = math.Inf(-1)
	}
	if x >= g.step.value(g.last) {
		high = math.Inf(1)
	}
	return low, high
}

// Width is the width of that cell as rows have it, finite at the ends of the grid too.
func (g *Grid) Width(y float64) float64 {
	_, width := g.cell(g.source(y))
	return width
}

// Ends are the middles of the first and the last cell, −Inf and +Inf where no bound is declared.
func (g *Grid) Ends() (first, last float64) {
	first, last = g.first, g.last
	if !math.IsInf(first, 0) {
		first, _ = g.cell(g.step.value(first))
	}
	if !math.IsInf(last, 0) {
		last, _ = g.cell(g.step.value(last))
	}
	return first, last
}
