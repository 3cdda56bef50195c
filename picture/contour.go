package picture

import (
	"gonum.org/v1/plot/plotter"

	"github.com/maskflow/maskflow/plot"
)

// contours returns the closed lines around where a density on a grid is above a level: marching squares. A line has what is
// above on its left, so that those of holes run the other way round. The density is linear between the middles of
// cells, and falls to zero at the edges of the grid.
func contours(g plot.Grid, level float64) (lines []plotter.XYs) {
	g.X, g.Y = g.Edges()
	f := field{Grid: g, level: level, next: map[link]link{}}
	for row := range g.Rows + 1 {
		for col := range g.Cols + 1 {
			f.square(row, col)
		}
	}
	for _, start := range f.starts {
		var line plotter.XYs
		for at, open := start, true; open; {
			var to link
			if to, open = f.next[at]; open {
				delete(f.next, at)
				line, at = append(line, f.crossing(at)), to
			}
		}
		if line != nil {
			lines = append(lines, line)
		}
	}
	return lines
}

// field is a density at nodes: the middles of the cells of a grid, and around them, in row and column 0 and the last ones,
// its edges.
type field struct {
	plot.Grid
	level  float64
	next   map[link]link // from one that a line crosses to the one after it
	starts []link
}

// link joins a node with its neighbour to the right or, if up, above.
type link struct {
	row, col int
	up       bool
}

// value is zero on the edges.
func (f *field) value(row, col int) float64 {
	if row == 0 || col == 0 || row > f.Rows || col > f.Cols {
		return 0
	}
	return f.Values[(row-1)*f.Cols+col-1]
}

// square adds the pieces of lines between a node, its neighbours and the one diagonal to it.
func (f *field) square(row, col int) {
	values := [4]float64{f.value(row, col), f.value(row, col+1), f.value(row+1, col+1), f.value(row+1, col)}
	links := [4]link{{row, col, false}, {row, col + 1, true}, {row + 1, col, false}, {row, col, true}}
	above := func(i int) bool { return values[i%4] > f.level }
	// Where opposite nodes are above, these are joined if the middle is.
	turn := 3
	if values[0]+values[1]+values[2]+values[3] > 4*f.level {
		turn = 1
	}
	for i := range links {
		if !above(i) || above(i+1) {
			continue
		}
		j := i + turn
		for above(j) || !above(j+1) {
			j += turn
		}
		f.starts, f.next[links[i]] = append(f.starts, links[i]), links[j%4]
	}
}

// crossing is where a line crosses a link.
func (f *field) crossing(l link) plotter.XY {
	row, col := l.row, l.col
	if l.up {
		row++
	} else {
		col++
	}
	a, b := f.value(l.row, l.col), f.value(row, col)
	part := (f.level - a) / (b - a)
	place := func(r plot.Range, from, to, cells int) float64 {
		at := func(node int) float64 {
			return r.Lo + (r.Hi-r.Lo)*min(max(float64(node)-0.5, 0), float64(cells))/float64(cells)
		}
		return at(from)*(1-part) + at(to)*part
	}
	return plotter.XY{X: place(f.X, l.col, col, f.Cols), Y: place(f.Y, l.row, row, f.Rows)}
}
