package flow

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// hostFlow is a flow on the host.
type hostFlow struct {
	dim, context int
	layers       []Host
	names        []string
	takes        []bool // which layers take the context
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
	h := &hostFlow{dim: f.Dim(), context: f.context}
	for i, l := range f.layers {
		own, err := l.Host(f.parts[i].Weights(w).Named(l))
		if err != nil {
			return nil, fmt.Errorf("flow: layer %d (%s): %w", i, l.Name(), err)
		}
		h.layers = append(h.layers, own)
		h.names = append(h.names, fmt.Sprintf("layer %d (%s)", i, l.Name()))
		h.takes = append(h.takes, l.ContextDim() > 0)
	}
	return h, nil
}

// ToNoise maps data to noise in place, layer by layer.
func (h *hostFlow) ToNoise(ctx context.Context, x, cond []float32, solver models.Solver) (passes int, err error) {
	if err := h.check(x, cond); err != nil {
		return 0, err
	}
	for i, l := range h.layers {
		if passes, err = h.step(i, passes, x, cond, func(cond []float32) (int, error) {
			return l.Forward(ctx, x, cond, solver)
		}); err != nil {
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
	for i := len(h.layers) - 1; i >= 0; i-- {
		if passes, err = h.step(i, passes, z, cond, func(cond []float32) (int, error) {
			return h.layers[i].Inverse(ctx, z, cond, solver)
		}); err != nil {
			return passes, err
		}
	}
	return passes, nil
}

func (h *hostFlow) check(rows, cond []float32) error {
	if n := len(rows) / h.dim; len(rows)%h.dim != 0 || len(cond) != n*h.context {
		return fmt.Errorf("flow of %d variables: %d values and %d of context do not fit together (need n·%d and n·%d)", h.dim, len(rows), len(cond), h.dim, h.context)
	}
	return nil
}

// step runs one layer and looks at what it gave.
func (h *hostFlow) step(i, passes int, rows, cond []float32, run func(cond []float32) (int, error)) (int, error) {
	if !h.takes[i] {
		cond = nil
	}
	n, err := run(cond)
	passes = max(passes, n)
	if err != nil {
		return passes, fmt.Errorf("%s: %w", h.names[i], err)
	}
	return passes, models.CheckFinite(h.names[i], rows, h.dim)
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
