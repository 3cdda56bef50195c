package plot

import "math"

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
func (s source) usable(y float64) bool { return finite(y) && (!s.log || y > 0) }

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
