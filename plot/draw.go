package plot

// The smallest sizes: of a chart with axes, and of one without, below which it is a [sparkline].
const (
	axesWidth, axesHeight = 16, 4
	bareWidth, bareHeight = 8, 2
)

// Draw returns at most height lines of at most width columns, and where in them the data are. Below 16 x 4 there are no
// axes, and below 8 x 2 only one line, of the first line that is not Faint; then the frame is zero.
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
	if width < bareWidth || height < bareHeight {
		return []string{c.sparkline(x, width, style)}, Frame{}
	}
	inner, framed := c.axes(canvas, x, y)
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
		if !finite(m.X) || !finite(m.Y) || c.LogY && m.Y <= 0 {
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

// sparkline draws the first line that is not faint, or else the first one, where there is no room for more.
func (c Chart) sparkline(x Range, width int, style Style) string {
	var s source
	for _, line := range c.Lines {
		if other := newSource(line.Points, c.LogY); other.n > 0 && (s.n == 0 || !line.Faint) {
			s = other
			if !line.Faint {
				break
			}
		}
	}
	if s.n == 0 {
		return ""
	}
	values := make([]float64, width)
	from, _ := s.inside(x)
	for column := range width {
		to := s.after(x.value(float64(column+1)/float64(width)), from, from)
		values[column], from = s.extremes(from, to).middle(c.LogY), to
	}
	return sparkline(values, width, style)
}
