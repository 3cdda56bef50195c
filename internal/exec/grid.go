package exec

import "slices"

// Grid divides a rectangle of the plane of two variables into cells of one size,
// in the middle of each of which a density is looked at.
type Grid struct {
	// X and Y are the outer edges, lower and upper, of the first and the second
	// variable.
	X, Y [2]float64
	// Cells is their number along each axis.
	Cells int
}

// GridOf returns a grid over where rows [n, 2] are: in each variable from the
// half percent at the lower end to that at the upper, with a tenth of that length
// on both sides (1 where all values are equal). There must be a row.
func GridOf(rows []float32, cells int) Grid {
	lo, hi := Window(rows, 2)
	side := func(d int) [2]float64 {
		margin := 0.1 * (hi[d] - lo[d])
		if margin == 0 {
			margin = 1
		}
		return [2]float64{lo[d] - margin, hi[d] + margin}
	}
	return Grid{X: side(0), Y: side(1), Cells: cells}
}

// Middles are the middles of the cells as rows of data, [cells·cells, 2]: those of
// the smallest y first, from left to right.
func (g Grid) Middles() []float32 {
	at := func(side [2]float64, i int) float32 {
		return float32(side[0] + (side[1]-side[0])*(float64(i)+0.5)/float64(g.Cells))
	}
	rows := make([]float32, 0, 2*g.Cells*g.Cells)
	for j := range g.Cells {
		for i := range g.Cells {
			rows = append(rows, at(g.X, i), at(g.Y, j))
		}
	}
	return rows
}

// Window is the box between the half percents at both ends of each variable of
// rows [n, dim]. There must be a row.
func Window(rows []float32, dim int) (lo, hi []float64) {
	n := len(rows) / dim
	column := make([]float32, n)
	for d := range dim {
		for i := range column {
			column[i] = rows[i*dim+d]
		}
		slices.Sort(column)
		lo, hi = append(lo, float64(column[n/200])), append(hi, float64(column[n-1-n/200]))
	}
	return lo, hi
}
