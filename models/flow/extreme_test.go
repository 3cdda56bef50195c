package flow

import (
	"errors"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// extremes are inputs far out, near, and on the bound of a spline.
var extremes = []float32{-1e4, -50, -3.0000002, -3, -2.9999998, -1, -1e-30, 0, 1e-30, 0.5, 2.9999998, 3, 50, 1e4}

// bias makes outputs of the network from nothing but biases of ±size: bit p of
// signs is the sign of parameter p.
func bias(f *Flow, size float32, signs int) models.Weights {
	w := models.Initialize(f, 1)
	for _, v := range w {
		clear(v)
	}
	dim := f.Dim()
	values := w.Named(f)("layer0.output.bias")
	for i := range values {
		values[i] = size
		if signs>>(i/dim%3)&1 == 1 {
			values[i] = -size
		}
	}
	return w
}

// Scales that are clipped, or have a floor, and splines take whatever the network
// says, to inputs as far out as they may come: both ways, on the host and in the
// graph, and so are log-determinants and gradients.
func TestExtremesStayFinite(t *testing.T) {
	tests := []struct {
		name        string
		transformer Transformer
	}{
		{"soft_clip", affineOf("")},
		{"softplus", affineOf("softplus")},
		{"exp", affineOf("exp")},
		{"spline", splineOf(8, 3)},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range tests {
			t.Run(c.name, func(t *testing.T) {
				f := must(New(Normal(2), autoregressive(c.transformer, StackOptions{Hidden: []int{5}})(2)))
				var x []float32
				for i, v := range extremes {
					x = append(x, v, extremes[(i+5)%len(extremes)])
				}
				exec := newExec(t, b, func(args []*Node) []*Node {
					n := len(f.Specs())
					p, x := models.Bind(f.Specs(), args[:n]), args[n]
					z, logDet := f.Forward(p, x, nil)
					back, logDetInv := f.Inverse(p, x, nil)
					gradients := Gradient(Add(ReduceAllSum(z), ReduceAllSum(logDet)), append([]*Node{x}, args[:n]...)...)
					return append([]*Node{z, logDet, back, logDetInv}, gradients...)
				})
				check := func(what string, w models.Weights) {
					for i, out := range backendtest.Call[float32](t, exec, append(arguments(f, w), matrix(x, 2))...) {
						if err := models.CheckFinite("graph", "", out, 1); err != nil {
							t.Errorf("%s: output %d: %v", what, i, err)
						}
					}
					host := must(f.NewInverter(w))
					moved(t, host.ToNoise, x, nil, models.Solver{}) // which fail by themselves
					moved(t, host.ToData, x, nil, models.Solver{Method: models.Jacobi})
				}
				for signs := range 8 {
					check("outputs of ±50", bias(f, 50, signs))
				}
				if c.name != "exp" { // the inputs make the outputs: up to 1e4 of them
					check("random weights", randomWeights(f, 1))
				}
			})
		}
	})
}

// A clip that held in one direction only would not be undone by the other.
func TestClippedScalesAreUndone(t *testing.T) {
	f := must(New(Normal(2), autoregressive(affineOf(""), StackOptions{Hidden: []int{}})(2)))
	x := []float32{-7, 0.5, 1, 3, 100, -1e-3}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for signs := range 4 {
			w := bias(f, 50, signs)
			out := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
				z, logDet := f.Forward(p, args[0], nil)
				back, logDetInv := f.Inverse(p, z, nil)
				return []*Node{back, Add(logDet, logDetInv), z, logDet}
			}, matrix(x, 2))
			// (x ∓ 50)·eˢ ± 50 loses the digits of x, relative to 50.
			same(t, "inverse of forward", out[0], x, 2, 50*1e-5)
			same(t, "the sum of both log-determinants", out[1], make([]float32, 3), 1, 1e-5)
			// s = a/(1 + |a|/ln 1000) at a = ±50
			s := 50 / (1 + 50/math.Log(1000))
			if signs>>1&1 == 1 {
				s = -s
			}
			same(t, "the log-determinant", out[3], []float32{float32(2 * s), float32(2 * s), float32(2 * s)}, 1, 1e-5)
			host := must(f.NewInverter(w))
			z, _ := moved(t, host.ToNoise, x, nil, models.Solver{})
			same(t, "forward on the host", z, out[2], 2, 1e-5)
		}
	})
}

// What can overflow is an error that names the layer, the row and the variable: an
// infinity never goes on silently. A scale with bounds is named to those without alone.
func TestOverflowIsAnError(t *testing.T) {
	tests := []struct {
		name        string
		transformer Transformer
		signs       int // of a second parameter that overflows
		toNoise     bool
	}{
		{"exp", affineOf("exp"), 0, true},
		{"exp", affineOf("exp"), 2, false},
		{"gated", NewGated(), 2, false},
	}
	for _, c := range tests {
		f := must(New(Normal(2), must(NewReverse(2)), autoregressive(c.transformer, StackOptions{Hidden: []int{}})(2)))
		w := models.Initialize(f, 1)
		bias := w.Named(f)("layer1.output.bias")
		bias[3] = 200 // of variable 1 alone
		if c.signs>>1&1 == 1 {
			bias[3] = -200
		}
		host := must(f.NewInverter(w))
		for _, method := range []models.Method{models.Incremental, models.Sequential, models.Jacobi} {
			rows := []float32{0, 0, 1, 2}
			direction := host.ToData
			if c.toNoise {
				direction, rows = host.ToNoise, []float32{0, 0, 2, 1}
			}
			_, err := direction(t.Context(), rows, nil, models.Solver{Method: method})
			var overflow *models.NonFiniteError
			if !errors.As(err, &overflow) {
				t.Errorf("%s: the error is %v, want a *models.NonFiniteError", c.name, err)
				continue
			}
			if want := "layer 1 (" + f.layers[1].Name() + ")"; overflow.Row != 1 || overflow.Variable != 1 || overflow.Where != want || overflow.Value != math.Inf(1) {
				t.Errorf("%s: the error is %q, want one of %s, row 1, variable 1", c.name, err, want)
			}
			if strings.Contains(overflow.Hint, "soft_clip") != (c.name != "gated") {
				t.Errorf("%s: the hint is %q", c.name, overflow.Hint)
			}
		}
		if c.toNoise {
			continue
		}
		sampler := must(f.NewSampler(w, nil))
		_, err := sampler.Sample(t.Context(), make([]float32, 4), []float32{0, 0, 1, 2}, nil, models.Incremental)
		if err == nil || !strings.Contains(err.Error(), "row 1, variable 1 is +Inf") {
			t.Errorf("%s: sampling gives %v, want an error about row 1, variable 1", c.name, err)
		}
	}
}
