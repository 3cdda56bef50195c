package plot

import "math"

// The sizes of the blocks of a curve's index: a large block is as many small ones as a small one is points.
const (
	smallBlock = 16
	largeBlock = smallBlock * smallBlock
)

// Curve is points with an index of the extremes of their blocks, so that the cost of drawing them grows with the columns
// of the chart and not with the points. The index takes about 1.2 bytes a point.
//
// A curve must be told what becomes of its points, by [Curve.Grow] and [Curve.Truncate], by the goroutine that draws it.
type Curve struct {
	points       Points
	n            int // how many of them are taken in
	small, large []block
}

// block is what is known of the points of a block, all of them present.
type block struct{ lo, hi float64 } // of its finite y; lo > hi where there is none

// NewCurve returns a curve of the points that p has now.
func NewCurve(p Points) *Curve {
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
	for i := len(c.small) * smallBlock; i+smallBlock <= c.n; i += smallBlock {
		b := block{math.Inf(1), math.Inf(-1)}
		for j := i; j < i+smallBlock; j++ {
			if _, y := c.points.At(j); finite(y) {
				b.lo, b.hi = min(b.lo, y), max(b.hi, y)
			}
		}
		c.small = append(c.small, b)
	}
}

// Truncate forgets all but the first n points, such as those behind the checkpoint that a run was resumed from.
func (c *Curve) Truncate(n int) {
	c.n = min(c.n, max(n, 0))
	c.small = c.small[:min(len(c.small), c.n/smallBlock)]
	c.large = c.large[:min(len(c.large), c.n/largeBlock)]
}
