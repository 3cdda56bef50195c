package flow

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/nn"
)

// knots are those of a spline, computed anew from its parameters by the text of
// the paper.
func knots(s spline, theta []float32) (x, y, slopes []float64) {
	ends := func(logits []float32) []float64 {
		sum := 0.0
		for _, v := range logits {
			sum += math.Exp(float64(v))
		}
		at := []float64{-s.End}
		for _, v := range logits {
			share := nn.MinBin + (1-nn.MinBin*float64(s.Bins))*math.Exp(float64(v))/sum
			at = append(at, at[len(at)-1]+2*s.End*share)
		}
		return at
	}
	slopes = []float64{1}
	for _, v := range theta[2*s.Bins:] {
		slopes = append(slopes, nn.MinSlope+math.Log1p(math.Exp(float64(v)+nn.SlopeShift)))
	}
	return ends(theta[:s.Bins]), ends(theta[s.Bins : 2*s.Bins]), append(slopes, 1)
}

// splines are those that the tests below look at.
var splines = []struct {
	name        string
	bins        int
	bound, size float64 // of the parameters
}{
	{"two bins", 2, 1, 1},
	{"eight bins", 8, 3, 1},
	{"uneven bins", 5, 10, 1.5},
	{"many bins", 40, 3, 0.5},
}

// curve is a spline in the graph: of v, all with the same parameters, it returns
// the values, the slopes and the inverses.
func curve(t *testing.T, b *backend.Backend, s spline) func(theta, v []float32) (y, slope, x []float32) {
	t.Helper()
	exec := newExec(t, b, func(args []*Node) []*Node {
		y, log := s.Forward(args[0], args[1])
		return []*Node{y, Exp(log), s.Inverse(args[0], args[1])}
	})
	return func(theta, v []float32) (y, slope, x []float32) {
		out := backendtest.Call[float32](t, exec, matrix(v, 1), matrix(slices.Repeat(theta, len(v)), len(theta)))
		return out[0], out[1], out[2]
	}
}

// close says whether a value of a curve is the wanted one: to the rounding of its
// knots, times its slope there.
func (s spline) close(got, want float32, slope float32) bool {
	return math.Abs(float64(got)-float64(want)) <= 2e-6*s.End*max(1, float64(slope))
}

// A spline never falls, from one linear tail to the other, and its slope is never
// zero. The graph and the host compute the same.
func TestSplineRises(t *testing.T) {
	const n = 2001
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for i, c := range splines {
			t.Run(c.name, func(t *testing.T) {
				s := splineOf(c.bins, c.bound).(spline)
				theta, v := normals(uint64(i), s.Width(), c.size), make([]float32, n)
				for i := range v {
					v[i] = float32(1.2 * c.bound * (2*float64(i)/(n-1) - 1))
				}
				run := curve(t, b, s)
				y, slope, x := run(theta, v)
				_, slopeThere, _ := run(theta, x)
				last := float32(math.Inf(-1))
				for i := range v {
					if outside := math.Abs(float64(v[i])) >= c.bound; outside && (y[i] != v[i] || x[i] != v[i] || slope[i] != 1) {
						t.Fatalf("outside, at %v, the spline is %v with the slope %v, its inverse %v", v[i], y[i], slope[i], x[i])
					}
					if y[i] < last && !s.close(y[i], last, 1) || slope[i] <= 0 {
						t.Fatalf("at %v the spline goes from %v to %v, its slope is %v", v[i], last, y[i], slope[i])
					}
					last = y[i]
					if host := s.HostForward(v[i], theta); !s.close(host, y[i], slope[i]) {
						t.Fatalf("at %v the spline is %v on the host and %v in the graph", v[i], host, y[i])
					}
					if host := s.HostInverse(v[i], theta); !s.close(host, x[i], 1/slopeThere[i]) {
						t.Fatalf("at %v the inverse is %v on the host and %v in the graph", v[i], host, x[i])
					}
				}
			})
		}
	})
}

