package maskflow_test

import (
	"math"
	"slices"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/models/vae"
)

// The transforms of a model's own samples are uniform: the Kolmogorov–Smirnov
// distance of n of them stays below 1.95/√n but once in a thousand. Those of
// samples that were moved are not.
func TestPITOfSamplesIsUniform(t *testing.T) {
	const n = 4000
	b := backendtest.Open(t, backend.KindGo)
	for name, m := range map[string]models.Definition{
		"maf":           must.M1(maf.New(maf.Options(stackOf(3, 0, 3)))),
		"iaf":           must.M1(iaf.New(iaf.Options(stackOf(3, 0, 3)))),
		"maf over mog":  must.M1(maf.New(with(stackOf(3, 2, 3), func(o *maf.Options) { o.Base = "mog"; o.Components = 3 }))),
		"maf over nade": must.M1(maf.NewDrawn(with(stackOf(3, 2, 3), func(o *maf.Options) { o.Components, o.Orders = 3, 1 }))),
		"gaussians":     newMADE(t, made.Options{Dim: 3, Hidden: []int{7}, Output: "gaussian", Degrees: "sequential", Start: "natural"}),
		"bits":          newMADE(t, made.Options{Dim: 3, Hidden: []int{7}, Degrees: "sequential", Start: "natural"}),
		"mixtures":      newMADE(t, made.Options{Dim: 3, ContextDim: 2, Hidden: []int{7}, Output: "mog", Components: 3, Degrees: "sequential", Start: "natural"}),
	} {
		t.Run(name, func(t *testing.T) {
			trained := newModel(t, b, m, shaken(m, 2), maskflow.Options{})
			cond := repeat([]float32{0.5, -1}[:m.ContextDim()], n)
			x := must.M1(trained.Core.Sample(t.Context(), n, maskflow.SampleOptions{Seed: 5, Context: contextRows(cond, n)}))
			distance := func(x []float32, d int) float64 {
				u := must.M1(trained.Core.PIT(t.Context(), x, cond))
				var column []float64
				for i := d; i < len(u); i += 3 {
					column = append(column, u[i])
				}
				slices.Sort(column)
				far := 0.0
				for i, v := range column {
					far = math.Max(far, math.Max(math.Abs(v-float64(i)/n), math.Abs(v-float64(i+1)/n)))
				}
				return far
			}
			for d := range 3 {
				if far := distance(x, d); far > 1.95/math.Sqrt(n) {
					t.Errorf("variable %d: the distance is %.4f, want less than %.4f", d, far, 1.95/math.Sqrt(n))
				}
			}
			for i := range x {
				if x[i] += 0.5; m.Support(i % 3).Discrete() {
					x[i] = 1
				}
			}
			if far := distance(x, 0); far < 1.95/math.Sqrt(n) {
				t.Errorf("samples that were moved pass for uniform: %.4f", far)
			}
		})
	}
}

// So are those of variables of every kind, randomised where values have probabilities; what is not known has none.
func TestPITOfEveryKindIsUniform(t *testing.T) {
	const n = 4000
	b := backendtest.Open(t, backend.KindGo)
	kinds := modeltest.Kinds()
	for _, m := range []models.Tabular{
		newMADE(t, made.Options{Dim: len(kinds), Variables: kinds, Hidden: []int{23}, Activation: "tanh", Output: "mixed", Degrees: "sequential", Start: "natural"}),
		must.M1(nade.New(nade.Options{Dim: len(kinds), Variables: kinds, Hidden: []int{23}, Activation: "tanh", Output: "mixed", Orders: 1})),
	} {
		trained := newModel(t, b, m, shaken(m, 2), maskflow.Options{})
		x := must.M1(trained.Core.Sample(t.Context(), n, maskflow.SampleOptions{Seed: 5}))
		last := slices.Index(trained.Sets(0)[0].Order, len(kinds))
		x[last] = models.NotKnown // of the first row
		u := must.M1(trained.Core.PIT(t.Context(), models.Widen(m, x), nil))
		for d, of := range kinds {
			var column []float64
			for i := d; i < len(u); i += len(kinds) {
				if math.IsNaN(u[i]) != (i == last) {
					t.Fatalf("%T: %s of row %d has the transform %v", m, of.Name, i/len(kinds), u[i])
				}
				column = append(column, u[i])
			}
			if math.IsNaN(column[0]) {
				column = column[1:]
			}
			if far, p := num.KS(column, nil); p < 1e-3 {
				t.Errorf("%T: %s: the distance is %.4f, p = %.1g", m, of.Name, far, p)
			}
		}
	}
}

func TestPITNeedsConditionals(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	encoder := must.M1(vae.New(vae.Options{Dim: 3, Latent: 2, Encoder: []int{5}, Decoder: []int{5}}))
	m := newModel(t, b, encoder, modeltest.Strong(encoder, 1), maskflow.Options{})
	_, err := m.Core.PIT(t.Context(), []float32{0, 1, 0}, nil)
	refuses(t, "a variational autoencoder", err, "no conditionals")
	_, err = m.Core.PIT(t.Context(), []float32{0, 1}, nil)
	refuses(t, "half a row", err, "not whole rows of 3")
}
