package plot

import (
	"math"
	"slices"
)

// The sizes of the blocks of a curve's index. A large block is as many small ones as a small one is points.
const (
	smallBlock = 16
	largeBlock = smallBlock * smallBlock
)

// Curve is points with an index of the extremes of their blocks, so that what a chart of them costs grows with its
// columns and not with the points. The index takes about 1.1 bytes a point. Only where gaps and other points take turns
// does a chart look at every point.
//
// Whoever draws a curve tells it by [Curve.Grow] that points were appended. Where points were taken back or replaced,
// a new curve has to be made.
type Curve struct {
	points       Points
	n            int // of the points, those taken in
	small, large []block
}

// block is the extremes of values that follow each other. It is [nothing] where none of them can be drawn, and [mixed]
// where only some can.
type block struct{ lo, hi float64 }

var (
	nothing = block{math.Inf(1), math.Inf(-1)}
	mixed   = block{math.NaN(), math.NaN()}
)

func (b block) empty() bool   { return b.lo > b.hi }
func (b block) isMixed() bool { return b.lo != b.lo }

// middle is the value between the extremes, on the axis that is drawn; not-a-number where there is none.
func (b block) middle(log bool) float64 {
	switch {
	case b.empty():
		return math.NaN()
	case log:
		return math.Sqrt(b.lo) * math.Sqrt(b.hi)
	}
	return b.lo/2 + b.hi/2
}

func (b block) with(other block) block { return block{min(b.lo, other.lo), max(b.hi, other.hi)} }

// NewCurve returns a curve of the points that p has now. Nil has none.
func NewCurve(p Points) *Curve {
	if p == nil {
		p = XY{}
	}
	c := &Curve{points: p}
	c.Grow()
	return c
}

// Len is the number of points taken in.
func (c *Curve) Len() int { return min(c.n, c.points.Len()) }

// At returns point i.
func (c *Curve) At(i int) (x, y float64) { return c.points.At(i) }

// Grow takes in the points that were appended since.
func (c *Curve) Grow() {
	c.n = max(c.n, c.points.Len())
	c.small = slices.Grow(c.small, c.n/smallBlock-len(c.small))
	c.large = slices.Grow(c.large, c.n/largeBlock-len(c.large))
	for i := len(c.small) * smallBlock; i+smallBlock <= c.n; i += smallBlock {
		_, y := c.points.At(i)
		b := single(y)
		for j := i + 1; j < i+smallBlock; j++ {
			_, y := c.points.At(j)
			b = b.beside(single(y))
		}
		c.small = append(c.small, b)
	}
	for i := len(c.large) * smallBlock; i+smallBlock <= len(c.small); i += smallBlock {
		b := c.small[i]
		for _, other := range c.small[i+1 : i+smallBlock] {
			b = b.beside(other)
		}
		c.large = append(c.large, b)
	}
}

// single is the block of one value.
func single(y float64) block {
	if !finite(y) {
		return nothing
	}
	return block{y, y}
}

// beside is the block of the values of both.
func (b block) beside(other block) block {
	if b.isMixed() || other.isMixed() || b.empty() != other.empty() {
		return mixed
	}
	return b.with(other)
}
