package plot

import "math"

// Sparkline draws values as the heights of characters in one line of at most width columns, without colour. A value that
// is not finite is a blank. Where there are more values than columns, a column shows the mean of several.
func Sparkline(values []float64, width int, style Style) string {
	c := newCanvas(min(width, len(values)), 1)
	y := Range{math.Inf(1), math.Inf(-1)}
	for _, v := range values {
		if finite(v) {
			y = Range{min(y.Lo, v), max(y.Hi, v)}
		}
	}
	for x := range c.width {
		if v := values[x*len(values)/c.width]; finite(v) {
			c.mark(x, 0, eighths[1+int(y.Level(v)*7)], paint{}, paint{})
		}
	}
	if c.width <= 0 {
		return ""
	}
	return c.lines(style)[0]
}
