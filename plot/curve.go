package plot

import (
	"iter"
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

// blockSize is how many points a small block of a curve's index is, and how many of those a large one is.
const blockSize = 16

// Curve is points with an index of the extremes of their blocks, so that a chart of them looks at a small part of the
// points. The index takes about 1.1 bytes a point. Only where gaps and other points take turns does a chart look at every
// point.
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
	c.small = joined(c.small, c.n, func(i int) block {
		_, y := c.points.At(i)
		return single(y)
	})
	c.large = joined(c.large, len(c.small), func(i int) block { return c.small[i] })
}

// joined appends the blocks of which each is blockSize of n parts that follow each other.
func joined(blocks []block, n int, part func(i int) block) []block {
	blocks = slices.Grow(blocks, n/blockSize-len(blocks))
	for i := len(blocks) * blockSize; i+blockSize <= n; i += blockSize {
		b := part(i)
		for j := i + 1; j < i+blockSize; j++ {
			b = b.beside(part(j))
		}
		blocks = append(blocks, b)
	}
	return blocks
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

// walk yields the points from, …, to-1 in parts that follow each other: their extremes, or [nothing] for a gap.
func (s source) walk(from, to int) iter.Seq[block] {
	return func(yield func(block) bool) {
		for i := from; i < to; {
			b, n := s.known(i, to)
			if n == 0 {
				b, n = nothing, 1
				if _, y := s.points.At(i); s.usable(y) {
					b = block{y, y}
				}
			}
			if !yield(b) {
				return
			}
			i += n
		}
	}
}

// known returns the largest block of the index that begins at i, ends before to, and need not be looked into, as it is on
// this scale, with the number of its points.
func (s source) known(i, to int) (b block, n int) {
	if s.curve == nil || i%blockSize != 0 {
		return block{}, 0
	}
	const large = blockSize * blockSize
	if i%large == 0 && i+large <= to && i/large < len(s.curve.large) {
		if b, ok := s.settled(s.curve.large[i/large]); ok {
			return b, large
		}
	}
	if i+blockSize <= to && i/blockSize < len(s.curve.small) {
		if b, ok := s.settled(s.curve.small[i/blockSize]); ok {
			return b, blockSize
		}
	}
	return block{}, 0
}

// settled returns what a block of the index is on this scale, if that can be told from its extremes.
func (s source) settled(b block) (block, bool) {
	if s.log && b.hi <= 0 {
		return nothing, true
	}
	return b, !b.isMixed() && !(s.log && b.lo <= 0)
}

// extremes returns those of the points from, …, to-1.
func (s source) extremes(from, to int) block {
	all := nothing
	for b := range s.walk(from, to) {
		all = all.with(b)
	}
	return all
}
