package plot

import (
	"image/color"

	"github.com/maskflow/maskflow/internal/num"
)

// Chart is lines over a common x, such as the losses of a run by its steps.
type Chart struct {
	// Lines are drawn one over the other, the last one uppermost, but those that are Faint below all others.
	Lines []Line
	// Bands are drawn below the lines.
	Bands []Band
	// Marks are drawn over the lines.
	Marks []Mark
	// X and Y are the window. A range without length, or one that is not finite, fits the data: y those inside of x, and
	// the marks. So does a Y with an end that LogY cannot draw.
	X, Y Range
	// LogY draws the logarithm of y. Values that have none are gaps; see [Chart.Positive].
	LogY bool
	// Robust leaves outliers out of a y range that fits the data: it covers the central 90 % of the column extremes of
	// the lines that are not Faint, or of all if all are, what they do at their ends, and a little air. What lies outside
	// runs off the edge.
	Robust bool
	// Cursor is where a vertical line is drawn, if HasCursor is set.
	Cursor    float64
	HasCursor bool
	// XName is written at the right end of the x axis and YName above the y axis, where there is room. A chart that has a
	// title needs none.
	XName, YName string
	// XSeconds says that x is in seconds: its ticks are round by the clock, such as 1h30m.
	XSeconds bool
	// XDates is how many seconds a unit of x has where x is a time since 1970: its ticks are round by the calendar. 0 is
	// another x.
	XDates float64
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
}

// Mark is a character at a point, such as '★' at the best validation, which is '*' in ASCII. It is not drawn outside of
// the window.
type Mark struct {
	X, Y   float64
	Rune   rune
	Colour color.RGBA // the zero value is the terminal's own
}

// Band is shaded between two lines of the same x, such as the spread of a likelihood across orders.
type Band struct {
	Lo, Hi Points
	Colour color.RGBA // the zero value is Series(i) for the band at index i
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

// The smallest size of a chart with axes.
const axesWidth, axesHeight = 16, 4

// Draw returns at most height lines of at most width columns, and where in them the data are. Below 16 x 4 there are no
// axes; then the frame is zero.
//
// A pixel column shows all values from the lowest to the highest of its points, so that no spike is lost.
func (c Chart) Draw(width, height int, style Style) ([]string, Frame) {
	if width <= 0 || height <= 0 {
		return nil, Frame{}
	}
	canvas := newCanvas(width, height)
	x, y, missing := c.window()
	if missing != "" {
		canvas.text(max(width-columns(missing), 0)/2, (height-1)/2, missing)
		return canvas.lines(style), Frame{}
	}
	inner, framed := c.axes(canvas, height, x, y)
	t := tracer{raster: newRaster(inner, style), window: x, x: newScale(x, false), y: newScale(y, c.LogY)}
	c.trace(&t, style)
	t.onto(canvas)
	frame := Frame{inner.x, inner.y, inner.width, inner.height, x, y, c.LogY}
	c.cursor(canvas, &t, frame)
	c.marks(canvas, &t)
	if !framed {
		frame = Frame{}
	}
	return canvas.lines(style), frame
}

// window returns the ranges to show, or the words to show in their place.
func (c Chart) window() (x, y Range, missing string) {
	x, y = c.X, c.Y
	var ok bool
	if !x.proper() {
		if x, ok = c.fitX(); !ok {
			return x, y, "no values yet"
		}
	}
	if !y.proper() || c.LogY && y.Lo <= 0 {
		if y, ok = c.fitY(x); !ok {
			if !c.X.proper() {
				return x, y, "no values yet"
			}
			return x, y, "no values here"
		}
	}
	return x, y, ""
}

// trace draws the bands, the faint lines and the others, in this sequence.
func (c Chart) trace(t *tracer, style Style) {
	for i, band := range c.Bands {
		ink := solid(inkOf(band.Colour, i))
		p := pen{ink: style.weaker(ink), layer: bandLayer, stipple: 4}
		switch t.down {
		case 2:
			p.character, p.stipple = '░', 0
		case 1:
			p.character, p.stipple = ':', 0
		}
		t.take(p)
		t.band(newSource(band.Lo, c.LogY), newSource(band.Hi, c.LogY))
	}
	pens := c.pens(style)
	for _, upper := range []layer{faintLayer, lineLayer} {
		for i, line := range c.Lines {
			if pens[i].layer != upper {
				continue
			}
			t.take(pens[i])
			t.line(newSource(line.Points, c.LogY))
		}
	}
}

// cursor draws a vertical line where no other line is.
func (c Chart) cursor(canvas *canvas, t *tracer, f Frame) {
	if !c.HasCursor {
		return
	}
	column, ok := f.ColumnAt(c.Cursor)
	for row := 0; ok && row < f.Height; row++ {
		if !t.inked(column-f.Left, row) {
			canvas.mark(column, f.Top+row, '│', paint{}, paint{})
		}
	}
}

// marks draws the characters of points in the window.
func (c Chart) marks(canvas *canvas, t *tracer) {
	for _, m := range c.Marks {
		if !num.Finite(m.X) || !num.Finite(m.Y) || c.LogY && m.Y <= 0 {
			continue
		}
		x, y := t.x.place(m.X), t.y.place(m.Y)
		if x < 0 || x > 1 || y < 0 || y > 1 {
			continue
		}
		column := min(int(x*float64(t.width)), t.width-1)
		row := min(int((1-y)*float64(t.height)), t.height-1)
		canvas.mark(t.area.x+column, t.area.y+row, symbol(m.Rune), given(m.Colour), paint{})
	}
}
