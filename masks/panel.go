package masks

import "fmt"

// panel is one matrix of a picture. As in the paper, rows are the units that are fed and columns those that feed. Units
// are sorted by degree, which changes only their names, so that every mask is a staircase whose cells are below its
// steps, and the product is strictly lower triangular.
type panel struct {
	name       string // "direct", "product", or "" for the mask of a layer
	from, to   string // layers
	cols, rows []int  // degrees
	joined     func(row, col int) bool
}

// panels returns the masks of the set from the input to the output, the direct connections if there are any, and last
// the product: which input has one of the paths to which output.
func (s *Set) panels(paths [][]int64) []panel {
	sorted, _ := s.Sorted()
	order := make([]int, s.Dim())
	sequence := s.Order.Sequence()
	for k, i := range sequence {
		order[k] = s.Order[i]
	}
	sorted.Order = order

	var all []panel
	for l := range sorted.Layers() {
		cols, rows, strict := sorted.In(l), sorted.Out(l), sorted.Strict(l)
		all = append(all, panel{
			from: s.layerName(l), to: s.layerName(l + 1), cols: cols, rows: rows,
			joined: func(row, col int) bool { return Connects(cols[col], rows[row], strict) },
		})
	}
	if s.Direct {
		all = append(all, panel{
			name: "direct", from: "input", to: "output", cols: order, rows: order,
			joined: func(row, col int) bool { return Connects(order[col], order[row], true) },
		})
	}
	return append(all, panel{
		name: "product", from: "input", to: "output", cols: order, rows: order,
		joined: func(row, col int) bool { return paths[sequence[col]][sequence[row]] > 0 },
	})
}

// layerName names the units that feed layer l, counting hidden layers from 0 as Set.Hidden does.
func (s *Set) layerName(l int) string {
	switch l {
	case 0:
		return "input"
	case s.Layers():
		return "output"
	}
	return fmt.Sprintf("hidden %d", l-1)
}

// share returns which part of a block of cells is joined: rows r of the panel's rows cut into height equal parts, and
// columns likewise.
func (p panel) share(r, height, c, width int) float64 {
	r0, r1 := part(r, height, len(p.rows))
	c0, c1 := part(c, width, len(p.cols))
	joined := 0
	for row := r0; row < r1; row++ {
		for col := c0; col < c1; col++ {
			if p.joined(row, col) {
				joined++
			}
		}
	}
	return float64(joined) / float64((r1-r0)*(c1-c0))
}

// broken says whether, in the block of cells that [panel.share] describes, a unit feeds one of no larger degree.
func (p panel) broken(r, height, c, width int) bool {
	r0, r1 := part(r, height, len(p.rows))
	c0, c1 := part(c, width, len(p.cols))
	for row := r0; row < r1; row++ {
		for col := c0; col < c1; col++ {
			if p.rows[row] <= p.cols[col] && p.joined(row, col) {
				return true
			}
		}
	}
	return false
}

// part returns the bounds of part i of n things cut into parts, each at least one thing.
func part(i, parts, n int) (from, to int) {
	from, to = i*n/parts, (i+1)*n/parts
	return from, max(to, from+1)
}
