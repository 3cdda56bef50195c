package verify

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// mostIntegrated bounds the dimensions in which a density is integrated.
const mostIntegrated = 2

// integral is of a density over real numbers.
type integral struct {
	m    *maskflow.Model
	of   *exec.Loaded // the density
	sets []*masks.Set
	seed uint64
}

// look adds up the density over a window on a fine grid and compares that with
// how many samples are in it.
func (n integral) look(ctx context.Context) (c Check, err error) {
	const drawn = 10_000
	dim := n.of.Model.Dim()
	if dim > mostIntegrated {
		return skips("%d variables are too many for a grid (up to %d are)", dim, mostIntegrated)
	}
	cond := randomNormal(rand.New(rand.NewPCG(n.seed, 0x696e7467)), n.of.Model.ContextDim())
	x, _, err := n.of.Sample(ctx, n.sets, exec.Draw{N: drawn, Seed: n.seed, Context: slices.Repeat(cond, drawn)})
	if err != nil {
		return c, err
	}
	lo, hi := exec.Window(x, dim)
	inside := 0
	for row := range slices.Chunk(x, dim) {
		out := false
		for d, v := range row {
			out = out || float64(v) < lo[d] || float64(v) > hi[d]
		}
		if !out {
			inside++
		}
	}
	share := float64(inside) / drawn
	// Sharp ridges need the finer grid; most densities do not.
	for _, cells := range []int{300, 1200} {
		grid := fmt.Sprintf("%d × %d cells", cells, cells)
		if dim == 1 {
			cells *= cells
			grid = fmt.Sprintf("%d cells", cells)
		}
		mass, err := n.mass(ctx, lo, hi, cells, cond)
		if err != nil {
			return c, err
		}
		c, err = holdsIf(math.Abs(mass-share) < 0.01, "%.4f over a window that holds %.4f of %d samples, on %s", mass, share, drawn, grid)
		if err != nil || c.Holds {
			return c, err
		}
	}
	return c, nil
}

// mass integrates the density over a window by the midpoints of its cells, so many
// along each axis.
func (n integral) mass(ctx context.Context, lo, hi []float64, cells int, cond []float32) (float64, error) {
	dim, total, volume := len(lo), 1, 1.0
	for d := range dim {
		total, volume = total*cells, volume*(hi[d]-lo[d])
	}
	const part = 50_000 // what is held at once
	sum := 0.0
	for first := 0; first < total; first += part {
		last := min(first+part, total)
		x := make([]float32, 0, (last-first)*dim)
		for i := first; i < last; i++ {
			for d, at := 0, i; d < dim; d, at = d+1, at/cells {
				x = append(x, float32(lo[d]+(hi[d]-lo[d])*(float64(at%cells)+0.5)/float64(cells)))
			}
		}
		logp, err := n.m.Core.LogProbSets(ctx, x, slices.Repeat(cond, last-first), n.sets)
		if err != nil {
			return 0, err
		}
		sum += sumExp(logp)
	}
	return sum * volume / float64(total), nil
}

// closeEnough is the largest error, in deviations of a variable, that float32 may
// leave of a way through a flow and back.
const closeEnough = 1e-2

// roundTrip carries samples to noise and back by each solver. It looks at the side
// of the data: where a flow flattens, as logits do at their ends, float32 keeps
// the data but not the noise that they come from.
func (v *flowVerifier) roundTrip(ctx context.Context) (Check, error) {
	back, figures := true, []string(nil)
	for _, solver := range []struct {
		name   string
		rows   int
		method models.Method
	}{{"incremental", v.samples.N, models.Incremental}, {"jacobi", v.samples.N, models.Jacobi}, {"sequential", v.o.Rows, models.Sequential}} {
		if solver.method != models.Incremental && v.f.Dim() > mostDense {
			figures = append(figures, fmt.Sprintf("%s left out, %d variables are too many", solver.name, v.f.Dim()))
			continue
		}
		want, own := v.x[:solver.rows*v.f.Dim()], v.samples.Context[:solver.rows*v.f.ContextDim()]
		moved := slices.Clone(want)
		there, err := v.host.ToNoise(ctx, moved, own, models.Solver{Method: solver.method})
		if err != nil {
			return Check{}, err
		}
		again, err := v.host.ToData(ctx, moved, own, models.Solver{Method: solver.method})
		if err != nil {
			return Check{}, err
		}
		off, _ := farthest(moved, want, v.x, v.f.Dim())
		back = back && off <= closeEnough
		figures = append(figures, fmt.Sprintf("%s: largest error %.1e deviations over %s, passes: %d", solver.name, off,
			text.Count(solver.rows, "sample"), max(there, again)))
	}
	return holdsIf(back, "%s", strings.Join(figures, "; "))
}

// sampler compares the samples that the host draws with the density that the
// graph computes: the latent codes of samples are the noise that they were made
// from, which is seen where both are carried to data (see roundTrip). Of a flow
// whose graph goes from noise to data in one pass, that way is taken.
func (v *flowVerifier) sampler(ctx context.Context) (Check, error) {
	draw, dim := v.samples, v.f.Dim()
	if v.part.Model.ContextDim() == 0 {
		draw.Context = nil
	}
	noise, _, err := v.part.Sample(ctx, v.sets(), draw)
	if err != nil {
		return Check{}, err
	}
	way, from := v.f.Forward, v.x
	if v.f.Loops() {
		way, from = v.f.Inverse, noise
	}
	f, err := v.of.Compile("way", draw.N, func(p models.Params, in exec.Args[*Node]) *Node {
		y, _ := way(p, in.X, in.Context)
		return y
	})
	if err != nil {
		return Check{}, err
	}
	defer f.Close()
	got, err := call(ctx, v.of, f, nil, from, v.samples.Context)
	want := v.x
	if err == nil && !v.f.Loops() {
		want = noise
		for _, z := range [][]float32{got, want} {
			if _, err = v.host.ToData(ctx, z, v.samples.Context, models.Solver{}); err != nil {
				break
			}
		}
	}
	if err != nil {
		return Check{}, err
	}
	off, at := farthest(got, want, v.x, dim)
	if !(off <= closeEnough) {
		return fails("row %d, variable %d: the density takes the sample for %.6g, its noise gives %.6g", at/dim, at%dim+1, got[at], want[at])
	}
	return holds("largest difference %.1e deviations over %s", off, text.Count(draw.N, "sample"))
}

// farthest is the largest |got − want| in deviations of the column among rows, or by
// itself in a column without any; +Inf where one is not a number; and where it is.
func farthest(got, want, rows []float32, dim int) (off float64, at int) {
	_, variance := num.Moments(rows, dim, nil)
	for i := range want {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if v := variance[i%dim]; v != 0 {
			d /= math.Sqrt(v)
		}
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		if d > off {
			off, at = d, i
		}
	}
	return off, at
}
