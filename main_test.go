package maskflow_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

func newMADE(t testing.TB, o made.Options) *made.Model {
	t.Helper()
	m, err := made.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newModel(t testing.TB, b *backend.Backend, d models.Definition, w models.Weights, o maskflow.Options) *maskflow.Model {
	t.Helper()
	m, err := maskflow.New(b, d, w, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// states are all rows of dim bits; bit 0 of a state's number is its first
// variable.
func states(dim int) []float32 {
	x := make([]float32, 0, dim<<dim)
	for r := range 1 << dim {
		for d := range dim {
			x = append(x, float32(r>>d&1))
		}
	}
	return x
}

// randomSet has rows of bits and contexts of normal values.
func randomSet(seed uint64, rows, dim, context int) *data.Prepared {
	rng := rand.New(rand.NewPCG(seed, 2))
	s := &data.Prepared{Name: "random", Rows: rows, Dim: dim, ContextDim: context}
	for range rows * dim {
		s.X = append(s.X, float32(rng.IntN(2)))
	}
	for range rows * context {
		s.Context = append(s.Context, float32(rng.NormFloat64()))
	}
	return s
}

// contextRows are n rows of a context; nil for none.
func contextRows(values []float32, n int) *data.Table {
	if len(values) == 0 {
		return nil
	}
	return must.M1(data.FromFlat(values, len(values)/n))
}

// repeat is a row n times.
func repeat(row []float32, n int) []float32 {
	var out []float32
	for range n {
		out = append(out, row...)
	}
	return out
}

func near(got, want, tolerance float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return got == want || math.IsNaN(got) && math.IsNaN(want)
	}
	return math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))
}

// refuses checks for an error of one line that says what it should.
func refuses(t testing.TB, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: error %v, want one line with %q", what, err, want)
	}
}

// plain hides everything that a density can do beyond its log-density.
type plain struct{ models.Density }
