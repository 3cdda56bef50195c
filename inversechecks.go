package maskflow

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/models"
)

// closeEnough is the largest error, relative to 1 + |value|, that float32 may
// leave of a way through a flow and back.
const closeEnough = 1e-2

// roundTrip carries noise to data and back by each solver.
func (v *flowVerifier) roundTrip(ctx context.Context) (Check, error) {
	c := Check{Name: "the inverse of the flow leads back", Holds: true}
	host, err := v.f.NewInverter(v.m.weights)
	if err != nil {
		return c, err
	}
	var figures []string
	for _, solver := range []struct {
		name   string
		rows   int
		method models.Method
	}{{"incremental", 64, models.Incremental}, {"jacobi", 64, models.Jacobi}, {"sequential", v.o.Rows, models.Sequential}} {
		if solver.method != models.Incremental && v.f.Dim() > mostDense {
			figures = append(figures, fmt.Sprintf("%s left out, %d variables are too many", solver.name, v.f.Dim()))
			continue
		}
		cond := randomNormal(rand.New(rand.NewPCG(v.o.Seed, 0x74726970)), solver.rows*v.f.ContextDim())
		noise, err := v.noise(ctx, solver.rows, cond)
		if err != nil {
			return c, err
		}
		moved := append([]float32(nil), noise...)
		there, err := host.ToData(ctx, moved, cond, models.Solver{Method: solver.method})
		if err != nil {
			return c, err
		}
		back, err := host.ToNoise(ctx, moved, cond, models.Solver{Method: solver.method})
		if err != nil {
			return c, err
		}
		off, _ := farthest(moved, noise)
		c.Holds = c.Holds && off <= closeEnough
		figures = append(figures, fmt.Sprintf("%s: largest relative error %.1e over %s, %s", solver.name, off,
			number(solver.rows, "row"), passes(max(there, back))))
	}
	c.Figures = strings.Join(figures, "; ")
	return c, nil
}

func passes(n int) string {
	if n == 1 {
		return "1 pass"
	}
	return fmt.Sprintf("%d passes", n)
}

// noise draws rows of the base density, as Sample does for the flow.
func (v *flowVerifier) noise(ctx context.Context, n int, cond []float32) ([]float32, error) {
	sub := v.m.basePart(v.f.Base())
	if sub.model.ContextDim() == 0 {
		cond = nil
	}
	return Sample(ctx, sub.model, sub.weights, v.sets(), n, SampleOptions{Seed: v.o.Seed, Context: cond})
}

// sampler holds the samples that the host draws against the density that the
// graph computes: the latent codes of samples are the noise that they were made
// from. A flow whose graph goes from noise to data in one pass is held against
// that way.
func (v *flowVerifier) sampler(ctx context.Context) (Check, error) {
	c := Check{Name: "the sampler draws from the density: latent codes of samples are their noise", Holds: true}
	const rows = 64
	dim := v.f.Dim()
	cond := randomNormal(rand.New(rand.NewPCG(v.o.Seed, 0x73616d70)), rows*v.f.ContextDim())
	noise, err := v.noise(ctx, rows, cond)
	if err != nil {
		return c, err
	}
	x, err := Sample(ctx, v.m.model, v.m.weights, v.sets(), rows, SampleOptions{Seed: v.o.Seed, Context: cond})
	if err != nil {
		return c, err
	}
	from, want, what := x, noise, "noise"
	way := v.f.Forward
	if l, ok := v.f.(models.Looping); ok && l.Loops() {
		from, want, what, way = noise, x, "sample", v.f.Inverse
	}
	f, err := compile(v.m.evaluator.value.backend, v.m.model, "way", func(p models.Params, data []*Node) *Node {
		y, _ := way(p, data[0], second(data))
		return y
	})
	if err != nil {
		return c, err
	}
	defer f.close()
	data := []*tensors.Tensor{pad(from, dim, rows, rows), pad(cond, v.f.ContextDim(), rows, rows)}
	defer finalize(data)
	got, err := v.call(ctx, f, data...)
	if err != nil {
		return c, err
	}
	off, at := farthest(got, want)
	if c.Holds = off <= closeEnough; !c.Holds {
		c.Figures = fmt.Sprintf("row %d, variable %d: the density gives %s %.6g, the sampler %.6g", at/dim, at%dim+1, what, got[at], want[at])
		return c, nil
	}
	c.Figures = fmt.Sprintf("largest relative difference %.1e over %s", off, number(rows, "sample"))
	return c, nil
}

// farthest is the largest |got − want| / (1 + |want|), +Inf where one is not a
// number, and where it is.
func farthest(got, want []float32) (off float64, at int) {
	for i := range want {
		d := math.Abs(float64(got[i])-float64(want[i])) / (1 + math.Abs(float64(want[i])))
		if math.IsNaN(d) {
			d = math.Inf(1)
		}
		if d > off {
			off, at = d, i
		}
	}
	return off, at
}
