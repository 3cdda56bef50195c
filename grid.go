package maskflow

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
	box := windowOf(rows, 2)
	side := func(d int) [2]float64 {
		margin := 0.1 * (box.hi[d] - box.lo[d])
		if margin == 0 {
			margin = 1
		}
		return [2]float64{box.lo[d] - margin, box.hi[d] + margin}
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
