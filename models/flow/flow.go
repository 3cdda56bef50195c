// Package flow holds invertible layers and the densities that stacks of them
// make of a base density.
//
// A [Layer] is an invertible map y = f(x) of vectors, given a context, with the
// logarithm of the absolute determinant of its Jacobian. Layers stand in the
// direction from data to noise, so a [Flow] of layers f₁ … f_L over a base
// density p_z is, with x⁰ = x and xˡ = f_l(xˡ⁻¹),
//
//	ln p(x | c) = ln p_z(x^L | c) + Σ_l ln |det ∂xˡ/∂xˡ⁻¹|
//
// (Papamakarios et al. 2021, "Normalizing Flows for Probabilistic Modeling and
// Inference", arXiv 1912.02762, eq. 6). [Invert] turns a layer round. A masked
// autoregressive layer is computed in one pass forwards; a flow of such layers
// has a fast density (MAF), one of inverted ones fast samples (IAF).
//
// Every layer is there twice: as graph functions, and on the host, where masked
// layers are inverted touching every weight once.
package flow

import (
	"errors"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/models"
)

// Layered is a flow of layers: a [Flow], or a model that embeds one.
type Layered interface {
	models.Flow
	// Layers are those of the flow, the first next to the data.
	Layers() []Layer
	// LayerPart finds the parameters of layer i among those of the flow.
	LayerPart(i int) models.Part
}

// Flow is a base density seen through layers. It has no parameters of its own:
// see package models. It is safe for concurrent use.
type Flow struct {
	layers  []Layer
	base    models.Density
	specs   []models.Spec
	parts   []models.Part // of the layers, then of the base
	context int
}

var (
	_ Layered            = (*Flow)(nil)
	_ models.Trained     = (*Flow)(nil)
	_ models.HostSampler = (*Flow)(nil)
)

// New returns the flow of the layers, the first being next to the data, over a
// base density. Layers and base are over as many variables; those that take a
// context take the same one. It is an error when they do not fit together.
//
// The base may be a [Normal] or any other density, such as a MADE. Where that is
// masked with several orders, use [NewOrdered], and [NewDrawn] where it is of any order.
func New(base models.Density, layers ...Layer) (*Flow, error) {
	if base == nil || slices.Contains(layers, nil) {
		return nil, errors.New("flow: the base density or a layer is nil")
	}
	if base.Dim() < 1 {
		return nil, fmt.Errorf("flow: a base density of %d variables, need at least 1", base.Dim())
	}
	f := &Flow{layers: slices.Clone(layers), base: base, context: base.ContextDim()}
	for i, l := range layers {
		if l.Dim() != base.Dim() {
			return nil, fmt.Errorf("flow: layer %d (%s) has %d variables, but the base density has %d", i, l.Name(), l.Dim(), base.Dim())
		}
		if c := l.ContextDim(); c != 0 {
			if f.context != 0 && c != f.context {
				return nil, fmt.Errorf("flow: layer %d (%s) takes a context of %d values, but others one of %d", i, l.Name(), c, f.context)
			}
			f.context = c
		}
		f.nest(fmt.Sprintf("layer%d", i), l.Specs())
	}
	f.nest("base", base.Specs())
	return f, nil
}

func (f *Flow) nest(name string, specs []models.Spec) {
	var part models.Part
	f.specs, part = models.Nest(f.specs, name, specs)
	f.parts = append(f.parts, part)
}

// Dim is the number of variables.
func (f *Flow) Dim() int { return f.base.Dim() }

// ContextDim is the width of the context, 0 for none.
func (f *Flow) ContextDim() int { return f.context }

// Specs declares the parameters: those of layer i are called "layer<i>.…", those
// of the base "base.…".
func (f *Flow) Specs() []models.Spec { return f.specs }

// Layers are those of the flow, the first next to the data.
func (f *Flow) Layers() []Layer { return slices.Clone(f.layers) }

// Base is the density of the noise.
func (f *Flow) Base() models.Density { return f.base }

// LayerPart finds the parameters of layer i among those of the flow.
func (f *Flow) LayerPart(i int) models.Part { return f.parts[i] }

// BasePart finds the parameters of the base density among those of the flow.
func (f *Flow) BasePart() models.Part { return f.parts[len(f.layers)] }

// Support is that of the base.
func (f *Flow) Support(d int) models.Support { return f.base.Support(d) }

// Forward maps data x to noise z, both [batch, dim], and returns with it
// ln |det ∂z/∂x|, [batch] in nats.
func (f *Flow) Forward(p models.Params, x, context *Node) (z, logDet *Node) {
	return f.through(p, x, context, 0, len(f.layers), nil)
}

