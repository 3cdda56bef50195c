package picture

import (
	"fmt"
	"math"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/plot"
)

// around gives an axis a range that holds the finite values, with a part of its length on either side. Without finite
// values it is [0, 1].
func around(axis *gonum.Axis, values []float64, part float64) error {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if num.Finite(v) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	axis.Min, axis.Max = 0, 1
	if lo > hi {
		return nil
	}
	space := (hi - lo) * part
	if space == 0 {
		space = max(math.Abs(hi)*part, 1e-6)
	}
	if !num.Finite((hi + space) - (lo - space)) {
		return fmt.Errorf("values from %g to %g are too far apart to draw: leave the outliers out", lo, hi)
	}
	axis.Min, axis.Max = lo-space, hi+space
	return nil
}

// runs splits a line where a coordinate is not finite.
func runs(x, y []float64) []plotter.XYs {
	var out []plotter.XYs
	open := false
	for i := range x {
		if !num.Finite(x[i]) || !num.Finite(y[i]) {
			open = false
			continue
		}
		if !open {
			out = append(out, nil)
			open = true
		}
		out[len(out)-1] = append(out[len(out)-1], plotter.XY{X: x[i], Y: y[i]})
	}
	return out
}

// thin returns a line of fewer points that looks the same: the first, lowest, highest and last point of each of many
// parts of as many points, so that no peak is lost.
func thin(line plotter.XYs, parts int) plotter.XYs {
	if len(line) <= 4*parts {
		return line
	}
	out := make(plotter.XYs, 0, 4*parts)
	for i := range parts {
		from, to := plot.Part(i, parts, len(line))
		lowest, highest := from, from
		for j := from; j < to; j++ {
			if line[j].Y < line[lowest].Y {
				lowest = j
			}
			if line[j].Y > line[highest].Y {
				highest = j
			}
		}
		out = append(out, line[from], line[min(lowest, highest)], line[max(lowest, highest)], line[to-1])
	}
	return out
}
