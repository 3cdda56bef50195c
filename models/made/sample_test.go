package made

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Frequencies of samples against the exact probabilities of all 16 states:
// χ² of 15 degrees of freedom stays below 37.7 but once in a thousand.
func TestSampleFrequenciesAreTheDensity(t *testing.T) {
	const dim, n, limit = 4, 40000, 37.7
	tests := map[string]Options{
		"natural":  {Dim: dim, Hidden: []int{11}, Activation: "tanh", Degrees: "sequential", Start: "natural"},
		"explicit": {Dim: dim, Hidden: []int{7, 5}, Order: masks.Order{3, 1, 4, 2}, Direct: true, Degrees: "sequential"},
		"grouped":  {Dim: dim, Hidden: []int{7}, Order: masks.Order{2, 1, 2, 1}, Conditioning: true, Activation: "elu", Degrees: "sequential"},
		"context":  {Dim: dim, Hidden: []int{7}, Start: masks.RandomOrder, Seed: 2, ContextDim: 3, Activation: "softplus", Degrees: "sequential"},
		"direct":   {Dim: dim, Start: masks.ReversedOrder, Hidden: []int{}, Degrees: "sequential"},
	}
	b := backendtest.Open(t, backend.KindGo)
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			m := mustNew(t, o)
			w, set := randomWeights(m, 7), m.Cycle().At(0)
			for _, v := range w {
				for i := range v {
					v[i] /= 2 // no state may be too seldom
				}
			}
			sampler, err := m.NewSampler(w, set)
			if err != nil {
				t.Fatal(err)
			}
			samples := make([]float32, n*dim)
			noise := uniforms(rand.New(rand.NewPCG(8, 8)), n*dim)
			if _, err := sampler.Sample(context.Background(), samples, noise, repeated(1, o.ContextDim, n), models.Incremental); err != nil {
				t.Fatal(err)
			}
			var count [1 << dim]float64
			for i := range n {
				state := 0
				for d := range dim {
					state |= int(samples[i*dim+d]) << d
				}
				count[state]++
			}
			logp := compile(t, b, m, 1<<dim).run(t, w, set, batch{x: states(dim), context: repeated(1, o.ContextDim, 1<<dim)}).logp
			chi2 := 0.0
			for state, v := range logp {
				expected := n * math.Exp(float64(v))
				if expected < 5 {
					t.Fatalf("state %d is expected %.1f times: too seldom for χ²", state, expected)
				}
				chi2 += (count[state] - expected) * (count[state] - expected) / expected
			}
			if chi2 > limit {
				t.Errorf("χ² = %.1f, want less than %v", chi2, limit)
			}
		})
	}
}

// Noise is compared with p(x_d = 1) and never with its complement: 0 draws 1
// wherever that is possible, and the largest noise below 1 draws 0.
func TestSampleAtTheEndsOfTheNoise(t *testing.T) {
	m := mustNew(t, Options{Dim: 3, Hidden: []int{5}, Activation: "tanh", Degrees: "sequential", Start: "natural"})
	sampler, err := m.NewSampler(randomWeights(m, 1), m.Cycle().At(0))
	if err != nil {
		t.Fatal(err)
	}
	for noise, want := range map[float32]float32{0: 1, math.Nextafter32(1, 0): 0} {
		x := make([]float32, 3)
		if _, err := sampler.Sample(context.Background(), x, []float32{noise, noise, noise}, nil, models.Jacobi); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(x, []float32{want, want, want}) {
			t.Errorf("noise %v draws %v, want all %v", noise, x, want)
		}
	}
}

// Logits of ±1e6 draw what is certain.
func TestSampleOfCertainVariables(t *testing.T) {
	m := mustNew(t, Options{Dim: 2, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	w := models.Weights{{0, 2e6, 0, 0}, {1e6, -1e6}} // x₁ = 1, and x₂ = x₁ with certainty
	sampler, err := m.NewSampler(w, m.Cycle().At(0))
	if err != nil {
		t.Fatal(err)
	}
	const n = 37
	x := make([]float32, n*2)
	if _, err := sampler.Sample(context.Background(), x, uniforms(rand.New(rand.NewPCG(1, 1)), n*2), nil, models.Incremental); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(x, 0) {
		t.Errorf("samples %v, want ones only", x)
	}
}

func TestSampleRefusesWhatDoesNotFit(t *testing.T) {
	m := mustNew(t, Options{Dim: 5, ContextDim: 3, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	sampler, err := m.NewSampler(models.Initialize(m, 1), m.Cycle().At(0))
	if err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	tests := []struct {
		name                string
		ctx                 context.Context
		dst, noise, context int
		method              models.Method
		want                string
	}{
		{"half a row", context.Background(), 7, 7, 3, models.Incremental, "7 values, 7 of noise and 3 of context do not fit together (need n·5, n·5 and n·3)"},
		{"noise for another number", context.Background(), 10, 5, 6, models.Incremental, "10 values, 5 of noise and 6 of context"},
		{"no context", context.Background(), 10, 10, 0, models.Incremental, "10 values, 10 of noise and 0 of context"},
		{"no such method", context.Background(), 10, 10, 6, 7, "unknown method 7"},
		{"cancelled", cancelled, 10, 10, 6, models.Incremental, context.Canceled.Error()},
		{"no rows", context.Background(), 0, 0, 0, models.Sequential, ""},
	}
	for _, c := range tests {
		got := ""
		_, err := sampler.Sample(c.ctx, make([]float32, c.dst), make([]float32, c.noise), make([]float32, c.context), c.method)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: the error is %q, want %q", c.name, got, c.want)
		}
		if c.name == "cancelled" && !errors.Is(err, context.Canceled) {
			t.Errorf("the error %v does not wrap the context's", err)
		}
	}
}

func TestNewSamplerRefusesWhatDoesNotFit(t *testing.T) {
	m := mustNew(t, Options{Dim: 5, Hidden: []int{7, 3}, Degrees: "sequential", Start: "natural"})
	w := models.Initialize(m, 1)
	set := func(o Options) *masks.Set { return mustNew(t, o).Cycle().At(0) }
	tests := []struct {
		name string
		w    models.Weights
		set  *masks.Set
		want string
	}{
		{"a parameter too few", w[:3], m.Cycle().At(0), "the model has 6 parameters, but 3 were given"},
		{"a set of another dimension", w, set(Options{Dim: 6, Hidden: []int{7, 3}, Degrees: "sequential", Start: "natural"}), "the mask set is of 6 variables and hidden layers [7 3], the model of 5 and [7 3]"},
		{"a set of another width", w, set(Options{Dim: 5, Hidden: []int{7, 4}, Degrees: "sequential", Start: "natural"}), "hidden layers [7 4]"},
		{"a set of another depth", w, set(Options{Dim: 5, Hidden: []int{7}, Degrees: "sequential", Start: "natural"}), "hidden layers [7]"},
	}
	for _, c := range tests {
		if _, err := m.NewSampler(c.w, c.set); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", c.name, err, c.want)
		}
	}
}
