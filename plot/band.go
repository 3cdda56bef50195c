package plot

import "math"

// band fills every column from the lower of two lines to the upper one.
func (t *tracer) band(lower, upper source) {
	if lower.n == 0 || upper.n == 0 {
		return
	}
	var lo, hi follower
	for column := range t.columns() {
		b := lo.column(t, lower, column)
		if above := hi.column(t, upper, column); !b.empty() && !above.empty() {
			t.extent(column, b.with(above))
		}
	}
}

// follower goes along a line column by column.
type follower struct {
	next  int // the first point that is not behind
	count int // of points in the last column
}

// column returns the extremes of the points in the next column or, where it has none, the value in its middle of the
// line that joins its neighbours: nothing in a gap.
func (f *follower) column(t *tracer, s source, column int) block {
	if column == 0 {
		f.next = s.after(t.edge(0), 0, 0)
	}
	from := f.next
	f.next = s.after(t.edge(column+1), from, from+f.count)
	if f.count = f.next - from; f.count > 0 {
		return s.extremes(from, f.next)
	}
	if from == 0 || from >= s.n {
		return nothing
	}
	x0, y0 := s.points.At(from - 1)
	x1, y1 := s.points.At(from)
	if !(x1 > x0) || !s.usable(y0) || !s.usable(y1) || !finite(x0) || !finite(x1) {
		return nothing
	}
	y := between(x0, y0, x1, y1, t.window.value(t.middle(column)/float64(t.columns())), s.log)
	return block{y, y}
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
