package picture

import (
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/plot"
)

// panel is one matrix of a mask set. As in the paper, rows are the units that are fed and columns those that feed. Units
// are sorted by degree, which changes only their names, so that every mask is a staircase whose cells are below its
// steps, and the product is strictly lower triangular.
type panel struct {
	operator   string // before it in the equation
	name       string // "direct", "product", or "" for the mask of a layer
	from, to   string // layers
	cols, rows []int  // degrees
	joined     func(row, col int) bool
}

// panels returns the masks of the set from the input to the output, the direct connections if there are any, and last
// the product: which input has one of the paths to which output.
func panels(s *masks.Set, paths [][]int64) []panel {
	sequence := s.Order.Sequence()
	sorted := func(degrees []int) []int { return slices.Sorted(slices.Values(degrees)) }
	order := sorted(s.Order)
	var all []panel
	for l := range s.Layers() {
		cols, rows, strict := sorted(s.In(l)), sorted(s.Out(l)), s.Strict(l)
		all = append(all, panel{"×", "", layerName(s, l), layerName(s, l+1), cols, rows,
			func(row, col int) bool { return masks.Connects(cols[col], rows[row], strict) }})
	}
	if s.Direct {
		all = append(all, panel{"+", "direct", "input", "output", order, order,
			func(row, col int) bool { return masks.Connects(order[col], order[row], true) }})
	}
	return append(all, panel{"=", "product", "input", "output", order, order,
		func(row, col int) bool { return paths[sequence[col]][sequence[row]] > 0 }})
}

// layerName names the units that feed layer l, counting hidden layers from 0 as masks.Set.Hidden does.
func layerName(s *masks.Set, l int) string {
	switch l {
	case 0:
		return "input"
	case s.Layers():
		return "output"
	}
	return fmt.Sprintf("hidden %d", l-1)
}

// share returns which part of a block of cells is joined, the rows of the panel being cut into height equal parts and
// the columns into width, and whether in one of its cells a unit feeds one of no larger degree.
func (p panel) share(r, height, c, width int) (share float64, broken bool) {
	r0, r1 := plot.Part(r, height, len(p.rows))
	c0, c1 := plot.Part(c, width, len(p.cols))
	joined := 0
	for row := r0; row < r1; row++ {
		for col := c0; col < c1; col++ {
			if p.joined(row, col) {
				joined++
				broken = broken || p.rows[row] <= p.cols[col]
			}
		}
	}
	return float64(joined) / float64((r1-r0)*(c1-c0)), broken
}
