package plot

// area is a part of a canvas, in cells.
type area struct {
	x, y, width, height int
}

// The smallest area that is worth axes.
const (
	leastWidth  = 8
	leastHeight = 3
)

// tick writes a label beside a row of the data.
func (c *canvas) tick(inner area, row int, label string) {
	c.textEnding(inner.x-2, inner.y+row, label)
	c.mark(inner.x-1, inner.y+row, '┤', paint{}, paint{})
}

// Part returns the bounds of share b of n of total things: one thing at least.
func Part(b, n, total int) (from, to int) {
	n = max(n, 1)
	from = b * total / n
	return from, max(from+1, (b+1)*total/n)
}

// axes draws the axes of a window in the upper rows of a canvas, where there is room for them. It returns the area for the
// data, and whether there are axes: else the area is all of those rows.
func (c Chart) axes(canvas *canvas, rows int, x, y Range) (inner area, framed bool) {
	all := area{0, 0, canvas.width, rows}
	if canvas.width < axesWidth || rows < axesHeight {
		return all, false
	}
	inner = all
	name := clean(c.YName)
	if name != "" && rows > 2*axesHeight {
		inner.y, inner.height = inner.y+1, inner.height-1
	} else {
		name = ""
	}
	inner.height-- // labels of x
	ruled := inner.height >= ruledHeight
	if ruled {
		inner.height--
	}
	ticks := c.yTicks(y, inner.height)
	margin := 1
	for _, t := range ticks {
		margin = max(margin, columns(t.label)+1)
	}
	inner.x, inner.width = margin, inner.width-margin
	if inner.width < leastWidth || inner.height < leastHeight {
		return all, false
	}
	canvas.text(max(margin-1-columns(name), 0), 0, name)
	canvas.left(inner, newScale(y, c.LogY), ticks)
	if ruled {
		canvas.rule(inner)
	}
	c.bottom(canvas, inner, rows-1, x, ruled)
	return inner, true
}

// ruledHeight is from how many rows on one is given to a line under the data.
const ruledHeight = 9

// yTicks returns ticks for so many rows: about three rows apart, or two for powers of ten.
func (c Chart) yTicks(y Range, rows int) []tick {
	if c.LogY {
		return decades(y, max((rows+1)/2, 2))
	}
	return ticksOf(y, max((rows+1)/3, 2))
}

// left draws the axis on the left. Of ticks that share a row the first is drawn.
func (c *canvas) left(inner area, y scale, ticks []tick) {
	for row := range inner.height {
		c.mark(inner.x-1, inner.y+row, '│', paint{}, paint{})
	}
	taken := make(map[int]bool, len(ticks))
	for _, t := range ticks {
		row := min(max(int((1-y.place(t.at))*float64(inner.height)), 0), inner.height-1)
		if !taken[row] {
			c.tick(inner, row, t.label)
			taken[row] = true
		}
	}
}

// rule draws a line under the data.
func (c *canvas) rule(inner area) {
	c.mark(inner.x-1, inner.y+inner.height, '└', paint{}, paint{})
	for column := range inner.width {
		c.mark(inner.x+column, inner.y+inner.height, '─', paint{}, paint{})
	}
}

// placed is a label of the x axis.
type placed struct {
	column int // of the value
	from   int // the first column of the label
	label  string
}

// bottom writes the labels of x in a row: as many as stand apart.
func (c Chart) bottom(canvas *canvas, inner area, row int, x Range, ruled bool) {
	frame := Frame{Left: inner.x, Width: inner.width, X: x}
	width := canvas.width
	if name := clean(c.XName); name != "" && canvas.width >= 3*axesWidth && columns(name) < axesWidth {
		canvas.textEnding(canvas.width-1, row, name)
		width -= columns(name) + 2
	}
	for _, p := range c.xTicks(frame, width) {
		canvas.text(p.from, row, p.label)
		if ruled {
			canvas.mark(p.column, inner.y+inner.height, '┬', paint{}, paint{})
		}
	}
}

// apart is how many blanks are between labels.
const apart = 3

// xTicks returns the labels of the finest step of which all fit, or the ends of the range if less than two do.
func (c Chart) xTicks(f Frame, width int) []placed {
	var best []placed
	for ticks := range c.xSteps(f.X, f.Width/(1+apart)) {
		if best = c.place(f, ticks, width); len(best) > 1 {
			return best
		}
	}
	lo, hi := ends(f.X)
	switch {
	case c.XSeconds:
		lo, hi = clockLabel(f.X.Lo), clockLabel(f.X.Hi)
	case isCalendar(f.X, c.XDates):
		lo, hi = dateLabel(f.X.Lo*c.XDates, days), dateLabel(f.X.Hi*c.XDates, days)
	}
	if ends := c.place(f, []tick{{f.X.Lo, lo}, {f.X.Hi, hi}}, width); len(ends) > 1 {
		return ends
	}
	return best
}

// xSteps yields the ticks of finer and coarser steps, n at most of the finest.
func (c Chart) xSteps(x Range, n int) func(yield func([]tick) bool) {
	switch {
	case c.XSeconds:
		return clockSteps(x, n)
	case isCalendar(x, c.XDates):
		return calendarSteps(x, c.XDates, n)
	}
	return func(yield func([]tick) bool) {
		s := stepOver(x, max(n, 1))
		for range 9 {
			ticks := s.ticks(x)
			if len(ticks) < 2 || !yield(ticks) {
				return
			}
			s++
		}
	}
}

// place centres labels under their values, as far as the columns below width allow. It returns none where two of them do
// not stand apart.
func (c Chart) place(f Frame, ticks []tick, width int) []placed {
	var out []placed
	end := -apart // of the label before
	for _, t := range ticks {
		column, ok := f.ColumnAt(t.at)
		if !ok || column >= width {
			continue
		}
		from := min(max(column-(columns(t.label)-1)/2, 0), width-columns(t.label))
		if from < end+apart || from < 0 {
			return nil
		}
		out = append(out, placed{column, from, t.label})
		end = from + columns(t.label)
	}
	return out
}
