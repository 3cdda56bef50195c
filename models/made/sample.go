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
	host, err := m.net.Host(w.Named(m), set, nil)
	if err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	return &sampler{model: m, host: host}, nil
}

type sampler struct {
	model *Model
	host  *nn.Host
}

// NoiseDim is what the conditionals take for each variable: a uniform number for
// Bernoulli outputs, a normal one for Gaussians, both for mixtures.
func (s *sampler) NoiseDim() int { return len(s.model.output.Noise()) * s.model.opts.Dim }

// DrawNoise fills rows of noise: the first number of every variable, then the second.
func (s *sampler) DrawNoise(rng *rand.Rand, noise []float32) {
	for width := s.NoiseDim(); len(noise) >= width; noise = noise[width:] {
		for k, draw := range s.model.output.Noise() {
			for d := range s.model.opts.Dim {
				noise[k*s.model.opts.Dim+d] = draw(rng)
			}
		}
	}
}

// Sample draws each variable from its conditional given those before it. A value
// that is not finite is a *models.NonFiniteError.
func (s *sampler) Sample(ctx context.Context, dst, noise, cond []float32, method models.Method) (passes int, err error) {
	dim, width, perRow := s.model.opts.Dim, s.model.opts.ContextDim, s.NoiseDim()
	rows := len(dst) / dim
	if len(dst)%dim != 0 || len(noise) != rows*perRow || len(cond) != rows*width {
		return 0, fmt.Errorf("sampling %d variables: %d values, %d of noise and %d of context do not fit together (need n·%d, n·%d and n·%d)",
			dim, len(dst), len(noise), len(cond), dim, perRow, width)
	}
	out := s.model.output
	passes, err = s.host.Walk(ctx, dst, rows, cond, models.Solver{Method: method}, func(d, row int, params []float32, stride int, x []float32) {
		own, u := make([]float32, len(params)/stride), make([]float32, perRow/dim)
		for i := range x {
			for p := range own {
				own[p] = params[p*stride+i]
			}
			for k := range u {
				u[k] = noise[(row+i)*perRow+k*dim+d]
			}
			x[i] = out.Draw(models.Variable{}, own, u)
		}
	})
	if err != nil {
		return passes, err
	}
	return passes, models.CheckFinite("made", out.Hint(), dst, dim)
}
