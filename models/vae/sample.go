package vae

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// NewSampler prepares sampling on the host: z from the prior, then x from the
// decoder.
func (v *Model) NewSampler(w models.Weights, _ *masks.Set) (models.Sampler, error) {
	if err := w.Check(v); err != nil {
		return nil, fmt.Errorf("vae: %w", err)
	}
	own := slices.Clone(v.decoderPart.Weights(w))
	for i := range own {
		own[i] = slices.Clone(own[i])
	}
	return &sampler{v, own.Named(v.decoder)}, nil
}

type sampler struct {
	vae *Model
	get func(name string) []float32
}

// NoiseDim is a normal number for each latent variable and a uniform one for
// each binary one.
func (s *sampler) NoiseDim() int { return s.vae.o.Latent + s.vae.o.Dim }

func (s *sampler) DrawNoise(rng *rand.Rand, noise []float32) {
	for width := s.NoiseDim(); len(noise) >= width; noise = noise[width:] {
		for i := range width {
			if i < s.vae.o.Latent {
				noise[i] = float32(rng.NormFloat64())
			} else {
				noise[i] = rng.Float32()
			}
		}
	}
}

// Sample draws x_d = 1 where the uniform noise is below the decoder's
// probability. There is one method. A logit that is not a number is a
// *models.NonFiniteError.
func (s *sampler) Sample(ctx context.Context, dst, noise, cond []float32, _ models.Method) (passes int, err error) {
	dim, latent, width := s.vae.o.Dim, s.vae.o.Latent, s.NoiseDim()
	rows := len(dst) / dim
	if len(dst)%dim != 0 || len(noise) != rows*width || len(cond) != 0 {
		return 0, fmt.Errorf("sampling %d variables: %d values, %d of noise and %d of context do not fit together (need n·%d, n·%d and 0)",
			dim, len(dst), len(noise), len(cond), dim, width)
	}
	for r := range rows {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		own := noise[r*width : (r+1)*width]
		for d, logit := range s.vae.decoder.Host(s.get, own[:latent]) {
			if math.IsNaN(float64(logit)) {
				return 0, &models.NonFiniteError{Where: "decoder", Row: r, Variable: d, Value: float64(logit)}
			}
			dst[r*dim+d] = 0
			if float64(own[latent+d]) < 1/(1+math.Exp(-float64(logit))) {
				dst[r*dim+d] = 1
			}
		}
	}
	return 0, nil
}
