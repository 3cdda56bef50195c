package plot

import (
	"math"
	"slices"
	"strconv"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
)

// BarRow draws one horizontal bar a value with its name before and its number behind it, such as the loss of every mask
// of a cycle, in at most height lines of at most width columns. A value without a name has its index for one. Where there
// are more values than lines, a line shows the mean of several that follow each other, such as those of 0–7.
//
// Bars begin at zero, but where the values are negative or close together a little below the smallest: their numbers
// say what they are. A value that is not finite has a number and no bar.
func BarRow(values []float64, names []string, width, height int, style Style) []string {
	if width <= 0 || height <= 0 || len(values) == 0 {
		return nil
	}
	merged := ceil(len(values), height)
	c := newCanvas(width, ceil(len(values), merged))
	bars := make([]bar, c.height)
	all := nothing
	for i := range bars {
		from, to := i*merged, min((i+1)*merged, len(values))
		bars[i] = bar{name: nameOf(names, from), value: meanFinite(values[from:to])}
		if to-from > 1 {
			bars[i].name += "–" + nameOf(names, to-1)
		}
		if num.Finite(bars[i].value) {
			all = all.with(block{bars[i].value, bars[i].value})
		}
	}
	c.bars(bars, all)
	return c.lines(style)
}

// bar is a line of a [BarRow].
type bar struct {
	name  string
	value float64
}

// nameOf returns the name of value i.
func nameOf(names []string, i int) string {
	if i < len(names) {
		return clean(names[i])
	}
	return strconv.Itoa(i)
}

// leastBar is how long the largest bar must be to be drawn, and what names keep at least.
const leastBar = 4

// bars draws a bar a row, whose finite values have the extremes given.
func (c *canvas) bars(bars []bar, all block) {
	numbers := make([]string, len(bars))
	nameWidth, numberWidth := 0, 0
	for i, b := range bars {
		numbers[i] = barNumber(b.value, all)
		nameWidth = max(nameWidth, columns(b.name))
		numberWidth = max(numberWidth, columns(numbers[i]))
	}
	nameWidth = min(nameWidth, max(c.width/3, leastBar))
	length := c.width - nameWidth - 1 - numberWidth - 1
	if length < leastBar {
		length = 0
		nameWidth = max(min(nameWidth, c.width-numberWidth-1), 0)
	}
	axis := newScale(all.barAxis(), false)
	for y, b := range bars {
		at := 0
		if nameWidth > 0 {
			c.textEnding(nameWidth-1, y, text.Shorten(b.name, nameWidth))
			at = nameWidth + 1
		}
		if num.Finite(b.value) && length > 0 {
			c.across(at, y, axis.place(b.value)*float64(length))
		}
		if length > 0 {
			at += length + 1
		}
		c.text(at+numberWidth-columns(numbers[y]), y, numbers[y])
	}
}

// barAxis is the values of a bar without length and of the longest one.
func (b block) barAxis() Range {
	if b.empty() {
		return Range{0, 1}
	}
	const close, below = 0.5, 0.25
	length := b.hi/2 - b.lo/2
	switch {
	case b.lo >= 0 && (b.lo == b.hi || length > close*b.hi/2):
		return Range{0, b.hi}.widened(false)
	case b.lo == b.hi:
		return bounded(2*b.lo, b.hi, false)
	}
	return bounded(b.lo-2*below*length, b.hi, false)
}

// barNumber writes a value with as many digits as tell a hundredth of what the values differ by, three at least.
func barNumber(v float64, all block) string {
	if !num.Finite(v) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	largest := max(math.Abs(all.lo), math.Abs(all.hi))
	differ := all.hi/2 - all.lo/2
	if differ == 0 {
		differ = largest
	}
	if differ == 0 {
		return "0"
	}
	s := tens(int(math.Floor(math.Log10(differ))) - 2)
	if largest < 1e6 && largest >= 1e-3 {
		s = max(s, tens(-6))
	}
	return s.label(v, largest)
}

// across draws a bar of a length in columns, to the nearest whole one. It leaves room to the bar above.
func (c *canvas) across(x, y int, length float64) {
	ink := given(Series(0))
	for i := range max(int(math.Round(length)), 1) { // what is there is seen
		c.mark(x+i, y, '▆', ink, paint{})
	}
}

// meanFinite is the mean of the finite values; where there are none, of all.
func meanFinite(values []float64) float64 {
	n, mean, rest := 0.0, 0.0, 0.0
	for _, v := range values {
		if !num.Finite(v) {
			rest += v
			continue
		}
		n++
		mean += v/n - mean/n
	}
	if n == 0 {
		return rest
	}
	return mean
}

