package plot

import "math"

// Bars is a histogram: how many values fell into each of a number of bins of equal width.
type Bars struct {
	// Counts are those of the bins, from the lowest on; see [Bins].
	Counts []float64
	// X is the outer edges of the first and the last bin.
	X Range
	// Expected is a count to compare with, drawn as a line, such as n/len(Counts) for n values that should be uniform.
	// 0 draws none.
	Expected float64
}

// Bins counts values in n bins of equal width that cover x. A value on an edge is in the upper bin, but x.Hi in the last
// one. Outside is the number of the others, and of those that are not numbers.
func Bins(values []float64, x Range, n int) (counts []float64, outside int) {
	counts = make([]float64, max(n, 0))
	for _, v := range values {
		if !(v >= x.Lo && v <= x.Hi) || n <= 0 {
			outside++
			continue
		}
		counts[min(int((v-x.Lo)/(x.Hi-x.Lo)*float64(n)), n-1)]++
	}
	return counts, outside
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
	a, axes := c.axes(c.all(), y)
	merged := ceil(len(b.Counts), a.width)
	bars := ceil(len(b.Counts), merged)
	each := a.width / bars
	a.width = bars * each
	if axes {
		c.below(a, edges(b.X, len(b.Counts)))
	}
	gap := 0
	if each >= 4 {
		gap = 1
	}
	for i := range bars {
		height := y.Level(mean(b.Counts[i*merged : min((i+1)*merged, len(b.Counts))]))
		for col := range each - gap {
			c.bar(a, a.x+i*each+col, height)
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
	for _, count := range append([]float64{b.Expected}, b.Counts...) {
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
		case style.Colour == NoColour:
			c.mark(x, a.y+row, '▓', paint{}, paint{})
		default:
			c.mark(x, a.y+row, '─', solid(Series(1)), cell.ink)
		}
	}
	return row
}
