package plot

import (
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
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
		if x, _ := p.At(i); num.Finite(x) {
			r = r.with(block{x, x})
			break
		}
	}
	for i := p.Len() - 1; i >= 0 && !r.empty(); i-- {
		if x, _ := p.At(i); num.Finite(x) {
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
		if m.X >= x.Lo && m.X <= x.Hi && num.Finite(m.Y) && (!c.LogY || m.Y > 0) {
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
	if !s.usable(y0) || !s.usable(y1) || !num.Finite(x0) || !num.Finite(x1) || !(x1 > x0) {
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
		from, to := Part(i, n, end-first)
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

// Positive says whether every finite y of the lines inside of the window's x is above zero, so that LogY hides nothing,
// and returns the lowest.
func (c Chart) Positive() (ok bool, lowest float64) {
	x := c.X
	if !x.proper() {
		x, _ = c.fitX() // without a point no line has one inside
	}
	all := nothing
	for _, line := range c.Lines {
		s := newSource(line.Points, false)
		all = all.with(s.extremes(s.inside(x)))
	}
	return all.lo > 0, all.lo
}

// scale is an axis: it gives values their place on it.
type scale struct {
	lo, hi float64 // the ends, or their logarithms
	log    bool
}

func newScale(r Range, log bool) scale {
	if log {
		return scale{math.Log10(r.Lo), math.Log10(r.Hi), true}
	}
	return scale{r.Lo, r.Hi, false}
}

// far is a place that no chart reaches. Places are cut off there, so that what is computed from them stays finite.
const far = 1e6

// place returns where a value is: 0 at the lower end, 1 at the upper one, and outside of them beyond.
func (s scale) place(v float64) float64 {
	if s.log {
		v = math.Log10(v)
	}
	d, length := v-s.lo, s.hi-s.lo
	if math.IsInf(d, 0) || math.IsInf(length, 0) {
		d, length = v/2-s.lo/2, s.hi/2-s.lo/2
	}
	return min(max(d/length, -far), far)
}

// value returns what is at a place from 0 to 1 of an axis without logarithms.
func (r Range) value(place float64) float64 { return r.Lo*(1-place) + r.Hi*place }

// proper says whether the range has a length and finite ends.
func (r Range) proper() bool { return r.Hi > r.Lo && num.Finite(r.Lo) && num.Finite(r.Hi) }

// air is the share of the values' range that is added at each end of a robust one.
const air = 0.05

// padded returns a longer range, by a share at each end.
func (r Range) padded(share float64, log bool) Range {
	if log {
		factor := math.Pow(r.Hi/r.Lo, share)
		if math.IsInf(r.Hi/r.Lo, 0) {
			factor = math.Pow(math.Sqrt(r.Hi)/math.Sqrt(r.Lo), 2*share)
		}
		return bounded(r.Lo/factor, r.Hi*factor, log)
	}
	d := (r.Hi/2 - r.Lo/2) * 2 * share
	return bounded(r.Lo-d, r.Hi+d, log)
}

// widened returns a range around the only value of r, or r if it has a length.
func (r Range) widened(log bool) Range {
	switch v := r.Lo; {
	case r.Hi > r.Lo:
		return r
	case log:
		return bounded(v/1.5, v*1.5, log)
	case v == 0:
		return Range{-1, 1}
	default:
		d := math.Abs(v) * air
		return bounded(min(v-d, math.Nextafter(v, math.Inf(-1))), max(v+d, math.Nextafter(v, math.Inf(1))), log)
	}
}

// bounded keeps the ends finite, and above zero for logarithms, and apart.
func bounded(lo, hi float64, log bool) Range {
	least := -math.MaxFloat64
	if log {
		least = math.SmallestNonzeroFloat64
	}
	r := Range{max(lo, least), min(hi, math.MaxFloat64)}
	if !(r.Hi > r.Lo) {
		r.Hi = math.Nextafter(r.Lo, math.Inf(1))
	}
	return r
}
