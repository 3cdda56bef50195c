package plot

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/internal/num"
)

// Pairs is samples of variables that are looked at one by one and in pairs, such as those of a posterior density of
// parameters.
type Pairs struct {
	// Names are those of the variables.
	Names []string
	// Samples are drawn in full, and Beside, a second set such as the data, a prior or a reference, as lines. Beside may be
	// empty.
	Samples, Beside Samples
	// Marks are the true values of the variables, NaN where there is none; nil has none at all.
	Marks []float64
}

// Samples are rows of numbers.
type Samples struct {
	// Name says what they are, such as "the posterior".
	Name string
	// Values has shape [n, variables], row-major. Those that are not finite are left out.
	Values []float32
	// Weights are how much each row counts; nil is one each.
	Weights []float64
}

// Regions are the shares of samples whose regions of highest density are drawn.
var Regions = [...]float64{0.5, 0.8, 0.95}

// MostPairs is of how many variables the pairs are drawn at most.
const MostPairs = 8

// Check returns an error unless there are 2 to 8 variables, samples in whole rows of them, a weight of each row, if there
// are weights, and a mark of each variable, if there are marks.
func (p Pairs) Check() error {
	dim := len(p.Names)
	if dim < 2 || dim > MostPairs {
		return fmt.Errorf("%d variables: pairs are drawn of 2 to %d, choose some", dim, MostPairs)
	}
	if len(p.Samples.Values) == 0 {
		return errors.New("no samples: give one row at least")
	}
	for _, s := range p.sets() {
		switch n := len(s.Values) / dim; {
		case len(s.Values) != n*dim:
			return fmt.Errorf("%d values are not rows of %d variables", len(s.Values), dim)
		case s.Weights != nil && len(s.Weights) != n:
			return fmt.Errorf("%d weights for %d rows: give one of each, or nil", len(s.Weights), n)
		}
	}
	if p.Marks != nil && len(p.Marks) != dim {
		return fmt.Errorf("%d true values for %d variables: give one of each, NaN where there is none, or nil", len(p.Marks), dim)
	}
	return nil
}

func (p Pairs) sets() [2]Samples { return [2]Samples{p.Samples, p.Beside} }

// Mark returns the true value of a variable, NaN without one.
func (p Pairs) Mark(d int) float64 {
	if p.Marks == nil {
		return math.NaN()
	}
	return p.Marks[d]
}

// column is the values of a variable in a set.
func (p Pairs) column(s Samples, d int) []float64 {
	values := make([]float64, 0, len(s.Values)/len(p.Names))
	for i := d; i < len(s.Values); i += len(p.Names) {
		values = append(values, float64(s.Values[i]))
	}
	return values
}

// Spread returns the pairs with values that are equal spread evenly, as far as half-way to the nearest other values of the
// variable: numbers that are rounded have a density then, and not only one of the places they are rounded to.
func (p Pairs) Spread() Pairs {
	p.Samples.Values, p.Beside.Values = p.spread(p.Samples), p.spread(p.Beside)
	return p
}

func (p Pairs) spread(s Samples) []float32 {
	values := slices.Clone(s.Values)
	for d := range p.Names {
		sorted := slices.DeleteFunc(p.column(s, d), func(v float64) bool { return !num.Finite(v) })
		slices.Sort(sorted)
		sorted = slices.Compact(sorted)
		if len(sorted) < 2 {
			continue
		}
		seen := make([]int, len(sorted)) // how often each was met
		for i := d; i < len(values); i += len(p.Names) {
			at, found := slices.BinarySearch(sorted, float64(values[i]))
			if !found {
				continue
			}
			gap := math.Inf(1)
			if at > 0 {
				gap = sorted[at] - sorted[at-1]
			}
			if at < len(sorted)-1 {
				gap = min(gap, sorted[at+1]-sorted[at])
			}
			// Multiples of the golden ratio, which follow no order that the rows may have.
			_, part := math.Modf(float64(seen[at])*math.Phi + 0.5)
			values[i] = float32(sorted[at] + gap*(part-0.5))
			seen[at]++
		}
	}
	return values
}

// span is the extremes of a variable in a set but for the rarest far ones, and the range that kernels of its density reach:
// these where values are dense at the end, and more where few are.
func (p Pairs) span(s Samples, d int) (of block, reach Range) {
	const room, beyond, edge, few = 0.1, 0.25, 0.05, 0.02
	sorted := slices.DeleteFunc(p.column(s, d), func(v float64) bool { return !num.Finite(v) })
	if len(sorted) == 0 {
		return nothing, nothing.axis()
	}
	slices.Sort(sorted)
	of = core(sorted, room)
	r := of.axis()
	length := r.Hi - r.Lo
	dense := func(lo, hi float64) bool {
		from, _ := slices.BinarySearch(sorted, lo)
		to, _ := slices.BinarySearch(sorted, hi)
		return float64(to-from) > max(few*float64(len(sorted)), 3)
	}
	reach = r
	if !dense(r.Lo, r.Lo+edge*length) {
		reach.Lo -= beyond * length
	}
	if !dense(r.Hi-edge*length, r.Hi) {
		reach.Hi += beyond * length
	}
	return of, reach
}

// axis is the range of a block that may have no length, or nothing.
func (b block) axis() Range {
	if b.empty() {
		return Range{0, 1}
	}
	return Range{b.lo, b.hi}.widened(false)
}

// Axis returns the range of a variable in both sets but for the rarest far values, and with the mark, unless that is further
// off than the range is long. Without any value it is [0, 1].
func (p Pairs) Axis(d int) Range {
	all := nothing
	for _, s := range p.sets() {
		of, _ := p.span(s, d)
		all = all.with(of)
	}
	mark, length := p.Mark(d), all.hi-all.lo
	if num.Finite(mark) && (all.empty() || mark >= all.lo-length && mark <= all.hi+length) {
		all = all.with(block{mark, mark})
	}
	return all.axis()
}

// Density estimates that of two variables in a set, on so many cells along each axis of their own ranges.
func (p Pairs) Density(s Samples, x, y, cells int) KernelDensity {
	_, xs := p.span(s, x)
	_, ys := p.span(s, y)
	return EstimateDensity(p.column(s, x), p.column(s, y), s.Weights, xs, ys, cells)
}

// Histogram counts a variable of a set in at most so many bins of its own range, fewer of few samples, as shares per unit.
func (p Pairs) Histogram(s Samples, d, most int) (heights []float64, x Range) {
	values := p.column(s, d)
	of, _ := p.span(s, d)
	x = of.axis()
	heights = Bins(values, s.Weights, x, binsOf(len(values), most))
	if sum := floats.Sum(heights); sum > 0 {
		floats.Scale(float64(len(heights))/(sum*(x.Hi-x.Lo)), heights)
	}
	return heights, x
}
