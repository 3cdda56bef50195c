package flow

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// inverses are layers whose inverse is differentiated, as flows.
var inverses = []struct {
	name  string
	dim   int
	layer func(dim int) Layer
}{
	{"one variable", 1, withContext},
	{"random order", 3, autoregressive(affineOf("softplus"),
		StackOptions{Hidden: []int{7}, Activation: "tanh", ContextDim: 2, Start: masks.RandomOrder, Seed: 2})},
	{"gated", 2, plainGated},
	{"spline", 2, autoregressive(splineOf(2, 4), StackOptions{Hidden: []int{5}, Activation: "tanh"})},
}

// The gradients that the implicit function theorem gives the inverse of a layer,
// with respect to y, the context and the parameters, are those of the textbook's
// inverse, which is dim passes of ordinary operations. It costs dim times as much to
// differentiate. Whatever depends on x and on the log-determinant gets them.
func TestImplicitGradients(t *testing.T) {
	const rows = 5
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range inverses {
			t.Run(c.name, func(t *testing.T) {
				a := c.layer(c.dim).(*Autoregressive)
				f := must(New(Normal(c.dim), a))
				w := randomWeights(f, 3)
				graph := func(inverse func(p models.Params, y, context *Node) (x, logDet *Node)) func(models.Params, []*Node) []*Node {
					return func(p models.Params, args []*Node) []*Node {
						y, seeds, context := args[0], args[1], contextOf(a, args[len(args)-1])
						x, logDet := inverse(p.In("layer0"), y, context)
						wanted := []*Node{y}
						for _, s := range f.Specs() {
							wanted = append(wanted, p.Get(s.Name))
						}
						if context != nil {
							wanted = append(wanted, context)
						}
						// Neither linear in x nor alike for two variables.
						sum := Add(ReduceAllSum(Mul(Sin(x), seeds)), ReduceAllSum(logDet))
						return append([]*Node{x, logDet}, Gradient(sum, wanted...)...)
					}
				}
				args := func() []any {
					data := []any{matrix(normals(1, rows*c.dim, 1), c.dim), matrix(normals(2, rows*c.dim, 1), c.dim)}
					if width := a.ContextDim(); width > 0 {
						data = append(data, matrix(normals(3, rows*width, 1), width))
					}
					return data
				}
				got := evaluate(t, b, f, w, graph(a.Inverse), args()...)
				want := evaluate(t, backendtest.Open(t, backend.KindGo), f, w, graph(a.unrolled), args()...)
				names := []string{"x", "the log-determinant", "the gradient of y"}
				for _, s := range f.Specs() {
					names = append(names, "the gradient of "+s.Name)
				}
				for i, name := range append(names, "the gradient of the context")[:len(want)] {
					same(t, name, got[i], want[i], 1, 1e-4)
					if !slices.ContainsFunc(want[i], func(v float32) bool { return v != 0 }) && c.dim > 1 {
						t.Errorf("%s is zero", name)
					}
				}
			})
		}
	})
}

// unrolled is Inverse by dim passes, through which ordinary gradients go.
func (a *Autoregressive) unrolled(p models.Params, y, context *Node) (x, logDet *Node) {
	x = Sub(y, y)
	for range a.Dim() {
		x = a.transformer.Inverse(y, a.theta(p, x, context))
	}
	_, log := a.Forward(p, x, context)
	return x, Neg(log)
}

// The gradients hold against differences too, which know nothing of any graph:
// the host moves y, a parameter or the context by a little both ways. They are
// good to what float32 leaves of a difference.
func TestImplicitGradientsAreSlopes(t *testing.T) {
	const dim, rows, step = 3, 4, 1e-2
	a := inverses[1].layer(dim).(*Autoregressive)
	f := must(New(Normal(dim), a))
	w := randomWeights(f, 4)
	y, seeds, cond := normals(5, rows*dim, 1), normals(6, rows*dim, 1), normals(7, rows*2, 1)
	value := func() float64 {
		x, _ := moved(t, must(f.NewInverter(w)).ToData, y, cond, models.Solver{})
		sum := 0.0
		for i, v := range x {
			sum += float64(v) * float64(seeds[i])
		}
		return sum
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		got := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
			x, _ := f.Inverse(p, args[0], args[2])
			wanted := []*Node{args[0], args[2]}
			for _, s := range f.Specs() {
				wanted = append(wanted, p.Get(s.Name))
			}
			return Gradient(ReduceAllSum(Mul(x, args[1])), wanted...)
		}, matrix(y, dim), matrix(seeds, dim), matrix(cond, 2))
		names := []string{"y", "the context"}
		for _, s := range f.Specs() {
			names = append(names, s.Name)
		}
		for k, values := range append([][]float32{y, cond}, w...) {
			for i, v := range values {
				values[i] = v + step
				above := value()
				values[i] = v - step
				below := value()
				values[i] = v
				if want := (above - below) / (2 * step); math.Abs(want-float64(got[k][i])) > 2e-3*max(1, math.Abs(want)) {
					t.Errorf("the gradient of %s[%d] is %v, the slope %.4f", names[k], i, got[k][i], want)
				}
			}
		}
	})
}