// Bars is a histogram: how many values fell into each of a number of bins of equal width.
type Bars struct {
	// Counts are those of the bins, from the lowest on; see [Bins].
	Counts []float64
	// X is the outer edges of the first and the last bin.
	X Range
	// Expected is a count to compare with, drawn as a line, such as n/len(Counts) for n values that should be uniform.
	// 0 draws none.
	Expected float64
	// Line is counts of other values in the same bins, drawn as a line; another number of counts draws none.
	Line []float64
	// XDates is that of [Chart].
	XDates float64
}

// Bins counts values, each by its weight, nil being one each, in n bins of equal width that cover x. A value on an edge is in
// the upper bin, but x.Hi in the last one. Those outside, and those that are not numbers, are in none.
func Bins(values, weights []float64, x Range, n int) []float64 {
	counts := make([]float64, max(n, 0))
	for i, v := range values {
		w := 1.0
		if i < len(weights) {
			w = weights[i]
		}
		if n > 0 && x.Lo < x.Hi && v >= x.Lo && v <= x.Hi {
			counts[min(int((v-x.Lo)/(x.Hi-x.Lo)*float64(n)), n-1)] += w
		}
	}
	return counts
}

// Histogram draws bars in at most height lines of at most width columns. Where there are more bins than columns, a column
// shows the mean of several. A count that is not a number is drawn as "?", an infinite one as high as the chart, a
// negative one as nothing. Without a bin the words "no bins" are drawn.
func Histogram(b Bars, width, height int, style Style) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	c := newCanvas(width, height)
	if len(b.Counts) == 0 {
		c.text(0, 0, "no bins")
		return c.lines(style)[:1]
	}
	y := Range{0, b.top()}
	a, axes := Chart{XDates: b.XDates}.axes(c, height, edges(b.X, len(b.Counts)), y)
	merged := ceil(len(b.Counts), a.width)
	bars := ceil(len(b.Counts), merged)
	each := a.width / bars
	a.width = bars * each
	gap := 0
	if each >= 4 {
		gap = 1
	}
	of := func(counts []float64, i int) float64 {
		return y.Level(mean(counts[i*merged : min((i+1)*merged, len(counts))]))
	}
	for i := range bars {
		for col := range each - gap {
			c.bar(a, a.x+i*each+col, of(b.Counts, i))
		}
		if len(b.Line) == len(b.Counts) {
			if height := of(b.Line, i); num.Finite(height) {
				c.level(area{a.x + i*each, a.y, each, a.height}, height, style)
			}
		}
	}
	if b.Expected > 0 && !math.IsInf(b.Expected, 0) {
		row := c.level(a, y.Level(b.Expected), style)
		if label := number(b.Expected, y.Hi); axes && row > 0 && row < a.height-1 && columns(label) < a.x {
			c.tick(a, row, label)
		}
	}
	return c.lines(style)
}

// top is the count at the upper end of the axis: the largest one, or that expected.
func (b Bars) top() float64 {
	top := 0.0
	for _, count := range slices.Concat([]float64{b.Expected}, b.Counts, b.Line) {
		if count > top && !math.IsInf(count, 1) {
			top = count
		}
	}
	if top == 0 {
		return 1
	}
	return top
}

func mean(values []float64) float64 {
	mean := 0.0
	for _, v := range values {
		mean += max(v, 0) / float64(len(values))
	}
	return mean
}

// eighths are characters by how many eighths of the cell are filled from below.
var eighths = [...]rune{' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'}

// bar draws a column of a bar, of a height from 0 to 1.
func (c *canvas) bar(a area, x int, height float64) {
	if math.IsNaN(height) {
		c.mark(x, a.y+a.height-1, '?', paint{}, paint{})
		return
	}
	filled := int(math.Round(height * float64(8*a.height)))
	if height > 0 {
		filled = max(filled, 1) // what is there is seen
	}
	for row := range a.height {
		if part := min(filled-8*row, 8); part > 0 {
			c.mark(x, a.y+a.height-1-row, eighths[part], solid(Series(0)), paint{})
		}
	}
}

// level draws a line at a height from 0 to 1 and returns its row. Over bars it is a change of colour, or without colour
// of ink; where a bar ends in the same row the bar is kept.
func (c *canvas) level(a area, height float64, style Style) int {
	row := a.height - 1 - min(int(height*float64(a.height)), a.height-1)
	for x := a.x; x < a.x+a.width; x++ {
		switch cell := c.at(x, a.y+row); {
		case cell.mark == 0:
			c.mark(x, a.y+row, '┄', solid(Series(1)), paint{})
		case cell.mark != '█':
		case !style.Colour:
			c.mark(x, a.y+row, '▓', paint{}, paint{})
		default:
			c.mark(x, a.y+row, '─', solid(Series(1)), cell.ink)
		}
	}
	return row
}
