package plot

import "math"

// tracer draws points on a raster whose edges are those of two scales.
type tracer struct {
	*raster
	window Range // of x
	x, y   scale
	// between is set between two dashes.
	between bool
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
	if !finite(x) || !s.usable(y) {
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
		t.between = joined && t.blank(column)
		t.runs(s, column, from, to)
		t.between = false
		_, y := s.points.At(to - 1)
		last, joined = spot{t.middle(column), t.rowAt(y)}, s.usable(y)
		from = to
	}
	if next, ok := t.beyond(s, from); joined && ok {
		t.join(last, next)
	}
}

// beyond returns the first point beyond the window.
func (t *tracer) beyond(s source, i int) (spot, bool) {
	if i >= s.n {
		return spot{}, false
	}
	return t.spot(s, i)
}

// runs draws what the points from, …, to-1 of a column cover: a bar for every run of them without a gap.
func (t *tracer) runs(s source, column, from, to int) {
	if b, ok := s.whole(from, to); ok {
		t.extent(column, b)
		return
	}
	run := nothing
	s.walk(from, to, func(_, _ int, b block) {
		if b.empty() && !run.empty() {
			t.extent(column, run)
			run = nothing
		} else if !b.empty() {
			run = run.with(b)
		}
	})
	if !run.empty() {
		t.extent(column, run)
	}
}

// extent draws a bar from the lowest to the highest of values.
func (t *tracer) extent(column int, b block) {
	top, bottom := int(math.Floor(t.rowAt(b.hi))), int(math.Floor(t.rowAt(b.lo)))
	if !t.between || bottom-top >= steep {
		t.bar(column, top, bottom)
	}
}

// dash is how many columns a dash has, and the blank behind it. What is steep, in rows, is drawn there too.
const dash, steep = 3, 2

// blank says whether a column is one between dashes.
func (t *tracer) blank(column int) bool {
	return t.pens[len(t.pens)-1].dashed && column%(2*dash) >= dash
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
		if top, bottom := min(from, to), max(from, to); !t.blank(int(column)) || bottom-top >= steep {
			t.bar(int(column), top, bottom)
		}
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
