package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// Column compares the values of one column in two sets of rows: those of data, which come first, and samples of a
// model. All figures are parts of the rows of their set.
type Column struct {
	Name string
	// Levels are values by themselves: the levels of a column, or the hole and the atoms of one of numbers.
	Levels []Level
	// Bins are the numbers in bins of equal width, whose outer edges are X; nil without numbers.
	Bins [2][]float64
	X    Range
	// Dates is that of [Chart].XDates.
	Dates float64
}

// Level is a value with how often it occurs.
type Level struct {
	Name   string
	Shares [2]float64
}

// mostLevels is how many levels a column shows.
const mostLevels = 12

// Frequent leaves the levels that are the most frequent in either set, in their sequence, and adds up the others as
// one.
func (c Column) Frequent() Column {
	if len(c.Levels) <= mostLevels {
		return c
	}
	shares := make([]float64, len(c.Levels))
	for i, l := range c.Levels {
		shares[i] = max(l.Shares[0], l.Shares[1])
	}
	least := slices.SortedFunc(slices.Values(shares), func(a, b float64) int { return cmp.Compare(b, a) })[mostLevels-2]
	var kept []Level
	var rest Level
	for i, l := range c.Levels {
		if shares[i] >= least && len(kept) < mostLevels-1 {
			kept = append(kept, l)
			continue
		}
		rest.Shares[0], rest.Shares[1] = rest.Shares[0]+l.Shares[0], rest.Shares[1]+l.Shares[1]
	}
	rest.Name = fmt.Sprintf("%d more", len(c.Levels)-len(kept))
	kept = append(kept, rest)
	c.Levels = kept
	return c
}

// tails is the part of the numbers at either end that may be beyond the bins.
const tails = 0.005

// Number counts the numbers of both sets, each by its weight (nil for one each) and each set of rows with such a sum of weights,
// in at most so many bins, fewer of few numbers, and returns the column with these, or without bins where the numbers are too far apart. The bins cover the numbers of both
// but for the rarest far ones. Of numbers that are rounded to multiples of a step, all bins cover as many of those; 0 is
// no step. Numbers that are not finite are left out.
func (c Column) Number(numbers, weights [2][]float64, rows [2]float64, step float64, most int) Column {
	all := block{math.Inf(1), math.Inf(-1)}
	sorted := [2][]float64{}
	for k := range numbers {
		sorted[k] = slices.DeleteFunc(slices.Clone(numbers[k]), func(v float64) bool { return !num.Finite(v) })
		slices.Sort(sorted[k])
		if n := len(sorted[k]); n > 0 {
			all = all.with(core(sorted[k], 0.25))
		}
	}
	if all.empty() {
		return c
	}
	bins := binsOf(min(len(sorted[0]), len(sorted[1])), most)
	switch {
	case step > 0:
		first, last := math.Round(all.lo/step), math.Round(all.hi/step)
		each := max(math.Ceil((last-first+1)/float64(bins)), 1)
		bins = int(math.Ceil((last - first + 1) / each))
		c.X = Range{(first - 0.5) * step, (first - 0.5 + float64(bins)*each) * step}
	case all.lo == all.hi:
		c.X = Range{all.lo, all.hi}.widened(false)
	default:
		c.X = Range{all.lo, all.hi}
	}
	if !c.X.proper() || !num.Finite(c.X.Hi-c.X.Lo) {
		return c
	}
	for k, values := range numbers {
		c.Bins[k] = Bins(values, weights[k], c.X, bins)
		for i := range c.Bins[k] {
			c.Bins[k][i] /= cmp.Or(rows[k], 1)
		}
	}
	return c
}

// binsOf is how many bins n numbers get, at most: of few numbers the counts in many bins mean little.
func binsOf(n, most int) int {
	const least = 16
	return min(most, max(least, int(3*math.Cbrt(float64(n)))))
}

// core is the extremes of sorted numbers, or where these are further out of the others than a part of the range of these,
// ends that leave the tails out.
func core(sorted []float64, part float64) block {
	cut := int(tails * float64(len(sorted)))
	lo, hi := sorted[cut], sorted[len(sorted)-1-cut]
	room := part * (hi - lo)
	if lo == hi {
		return block{sorted[0], sorted[len(sorted)-1]}
	}
	return block{max(sorted[0], lo-room), min(sorted[len(sorted)-1], hi+room)}
}

// Compare draws a column in lines of at most width columns, without its name: a line for each level, whose bar is of the
// data and whose mark of the samples, both with their figures; and below, in at most height lines, the numbers, with
// bars of the data and a line of the samples.
func (c Column) Compare(width, height int, style Style) []string {
	c = c.Frequent()
	var lines []string
	if len(c.Levels) > 0 && width > 0 && height > 0 {
		canvas := newCanvas(width, len(c.Levels))
		canvas.levels(c.Levels)
		lines = canvas.lines(style)
	}
	if c.Bins[0] != nil {
		b := Bars{Counts: c.Bins[0], Line: c.Bins[1], X: c.X, XDates: c.Dates}
		lines = append(lines, Histogram(b, width, height, style)...)
	}
	return lines
}

// levels draws a level a row.
func (c *canvas) levels(levels []Level) {
	nameWidth, largest := 0, 0.0
	for _, l := range levels {
		nameWidth = max(nameWidth, columns(clean(l.Name)))
		largest = max(largest, l.Shares[0], l.Shares[1])
	}
	const figures = len("100.0 %  100.0 %")
	nameWidth = min(nameWidth, max(c.width/3, leastBar))
	length := c.width - nameWidth - figures - 2
	for y, l := range levels {
		c.text(0, y, text.Shorten(clean(l.Name), nameWidth))
		if largest > 0 && length >= leastBar {
			at := func(share float64) int { return nameWidth + 1 + int(math.Round(share/largest*float64(length-1))) }
			if l.Shares[0] > 0 {
				c.across(nameWidth+1, y, l.Shares[0]/largest*float64(length))
			}
			c.mark(at(l.Shares[1]), y, '│', solid(Series(1)), paint{})
		}
		c.textEnding(c.width-1, y, Percent(l.Shares[0])+"  "+fmt.Sprintf("%7s", Percent(l.Shares[1])))
	}
}

// Percent writes a part as a percentage.
func Percent(share float64) string {
	if share > 0 && share < 0.0005 {
		return "<0.1 %"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}
