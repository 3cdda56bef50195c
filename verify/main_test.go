package verify_test

import (
	"math/rand/v2"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
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

// strong are weights that make variables depend on each other: N(0, 1), where
// initial ones are small and biases zero.
func strong(d models.Model, seed uint64) models.Weights {
	rng := rand.New(rand.NewPCG(seed, 1))
	var w models.Weights
	for _, s := range d.Specs() {
		v := make([]float32, s.Size())
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		w = append(w, v)
	}
	return w
}

func newModel(t testing.TB, b *backend.Backend, d models.Model, w models.Weights, o maskflow.Options) *maskflow.Model {
	t.Helper()
	m, err := maskflow.New(b, d, w, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}
