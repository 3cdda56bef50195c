package plot

import (
	"math"
	"slices"
)

// parts is how many columns, of as many points each, the extremes are taken of that a robust range is fitted to. It does
// not depend on the width of the chart, so that a wider one shows the same range.
const parts = 128

// outliers is the share of extremes at either end that a robust range may leave out.
const outliers = 0.05

// latest is the part of the points in the window, the last of so many, that are no outliers as long as they lie within
// a few lengths of the others: a line is looked at for where it is going.
const latest = 8

// fitX returns the range of x of all points, and whether there is a point.
func (c Chart) fitX() (Range, bool) {
	all := nothing
	for p := range c.points() {
		all = all.with(reach(p))
	}
	if all.empty() {
		return Range{}, false
	}
	return Range{all.lo, all.hi}.widened(false), true
}

// points are those of the lines, and of the edges of bands.
func (c Chart) points() func(yield func(Points) bool) {
	return func(yield func(Points) bool) {
		for _, line := range c.Lines {
			if line.Points != nil && !yield(line.Points) {
				return
			}
		}
		for _, band := range c.Bands {
			for _, p := range [...]Points{band.Lo, band.Hi} {
				if p != nil && !yield(p) {
					return
				}
			}
		}
	}
}

// reach returns the x of the first and the last point that have one.
func reach(p Points) block {
	r := nothing
	for i := range p.Len() {
		if x, _ := p.At(i); finite(x) {
			r = r.with(block{x, x})
			break
		}
	}
	for i := p.Len() - 1; i >= 0 && !r.empty(); i-- {
		if x, _ := p.At(i); finite(x) {
			return r.with(block{x, x})
		}
	}
	return r
}

// fitY returns the range of y of what is seen in a window, and whether anything is.
func (c Chart) fitY(x Range) (Range, bool) {
	strong := slices.ContainsFunc(c.Lines, func(l Line) bool { return !l.Faint && length(l.Points) > 0 })
	all, recent := nothing, nothing
	var extremes []float64
	for _, line := range c.Lines {
		s := newSource(line.Points, c.LogY)
		b := s.seen(x)
		all = all.with(b)
		if c.Robust && !b.empty() && (!line.Faint || !strong) {
			extremes = s.columnExtremes(extremes, x)
			first, end := s.inside(x)
			recent = recent.with(s.extremes(end-(end-first)/latest, end))
		}
	}
	for _, band := range c.Bands {
		for _, p := range [...]Points{band.Lo, band.Hi} {
			b := newSource(p, c.LogY).seen(x)
			all = all.with(b)
			if c.Robust && !b.empty() {
				extremes = newSource(p, c.LogY).columnExtremes(extremes, x)
			}
		}
	}
	if all.empty() {
		return Range{}, false
	}
	if len(extremes) > 0 {
		all = central(extremes, c.LogY).towards(recent, c.LogY)
	}
	for _, m := range c.Marks { // the best value is an outlier that must be seen
		if m.X >= x.Lo && m.X <= x.Hi && finite(m.Y) && (!c.LogY || m.Y > 0) {
			all = all.with(block{m.Y, m.Y})
		}
	}
	r := Range{all.lo, all.hi}
	if c.Robust && r.Hi > r.Lo {
		r = r.padded(air, c.LogY)
	}
	return r.widened(c.LogY), true
}

// seen returns the extremes in a window of x. Where no point lies in it but a line goes through, those are where the line
// enters and leaves it.
func (s source) seen(x Range) block {
	if s.n == 0 {
		return nothing
	}
	from, to := s.inside(x)
	if from < to || from == 0 || to >= s.n {
		return s.extremes(from, to)
	}
	x0, y0 := s.points.At(from - 1)
	x1, y1 := s.points.At(to)
	if !s.usable(y0) || !s.usable(y1) || !finite(x0) || !finite(x1) || !(x1 > x0) {
		return nothing
	}
	a, b := between(x0, y0, x1, y1, x.Lo, s.log), between(x0, y0, x1, y1, x.Hi, s.log)
	return block{min(a, b), max(a, b)}
}

// columnExtremes appends the lowest and the highest y of every one of some parts of the points in the window.
func (s source) columnExtremes(extremes []float64, x Range) []float64 {
	first, end := s.inside(x)
	n := min(parts, end-first)
	for i := range n {
		from, to := part(i, n, end-first)
		if b := s.extremes(first+from, first+to); !b.empty() {
			extremes = append(extremes, b.lo, b.hi)
		}
	}
	return extremes
}

// towards widens a block to what another one holds, but by no more than its own length to either side.
func (b block) towards(other block, log bool) block {
	if other.empty() || !(b.hi > b.lo) {
		return b
	}
	const beside = 1
	reach := Range{b.lo, b.hi}.padded(beside, log)
	return block{min(b.lo, max(other.lo, reach.Lo)), max(b.hi, min(other.hi, reach.Hi))}
}

// central returns the range that leaves outliers out: not those that lie just beyond the others.
func central(values []float64, log bool) block {
	slices.Sort(values)
	last := float64(len(values) - 1)
	r := Range{values[int(math.Floor(outliers*last))], values[int(math.Ceil((1-outliers)*last))]}
	b := block{r.Lo, r.Hi}
	if r.Hi > r.Lo {
		const beside = 0.15
		r = r.padded(beside, log)
	}
	if least := values[0]; least >= r.Lo {
		b.lo = least
	}
	if most := values[len(values)-1]; most <= r.Hi {
		b.hi = most
	}
	return b
}