// Solve finds what the host finds. It says how many passes it took: never more
// than there are variables, fewer to a tolerance, and two where no variable
// depends on another, of which the second confirms the first.
func TestSolve(t *testing.T) {
	const rows = 6
	tests := []struct {
		name  string
		dim   int
		layer func(dim int) Layer
	}{
		{"one variable", 1, plainAffine},
		{"affine", 13, plainAffine},
		{"context", 7, withContext},
		{"gated", 7, plainGated},
		{"spline, random order", 7, autoregressive(splineOf(4, 3), StackOptions{Hidden: []int{11}, Activation: "tanh", Start: masks.RandomOrder})},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, c := range tests {
			t.Run(c.name, func(t *testing.T) {
				a := c.layer(c.dim).(*Autoregressive)
				f := must(New(Normal(c.dim), a))
				y, cond := normals(1, rows*c.dim, 1), normals(2, rows*a.ContextDim(), 1)
				args := []any{matrix(y, c.dim)}
				if width := a.ContextDim(); width > 0 {
					args = append(args, matrix(cond, width))
				}
				exec := newExec(t, b, func(nodes []*Node) []*Node {
					n := len(f.Specs())
					p := models.Bind(f.Specs(), nodes[:n]).In("layer0")
					var out []*Node
					for _, tolerance := range []float64{0, 0.1} {
						x, passes := a.Solve(p, nodes[n], contextOf(a, nodes[len(nodes)-1]), tolerance)
						out = append(out, x, ConvertDType(passes, x.DType()))
					}
					return out
				})
				w := randomWeights(f, 3)
				got := backendtest.Call[float32](t, exec, append(arguments(f, w), args...)...)
				want, _ := moved(t, must(f.NewInverter(w)).ToData, y, cond, models.Solver{})
				same(t, "the solution", got[0], want, c.dim, 3e-5)
				same(t, "the solution to a tolerance", got[2], want, c.dim, 0.2)
				exact, fewer := int(got[1][0]), int(got[3][0])
				if exact < min(2, c.dim) || exact > c.dim || fewer > exact || c.dim > 7 && fewer == exact {
					t.Errorf("%d passes, %d to a tolerance of 0.1, for %d variables", exact, fewer, c.dim)
				}
				got = backendtest.Call[float32](t, exec, append(arguments(f, models.Initialize(f, 1)), args...)...)
				if got[1][0] != float32(min(2, c.dim)) {
					t.Errorf("a layer that joins no variables takes %v passes", got[1][0])
				}
			})
		}
	})
}

// A flow can be inverted twice in one graph, as by two terms of an objective.
func TestTwoInversesOfTheSameRows(t *testing.T) {
	f := must(New(Normal(3), plainAffine(3), must(NewReverse(3)), plainSpline(3)))
	w, z := randomWeights(f, 1), normals(1, 12, 1)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		out := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
			x, _ := f.Inverse(p, args[0], nil)
			again, _ := f.SampleAndLogProb(p, args[0], nil)
			return []*Node{x, again}
		}, matrix(z, 3))
		same(t, "the second inverse", out[1], out[0], 3, 0)
	})
}

// A layer that cannot be solved in the passes that it is given says so.
func TestTooFewPasses(t *testing.T) {
	f := must(New(Normal(7), plainAffine(7)))
	z := normals(1, 70, 1)
	_, err := must(f.NewInverter(randomWeights(f, 1))).ToData(t.Context(), z, nil, models.Solver{Method: models.Jacobi, MaxPasses: 1})
	if want := "layer 0 (affine autoregressive): 1 passes"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("the error is %v, want %q", err, want)
	}
}
