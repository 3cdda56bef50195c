package made

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
)

// cholesky is a linear Gaussian MADE by hand: with the Cholesky factor L of the
// covariance in the model's order, (L⁻¹(x − μ))_d is what is left of x_d, in units
// of L_dd, when the variables before it have said what they can. It returns the
// weights of a model without hidden layers and with the scale exp, whose outputs
// are means and logarithms of precisions.
func cholesky(t *testing.T, mean []float64, covariance *mat.SymDense, order masks.Order) (w models.Weights, factor *mat.TriDense) {
	t.Helper()
	dim, sequence := len(mean), order.Sequence()
	ordered := mat.NewSymDense(dim, nil)
	for a, i := range sequence {
		for b, j := range sequence {
			ordered.SetSym(a, b, covariance.At(i, j))
		}
	}
	var decomposition mat.Cholesky
	if !decomposition.Factorize(ordered) {
		t.Fatal("the covariance is not positive definite")
	}
	factor = mat.NewTriDense(dim, mat.Lower, nil)
	decomposition.LTo(factor)
	var inverse mat.TriDense
	if err := inverse.InverseTri(factor); err != nil {
		t.Fatal(err)
	}
	weights, bias := make([]float32, dim*2*dim), make([]float32, 2*dim)
	for a, d := range sequence {
		b := mean[d]
		for c, i := range sequence[:a] {
			v := -factor.At(a, a) * inverse.At(a, c)
			weights[i*2*dim+d] = float32(v)
			b -= v * mean[i]
		}
		bias[d], bias[dim+d] = float32(b), float32(-2*math.Log(factor.At(a, a)))
	}
	return models.Weights{weights, bias}, factor
}

// Σ = [[1, ½], [½, 1]] has ln p(0, 0) = −ln 2π − ½·ln ¾ = −1.694036030, in either
// order.
func TestLinearGaussianOfTwoVariables(t *testing.T) {
	m := mustNew(t, Options{Dim: 2, Output: "gaussian", Scale: "exp", Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	covariance := mat.NewSymDense(2, []float64{1, 0.5, 0.5, 1})
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		c := compile(t, b, m, 1)
		for _, order := range []masks.Order{masks.Natural(2), masks.Reversed(2)} {
			w, _ := cholesky(t, make([]float64, 2), covariance, order)
			if got := c.run(t, w, setOf(t, order), batch{x: []float32{0, 0}}).logp[0]; !modeltest.Near(float64(got), -1.694036030, 1e-6) {
				t.Errorf("order %v: log p(0, 0) = %v, want -1.694036030", order, got)
			}
		}
	})
}

// setOf is the set of an order without hidden layers.
func setOf(t *testing.T, order masks.Order) *masks.Set {
	t.Helper()
	set, err := masks.NewSet(order, nil, false, false)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Any normal density is a linear MADE, in every order, and its samples are
// μ + L·noise with the factor L of that order.
func TestLinearGaussianIsItsCholeskyFactor(t *testing.T) {
	const dim, rows = 5, 37
	m := mustNew(t, Options{Dim: dim, Output: "gaussian", Scale: "exp", Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		c := compile(t, b, m, rows)
		for seed := range uint64(7) {
			rng := rand.New(rand.NewPCG(seed, 7))
			a, mean := mat.NewDense(dim, dim, nil), make([]float64, dim)
			for i := range dim {
				mean[i] = 2 * rng.NormFloat64()
				for j := range dim {
					a.Set(i, j, rng.NormFloat64())
				}
			}
			var covariance mat.SymDense
			covariance.SymOuterK(1, a)
			for i := range dim {
				covariance.SetSym(i, i, covariance.At(i, i)+0.1)
			}
			normal, ok := distmv.NewNormal(mean, &covariance, nil)
			if !ok {
				t.Fatal("the covariance is not positive definite")
			}
			order := masks.Shuffled(dim, rng)
			w, factor := cholesky(t, mean, &covariance, order)
			set, x := setOf(t, order), normals(rng, rows*dim, 2)
			for i, got := range c.run(t, w, set, batch{x: x}).logp {
				row := make([]float64, dim)
				for d := range row {
					row[d] = float64(x[i*dim+d])
				}
				if want := normal.LogProb(row); !modeltest.Near(float64(got), want, 2e-5) {
					t.Errorf("seed %d, order %v: log p(%v) = %v, want %v", seed, order, row, got, want)
				}
			}

			sampler, err := m.NewSampler(w, set)
			if err != nil {
				t.Fatal(err)
			}
			noise := normals(rng, rows*dim, 1)
			if _, err := sampler.Sample(context.Background(), x, noise, nil, models.Incremental); err != nil {
				t.Fatal(err)
			}
			sequence := order.Sequence()
			for i := range rows {
				for p, d := range sequence {
					want := mean[d]
					for q, j := range sequence[:p+1] {
						want += factor.At(p, q) * float64(noise[i*dim+j])
					}
					if got := x[i*dim+d]; !modeltest.Near(float64(got), want, 1e-4) {
						t.Errorf("seed %d, order %v: variable %d of sample %d is %v, want %v", seed, order, d, i, got, want)
					}
				}
			}
		}
	})
}

// A mixture of equal components is a Gaussian, whatever its weights are, and one
// of a single component too.
func TestMixtureOfEqualComponentsIsAGaussian(t *testing.T) {
	const dim, rows = 3, 11
	rng := rand.New(rand.NewPCG(6, 6))
	x := normals(rng, rows*dim, 2)
	options := Options{Dim: dim, Hidden: []int{7}, Activation: "tanh", Output: "gaussian", Scale: "softplus", Degrees: "sequential", Start: "natural"}
	gaussian := mustNew(t, options)
	w, set := randomWeights(gaussian, 1), gaussian.Cycle().At(0)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		want := compile(t, b, gaussian, rows).run(t, w, set, batch{x: x}).logp
		for _, k := range []int{1, 3} {
			options.Output, options.Components = "mog", k
			wide := models.Weights{w[0], w[1], repeatOutputs(rng, w[2], dim, k), repeatOutputs(rng, w[3], dim, k)}
			got := compile(t, b, mustNew(t, options), rows).run(t, wide, set, batch{x: x}).logp
			for i := range want {
				if !modeltest.Near(float64(got[i]), float64(want[i]), 2e-6) {
					t.Errorf("%d components: log p of row %d is %v, want %v", k, i, got[i], want[i])
				}
			}
		}
	})
}

// repeatOutputs makes the outputs of a Gaussian, in rows [2·dim], those of k
// equal components with random weights.
func repeatOutputs(rng *rand.Rand, v []float32, dim, k int) []float32 {
	var all []float32
	for ; len(v) > 0; v = v[2*dim:] {
		all = append(all, normals(rng, k*dim, 1)...)
		for p := range 2 {
			for range k {
				all = append(all, v[p*dim:(p+1)*dim]...)
			}
		}
	}
	return all
}
