package made

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/output"
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
	get, encoders := w.Named(m), make([]nn.Encoder, m.opts.Dim)
	for d, at := range m.at {
		g := m.groups[at.group]
		encoders[d] = m.families[d].Encoder(func(name string) []float32 { return get(g.encoding.Name(name)) }, at.j, len(g.variables))
	}
	host, err := m.net.Host(get, set, encoders)
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
func (s *sampler) NoiseDim() int { return s.model.noise * s.model.opts.Dim }

// DrawNoise fills rows of noise: the first number of every variable, then the second. What a
// variable does not take is 0.
func (s *sampler) DrawNoise(rng *rand.Rand, noise []float32) {
	m := s.model
	draws := make([]output.Noise, s.NoiseDim())
	for d, family := range m.families {
		for k, draw := range family.Noise() {
			draws[k*m.opts.Dim+d] = draw
		}
	}
	for ; len(noise) >= len(draws); noise = noise[len(draws):] {
		for i, draw := range draws {
			if noise[i] = 0; draw != nil {
				noise[i] = draw(rng)
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
	passes, err = s.host.Walk(ctx, dst, rows, cond, models.Solver{Method: method}, func(d, row int, params []float32, stride int, x []float32) {
		family, v := s.model.families[d], s.model.variables[d]
		own, u := make([]float32, len(params)/stride), make([]float32, len(family.Noise()))
		for i := range x {
			for p := range own {
				own[p] = params[p*stride+i]
			}
			if s.complete {
				output.Observe(v, own)
			}
			for k := range u {
				u[k] = noise[(row+i)*perRow+k*dim+d]
			}
			x[i] = family.Draw(v, own, u)
		}
	})
	if err != nil {
		return passes, err
	}
	var hint string
	for _, g := range s.model.groups {
		hint = cmp.Or(hint, g.Hint())
	}
	return passes, models.CheckFinite("made", hint, dst, dim)
}
