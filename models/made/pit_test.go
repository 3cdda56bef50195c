package made

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// Samples put through the distribution functions of their own conditionals are
// uniform (the probability integral transform): the Kolmogorov–Smirnov distance
// of n of them stays below 1.95/√n but once in a thousand.
func TestSamplesAreUniformUnderTheirDensity(t *testing.T) {
	const n, dim = 10000, 3
	tests := map[string]Options{
		"gaussian": {Dim: dim, Hidden: []int{7}, Activation: "tanh", Output: "gaussian", Degrees: "sequential", Start: "natural"},
		"mixture":  {Dim: dim, Hidden: []int{7}, ContextDim: 2, Activation: "tanh", Output: "mog", Components: 3, Scale: "softplus", Degrees: "sequential", Start: "natural"},
		"ten":      {Dim: dim, Hidden: []int{11}, Residual: true, Activation: "elu", Output: "mog", Degrees: "sequential", Start: "natural"},
	}
	b := backendtest.Open(t, backend.KindGo)
	for name, o := range tests {
		t.Run(name, func(t *testing.T) {
			m := mustNew(t, o)
			w := randomWeights(m, 3)
			given := repeated(1, o.ContextDim, n)
			sampler, err := m.NewSampler(w, nil)
			if err != nil {
				t.Fatal(err)
			}
			noise, x := make([]float32, n*sampler.NoiseDim()), make([]float32, n*dim)
			sampler.DrawNoise(rand.New(rand.NewPCG(3, 3)), noise)
			if _, err := sampler.Sample(context.Background(), x, noise, given, models.Incremental); err != nil {
				t.Fatal(err)
			}
			k := parametersOf(m)
			conditionals := compile(t, b, m, n).run(t, w, m.Cycle().At(0), batch{x: x, context: given}).conditionals
			for d := range dim {
				u := make([]float64, n)
				for i := range u {
					at := i*dim + d
					for _, g := range components(m, conditionals[at*k:(at+1)*k]) {
						u[i] += g.weight * g.CDF(float64(x[at]))
					}
				}
				if distance := kolmogorov(u); distance > 1.95/math.Sqrt(n) {
					t.Errorf("variable %d: the Kolmogorov–Smirnov distance is %.4f, want less than %.4f", d, distance, 1.95/math.Sqrt(n))
				}
			}
		})
	}
}

// kolmogorov is the largest distance of the empirical distribution function of
// u, which it sorts, to that of the uniform distribution.
func kolmogorov(u []float64) float64 {
	slices.Sort(u)
	distance, n := 0.0, float64(len(u))
	for i, v := range u {
		distance = max(distance, v-float64(i)/n, float64(i+1)/n-v)
	}
	return distance
}

// A Gaussian's noise is standard normal, a number a variable; a mixture's has as
// many uniform numbers after the normal ones. The noise of a sample does not
// depend on how many follow.
func TestNoise(t *testing.T) {
	const n, dim = 5000, 3
	tests := map[string]struct{ normal, uniform int }{"bernoulli": {0, dim}, "gaussian": {dim, 0}, "mog": {dim, dim}}
	for output, want := range tests {
		m := mustNew(t, Options{Dim: dim, Output: output, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
		sampler, err := m.NewSampler(models.Initialize(m, 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		width := sampler.NoiseDim()
		if width != want.normal+want.uniform {
			t.Fatalf("%s: %d numbers a sample, want %d", output, width, want.normal+want.uniform)
		}
		noise, fewer := make([]float32, n*width), make([]float32, 7*width)
		sampler.DrawNoise(rand.New(rand.NewPCG(2, 2)), noise)
		sampler.DrawNoise(rand.New(rand.NewPCG(2, 2)), fewer)
		if !sameBits(noise[:len(fewer)], fewer) {
			t.Errorf("%s: 7 samples have other noise than the first 7 of %d", output, n)
		}
		for column := range width {
			u := make([]float64, n)
			for i := range u {
				u[i] = float64(noise[i*width+column])
				if column < want.normal {
					u[i] = distuv.UnitNormal.CDF(u[i])
				}
			}
			if distance := kolmogorov(u); distance > 1.95/math.Sqrt(n) {
				t.Errorf("%s: column %d has the distance %.4f", output, column, distance)
			}
		}
	}
}
