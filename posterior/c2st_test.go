package posterior_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/posterior"
)

func TestC2STOfNormals(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, delta := range []float64{0, 1} {
			rng := rand.New(rand.NewPCG(1, 2))
			draw := func(by float64) (x []float32) {
				for range 4000 {
					x = append(x, float32(rng.NormFloat64()+by), float32(rng.NormFloat64()))
				}
				return x
			}
			got, err := posterior.C2ST(t.Context(), b, draw(0), draw(delta), 2, 1)
			want := 0.5 * math.Erfc(-delta / 2 / math.Sqrt2)
			if t.Logf("%v apart: %.4f, %.4f", delta, got, want); err != nil || math.Abs(got-want) > 0.015 {
				t.Errorf("%v apart: %.4f, want %.4f (error %v)", delta, got, want, err)
			}
		}
	})
}
