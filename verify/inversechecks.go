package verify

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

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
		figures = append(figures, fmt.Sprintf("%s: largest error %.1e deviations over %s, %s", solver.name, off,
			text.Count(rows, "sample"), passes(max(there, back))))
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

func passes(n int) string {
	if n == 1 {
		return "1 pass"
	}
	return fmt.Sprintf("%d passes", n)
}

// noise draws rows of the base density, as Sample does for the flow.
func (v *flowVerifier) noise(ctx context.Context, n int, cond []float32) ([]float32, error) {
	if v.part.Model.ContextDim() == 0 {
		cond = nil
	}
	z, _, err := v.part.Sample(ctx, v.sets(), exec.Draw{N: n, Seed: v.o.Seed, Context: cond})
	return z, err
}

// sampler holds the samples that the host draws against the density that the
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
	noise, err := v.noise(ctx, flowRows, cond)
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
	all := make([]float64, dim)
	for d := range all {
		var column []float64
		for i := d; i < len(rows); i += dim {
			column = append(column, float64(rows[i]))
		}
		if all[d] = stat.PopStdDev(column, nil); all[d] == 0 {
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
