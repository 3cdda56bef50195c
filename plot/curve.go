package plot

import (
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
)

// Points are the points of a line in the sequence in which they are joined. Their x should not decrease: where it does,
// or is not a number, a point may be drawn in another column than its own or not at all.
//
// A y that is not a number, or infinite, is a gap of the line.
type Points interface {
	// Len is the number of points.
	Len() int
	// At returns point i, counted from 0.
	At(i int) (x, y float64)
}

// XY are points in two slices. Where one is longer than the other, its rest is not used.
type XY struct{ X, Y []float64 }

// Len is the number of points.
func (p XY) Len() int { return min(len(p.X), len(p.Y)) }

// At returns point i.
func (p XY) At(i int) (x, y float64) { return p.X[i], p.Y[i] }

// Find returns the last point at or before x, and whether there is one.
func Find(p Points, x float64) (i int, ok bool) {
	if p == nil || math.IsNaN(x) {
		return 0, false
	}
	s := newSource(p, false)
	i = s.after(x, 0, s.n/2) - 1
	return max(i, 0), i >= 0
}

// length is the number of points, of nil none.
func length(p Points) int {
	if p == nil {
		return 0
	}
	return p.Len()
}

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
	if !num.Finite(y) {
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

// source is points as a scale of y can draw them.
type source struct {
	points Points
	curve  *Curve // their index, if they have one
	n      int
	log    bool // values that are not above zero are gaps
}

func newSource(p Points, log bool) source {
	if p == nil {
		return source{}
	}
	curve, _ := p.(*Curve)
	if curve != nil {
		p = curve.points
		return source{p, curve, curve.Len(), log}
	}
	return source{p, nil, p.Len(), log}
}

// after returns the first point from i on that lies beyond x, or the number of points. It looks around the guess first,
// so that a good one costs a few calls of At.
func (s source) after(x float64, i, guess int) int {
	lo, hi := i, s.n // the answer is one of lo, …, hi
	for step := 1; lo < hi; step *= 4 {
		probe := min(max(guess, lo), hi-1)
		if v, _ := s.points.At(probe); v > x {
			hi, guess = probe, probe-step
			if guess < lo {
				break
			}
		} else {
			lo, guess = probe+1, probe+step
			if guess >= hi {
				break
			}
		}
	}
	for lo < hi {
		middle := int(uint(lo+hi) >> 1)
		if v, _ := s.points.At(middle); v > x {
			hi = middle
		} else {
			lo = middle + 1
		}
	}
	return lo
}

// from returns the first point from i on that lies at x or beyond.
func (s source) from(x float64, i, guess int) int {
	return s.after(math.Nextafter(x, math.Inf(-1)), i, guess)
}

// inside returns the points in a window of x: from, …, to-1.
func (s source) inside(x Range) (from, to int) {
	from = s.from(x.Lo, 0, 0)
	return from, s.after(x.Hi, from, s.n)
}

// usable says whether y can be drawn.
func (s source) usable(y float64) bool { return num.Finite(y) && (!s.log || y > 0) }

// walk calls see with the points from, …, to-1 in parts that follow each other: their extremes, or [nothing] for a gap.
func (s source) walk(from, to int, see func(from, to int, b block)) {
	for i := from; i < to; {
		if b, n := s.known(i, to); n > 0 {
			see(i, i+n, b)
			i += n
			continue
		}
		b := nothing
		if _, y := s.points.At(i); s.usable(y) {
			b = block{y, y}
		}
		see(i, i+1, b)
		i++
	}
}

// known returns the largest block that begins at i, ends before to, and need not be looked into.
func (s source) known(i, to int) (b block, n int) {
	if s.curve == nil || i%smallBlock != 0 {
		return block{}, 0
	}
	if i%largeBlock == 0 && i+largeBlock <= to && i/largeBlock < len(s.curve.large) {
		if b, ok := s.settled(s.curve.large[i/largeBlock]); ok {
			return b, largeBlock
		}
	}
	if i+smallBlock <= to && i/smallBlock < len(s.curve.small) {
		if b, ok := s.settled(s.curve.small[i/smallBlock]); ok {
			return b, smallBlock
		}
	}
	return block{}, 0
}

// settled returns what a block of the index is on this scale, if that can be told from its extremes.
func (s source) settled(b block) (block, bool) {
	switch {
	case b.isMixed():
		return b, false
	case !s.log || b.empty() || b.lo > 0:
		return b, true
	case b.hi <= 0:
		return nothing, true
	}
	return b, false
}

// whole returns the extremes of the points from, …, to-1 if the index can tell that there is no gap among them. The blocks
// that are cut by the ends are looked into only where that can change the answer.
func (s source) whole(from, to int) (b block, ok bool) {
	if s.curve == nil || to-from < 2*smallBlock {
		return block{}, false
	}
	first, last := ceil(from, smallBlock), min(to/smallBlock, len(s.curve.small))
	if first >= last {
		return block{}, false
	}
	b = nothing
	for i := first; i < last; {
		part, n := s.curve.small[i], 1
		if i%smallBlock == 0 && i+smallBlock <= last {
			part, n = s.curve.large[i/smallBlock], smallBlock
		}
		if !s.drawn(part) {
			return block{}, false
		}
		b = b.with(part)
		i += n
	}
	if b, ok = s.edge(b, first-1, from, first*smallBlock); !ok {
		return b, false
	}
	return s.edge(b, last, last*smallBlock, to)
}

// edge adds the points from, …, to-1, which are a part of small block i, to extremes, if none of them is a gap.
func (s source) edge(b block, i, from, to int) (block, bool) {
	if from >= to {
		return b, true
	}
	if i < len(s.curve.small) {
		if all := s.curve.small[i]; s.drawn(all) && all.lo >= b.lo && all.hi <= b.hi {
			return b, true
		}
	}
	for j := from; j < to; j++ {
		_, y := s.points.At(j)
		if !s.usable(y) {
			return b, false
		}
		b = b.with(block{y, y})
	}
	return b, true
}

// drawn says whether every value of a block of the index is.
func (s source) drawn(b block) bool { return b.lo <= b.hi && (!s.log || b.lo > 0) }

// extremes returns those of the points from, …, to-1.
func (s source) extremes(from, to int) block {
	if b, ok := s.whole(from, to); ok {
		return b
	}
	all := nothing
	s.walk(from, to, func(_, _ int, b block) { all = all.with(b) })
	return all
}
