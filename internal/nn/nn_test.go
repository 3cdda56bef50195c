package nn

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
)

func TestSoftPlusAtItsEnds(t *testing.T) {
	inf := float32(math.Inf(1))
	tests := []struct{ x, y, slope float32 }{
		{-inf, 0, 0}, {-1e38, 0, 0}, {0, math.Ln2, 0.5}, {88, 88, 1}, {1e38, 1e38, 1}, {inf, inf, 1},
	}
	x := make([]float32, len(tests))
	for i, c := range tests {
		x[i] = c.x
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		out := evaluate[float32](t, b, func(in []*Node) []*Node {
			y := SoftPlus(in[0])
			return []*Node{y, Gradient(ReduceAllSum(y), in[0])[0]}
		}, x)
		for i, c := range tests {
			if out[0][i] != c.y || out[1][i] != c.slope {
				t.Errorf("SoftPlus(%v) = %v with slope %v, want %v with %v", c.x, out[0][i], out[1][i], c.y, c.slope)
			}
		}
	})
}

// ln p is 0 for a certain and right answer, −|l| for a certain and wrong one.
func TestBernoulliLogProbAtExtremeLogits(t *testing.T) {
	tests := []struct{ x, logit, logp, slope float32 }{
		{1, 1e6, 0, 0}, {0, 1e6, -1e6, -1}, {1, -1e6, -1e6, 1}, {0, -1e6, 0, 0},
		{1, 1e30, 0, 0}, {0, -1e30, 0, 0}, {0, 1e30, -1e30, -1},
		{0, 0, -math.Ln2, -0.5}, {1, 0, -math.Ln2, 0.5},
	}
	x, l := make([]float32, len(tests)), make([]float32, len(tests))
	for i, c := range tests {
		x[i], l[i] = c.x, c.logit
	}
	n := len(tests)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		out := evaluate[float32](t, b, func(in []*Node) []*Node {
			y := BernoulliLogProb(in[0], in[1])
			return []*Node{y, Gradient(ReduceAllSum(y), in[1])[0]}
		}, matrix(x, n, 1), matrix(l, n, 1))
		for i, c := range tests {
			if out[0][i] != c.logp || out[1][i] != c.slope {
				t.Errorf("ln p(%v | logit %v) = %v with slope %v, want %v with %v", c.x, c.logit, out[0][i], out[1][i], c.logp, c.slope)
			}
		}
	})
}

func TestBernoulliLogProbSumsTheVariables(t *testing.T) {
	const rows, dim = 5, 3
	x, l := make([]float32, rows*dim), make([]float32, rows*dim)
	for i := range x {
		x[i] = float32(i * 7 % 2)
		l[i] = float32(i*5%13) - 6
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		got := evaluate[float32](t, b, func(in []*Node) []*Node { return []*Node{BernoulliLogProb(in[0], in[1])} },
			matrix(x, rows, dim), matrix(l, rows, dim))[0]
		for i := range rows {
			want := 0.0
			for d := range dim {
				p := 1 / (1 + math.Exp(-float64(l[i*dim+d]))) // p(x_d = 1)
				if x[i*dim+d] == 0 {
					p = 1 - p
				}
				want += math.Log(p)
			}
			if !near(float64(got[i]), want, 1e-6) {
				t.Errorf("row %d: ln p = %v, want %v", i, got[i], want)
			}
		}
	})
}

func TestNormalLogProbIsTheDensity(t *testing.T) {
	x, mean, s := []float32{0, 1, -3, 1e4, 5, 2}, []float32{0, 1, 2, -1e4, 5, 1}, []float32{0, -2, 1.5, 6, -20, 3}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		out := evaluate[float32](t, b, func(in []*Node) []*Node {
			return []*Node{NormalLogProb(in[0], in[1], in[2]), StandardNormalLogProb(ExpandAxes(in[0], 1)), StandardNormalLogProb(Reshape(in[0], 2, 3))}
		}, x, mean, s)
		sums := make([]float64, 2)
		for i := range x {
			want := distuv.Normal{Mu: float64(mean[i]), Sigma: math.Exp(-float64(s[i]))}.LogProb(float64(x[i]))
			if !near(float64(out[0][i]), want, 1e-6) {
				t.Errorf("ln N(%v | %v, inverse e^%v) = %v, want %v", x[i], mean[i], s[i], out[0][i], want)
			}
			standard := distuv.UnitNormal.LogProb(float64(x[i]))
			if sums[i/3] += standard; !near(float64(out[1][i]), standard, 1e-6) {
				t.Errorf("ln N(%v) = %v, want %v", x[i], out[1][i], standard)
			}
		}
		for i, want := range sums {
			if !near(float64(out[2][i]), want, 1e-6) {
				t.Errorf("row %d: ln p = %v, want %v", i, out[2][i], want)
			}
		}
	})
}

