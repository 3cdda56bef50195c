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

// closeEnough is the largest error, in deviations of a variable, that float32 may
// leave of a way through a flow and back.
const closeEnough = 1e-2

// roundTrip carries samples to noise and back by each solver. It looks at the side
// of the data: where a flow flattens, as logits do at their ends, float32 keeps
// the data but not the noise that they come from.
func (v *flowVerifier) roundTrip(ctx context.Context) (Check, error) {
	c := Check{Name: "the inverse of the flow leads back", Holds: true}
	host, err := v.of.Inverter()
	if err != nil {
		return c, err
	}
	x, cond, err := v.samples(ctx, flowRows)
	if err != nil {
		return c, err
	}
	var figures []string
	for _, solver := range []struct {
		name   string
		rows   int
		method models.Method
	}{{"incremental", flowRows, models.Incremental}, {"jacobi", flowRows, models.Jacobi}, {"sequential", v.o.Rows, models.Sequential}} {
		if solver.method != models.Incremental && v.f.Dim() > mostDense {
			figures = append(figures, fmt.Sprintf("%s left out, %d variables are too many", solver.name, v.f.Dim()))
			continue
		}
		rows := min(solver.rows, flowRows)
		want, own := x[:rows*v.f.Dim()], cond[:rows*v.f.ContextDim()]
		moved := append([]float32(nil), want...)
		there, err := host.ToNoise(ctx, moved, own, models.Solver{Method: solver.method})
		if err != nil {
			return c, err
		}
		back, err := host.ToData(ctx, moved, own, models.Solver{Method: solver.method})
		if err != nil {
			return c, err
		}
		off, _ := farthest(moved, want, deviations(x, v.f.Dim()))
		c.Holds = c.Holds && off <= closeEnough
		figures = append(figures, fmt.Sprintf("%s: largest error %.1e deviations over %s, passes: %d", solver.name, off,
			text.Count(rows, "sample"), max(there, back)))
	}
	c.Figures = strings.Join(figures, "; ")
	return c, nil
}

// flowRows is how many samples a flow is looked at with.
const flowRows = 64

// samples draws rows with their contexts.
func (v *flowVerifier) samples(ctx context.Context, n int) (x, cond []float32, err error) {
	cond = randomNormal(rand.New(rand.NewPCG(v.o.Seed, 0x73616d70)), n*v.f.ContextDim())
	x, _, err = v.of.Sample(ctx, v.sets(), exec.Draw{N: n, Seed: v.o.Seed, Context: cond})
	return x, cond, err
}

// sampler compares the samples that the host draws with the density that the
// graph computes: the latent codes of samples are the noise that they were made
// from, which is seen where both are carried to data (see roundTrip). Of a flow
// whose graph goes from noise to data in one pass, that way is taken.
func (v *flowVerifier) sampler(ctx context.Context) (Check, error) {
	c := Check{Name: "the sampler draws from the density: latent codes of samples are their noise", Holds: true}
	dim := v.f.Dim()
	x, cond, err := v.samples(ctx, flowRows)
	if err != nil {
		return c, err
	}
	draw := exec.Draw{N: flowRows, Seed: v.o.Seed, Context: cond}
	if v.part.Model.ContextDim() == 0 {
		draw.Context = nil
	}
	noise, _, err := v.part.Sample(ctx, v.sets(), draw)
	if err != nil {
		return c, err
	}
	var got []float32
	want := x
	if v.f.Loops() {
		if got, err = v.graph(ctx, v.f.Inverse, noise, cond); err != nil {
			return c, err
		}
	} else {
		if got, err = v.graph(ctx, v.f.Forward, x, cond); err != nil {
			return c, err
		}
		host, err := v.of.Inverter()
		if err != nil {
			return c, err
		}
		for _, z := range [][]float32{got, noise} {
			if _, err := host.ToData(ctx, z, cond, models.Solver{}); err != nil {
				return c, err
			}
		}
		want = noise
	}
	off, at := farthest(got, want, deviations(x, dim))
	if c.Holds = off <= closeEnough; !c.Holds {
		c.Figures = fmt.Sprintf("row %d, variable %d: the density takes the sample for %.6g, its noise gives %.6g", at/dim, at%dim+1, got[at], want[at])
		return c, nil
	}
	c.Figures = fmt.Sprintf("largest difference %.1e deviations over %s", off, text.Count(flowRows, "sample"))
	return c, nil
}

// graph computes one direction of the flow on the backend.
func (v *flowVerifier) graph(ctx context.Context, way func(models.Params, *Node, *Node) (*Node, *Node), from, cond []float32) ([]float32, error) {
	f, err := v.of.Compile("way", flowRows, func(p models.Params, in exec.Args[*Node]) *Node {
		y, _ := way(p, in.X, in.Context)
		return y
	})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return v.call(ctx, f, from, cond)
}

// deviations are those of the columns of rows, 1 for a column without any.
func deviations(rows []float32, dim int) []float64 {
	_, all := num.Moments(rows, dim)
	for d, variance := range all {
		if all[d] = math.Sqrt(variance); variance == 0 {
			all[d] = 1
		}
	}
	return all
}

// farthest is the largest |got − want| in deviations of the column, +Inf where one
// is not a number, and where it is.
func farthest(got, want []float32, deviation []float64) (off float64, at int) {
	for i := range want {
		d := math.Abs(float64(got[i])-float64(want[i])) / deviation[i%len(deviation)]
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		if d > off {
			off, at = d, i
		}
	}
	return off, at
}