// At every knot, the ends of the interval among them, a spline has the knot's
// value, and from both sides the knot's slope; its inverse goes back there.
func TestSplineAtItsKnots(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for i, c := range splines {
			t.Run(c.name, func(t *testing.T) {
				s := splineOf(c.bins, c.bound).(spline)
				theta := normals(uint64(i), s.Width(), c.size)
				x, y, slopes := knots(s, theta)
				// A ten thousandth of the narrowest bin aside: bins may be steep.
				asideX, asideY := 1e-4*least(x), 1e-4*least(y)
				var v []float32
				for k := range x {
					for side := -1.0; side <= 1; side++ {
						v = append(v, float32(x[k]+side*asideX), float32(y[k]+side*asideY))
					}
				}
				gotY, gotSlope, gotX := curve(t, b, s)(theta, v)
				for k := range x {
					for side := -1.0; side <= 1; side++ {
						at, slope := 6*k+2*int(side+1), float32(slopes[k])
						if got := gotSlope[at]; math.Abs(float64(got/slope)-1) > 0.05 {
							t.Errorf("the slope at knot %d, side %v, is %v, want %v", k, side, got, slope)
						}
						if want := float32(y[k] + side*asideX*slopes[k]); !s.close(gotY[at], want, slope) {
							t.Errorf("at knot %d, side %v, the spline is %v, want %v", k, side, gotY[at], want)
						}
						if want := float32(x[k] + side*asideY/slopes[k]); !s.close(gotX[at+1], want, 1/slope) {
							t.Errorf("at knot %d, side %v, the inverse is %v, want %v", k, side, gotX[at+1], want)
						}
					}
				}
			})
		}
	})
}

// least is the smallest step between rising numbers.
func least(v []float64) float64 {
	step := math.Inf(1)
	for i := range v[1:] {
		step = min(step, v[i+1]-v[i])
	}
	return step
}

// Two equal bins and a slope d between them are, with ξ = |x|/B,
//
//	y = ± B·(ξ² + d·ξ(1−ξ)) / (1 + (d − 1)·ξ(1−ξ))
//	dy/dx = (ξ² + 2ξ(1−ξ) + d·(1−ξ)²) / (1 + (d − 1)·ξ(1−ξ))²
func TestSplineOfTwoEqualBins(t *testing.T) {
	const bound = 3.0
	s := splineOf(2, bound).(spline)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		run := curve(t, b, s)
		for _, d := range []float64{0.1, 1, 4} {
			theta := []float32{0.3, 0.3, -2, -2, float32(math.Log(math.Expm1(d-nn.MinSlope)) - nn.SlopeShift)}
			v := []float32{-2.9, -1.5, -0.1, 0, 0.001, 0.5, 1.5, 2.5, 2.999}
			var wantY, wantSlope []float32
			for _, x := range v {
				xi := math.Abs(float64(x)) / bound
				den := 1 + (d-1)*xi*(1-xi)
				y := bound * (xi*xi + d*xi*(1-xi)) / den
				wantY = append(wantY, float32(math.Copysign(y, float64(x))))
				wantSlope = append(wantSlope, float32((xi*xi+2*xi*(1-xi)+d*(1-xi)*(1-xi))/(den*den)))
			}
			y, slope, _ := run(theta, v)
			same(t, "y", y, wantY, 1, 1e-6)
			same(t, "dy/dx", slope, wantSlope, 1, 2e-6)
			_, _, x := run(theta, wantY)
			same(t, "x", x, v, 1, 1e-5)
		}
	})
}

func TestNewSplineRefuses(t *testing.T) {
	tests := []struct {
		bins  int
		bound float64
		want  string
	}{
		{1, 3, "bins: "},
		{101, 3, "bins: "},
		{-1, 3, "bins: "},
		{8, -1, "bound: "},
		{8, math.NaN(), "bound: "},
		{8, math.Inf(1), "bound: "},
	}
	for _, c := range tests {
		if _, err := NewSpline(c.bins, c.bound); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d bins and the bound %v: the error is %v, want %q", c.bins, c.bound, err, c.want)
		}
	}
}
