package flow

import (
	"fmt"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// loopRounds is how often the loops below go round.
const loopRounds = 3

// loop repeats next, from a state to one of the same shapes, in a While whose
// closures hold nothing but their parameters.
func loop(state []*Node, next func(state []*Node) []*Node) []*Node {
	g := state[0].Graph()
	state = append([]*Node{Const(g, int32(0))}, state...)
	parameters := func(g *Graph, closure string) []*Node {
		nodes := make([]*Node, len(state))
		for i, n := range state {
			nodes[i] = Parameter(g, fmt.Sprintf("%s%d", closure, i), n.Shape())
		}
		return nodes
	}
	more := NewClosure(g, func(g *Graph) []*Node {
		return []*Node{LessThan(parameters(g, "more")[0], Const(g, int32(loopRounds)))}
	})
	body := NewClosure(g, func(g *Graph) []*Node {
		s := parameters(g, "body")
		return append([]*Node{Add(s[0], Const(g, int32(1)))}, next(s[1:])...)
	})
	return While(more, body, state...)[1:]
}

// A flow works inside the closures of a While, where everything is loop state: a
// training loop on the device depends on it. On XLA so do its gradients; the Go
// backend, which has none in loops, computes its values.
func TestFlowInsideALoop(t *testing.T) {
	const dim, rows = 3, 7
	f := must(New(Normal(dim), NewActNorm(dim), withContext(dim), NewBatchNorm(dim), mixing(dim), mixture(dim),
		autoregressive(splineOf(3, 4), StackOptions{Hidden: []int{7}, Activation: "tanh"})(dim)))
	specs := f.Specs()
	w, x, cond := randomWeights(f, 1), normals(1, rows*dim, 1), normals(2, rows*3, 1)
	data := func() []any { return []any{matrix(x, dim), matrix(cond, 3), equal(rows)} }
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		// A round moves the parameters along the gradient of the objective, or on
		// the Go backend by a value.
		round := func(s []*Node) []*Node {
			n := len(specs)
			batch := models.Batch{X: s[n], Context: s[n+1], Weights: s[n+2]}
			mean := Reshape(Dot(f.Value(models.Bind(specs, s[:n]), batch), batch.Weights).Product())
			next := slices.Clone(s)
			if b.Kind == backend.KindGo {
				for i := range specs {
					next[i] = Add(s[i], Mul(mean, Const(mean.Graph(), float32(1e-3))))
				}
				return next
			}
			for i, g := range Gradient(mean, s[:n]...) {
				next[i] = Add(s[i], Mul(g, Const(mean.Graph(), float32(0.05))))
			}
			return next
		}
		got := backendtest.Call[float32](t, newExec(t, b, func(args []*Node) []*Node { return loop(args, round)[:len(specs)] }),
			append(arguments(f, w), data()...)...)
		// One round after the other, on the Go backend, which compiles fast.
		once := newExec(t, backendtest.Open(t, backend.KindGo), func(args []*Node) []*Node { return round(args)[:len(specs)] })
		want := w
		for range loopRounds {
			want = backendtest.Call[float32](t, once, append(arguments(f, want), data()...)...)
		}
		for i, s := range specs {
			same(t, s.Name, got[i], want[i], 1, 1e-5)
			if slices.Equal(want[i], w[i]) && !s.Fixed {
				t.Errorf("%s does not move", s.Name)
			}
		}
	})
}

// equal are weights of rows that sum to one.
func equal(rows int) []float32 { return num.Convert[float32](equalWeights(rows)) }

// A flow of inverted layers says that it loops, since loops cannot be nested.
func TestLoops(t *testing.T) {
	for _, c := range []struct {
		name  string
		loops bool
	}{{"MAF", false}, {"IAF", true}, {"inverse spline", true}, {"inverse mixing", false}, {"twice inverted", false}} {
		i := slices.IndexFunc(table, func(r row) bool { return r.name == c.name })
		if got := table[i].build(2).Loops(); got != c.loops {
			t.Errorf("%s loops: %t", c.name, got)
		}
	}
}

// The path gradient of ln p of a sample is that by way of the sample alone:
// ∂ln p/∂x · ∂x/∂θ, where ∂ln p/∂x is taken at the sample as if it were data.
func TestPathGradient(t *testing.T) {
	const dim, rows = 3, 5
	f := must(New(Normal(dim), turned(withContext)(dim), reverse(dim), turned(plainGated)(dim), mixing(dim)))
	w, z, cond := randomWeights(f, 1), normals(1, rows*dim, 1), normals(2, rows*3, 1)
	gradients := func(sum *Node, p models.Params) []*Node {
		var nodes []*Node
		for _, s := range f.Specs() {
			nodes = append(nodes, p.Get(s.Name))
		}
		return Gradient(sum, nodes...)
	}
	b := backendtest.Open(t, backend.KindGo)
	sample := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
		x, logp := f.SampleAndLogProb(p, args[0], args[1])
		return []*Node{x, logp}
	}, matrix(z, dim), matrix(cond, 3))
	slope := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
		return Gradient(ReduceAllSum(f.LogProb(p, args[0], args[1])), args[0])
	}, matrix(sample[0], dim), matrix(cond, 3))[0]
	want := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
		x, _ := f.SampleAndLogProb(p, args[0], args[1])
		return gradients(ReduceAllSum(Mul(x, args[2])), p)
	}, matrix(z, dim), matrix(cond, 3), matrix(slope, dim))
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		got := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
			x, logp := f.SampleAndPathLogProb(p, args[0], args[1])
			return append([]*Node{x, logp}, gradients(ReduceAllSum(logp), p)...)
		}, matrix(z, dim), matrix(cond, 3))
		same(t, "x", got[0], sample[0], dim, 1e-5)
		same(t, "ln p", got[1], sample[1], 1, 1e-5)
		for i, s := range f.Specs() {
			same(t, "the path gradient of "+s.Name, got[2+i], want[i], 1, 1e-4)
		}
	})
}
