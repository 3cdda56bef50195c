package verify

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
)

// mostDense bounds the dimensions in which a matrix without structure is
// factorised, and a network computed once for every variable.
const mostDense = 1024

// flowVerifier looks at a flow layer by layer, at samples of it.
type flowVerifier struct {
	m      *maskflow.Model
	of     *exec.Loaded // the flow
	part   *exec.Loaded // its base density
	f      flow.Layered
	o      Options
	base   *verifier // nil when the base has no masks
	layers []flowLayer
	cond   []float32
}

// flowLayer is a layer in the direction that takes one pass, and the rows that it
// sees there.
type flowLayer struct {
	flow.Layer
	index  int
	masked *flow.Autoregressive // the layer itself, nil when it has no masks
	rows   []float32
}

func (l flowLayer) String() string { return fmt.Sprintf("layer %d (%s)", l.index, l.Name()) }

func newFlowVerifier(ctx context.Context, m *maskflow.Model, of *exec.Loaded, f flow.Layered, o Options) (*flowVerifier, error) {
	part, err := of.Base(f)
	if err != nil {
		return nil, err
	}
	v := &flowVerifier{m: m, of: of, part: part, f: f, o: o}
	if masked, ok := f.Base().(models.Masked); ok {
		v.base = &verifier{m: m, of: part, density: masked, sets: setsOf(masked, o), o: o}
	}
	if err := v.draw(ctx); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *flowVerifier) close() { v.part.Close() }

// draw draws the rows and carries them through the layers.
func (v *flowVerifier) draw(ctx context.Context) error {
	v.cond = randomNormal(rand.New(rand.NewPCG(v.o.Seed, 0x636f6e64)), v.o.Rows*v.f.ContextDim())
	rows, _, err := v.of.Sample(ctx, v.sets(), exec.Draw{N: v.o.Rows, Seed: v.o.Seed, Context: v.cond})
	if err != nil {
		return err
	}
	for i, l := range v.f.Layers() {
		own, cond := flowLayer{Layer: l, index: i, rows: slices.Clone(rows)}, v.cond
		if l.ContextDim() == 0 {
			cond = nil
		}
		host, err := l.Host(v.f.LayerPart(i).Weights(v.of.Weights).Named(l))
		if err == nil {
			_, err = host.Forward(ctx, rows, cond, models.Solver{})
		}
		if err != nil {
			return fmt.Errorf("%v: %w", own, err)
		}
		inner, turned := flow.Unwrap(l)
		if a, ok := inner.(*flow.Autoregressive); ok {
			own.masked = a
			if turned {
				own.Layer, own.rows = a, slices.Clone(rows)
			}
		}
		v.layers = append(v.layers, own)
	}
	return nil
}

// sets are the mask sets of a flow over a masked density.
func (v *flowVerifier) sets() []*masks.Set {
	if v.base == nil {
		return []*masks.Set{nil}
	}
	return v.base.sets
}

func (v *flowVerifier) checks() []check {
	all := []check{one(v.paths), v.jacobians, one(v.roundTrip), one(v.sampler)}
	if v.base != nil {
		for _, f := range []func(context.Context) (Check, error){v.base.jacobian, v.base.sampler} {
			all = append(all, one(func(ctx context.Context) (Check, error) {
				c, err := f(ctx)
				c.Name = "base: " + c.Name
				return c, err
			}))
		}
	}
	return append(all, one(func(ctx context.Context) (Check, error) { return integral(ctx, v.m, v.of, v.sets(), v.o.Seed) }))
}

// paths multiplies the masks of each layer.
func (v *flowVerifier) paths(ctx context.Context) (Check, error) {
	c := Check{Name: "no forbidden path in the product of the masks", Holds: true}
	layers, total := 0, 0
	for _, l := range v.layers {
		if l.masked == nil {
			continue
		}
		layers++
		kept, bad := connections(l.masked.Set())
		if total += kept; bad != "" {
			c.Holds, c.Figures = false, fmt.Sprintf("%v: %s", l, bad)
			return c, nil
		}
	}
	c.Figures = fmt.Sprintf("%s with masks, %d connections", text.Count(layers, "layer"), total)
	if v.base == nil {
		return c, nil
	}
	base, err := v.base.paths(ctx)
	c.Holds, c.Figures = base.Holds, c.Figures+"; base: "+base.Figures
	return c, err
}

