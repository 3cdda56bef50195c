package vae

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/modeltest"
)

// A sample is 1 just where its uniform number is below the probability that the
// decoder in the graph gives it.
func TestSampleIsTheDecoders(t *testing.T) {
	const rows, dim, latent = 200, 5, 2
	v := small(iaf.Options{}, Options{Dim: dim, Latent: latent})
	w := modeltest.RandomWeights(v, 1)
	sampler := must.M1(v.NewSampler(w, nil))
	width := sampler.NoiseDim()
	noise, x := make([]float32, rows*width), make([]float32, rows*dim)
	sampler.DrawNoise(rand.New(rand.NewPCG(1, 1)), noise)
	if _, err := sampler.Sample(t.Context(), x, noise, nil, models.Incremental); err != nil {
		t.Fatal(err)
	}
	var z []float32
	for row := range slices.Chunk(noise, width) {
		z = append(z, row[:latent]...)
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		logits := modeltest.Compile(t, b, v, func(p models.Params, args []*Node) []*Node {
			return []*Node{v.decoder.Apply(v.decoderPart.Params(p), args[0])}
		}).Run(t, w, modeltest.Matrix(z, latent))[0]
		for i, logit := range logits {
			p := 1 / (1 + math.Exp(-float64(logit)))
			u := float64(noise[i/dim*width+latent+i%dim])
			if math.Abs(u-p) > 1e-5 && (x[i] == 1) != (u < p) || x[i] != 0 && x[i] != 1 {
				t.Errorf("row %d, variable %d is %v, with the probability %v and the number %v", i/dim, i%dim, x[i], p, u)
			}
		}
	})
}

// Samples are as frequent as the integral over the latent variable says, whatever
// the posterior is.
func TestSampleFrequencies(t *testing.T) {
	const rows, dim = 40_000, 3
	v := small(posteriors[1].flow, Options{Dim: dim, Latent: 1})
	w := modeltest.RandomWeights(v, 6)
	sampler := must.M1(v.NewSampler(w, nil))
	noise, x := make([]float32, rows*sampler.NoiseDim()), make([]float32, rows*dim)
	sampler.DrawNoise(rand.New(rand.NewPCG(2, 2)), noise)
	for i := range w { // the weights were copied
		clear(w[i])
	}
	if _, err := sampler.Sample(t.Context(), x, noise, nil, models.Incremental); err != nil {
		t.Fatal(err)
	}
	counts := make([]float64, 1<<dim)
	for row := range slices.Chunk(x, dim) {
		s := 0
		for d, bit := range row {
			s |= int(bit) << d
		}
		counts[s]++
	}
	for s, p := range likelihoods(v, modeltest.RandomWeights(v, 6)) {
		if !(math.Abs(counts[s]-rows*p) <= 5*math.Sqrt(rows*p)) {
			t.Errorf("state %d occurs %v times in %d, want %.1f", s, counts[s], rows, rows*p)
		}
	}
}

// The noise of a sample does not depend on how many follow.
func TestNoiseOfVAE(t *testing.T) {
	v := small(iaf.Options{}, Options{Dim: 3, Latent: 2})
	sampler := must.M1(v.NewSampler(models.Initialize(v, 1), nil))
	few, many := make([]float32, 2*5), make([]float32, 9*5)
	sampler.DrawNoise(rand.New(rand.NewPCG(1, 1)), few)
	sampler.DrawNoise(rand.New(rand.NewPCG(1, 1)), many)
	if !slices.Equal(few, many[:10]) {
		t.Errorf("the noise is %v, or %v where more follow", few, many[:10])
	}
}

func TestSampleRefuses(t *testing.T) {
	v := small(iaf.Options{}, Options{Dim: 3, Latent: 2})
	w := models.Initialize(v, 1)
	if _, err := v.NewSampler(w[1:], nil); err == nil || !strings.Contains(err.Error(), "vae: the model has 8 parameters, but 7 were given") {
		t.Errorf("too few weights: the error is %v", err)
	}
	sampler := must.M1(v.NewSampler(w, nil))
	for _, n := range [][3]int{{4, 10, 0}, {6, 9, 0}, {6, 10, 1}} {
		_, err := sampler.Sample(t.Context(), make([]float32, n[0]), make([]float32, n[1]), make([]float32, n[2]), models.Incremental)
		if err == nil || !strings.Contains(err.Error(), "do not fit together (need n·3, n·5 and 0)") {
			t.Errorf("%v: the error is %v", n, err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sampler.Sample(cancelled, make([]float32, 3), make([]float32, 5), nil, models.Incremental); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, the error is %v", err)
	}
	// A logit that is not a number is no 0.
	w.Named(v)("decoder.dense1.bias")[1] = float32(math.NaN())
	_, err := must.M1(v.NewSampler(w, nil)).Sample(t.Context(), make([]float32, 6), make([]float32, 10), nil, models.Incremental)
	var broken *models.NonFiniteError
	if !errors.As(err, &broken) || broken.Row != 0 || broken.Variable != 1 {
		t.Errorf("the error is %v", err)
	}
}