// Inverse maps noise z to data x and returns with it ln |det ∂x/∂z|, [batch].
// Gradients go through it.
func (f *Flow) Inverse(p models.Params, z, context *Node) (x, logDet *Node) {
	x, logDet = z, nil
	for i, l := range slices.Backward(f.layers) {
		var d *Node
		x, d = l.Inverse(f.parts[i].Params(p), x, contextOf(l, context))
		logDet = plus(logDet, d)
	}
	return x, orZeros(logDet, z)
}

// through applies the layers from … to−1. In training weights are those of the
// batch's rows, otherwise nil.
func (f *Flow) through(p models.Params, x, context *Node, from, to int, weights *Node) (y, logDet *Node) {
	y = x
	for i, l := range f.layers[from:to] {
		var d *Node
		own := f.parts[from+i].Params(p)
		if b, ok := l.(batchLayer); ok && weights != nil {
			y, d = b.ForwardBatch(own, y, weights)
		} else {
			y, d = l.Forward(own, y, contextOf(l, context))
		}
		logDet = plus(logDet, d)
	}
	return y, orZeros(logDet, x)
}

// contextOf hides the context from layers that take none.
func contextOf(l interface{ ContextDim() int }, context *Node) *Node {
	if l.ContextDim() == 0 {
		return nil
	}
	return context
}

// plus is a sum of which either may be nil, which is zero.
func plus(sum, v *Node) *Node {
	switch {
	case sum == nil:
		return v
	case v == nil:
		return sum
	}
	return Add(sum, v)
}

// orZeros replaces nil by zeros [batch] for x [batch, dim].
func orZeros(logDet, x *Node) *Node {
	if logDet != nil {
		return logDet
	}
	return Const(x.Graph(), make([]float32, x.Shape().Dimensions[0]))
}

// LogProb returns ln p(x | context) in nats, shape [batch].
func (f *Flow) LogProb(p models.Params, x, context *Node) *Node {
	return f.logProb(p, x, context, nil)
}

func (f *Flow) logProb(p models.Params, x, context, weights *Node) *Node {
	z, logDet := f.through(p, x, context, 0, len(f.layers), weights)
	return Add(f.base.LogProb(f.BasePart().Params(p), z, contextOf(f.base, context)), logDet)
}

// SampleAndLogProb maps noise z to data x and returns ln p(x | context), [batch],
// without going back, for z drawn from the base density: ln p_z(z) − ln |det ∂x/∂z|. Gradients go through both.
func (f *Flow) SampleAndLogProb(p models.Params, z, context *Node) (x, logProb *Node) {
	x, logDet := f.Inverse(p, z, context)
	return x, Sub(f.base.LogProb(f.BasePart().Params(p), z, contextOf(f.base, context)), logDet)
}

// NoiseDim is 0: training on data takes no noise.
func (f *Flow) NoiseDim() int { return 0 }

// Objective is the likelihood.
func (f *Flow) Objective() models.Objective {
	return models.Objective{Kind: models.Likelihood, Units: models.Nats}
}

// Value is the log-density of the rows, with statistics of the batch where a layer
// normalises by them.
func (f *Flow) Value(p models.Params, b models.Batch) *Node {
	return f.logProb(p, b.X, b.Context, b.Weights)
}

// Bound is where the transformers end, on both sides of 0, that the data meet first, as
// splines do: values beyond it stay as they are. It is 0 where they meet another layer.
func (f *Flow) Bound() float64 {
	if len(f.layers) == 0 {
		return 0
	}
	inner, _ := Unwrap(f.layers[0])
	a, ok := inner.(*Autoregressive)
	if !ok {
		return 0
	}
	if t, ok := a.transformer.(interface{ Bound() float64 }); ok {
		return t.Bound()
	}
	return 0
}

// Stages are those of the layers that take statistics of the training rows.
func (f *Flow) Stages() []models.Stage {
	var stages []models.Stage
	from := 0
	for i, l := range f.layers {
		e, ok := l.(estimatedLayer)
		if !ok {
			continue
		}
		first := from
		s := models.Stage{Repeat: e.Repeat(), Estimate: func(rows []float32, weights []float64) map[string][]float32 {
			values := map[string][]float32{}
			for name, v := range e.Estimate(rows, weights) {
				values[f.parts[i].Name(name)] = v
			}
			return values
		}}
		if i > first {
			s.Advance = func(p models.Params, x, context *Node) *Node {
				y, _ := f.through(p, x, context, first, i, nil)
				return y
			}
		}
		stages = append(stages, s)
		from = i
	}
	return stages
}
