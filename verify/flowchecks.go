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

// flowRows is how many samples a flow is looked at with, at least.
const flowRows = 64

// flowVerifier looks at a flow as a whole and layer by layer, at samples of it.
type flowVerifier struct {
	m    *maskflow.Model
	of   *exec.Loaded // the flow
	host models.Inverter
	part *exec.Loaded // its base density
	f    flow.Layered
	o    Options
	base *verifier // nil when the base has no masks

	samples exec.Draw // how x is drawn, with the contexts
	x       []float32
	layers  []flowLayer // with the first rows of the samples
}

// flowLayer is a layer in the direction that takes one pass, the rows that it sees
// there, and its derivatives at them.
type flowLayer struct {
	flow.Layer
	index       int
	masked      *flow.Autoregressive // the layer itself, nil when it has no masks
	rows        []float32
	derivatives []derivative // none of a layer without masks over too many variables
}

// derivative is what the Jacobian of a layer is like, and the ln |det| that the
// layer says it has.
type derivative struct {
	lower
	said float64
}

func (l flowLayer) String() string { return fmt.Sprintf("layer %d (%s)", l.index, l.Name()) }

func newFlowVerifier(ctx context.Context, m *maskflow.Model, of *exec.Loaded, f flow.Layered, o Options) (*flowVerifier, error) {
	host, err := of.Inverter()
	if err != nil {
		return nil, err
	}
	part, err := of.Base(f)
	if err != nil {
		return nil, err
	}
	v := &flowVerifier{m: m, of: of, host: host, part: part, f: f, o: o}
	if masked, ok := f.Base().(models.Masked); ok {
		v.base = newVerifier(m, part, masked, o)
	}
	if err := v.draw(ctx); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *flowVerifier) close() { v.part.Close() }

// draw draws the samples, carries the first through the layers and differentiates these.
func (v *flowVerifier) draw(ctx context.Context) (err error) {
	n := max(flowRows, v.o.Rows)
	v.samples = exec.Draw{N: n, Seed: v.o.Seed, Context: randomNormal(rand.New(rand.NewPCG(v.o.Seed, 0x73616d70)), n*v.f.ContextDim())}
	if v.x, _, err = v.of.Sample(ctx, v.sets(), v.samples); err != nil {
		return err
	}
	rows := slices.Clone(v.x[:v.o.Rows*v.f.Dim()])
	for i, l := range v.f.Layers() {
		own, cond := flowLayer{Layer: l, index: i, rows: slices.Clone(rows)}, v.samples.Context[:v.o.Rows*v.f.ContextDim()]
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
		if own.masked != nil || l.Dim() <= mostDense {
			if own.derivatives, err = v.differentiate(ctx, own); err != nil {
				return err
			}
		}
		v.layers = append(v.layers, own)
	}
	return nil
}

// differentiate takes the derivatives of a layer at its rows.
func (v *flowVerifier) differentiate(ctx context.Context, l flowLayer) (all []derivative, err error) {
	f, err := compileJacobian(v.of, l.Dim(), func(p models.Params, in exec.Args[*Node]) (y, logDet *Node) {
		if l.ContextDim() == 0 {
			in.Context = nil
		}
		return l.Forward(v.f.LayerPart(l.index).Params(p), in.X, in.Context)
	})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	dim, width := l.Dim(), v.f.ContextDim()
	for r := range v.o.Rows {
		j, err := jacobianAt(ctx, v.of, f, nil, l.rows[r*dim:(r+1)*dim], v.samples.Context[r*width:(r+1)*width])
		if err != nil {
			return nil, err
		}
		d := derivative{said: j.At(0, dim)}
		if l.masked != nil {
			d.lower = triangle(j, l.masked.Set().Order)
		} else {
			d.logDet, _ = mat.LogDet(j.Slice(0, dim, 0, dim))
		}
		all = append(all, d)
	}
	return all, nil
}

// sets are the mask sets of a flow over a masked density.
func (v *flowVerifier) sets() []*masks.Set {
	if v.base == nil {
		return []*masks.Set{nil}
	}
	return v.base.sets
}

func (v *flowVerifier) checks() []check {
	all := []check{
		{noPath, v.paths},
		{"every autoregressive layer has a triangular Jacobian", v.triangular},
		{"the log-determinant of every layer is that of its Jacobian", v.determinant},
		{"the inverse of the flow leads back", v.roundTrip},
		{drawn + ": latent codes of samples are their noise", v.sampler},
	}
	if v.base != nil {
		all = append(all, check{"base: " + noEntry, v.base.dependence}, check{"base: " + drawn, v.base.sampler})
		for _, c := range v.base.anyOrder() {
			all = append(all, check{"base: " + c.name, c.look})
		}
	}
	return append(all, check{"the density integrates to one", integral{v.m, v.of, v.sets(), v.o.Seed}.look})
}

// paths multiplies the masks of each layer.
func (v *flowVerifier) paths(ctx context.Context) (Check, error) {
	layers, total := 0, 0
	for _, l := range v.layers {
		if l.masked == nil {
			continue
		}
		layers++
		kept, bad := connections(l.masked.Set())
		if total += kept; bad != "" {
			return fails("%v: %s", l, bad)
		}
	}
	figures := fmt.Sprintf("%s with masks, %d connections", text.Count(layers, "layer"), total)
	if v.base == nil {
		return holds("%s", figures)
	}
	base, err := v.base.paths(ctx)
	base.Figures, base.Skipped = figures+"; base: "+base.Figures, false // the layers have masks
	return base, err
}

// triangular looks at the Jacobian of each masked layer in its order.
func (v *flowVerifier) triangular(context.Context) (Check, error) {
	layers, live, entries := 0, 0, 0
	for _, l := range v.layers {
		if l.masked == nil {
			continue
		}
		layers++
		for _, d := range l.derivatives {
			if live, entries = live+d.live, entries+d.allowed; d.bad != "" {
				return fails("%v: %s", l, d.bad)
			}
		}
	}
	if layers == 0 {
		return skips("the flow has no autoregressive layers")
	}
	return holds("0 violations in %s × %d rows; %d of %d allowed entries are not zero", text.Count(layers, "layer"), v.o.Rows, live, entries)
}

// determinant compares ln |det| of each Jacobian with what the layer says it is.
func (v *flowVerifier) determinant(context.Context) (Check, error) {
	layers, worst := 0, 0.0
	for _, l := range v.layers {
		for r, d := range l.derivatives {
			off := math.Abs(d.logDet-d.said) / math.Max(1, math.Abs(d.said))
			worst = math.Max(worst, off)
			if !(off <= 1e-3) { // NaN too
				return fails("%v, row %d: the layer says %.6g, its Jacobian %.6g", l, r, d.said, d.logDet)
			}
		}
		if len(l.derivatives) > 0 {
			layers++
		}
	}
	if layers == 0 {
		return skips("no layers that can be differentiated, %d of more than %d variables", len(v.layers), mostDense)
	}
	return holds("%s × %d rows, largest relative difference %.1e", text.Count(layers, "layer"), v.o.Rows, worst)
}
