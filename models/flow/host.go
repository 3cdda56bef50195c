package flow

import (
	"context"
	"fmt"
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
	return f.host(w)
}

func (f *Flow) host(w models.Weights) (*hostFlow, error) {
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
	if err := h.check(x, cond); err != nil {
		return 0, err
	}
	for i := range h.layers {
		if passes, err = h.step(ctx, i, passes, x, cond, solver, Host.Forward); err != nil {
			return passes, err
		}
	}
	return passes, nil
}

// ToData maps noise to data in place, layer by layer from the last.
func (h *hostFlow) ToData(ctx context.Context, z, cond []float32, solver models.Solver) (passes int, err error) {
	if err := h.check(z, cond); err != nil {
		return 0, err
	}
	for i := range slices.Backward(h.layers) {
		if passes, err = h.step(ctx, i, passes, z, cond, solver, Host.Inverse); err != nil {
			return passes, err
		}
	}
	return passes, nil
}

func (h *hostFlow) check(rows, cond []float32) error {
	dim, context := h.flow.Dim(), h.flow.context
	if n := len(rows) / dim; len(rows)%dim != 0 || len(cond) != n*context {
		return fmt.Errorf("flow of %d variables: %d values and %d of context do not fit together (need n·%d and n·%d)", dim, len(rows), len(cond), dim, context)
	}
	return nil
}

// step maps rows through a layer, one way or the other, and checks what it gave.
func (h *hostFlow) step(ctx context.Context, i, passes int, rows, cond []float32, solver models.Solver,
	way func(l Host, ctx context.Context, rows, cond []float32, solver models.Solver) (int, error)) (int, error) {
	if h.flow.layers[i].ContextDim() == 0 {
		cond = nil
	}
	n, err := way(h.layers[i], ctx, rows, cond, solver)
	passes = max(passes, n)
	if err != nil {
		return passes, fmt.Errorf("%s: %w", h.flow.layerName(i), err)
	}
	return passes, models.CheckFinite(h.flow.layerName(i), rows, h.flow.Dim())
}

// NewSampler prepares sampling on the host: the base density's samples, of a
// masked base in the order of the set, go through the inverse of the flow.
func (f *Flow) NewSampler(w models.Weights, set *masks.Set) (models.Sampler, error) {
	if err := w.Check(f); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	base, ok := f.base.(models.HostSampler)
	if !ok {
		return nil, fmt.Errorf("flow: the base density cannot be sampled")
	}
	s := &sampler{flow: f}
	var err error
	if s.base, err = base.NewSampler(f.BasePart().Weights(w), set); err != nil {
		return nil, err
	}
	s.host, err = f.host(w)
	return s, err
}

type sampler struct {
	flow *Flow
	base models.Sampler
	host *hostFlow
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
