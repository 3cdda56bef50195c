package flow

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// hostFlow is a flow on the host.
type hostFlow struct {
	flow   *Flow
	layers []Host
}

// NewInverter returns the flow on the host. It is an error when the weights do
// not fit.
func (f *Flow) NewInverter(w models.Weights) (models.Inverter, error) {
	if err := w.Check(f); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	h := &hostFlow{flow: f}
	for i, l := range f.layers {
		own, err := l.Host(f.parts[i].Weights(w).Named(l))
		if err != nil {
			return nil, fmt.Errorf("flow: %s: %w", f.layerName(i), err)
		}
		h.layers = append(h.layers, own)
	}
	return h, nil
}

// layerName is what an error calls a layer.
func (f *Flow) layerName(i int) string { return fmt.Sprintf("layer %d (%s)", i, f.layers[i].Name()) }

// ToNoise maps data to noise in place, layer by layer.
func (h *hostFlow) ToNoise(ctx context.Context, x, cond []float32, solver models.Solver) (passes int, err error) {
	return h.through(ctx, x, cond, solver, slices.All(h.layers), Host.Forward)
}

// ToData maps noise to data in place, layer by layer from the last.
func (h *hostFlow) ToData(ctx context.Context, z, cond []float32, solver models.Solver) (passes int, err error) {
	return h.through(ctx, z, cond, solver, slices.Backward(h.layers), Host.Inverse)
}

// through maps rows through the layers, one way or the other, and checks what each gives.
func (h *hostFlow) through(ctx context.Context, rows, cond []float32, solver models.Solver, layers iter.Seq2[int, Host],
	way func(l Host, ctx context.Context, rows, cond []float32, solver models.Solver) (int, error)) (passes int, err error) {
	dim, context := h.flow.Dim(), h.flow.context
	if n := len(rows) / dim; len(rows)%dim != 0 || len(cond) != n*context {
		return 0, fmt.Errorf("flow of %d variables: %d values and %d of context do not fit together (need n·%d and n·%d)", dim, len(rows), len(cond), dim, context)
	}
	for i, l := range layers {
		own := cond
		if h.flow.layers[i].ContextDim() == 0 {
			own = nil
		}
		n, err := way(l, ctx, rows, own, solver)
		passes = max(passes, n)
		if err != nil {
			return passes, fmt.Errorf("%s: %w", h.flow.layerName(i), err)
		}
		if err := models.CheckFinite(h.flow.layerName(i), hintOf(h.flow.layers[i]), rows, dim); err != nil {
			return passes, err
		}
	}
	return passes, nil
}

// hintOf is what may be done about a layer whose values leave the range of float32.
func hintOf(l Layer) string {
	inner, _ := Unwrap(l)
	if a, ok := inner.(*Autoregressive); ok {
		if t, ok := a.transformer.(interface{ Hint() string }); ok {
			return t.Hint()
		}
	}
	return ""
}

// NewSampler prepares sampling on the host: the base density's samples, of a
// masked base in the order of the set, go through the inverse of the flow.
func (f *Flow) NewSampler(w models.Weights, set *masks.Set) (models.Sampler, error) {
	base, ok := f.base.(models.HostSampler)
	if !ok {
		return nil, fmt.Errorf("flow: the base density cannot be sampled")
	}
	s := &sampler{flow: f}
	var err error
	if s.host, err = f.NewInverter(w); err != nil {
		return nil, err
	}
	s.base, err = base.NewSampler(f.BasePart().Weights(w), set)
	return s, err
}

type sampler struct {
	flow *Flow
	base models.Sampler
	host models.Inverter
}

func (s *sampler) NoiseDim() int { return s.base.NoiseDim() }

func (s *sampler) DrawNoise(rng *rand.Rand, noise []float32) { s.base.DrawNoise(rng, noise) }

func (s *sampler) Sample(ctx context.Context, dst, noise, cond []float32, method models.Method) (passes int, err error) {
	baseCond := cond
	if s.flow.base.ContextDim() == 0 {
		baseCond = nil
	}
	if passes, err = s.base.Sample(ctx, dst, noise, baseCond, method); err != nil {
		return passes, err
	}
	through, err := s.host.ToData(ctx, dst, cond, models.Solver{Method: method})
	return max(passes, through), err
}
