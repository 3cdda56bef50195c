package nn

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/option"
)

// closedForms are the activations as their papers write them, with their
// derivatives at 0 where the papers leave a choice or a value is well known.
var closedForms = map[string]struct {
	f           func(x float64) float64
	slopeAtZero float64
}{
	"relu": {func(x float64) float64 { return math.Max(x, 0) }, 0},
	"softplus": {func(x float64) float64 {
		if x > 700 { // eˣ overflows; ln(1+eˣ) = x to all digits
			return x
		}
		return math.Log1p(math.Exp(x))
	}, 0.5},
	"tanh": {func(x float64) float64 {
		if x > 300 {
			return 1
		}
		return math.Expm1(2*x) / (math.Exp(2*x) + 1)
	}, 1},
	"sigmoid": {func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 0.25},
	"elu": {func(x float64) float64 {
		if x > 0 {
			return x
		}
		return math.Expm1(x)
	}, 1},
	"leaky_relu": {func(x float64) float64 {
		if x > 0 {
			return x
		}
		return x / 100
	}, 0.01},
	"silu": {func(x float64) float64 { return x / (1 + math.Exp(-x)) }, 0.5},
	"gelu": {func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 }, 0.5}, // x·Φ(x)
}

var activationPoints = []float64{-1e30, -1e4, -100, -20, -3, -1, -0.5, -1e-4, 0, 1e-4, 0.5, 1, 3, 20, 100, 1e4, 1e30}

func TestActivationsAreTheirClosedForms(t *testing.T) {
	if names := activationNames(); len(names) != len(closedForms) {
		t.Fatalf("the activations are %v, but there are %d closed forms", names, len(closedForms))
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, name := range activationNames() {
			a, err := ActivationByName(name)
			if err != nil {
				t.Fatal(err)
			}
			inf := math.Inf(1)
			points := append(slices.Clone(activationPoints), inf)
			if name != "silu" && name != "gelu" { // −∞ · 0 is not their limit, and no network survives to need it
				points = append(points, -inf)
			}
			x := make([]float32, len(points))
			for i, p := range points {
				x[i] = float32(p)
			}
			got := evaluate[float32](t, b, func(in []*Node) []*Node { return []*Node{a.Graph(in[0])} }, x)[0]
			for i := range x {
				want := closedForms[name].f(float64(x[i]))
				if h := float64(a.one(x[i])); !near(h, want, 1e-7) {
					t.Errorf("%s(%v) = %v on the host, want %v", name, x[i], h, want)
				}
				if !near(float64(got[i]), want, 1e-6) {
					t.Errorf("%s(%v) = %v in the graph, want %v", name, x[i], got[i], want)
				}
			}
		}
	})
}

// A NaN must come out again, or training could not tell that it has diverged.
func TestActivationsKeepNaN(t *testing.T) {
	nan := float32(math.NaN())
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, a := range activations {
			got := evaluate[float32](t, b, func(in []*Node) []*Node { return []*Node{a.Graph(in[0])} }, []float32{nan})[0][0]
			if h := a.one(nan); h == h || got == got {
				t.Errorf("%s(NaN) = %v on the host and %v in the graph", a.Name, h, got)
			}
		}
	})
}

func TestActivationGradients(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, a := range activations {
			form := closedForms[a.Name]
			slopes := evaluate[float64](t, b, func(in []*Node) []*Node {
				return Gradient(ReduceAllSum(a.Graph(in[0])), in[0])
			}, activationPoints)[0]
			for i, x := range activationPoints {
				want := form.slopeAtZero
				if x != 0 {
					// Kinks are at 0 only, and every step stays on its side.
					h := 1e-5 * math.Max(1, math.Abs(x))
					h = math.Min(h, math.Abs(x)/2)
					want = (form.f(x+h) - form.f(x-h)) / (2 * h)
				}
				if !near(slopes[i], want, 1e-7) {
					t.Errorf("%s'(%v) = %v, want %v", a.Name, x, slopes[i], want)
				}
			}
		}
	})
}

func TestActivationByName(t *testing.T) {
	if a, err := ActivationByName(""); err != nil || a.Name != "relu" {
		t.Errorf(`the activation "" is %q (%v), want relu`, a.Name, err)
	}
	_, err := ActivationByName("swish")
	if err == nil {
		t.Fatal("swish is known")
	}
	for _, name := range append(activationNames(), `"swish"`) {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error %q does not say %s", err, name)
		}
	}
}

func activationNames() []string { return option.Names(activations, activationName) }

// one is the activation of one number on the host.
func (a Activation) one(x float32) float32 {
	v := []float32{x}
	a.Host(v)
	return v[0]
}
