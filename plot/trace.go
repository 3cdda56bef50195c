package plot

import (
	"math"
	"strings"

	"github.com/maskflow/maskflow/internal/num"
)

// tracer draws points on a raster whose edges are those of two scales.
type tracer struct {
	*raster
	window Range // of x
	x, y   scale
}

// spot is a place on the raster in pixels, whose middles are at halves.
type spot struct{ x, y float64 }

// middle is that of a column.
func (t *tracer) middle(column int) float64 { return float64(column) + 0.5 }

// rowAt returns the row of a value in pixels, counted from the upper edge, in fractions of them.
func (t *tracer) rowAt(y float64) float64 {
	rows := float64(t.rows())
	place := t.y.place(y)
	row := (1 - place) * rows
	if row >= rows && place >= 0 {
		return rows - 0.5 // the lower end belongs to the last row
	}
	return row
}

// spot returns where point i is, and whether it is anywhere.
func (t *tracer) spot(s source, i int) (spot, bool) {
	x, y := s.points.At(i)
	if !num.Finite(x) || !s.usable(y) {
		return spot{}, false
	}
	return spot{t.x.place(x) * float64(t.columns()), t.rowAt(y)}, true
}

// edge returns the x that all points of a column are at or above, those of the next column beyond its last edge.
func (t *tracer) edge(column int) float64 {
	if column == t.columns() {
		return t.window.Hi
	}
	return math.Nextafter(t.window.value(float64(column)/float64(t.columns())), math.Inf(-1))
}

// line draws the extremes of every column and joins those columns that have no gap between them.
func (t *tracer) line(s source) {
	if s.n == 0 {
		return
	}
	first := s.after(t.edge(0), 0, 0)
	from := first
	var last spot
	joined := false
	if from > 0 {
		last, joined = t.spot(s, from-1)
	}
	for column := range t.columns() {
		guess := from + (from-first)/max(column, 1) // where x grows evenly
		to := s.after(t.edge(column+1), from, guess)
		if to == from {
			continue
		}
		if _, y := s.points.At(from); joined && s.usable(y) {
			t.join(last, spot{t.middle(column), t.rowAt(y)})
		}
		bar := t.bar
		if joined { // a point by itself is seen
			bar = t.dash
		}
		t.runs(s, column, from, to, bar)
		_, y := s.points.At(to - 1)
		last, joined = spot{t.middle(column), t.rowAt(y)}, s.usable(y)
		from = to
	}
	if joined && from < s.n { // to the first point beyond the window
		if next, ok := t.spot(s, from); ok {
			t.join(last, next)
		}
	}
}

// runs draws what the points from, …, to-1 of a column cover: a bar for every run of them without a gap.
func (t *tracer) runs(s source, column, from, to int, bar func(column, top, bottom int)) {
	run := nothing
	for b := range s.walk(from, to) {
		if b.empty() {
			t.extent(column, run, bar)
			run = nothing
		} else {
			run = run.with(b)
		}
	}
	t.extent(column, run, bar)
}

// extent draws a bar from the lowest to the highest of values, if there are any.
func (t *tracer) extent(column int, b block, bar func(column, top, bottom int)) {
	if !b.empty() {
		bar(column, int(math.Floor(t.rowAt(b.hi))), int(math.Floor(t.rowAt(b.lo))))
	}
}

// dash draws a bar of a line, but not a flat one where a dashed pen leaves a blank.
func (t *tracer) dash(column, top, bottom int) {
	const length, steep = 3, 2
	if !t.pens[len(t.pens)-1].dashed || column%(2*length) < length || bottom-top >= steep {
		t.bar(column, top, bottom)
	}
}

