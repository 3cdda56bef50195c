package plot

import (
	"math"
	"strconv"
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
		if finite(bars[i].value) {
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

// leastBar is how long the largest bar must be to be drawn.
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
	nameWidth = min(nameWidth, max(c.width/3, least))
	length := c.width - nameWidth - 1 - numberWidth - 1
	if length < leastBar {
		length = 0
		nameWidth = max(min(nameWidth, c.width-numberWidth-1), 0)
	}
	axis := newScale(all.barAxis(), false)
	for y, b := range bars {
		at := 0
		if nameWidth > 0 {
			c.textEnding(nameWidth-1, y, cut(b.name, nameWidth))
			at = nameWidth + 1
		}
		if finite(b.value) && length > 0 {
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
	if !finite(v) {
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
	s := step{1, int(math.Floor(math.Log10(differ))) - 2}
	if s.exponent < -6 && largest < 1e6 && largest >= 1e-3 {
		s.exponent = -6
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
		if !finite(v) {
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
