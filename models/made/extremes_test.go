package made

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// Outputs of ±50 and data of ±10⁴ have a log-density, and gradients of it, that
// are finite; soft_clip keeps every standard deviation between 10⁻³ and 10³.
func TestExtremeOutputsAreFinite(t *testing.T) {
	const dim, rows = 2, 8
	for _, output := range []string{"gaussian", "mog"} {
		m := mustNew(t, Options{Dim: dim, Output: output, Components: 3, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
		rng := rand.New(rand.NewPCG(5, 5))
		x, rowWeights := make([]float32, rows*dim), make([]float32, rows)
		for i := range x {
			x[i] = []float32{-1e4, 1e4, 0, 50}[i%7%4]
		}
		for i := range rowWeights {
			rowWeights[i] = 1
		}
		backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
			c := compileGradients(t, b, m, rows)
			for range 16 {
				w := models.Initialize(m, 1)
				for _, v := range w {
					for i := range v {
						v[i] = 50 * float32(2*rng.IntN(2)-1)
					}
				}
				clear(w[0])
				r := c.run(t, w, m.Cycle().At(0), batch{x: x, rowWeights: rowWeights})
				for name, values := range map[string][]float32{"log p": r.logp, "conditionals": r.conditionals, "weights": r.gradients[0], "bias": r.gradients[1]} {
					if err := models.CheckFinite(name, "", values, 1); err != nil {
						t.Fatalf("%s: %v", output, err)
					}
				}
				for i := 0; i < len(r.conditionals); i += parametersOf(m) {
					for _, g := range components(m, r.conditionals[i:i+parametersOf(m)]) {
						if g.Sigma < 1e-3 || g.Sigma > 1e3 {
							t.Fatalf("%s: a standard deviation of %v", output, g.Sigma)
						}
					}
				}
			}
		})
	}
}

// A log-precision of −50 makes a standard deviation of e²⁵ and x₁ of its size,
// from which a log-precision of x₂ is made that no float32 can follow: exp says
// where that happened, and soft_clip draws from what it clips.
func TestSamplerSaysWhatOverflows(t *testing.T) {
	noise := []float32{-1, 1, 2, -1} // x₂ = ∓∞ where x₁ > 0, and its mean where x₁ < 0
	for _, output := range []string{"gaussian", "mog"} {
		for _, scale := range []string{"exp", "soft_clip"} {
			m := mustNew(t, Options{Dim: 2, Output: output, Components: 1, Scale: scale, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
			w := models.Initialize(m, 1)
			clear(w[0])
			clear(w[1])
			last := len(w[1]) - 2 // columns of the two scales
			w[0][last+1], w[1][last] = -1, -50
			sampler, err := m.NewSampler(w, nil)
			if err != nil {
				t.Fatal(err)
			}
			given := noise
			if output == "mog" {
				given = []float32{-1, 1, 0.5, 0.5, 2, -1, 0.5, 0.5}
			}
			for _, method := range []models.Method{models.Incremental, models.Sequential, models.Jacobi} {
				x := make([]float32, 4)
				_, err := sampler.Sample(context.Background(), x, given, nil, method)
				var beyond *models.NonFiniteError
				switch {
				case scale == "soft_clip" && err != nil:
					t.Errorf("%s, method %d: %v", output, method, err)
				case scale == "exp" && !errors.As(err, &beyond):
					t.Errorf("%s, method %d: the error is %v for the samples %v", output, method, err, x)
				case scale == "exp" && (beyond.Row != 1 || beyond.Variable != 1 || !math.IsInf(beyond.Value, -1)):
					t.Errorf("%s, method %d: the error is %v, want −Inf in row 1, variable 1", output, method, beyond)
				}
			}
		}
	}
}

// A network whose outputs are NaN draws no samples that look like samples.
func TestSamplerSaysWhatIsNotANumber(t *testing.T) {
	for _, output := range []string{"bernoulli", "gaussian", "mog"} {
		m := mustNew(t, Options{Dim: 3, Hidden: []int{5}, Output: output, Components: 3, Degrees: "sequential", Start: "natural"})
		w := models.Initialize(m, 1)
		bias := w[3]
		bias[1] = float32(math.NaN()) // the first output of variable 1
		sampler, err := m.NewSampler(w, nil)
		if err != nil {
			t.Fatal(err)
		}
		noise := make([]float32, 2*sampler.NoiseDim())
		sampler.DrawNoise(rand.New(rand.NewPCG(1, 1)), noise)
		var beyond *models.NonFiniteError
		_, err = sampler.Sample(context.Background(), make([]float32, 6), noise, nil, models.Incremental)
		if !errors.As(err, &beyond) || beyond.Row != 0 || beyond.Variable != 1 {
			t.Errorf("%s: the error is %v, want one of row 0, variable 1", output, err)
		} else if beyond.Hint != "" {
			t.Errorf("%s, whose scale is soft_clip or none: the hint is %q", output, beyond.Hint)
		}
	}
}
