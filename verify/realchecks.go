package verify

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
)

// mostIntegrated bounds the dimensions in which a density is integrated.
const mostIntegrated = 2

// integral adds up the density over a window on a fine grid and compares that with
// how many samples are in it.
func integral(ctx context.Context, m *maskflow.Model, of *exec.Loaded, sets []*masks.Set, seed uint64) (Check, error) {
	c := Check{Name: "the density integrates to one", Holds: true}
	const drawn = 10_000
	dim := of.Model.Dim()
	if dim > mostIntegrated {
		c.Skipped, c.Figures = true, fmt.Sprintf("%d variables are too many for a grid (up to %d are)", dim, mostIntegrated)
		return c, nil
	}
	cond := randomNormal(rand.New(rand.NewPCG(seed, 0x696e7467)), of.Model.ContextDim())
	x, _, err := of.Sample(ctx, sets, exec.Draw{N: drawn, Seed: seed, Context: repeat(cond, drawn)})
	if err != nil {
		return c, err
	}
	var w window
	w.lo, w.hi = exec.Window(x, dim)
	inside := w.share(x)
	// Sharp ridges need the finer grid; most densities do not.
	for _, cells := range []int{300, 1200} {
		mass, err := mass(ctx, m, w, cells, cond, sets)
		if err != nil {
			return c, err
		}
		c.Holds = math.Abs(mass-inside) < 0.01
		c.Figures = fmt.Sprintf("%.4f over a window that holds %.4f of %d samples, on %s", mass, inside, drawn, grid(cells, dim))
		if c.Holds {
			break
		}
	}
	return c, nil
}

func grid(cells, dim int) string {
	if dim == 1 {
		return fmt.Sprintf("%d cells", cells*cells)
	}
	return fmt.Sprintf("%d × %d cells", cells, cells)
}

// window is a box.
type window struct{ lo, hi []float64 }

// share is how many of the rows are in the box.
func (w window) share(x []float32) float64 {
	dim, in := len(w.lo), 0
	for row := range slices.Chunk(x, dim) {
		all := true
		for d, v := range row {
			all = all && w.lo[d] <= float64(v) && float64(v) <= w.hi[d]
		}
		if all {
			in++
		}
	}
	return float64(in) / float64(len(x)/dim)
}

// mass integrates the density over a window by the midpoints of its cells: so many
// along each of two axes, or their square along one.
func mass(ctx context.Context, m *maskflow.Model, w window, cells int, cond []float32, sets []*masks.Set) (float64, error) {
	dim := len(w.lo)
	volume := 1.0
	for d := range dim {
		volume *= (w.hi[d] - w.lo[d])
	}
	total := cells * cells
	along := cells
	if dim == 1 {
		along = total
	}
	const part = 50_000 // what is held at once
	sum := 0.0
	for first := 0; first < total; first += part {
		n := min(part, total-first)
		x := make([]float32, 0, n*dim)
		for i := first; i < first+n; i++ {
			for d, at := 0, i; d < dim; d, at = d+1, at/along {
				x = append(x, float32(w.lo[d]+(w.hi[d]-w.lo[d])*(float64(at%along)+0.5)/float64(along)))
			}
		}
		logp, err := m.LogProbSets(ctx, x, repeat(cond, n), sets)
		if err != nil {
			return 0, err
		}
		for _, l := range logp {
			sum += math.Exp(l)
		}
	}
	return sum * volume / float64(total), nil
}
