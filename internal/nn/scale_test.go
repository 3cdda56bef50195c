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

// logScales are the closed forms of ln scale, with their values at 0 and what
// bounds them.
var logScales = map[string]struct {
	f              func(a float64) float64
	atZero         float64
	least, largest float64
}{
	"soft_clip": {func(a float64) float64 { return a * math.Log(1000) / (math.Log(1000) + math.Abs(a)) }, 0, -math.Log(1000), math.Log(1000)},
	"softplus": {func(a float64) float64 {
		soft := a + math.Log(math.E-1)
		if soft < 700 {
			soft = math.Log1p(math.Exp(soft))
		}
		return math.Log(0.001 + 0.999*soft)
	}, 0, -math.Log(1000), math.Inf(1)},
	"sigmoid": {func(a float64) float64 {
		return math.Max(-math.Log1p(math.Exp(-a-2)), -60)
	}, -math.Log1p(math.Exp(-2)), -60, 0},
	"exp": {func(a float64) float64 { return a / 2 }, 0, math.Inf(-1), math.Inf(1)},
}

var scalePoints = []float64{-1e30, -1e4, -100, -50, -20, -3, -1, -0.5, -1e-4, 0, 1e-4, 0.5, 1, 3, 20, 50, 100, 1e4, 1e30}

func TestScalesAreTheirClosedForms(t *testing.T) {
	if names := scaleNames(); len(names) != len(logScales) {
		t.Fatalf("the scales are %v, but there are %d closed forms", names, len(logScales))
	}
	x := make([]float32, len(scalePoints))
	for i, p := range scalePoints {
		x[i] = float32(p)
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, name := range scaleNames() {
			s, err := ScaleByName(name)
			if err != nil {
				t.Fatal(err)
			}
			form := logScales[name]
			out := evaluate[float32](t, b, func(in []*Node) []*Node {
				y := s.Log(in[0])
				return []*Node{y, Gradient(ReduceAllSum(y), in[0])[0]}
			}, x)
			for i, a := range x {
				want := form.f(float64(a))
				if h := s.HostLog(float64(a)); !near(h, want, 1e-12) || a == 0 && !near(h, form.atZero, 1e-15) {
					t.Errorf("%s(%v) = %v on the host, want %v", name, a, h, want)
				}
				if !near(float64(out[0][i]), want, 1e-6) {
					t.Errorf("%s(%v) = %v in the graph, want %v", name, a, out[0][i], want)
				}
				if v := float64(out[0][i]); v < form.least-1e-6 || v > form.largest+1e-6 {
					t.Errorf("%s(%v) = %v is not in %v … %v", name, a, v, form.least, form.largest)
				}
				// A scale grows with its output, or has stopped to.
				if g := float64(out[1][i]); !(g >= 0) || g > 2 {
					t.Errorf("%s'(%v) = %v", name, a, g)
				}
			}
			if !slices.IsSorted(out[0]) {
				t.Errorf("%s falls: %v", name, out[0])
			}
		}
	})
}

func TestScaleGradients(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, s := range scales {
			f := logScales[s.Name].f
			slopes := evaluate[float64](t, b, func(in []*Node) []*Node {
				return Gradient(ReduceAllSum(s.Log(in[0])), in[0])
			}, scalePoints)[0]
			for i, a := range scalePoints {
				h := 1e-5 * math.Max(1, math.Abs(a))
				if want := (f(a+h) - f(a-h)) / (2 * h); a != 0 && !near(slopes[i], want, 1e-6) {
					t.Errorf("%s'(%v) = %v, want %v", s.Name, a, slopes[i], want)
				}
			}
		}
	})
}

func TestScaleByName(t *testing.T) {
	if s, err := ScaleByName(""); err != nil || s.Name != "soft_clip" {
		t.Errorf(`the scale "" is %q (%v), want soft_clip`, s.Name, err)
	}
	_, err := ScaleByName("square")
	if err == nil {
		t.Fatal("square is known")
	}
	for _, name := range append(scaleNames(), `"square"`) {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error %q does not say %s", err, name)
		}
	}
}

func scaleNames() []string { return option.Names(scales, scaleName) }