// jacobians differentiates each layer at each row: the Jacobian of a masked one is
// triangular in its order, and ln |det| is what the layer says it is.
func (v *flowVerifier) jacobians(ctx context.Context) ([]Check, error) {
	triangular := Check{Name: "every autoregressive layer has a triangular Jacobian", Holds: true}
	determinant := Check{Name: "the log-determinant of every layer is that of its Jacobian", Holds: true}
	layers, left, live, entries, worst := 0, 0, 0, 0, 0.0
	for _, l := range v.layers {
		if l.masked == nil && l.Dim() > mostDense {
			left++
			continue
		}
		at, err := v.differentiate(ctx, l)
		if err != nil {
			return nil, err
		}
		for r, j := range at {
			said := j.logDet
			var found float64
			if l.masked == nil {
				found, _ = mat.LogDet(j.entries)
			} else {
				t := triangle(j.entries, l.masked.Set().Order, false)
				live, entries, found = live+t.live, entries+t.allowed, t.logDet
				if t.bad != "" && triangular.Holds {
					triangular.Holds, triangular.Figures = false, fmt.Sprintf("%v: %s", l, t.bad)
				}
			}
			off := math.Abs(found-said) / math.Max(1, math.Abs(said))
			worst = math.Max(worst, off)
			if !(off <= 1e-3) && determinant.Holds { // NaN too
				determinant.Holds = false
				determinant.Figures = fmt.Sprintf("%v, row %d: the layer says %.6g, its Jacobian %.6g", l, r, said, found)
			}
		}
		if l.masked != nil {
			layers++
		}
	}
	switch {
	case layers == 0:
		triangular.Skipped, triangular.Figures = true, "the flow has no autoregressive layers"
	case triangular.Holds:
		triangular.Figures = fmt.Sprintf("0 violations in %s × %d rows; %d of %d allowed entries are not zero", text.Count(layers, "layer"), v.o.Rows, live, entries)
	}
	switch {
	case len(v.layers) == left:
		determinant.Skipped, determinant.Figures = true, fmt.Sprintf("no layers that can be differentiated, %d of more than %d variables", left, mostDense)
	case determinant.Holds:
		determinant.Figures = fmt.Sprintf("%s × %d rows, largest relative difference %.1e", text.Count(len(v.layers)-left, "layer"), v.o.Rows, worst)
	}
	return []Check{triangular, determinant}, nil
}

// derivative is a layer's Jacobian at a row with the ln |det| that it says it has.
type derivative struct {
	entries *mat.Dense
	logDet  float64
}

// differentiate takes the derivatives of a layer at its rows.
func (v *flowVerifier) differentiate(ctx context.Context, l flowLayer) ([]derivative, error) {
	dim, width := l.Dim(), v.f.ContextDim()
	// As for a density: a batch of dim equal rows gives a whole Jacobian.
	f, err := v.of.Compile("layer_jacobian", dim, func(p models.Params, in exec.Args[*Node]) *Node {
		if l.ContextDim() == 0 {
			in.Context = nil
		}
		y, logDet := l.Forward(v.f.LayerPart(l.index).Params(p), in.X, in.Context)
		if logDet == nil {
			logDet = Const(y.Graph(), make([]float32, dim))
		}
		gradient := Gradient(ReduceAllSum(Mul(y, DiagonalWithValue(ScalarOne(y.Graph(), y.DType()), dim))), in.X)[0]
		return Concatenate([]*Node{gradient, Reshape(logDet, dim, 1)}, 1)
	})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []derivative
	for r := range v.o.Rows {
		values, err := v.call(ctx, f, repeat(l.rows[r*dim:(r+1)*dim], dim), repeat(v.cond[r*width:(r+1)*width], dim))
		if err != nil {
			return nil, err
		}
		all = append(all, derivative{matrix(values, dim, dim+1), float64(values[dim])})
	}
	return all, nil
}

func (v *flowVerifier) call(ctx context.Context, f *exec.Compiled, x, cond []float32) ([]float32, error) {
	return f.Call(ctx, v.of.Params, exec.Values{X: x, Context: cond, Degrees: exec.DegreesOf(v.f, nil)})
}
