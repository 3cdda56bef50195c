package picture

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/maskflow/maskflow/internal/num"
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

// thin returns a line of fewer points that looks the same: where x only grows, the first, lowest, highest and last point
// of each of many columns, so that no peak is lost.
func thin(line plotter.XYs, columns int) plotter.XYs {
	growing := slices.IsSortedFunc(line, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
	if !growing || len(line) <= 4*columns {
		return line
	}
	first, scale := line[0].X, float64(columns)/max(line[len(line)-1].X-line[0].X, math.SmallestNonzeroFloat64)
	column := func(i int) int { return int(min((line[i].X-first)*scale, float64(columns-1))) }
	var out plotter.XYs
	for from, to := 0, 0; from < len(line); from = to {
		lowest, highest := from, from
		for to = from; to < len(line) && column(to) == column(from); to++ {
			if line[to].Y < line[lowest].Y {
				lowest = to
			}
			if line[to].Y > line[highest].Y {
				highest = to
			}
		}
		out = append(out, line[from])
		for _, i := range []int{min(lowest, highest), max(lowest, highest), to - 1} {
			if line[i] != out[len(out)-1] {
				out = append(out, line[i])
			}
		}
	}
	return out
}
