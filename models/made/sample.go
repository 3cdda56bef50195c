package made

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// NewSampler prepares ancestral sampling on the host in the order of the set; nil
// is the cycle's first. It returns an error when the weights or the set do not
// fit the model.
func (m *Model) NewSampler(w models.Weights, set *masks.Set) (models.Sampler, error) {
	if err := w.Check(m); err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	if set == nil {
		set = m.Cycle().At(0)
	}
	get := w.Named(m)
	host, err := m.net.Host(get, set, m.mixed.Encoders(get))
	if err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	return &sampler{m, host, false}, nil
}

type sampler struct {
	model    *Model
	host     *nn.Host
	complete bool
}

var _ models.Completer = (*sampler)(nil)

// Complete is the sampler that draws each variable given that it is not missing.
func (s *sampler) Complete() models.Sampler { return &sampler{s.model, s.host, true} }

// NoiseDim is the largest number of random numbers that a conditional takes, for each variable.
func (s *sampler) NoiseDim() int { return s.model.mixed.NoiseDim() }

// DrawNoise fills rows of noise: the first number of every variable, then the second. What a
// variable does not take is 0.
func (s *sampler) DrawNoise(rng *rand.Rand, noise []float32) { s.model.mixed.DrawNoise(rng, noise) }

// Sample draws each variable from its conditional given those before it. A value
// that is not finite is a *models.NonFiniteError.
func (s *sampler) Sample(ctx context.Context, dst, noise, cond []float32, method models.Method) (passes int, err error) {
	mixed := s.model.mixed
	rows, err := mixed.CheckSamples(dst, noise, cond, s.model.opts.ContextDim)
	if err != nil {
		return 0, err
	}
	if passes, err = s.host.Walk(ctx, dst, rows, cond, models.Solver{Method: method}, mixed.Emit(noise, s.complete)); err != nil {
		return passes, err
	}
	return passes, mixed.CheckFinite("made", dst)
}
