package plot

import (
	"image/color"
	"math"
)

// Chart is lines over a common x, such as the losses of a run by its steps.
type Chart struct {
	// Lines are drawn one over the other, the last one uppermost, but those that are Faint below all others.
	Lines []Line
	// Bands are drawn below the lines.
	Bands []Band
	// Marks are drawn over the lines.
	Marks []Mark
	// X and Y are the window. A range without length, or one that is not finite, fits the data: y those inside of x.
	X, Y Range
	// LogY draws the logarithm of y. Values that have none are gaps; see [Chart.Positive].
	LogY bool
	// Robust leaves outliers out of a y range that fits the data: it covers the central 96 % of the column extremes of
	// the lines that are not Faint, or of all if all are, and a little air. What lies outside runs off the edge.
	Robust bool
	// Cursor is where a vertical line is drawn, if HasCursor is set.
	Cursor    float64
	HasCursor bool
	// XName and YName say what the axes are, such as "step" and "nats". Neither is drawn by default: the caller has a
	// title for the chart.
	XName, YName string
	// XTick writes a value of x. Nil writes a number.
	XTick func(float64) string
}

// Line is a line of a chart.
type Line struct {
	Name   string
	Points Points
	// Colour is that of the line. The zero value is Series(i) for the line at index i.
	Colour color.RGBA
	// Mark is its character in ASCII, an ASCII one. 0 is one of ".ox+*#" by its index.
	Mark rune
	// Faint draws the line below all others and in a weaker colour, such as a loss below its moving average.
	Faint bool
	// Scatter draws points that are not joined.
	Scatter bool
}

// Mark is a character at a point, such as '★' at the best validation, which is '*' in ASCII. It is not drawn outside of
// the window.
type Mark struct {
	X, Y   float64
	Rune   rune
	Colour color.RGBA
}

// Band is shaded between two lines of the same x, such as the spread of a likelihood across orders.
type Band struct {
	Lo, Hi Points
	Colour color.RGBA
}

// Frame says where in a drawing the data are: an area in cells, and the ranges that it shows. The zero frame has none.
type Frame struct {
	Left, Top, Width, Height int
	X, Y                     Range
	LogY                     bool
}

// XAt returns the x in the middle of a column of the drawing, or the nearer end of the window beside it.
func (f Frame) XAt(column float64) float64 {
	if f.Width <= 0 {
		return f.X.Lo
	}
	t := min(max((column-float64(f.Left)+0.5)/float64(f.Width), 0), 1)
	return f.X.Lo*(1-t) + f.X.Hi*t
}

// ColumnAt returns the column of the drawing that x is in, and whether it is in the window.
func (f Frame) ColumnAt(x float64) (int, bool) {
	if f.Width <= 0 || !(x >= f.X.Lo && x <= f.X.Hi) {
		return 0, false
	}
	return f.Left + min(int(f.X.Level(x)*float64(f.Width)), f.Width-1), true
}

// Positive says whether every finite y of the lines inside of the window's x is above zero, so that LogY hides nothing,
// and returns the first that is not.
func (c Chart) Positive() (ok bool, example float64) {
	for _, line := range c.Lines {
		for i := range length(line.Points) {
			x, y := line.Points.At(i)
			if finite(y) && y <= 0 && (!(c.X.Hi > c.X.Lo) || x >= c.X.Lo && x <= c.X.Hi) {
				return false, y
			}
		}
	}
	return true, 0
}

func length(p Points) int {
	if p == nil {
		return 0
	}
	return p.Len()
}

// Draw returns at most height lines of at most width columns, and where in them the data are.
func (c Chart) Draw(width, height int, style Style) ([]string, Frame) {
	if width <= 0 || height <= 0 {
		return nil, Frame{}
	}
	canvas := newCanvas(width, height)
	x, y := Range{math.Inf(1), math.Inf(-1)}, Range{math.Inf(1), math.Inf(-1)}
	for _, line := range c.Lines {
		for i := range length(line.Points) {
			if px, py := line.Points.At(i); finite(px) && finite(py) {
				x, y = Range{min(x.Lo, px), max(x.Hi, px)}, Range{min(y.Lo, py), max(y.Hi, py)}
			}
		}
	}
	if x.Lo > x.Hi {
		canvas.text(0, 0, "no values yet")
		return canvas.lines(style), Frame{}
	}
	a, drawn := canvas.axes(canvas.all(), y)
	for i, line := range c.Lines {
		for j := range length(line.Points) {
			if px, py := line.Points.At(j); finite(px) && finite(py) {
				col, row := int(x.Level(px)*float64(a.width-1)), int((1-y.Level(py))*float64(a.height-1))
				canvas.mark(a.x+col, a.y+row, rune(".ox+*#"[i%6]), solid(Series(i)), paint{})
			}
		}
	}
	if !drawn {
		return canvas.lines(style), Frame{}
	}
	canvas.below(a, x)
	return canvas.lines(style), Frame{a.x, a.y, a.width, a.height, x, y, false}
}