// join draws a straight line, one pixel thick where it is flat.
func (t *tracer) join(a, b spot) {
	if !(b.x > a.x) {
		a.x, b.x = min(a.x, b.x), min(a.x, b.x) // points whose x decreases
	}
	left := max(a.x, 0)
	first, last := math.Floor(left), math.Floor(min(b.x, float64(t.columns())-0.5))
	from := t.rowOn(a, b, left)
	for column := first; column <= last; column++ {
		to := t.rowOn(a, b, column+1)
		next := to
		switch { // the row at the edge belongs to the next column
		case to > from && column < last:
			to--
		case to < from && column < last:
			to++
		}
		t.dash(int(column), min(from, to), max(from, to))
		from = next
	}
}

// rowOn returns the row at x of the line from a to b, or at the nearer of its ends.
func (t *tracer) rowOn(a, b spot, x float64) int {
	y := b.y
	if b.x > a.x {
		y = a.y + (b.y-a.y)*min(max((x-a.x)/(b.x-a.x), 0), 1)
	}
	const rounding = 1e-9
	if rows := float64(t.rows()); y >= rows && y <= rows*(1+rounding) {
		return t.rows() - 1 // the lower end belongs to the last row
	}
	return int(math.Floor(y))
}

// characters are those of lines in ASCII.
const characters = ".ox+*#"

// pens returns what each line is drawn with. Without colour, lines differ by their character in ASCII; in Unicode faint
// ones are stippled, and every second one of the others is dashed.
func (c Chart) pens(s Style) []pen {
	pens := make([]pen, len(c.Lines))
	dashed := false
	for i, line := range c.Lines {
		p := pen{ink: solid(inkOf(line.Colour, i)), layer: lineLayer}
		if line.Faint {
			p.ink, p.layer = s.weaker(p.ink), faintLayer
		}
		switch {
		case !s.Unicode:
			p.character = rune(characters[i%len(characters)])
			if line.Mark > ' ' && line.Mark < 0x7f {
				p.character = line.Mark
			}
		case s.Colour:
		case line.Faint:
			p.stipple = 2
		default:
			p.dashed = dashed
			dashed = !dashed
		}
		pens[i] = p
	}
	return pens
}

// Key says in one line of at most width columns which line of a chart is which: a sample of each, as the chart draws it,
// and its name. Lines without a name are left out, and those for which there is no room.
func (c Chart) Key(width int, style Style) string {
	var parts []string
	at := 0
	for i, sign := range c.Signs(style) {
		name := clean(c.Lines[i].Name)
		if name == "" || at+3+columns(name) > width {
			continue
		}
		parts = append(parts, sign+sign+" "+name)
		at += 3 + columns(name) + apart
	}
	return strings.Join(parts, strings.Repeat(" ", apart))
}

// Signs returns a character that looks like each line, in its colour, for a key of the caller's own.
func (c Chart) Signs(style Style) []string {
	signs := make([]string, len(c.Lines))
	for i, p := range c.pens(style) {
		canvas := newCanvas(1, 1)
		canvas.mark(0, 0, p.sample(), p.ink, paint{})
		signs[i] = canvas.lines(style)[0]
	}
	return signs
}

// sample is a character that looks like the line.
func (p pen) sample() rune {
	switch {
	case p.character != 0:
		return p.character
	case p.stipple > 0:
		return '┄'
	case p.dashed:
		return '╍'
	}
	return '━'
}

// band fills every column from the lower of two lines to the upper one.
func (t *tracer) band(lower, upper source) {
	for column := range t.columns() {
		x := Range{math.Nextafter(t.edge(column), math.Inf(1)), t.edge(column + 1)}
		if b, above := lower.seen(x), upper.seen(x); !b.empty() && !above.empty() {
			t.extent(column, b.with(above), t.bar)
		}
	}
}

// between returns the y at x of the straight line from one point to another, straight on the axis that is drawn.
func between(x0, y0, x1, y1, x float64, log bool) float64 {
	place := scale{x0, x1, false}.place(x)
	if log {
		y := math.Exp(Range{math.Log(y0), math.Log(y1)}.value(place))
		return min(max(y, math.SmallestNonzeroFloat64), math.MaxFloat64)
	}
	return Range{y0, y1}.value(place)
}
