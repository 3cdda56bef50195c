package flow

import (
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// shift is a transformer with as many parameters as it is told, y = x − θ₀ − θ_last.
type shift int

func (shift) Name() string { return "shift" }
func (s shift) Width() int { return int(s) }

func (s shift) Forward(x, theta *Node) (y, logDerivative *Node) {
	return Sub(Sub(x, parameter(x, theta, 0)), parameter(x, theta, int(s)-1)), ZerosLike(x)
}

func (s shift) Inverse(y, theta *Node) *Node {
	return Add(Add(y, parameter(y, theta, 0)), parameter(y, theta, int(s)-1))
}

func (s shift) HostForward(x float32, theta []float32) float32 { return x - theta[0] - theta[s-1] }
func (s shift) HostInverse(y float32, theta []float32) float32 { return y + theta[0] + theta[s-1] }

// broken panics on the host.
type broken struct{ shift }

func (broken) Name() string                           { return "broken" }
func (broken) HostForward(float32, []float32) float32 { panic("out of order") }
func (broken) HostInverse(float32, []float32) float32 { panic("out of order") }

func overNormal(t *testing.T, transformer Transformer, dim int) *Flow {
	t.Helper()
	a := must(NewAutoregressive(transformer, StackOptions{Dim: dim, Hidden: []int{5}, Activation: "tanh"}))
	return must(New(Normal(dim), NewActNorm(dim), a))
}

// A transformer of anybody's may have any number of parameters.
func TestATransformerWithManyParameters(t *testing.T) {
	const dim, rows = 3, 50
	f := overNormal(t, shift(1000), dim)
	w, x := randomWeights(f, 1), normals(2, rows*dim, 1)
	z := slices.Clone(x)
	host := must(f.NewInverter(w))
	must(host.ToNoise(t.Context(), z, nil, models.Solver{}))
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		got := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
			z, _ := f.Forward(p, args[0], nil)
			return []*Node{z}
		}, matrix(x, dim))[0]
		same(t, "noise", got, z, dim, 1e-5)
	})
	must(host.ToData(t.Context(), z, nil, models.Solver{}))
	same(t, "data", z, x, dim, 1e-5)
}

// A panic in it is an error that names the layer, in either direction.
func TestAPanicInATransformerIsAnError(t *testing.T) {
	const dim, rows = 3, 1000
	f := overNormal(t, broken{2}, dim)
	w := randomWeights(f, 1)
	host := must(f.NewInverter(w))
	sampler := must(f.NewSampler(w, nil))
	ways := map[string]func(rows []float32) (int, error){
		"to noise": func(x []float32) (int, error) { return host.ToNoise(t.Context(), x, nil, models.Solver{}) },
		"to data":  func(z []float32) (int, error) { return host.ToData(t.Context(), z, nil, models.Solver{}) },
		"sampling": func(x []float32) (int, error) {
			return sampler.Sample(t.Context(), x, make([]float32, len(x)), nil, models.Jacobi)
		},
	}
	for name, way := range ways {
		_, err := way(make([]float32, rows*dim))
		if err == nil || !strings.Contains(err.Error(), "layer 1 (broken autoregressive)") || !strings.Contains(err.Error(), "out of order") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

func TestNewAutoregressiveRefusesTransformersThatAreNone(t *testing.T) {
	for _, transformer := range []Transformer{nil, shift(0), shift(-1)} {
		if _, err := NewAutoregressive(transformer, StackOptions{Dim: 3, Hidden: []int{}}); err == nil {
			t.Errorf("%v is taken", transformer)
		}
	}
}
