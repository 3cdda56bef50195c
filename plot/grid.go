package plot

import "math"

// Range is an interval of an axis, in data units.
type Range struct{ Lo, Hi float64 }

// Grid is a function of two variables on a regular grid, such as the density of a pair.
type Grid struct {
	// Rows and Cols are the numbers of cells along y and x.
	Rows, Cols int
	// Values has shape [Rows, Cols], row-major; row 0 is that of the smallest y. Negative infinity is a value below all
	// others, such as the logarithm of a density of zero, and positive infinity one above.
	Values []float64
	// X and Y are the outer edges of the grid. A range without length means [0, Cols] or [0, Rows].
	X, Y Range
	// Depth is how far below the largest value the colours reach, in the unit of Values; what lies deeper looks like the
	// lowest. 0 means to the smallest finite value, but the logarithm of a density, in nats, shows more of its shape
	// with a depth of about 10.
	Depth float64
	// Name says what Values are, for the legend, such as "log p(x), nats".
	Name string
}

// Fits says whether the number of values is that of the cells.
func (g Grid) Fits() bool {
	return g.Rows >= 0 && g.Cols >= 0 && (g.Cols == 0 && len(g.Values) == 0 ||
		g.Cols > 0 && len(g.Values)%g.Cols == 0 && len(g.Values)/g.Cols == g.Rows)
}

// Edges returns the ranges of both axes with their defaults filled in.
func (g Grid) Edges() (x, y Range) {
	return edges(g.X, g.Cols), edges(g.Y, g.Rows)
}

func edges(r Range, cells int) Range {
	if !(r.Hi-r.Lo > 0) && !(r.Lo-r.Hi > 0) || math.IsInf(r.Lo, 0) || math.IsInf(r.Hi, 0) {
		return Range{0, float64(cells)}
	}
	return r
}

// Scale returns the values that the first and the last colour stand for, and whether there are finite values below the
// first. Without any finite value it returns zeros.
func (g Grid) Scale() (scale Range, deeper bool) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range g.Values {
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if lo > hi {
		return Range{}, false
	}
	if floor := hi - g.Depth; g.Depth > 0 && floor > lo {
		return Range{floor, hi}, true
	}
	return Range{lo, hi}, false
}

// Level returns the place of v in the range, from 0 at its lower end to 1 at its upper end. Values outside are at the
// ends, those of a range without length at the upper one; not-a-number stays so.
func (r Range) Level(v float64) float64 {
	switch {
	case math.IsNaN(v):
		return v
	case v >= r.Hi:
		return 1
	case v <= r.Lo:
		return 0
	}
	return min((v/2-r.Lo/2)/(r.Hi/2-r.Lo/2), 1) // halves, whose difference cannot overflow
}

// Resample returns the same function on rows x cols cells, one at least of each. A new cell has the largest value of
// those it covers, so that no ridge is lost, or not-a-number if one is. The grid must fit (see [Grid.Fits]) and hold a
// value.
func (g Grid) Resample(rows, cols int) Grid {
	values := make([]float64, 0, rows*cols)
	for row := range rows {
		fromRow, toRow := part(row, rows, g.Rows)
		for col := range cols {
			fromCol, toCol := part(col, cols, g.Cols)
			values = append(values, g.largest(fromRow, toRow, fromCol, toCol))
		}
	}
	g.X, g.Y = g.Edges()
	g.Rows, g.Cols, g.Values = rows, cols, values
	return g
}

// largest returns the largest value of a block of cells, or not-a-number if one is.
func (g Grid) largest(fromRow, toRow, fromCol, toCol int) float64 {
	most := math.Inf(-1)
	for r := fromRow; r < toRow; r++ {
		for _, v := range g.Values[r*g.Cols+fromCol : r*g.Cols+toCol] {
			most = max(most, v) // which keeps not-a-number
		}
	}
	return most
}