// Terms of −1e30 vanish, ones of 1e30 stay, and the gradients are the shares of the
// terms.
func TestLogSumExp(t *testing.T) {
	terms := [][]float32{ // of one sum each
		{0, 0, 0}, {1, -2, 0.5}, {-1e30, 3, -1e30}, {1e30, 0, 0}, {-1000, -1001, -1002}, {80, 100, 90},
	}
	n, k := len(terms), len(terms[0])
	x := slices.Concat(terms...)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		out := evaluate[float32](t, b, func(in []*Node) []*Node {
			sum := LogSumExp(in[0], 1)
			return []*Node{sum, Gradient(ReduceAllSum(sum), in[0])[0]}
		}, matrix(x, n, k))
		for i, row := range terms {
			wide := make([]float64, k)
			for j, v := range row {
				wide[j] = float64(v)
			}
			want := floats.LogSumExp(wide)
			if !near(float64(out[0][i]), want, 1e-6) {
				t.Errorf("ln Σ exp %v = %v, want %v", row, out[0][i], want)
			}
			for j, v := range wide {
				at, share := i*k+j, math.Exp(v-want)
				if !near(float64(out[1][at]), share, 1e-6) {
					t.Errorf("term %d of %v has the gradient %v, want %v", j, row, out[1][at], share)
				}
			}
		}
	})
}

func TestSums(t *testing.T) {
	x := []float64{1, -2, 3, 0.5, 4, -7}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		out := evaluate[float64](t, b, func(in []*Node) []*Node {
			return []*Node{SumLast(in[0]), SumOfSquares(in[0])}
		}, matrix(x, 2, 3))
		if !slices.Equal(out[0], []float64{2, -2.5}) || !slices.Equal(out[1], []float64{79.25}) {
			t.Errorf("the sums of rows are %v and that of squares %v, want 2, -2.5 and 79.25", out[0], out[1])
		}
	})
}

// Every pair of small degrees at once: the graph's rule is the package masks'.
func TestMaskIsConnects(t *testing.T) {
	from, to := []int32{0, 1, 2, 3, 4, 5, 6}, []int32{4, 0, 2, 6, 1, 5, 3, 3, 0}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, strict := range []bool{false, true} {
			got := evaluate[float32](t, b, func(in []*Node) []*Node {
				return []*Node{Mask(in[0], in[1], strict, in[2])}
			}, from, to, []float32{0})[0]
			for i, a := range from {
				for k, c := range to {
					want := float32(0)
					if masks.Connects(int(a), int(c), strict) {
						want = 1
					}
					if got[i*len(to)+k] != want {
						t.Errorf("mask of %d → %d (strict %v) is %v, want %v", a, c, strict, got[i*len(to)+k], want)
					}
				}
			}
		}
	})
}

// The masks that TensorFlow Probability documents for 3 variables in their
// natural and reversed order, two hidden layers of degrees 1, 1, 2, 2.
func TestMaskOfKnownNetworks(t *testing.T) {
	hidden := []int32{1, 1, 2, 2}
	natural, reversed := []int32{1, 2, 3}, []int32{3, 2, 1}
	tests := []struct {
		name     string
		from, to []int32
		strict   bool
		want     []float64
	}{
		{"natural, into hidden", natural, hidden, false, []float64{1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0}},
		{"hidden to hidden", hidden, hidden, false, []float64{1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1}},
		{"natural, into the output", hidden, natural, true, []float64{0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1}},
		{"reversed, into hidden", reversed, hidden, false, []float64{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}},
		{"reversed, into the output", hidden, reversed, true, []float64{1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0}},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range tests {
			got := evaluate[float64](t, b, func(in []*Node) []*Node {
				return []*Node{Mask(in[0], in[1], c.strict, in[2])}
			}, c.from, c.to, []float64{0})[0]
			for i := range c.want {
				if got[i] != c.want[i] {
					t.Errorf("%s: %v, want %v", c.name, got, c.want)
					break
				}
			}
		}
	})
}

// Constants that are cached for a whole graph cannot be used in two closures;
// Number's can.
func TestNumberInTwoClosures(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		got := evaluate[float32](t, b, func(in []*Node) []*Node {
			below := NewClosure(in[0].Graph(), func(g *Graph) []*Node {
				x := Parameter(g, "below", in[0].Shape())
				return []*Node{LessThan(x, Number(x, 3))}
			})
			double := NewClosure(in[0].Graph(), func(g *Graph) []*Node {
				x := Parameter(g, "double", in[0].Shape())
				return []*Node{Add(Mul(x, Number(x, 3)), Number(x, 0.25))}
			})
			x := While(below, double, in[0])[0]
			return []*Node{Add(x, Number(x, 3))}
		}, float32(0.5))[0][0]
		if want := float32((0.5*3+0.25)*3 + 0.25 + 3); got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestNumberHasTheTypeOfItsOperand(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		got := evaluate[float64](t, b, func(in []*Node) []*Node {
			n := Number(in[0], 0.1)
			if n.DType() != dtypes.Float64 || !n.IsScalar() {
				t.Errorf("Number is %s", n.Shape())
			}
			return []*Node{n}
		}, []float64{1, 2})[0]
		if got[0] != 0.1 {
			t.Errorf("got %v", got[0])
		}
	})
}
