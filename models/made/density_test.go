package made

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
)

// 784·ln 2 = 543.4273896 nats; a sum in float32 is good to some 3e-4 of them.
func TestUniformDensityOfMNISTSize(t *testing.T) {
	m := mustNew(t, Options{Dim: 784, Hidden: []int{11}, Direct: true, Conditioning: true, Degrees: "sequential", Start: "natural"})
	w := models.Initialize(m, 1)
	for _, v := range w {
		clear(v)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float32, 2*784)
	for i := range x {
		x[i] = float32(rng.IntN(2))
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, v := range compile(t, b, m, 2).run(t, w, m.Cycle().At(0), batch{x: x}).logp {
			if math.Abs(float64(v)+543.4273896) > 1e-3 {
				t.Errorf("log p = %v, want -543.4273896", v)
			}
		}
	})
}

// Renaming the variables of a model, in its order, its weights and its data,
// changes nothing; reversal is the renaming of which it is oftenest forgotten.
func TestRenamedVariablesHaveTheSameDensity(t *testing.T) {
	const dim, rows = 7, 11
	renamings := map[string][]int{ // old variable -> new
		"reversed": {6, 5, 4, 3, 2, 1, 0},
		"rotated":  {2, 3, 4, 5, 6, 0, 1},
		"mixed":    {3, 0, 6, 2, 5, 1, 4},
	}
	o := Options{Dim: dim, Hidden: []int{11, 13}, Direct: true, Conditioning: true, ContextDim: 3, Activation: "tanh", Degrees: "sequential", Start: "natural"}
	m := mustNew(t, o)
	w := randomWeights(m, 1)
	rng := rand.New(rand.NewPCG(1, 2))
	data := batch{x: make([]float32, rows*dim), context: uniforms(rng, rows*3)}
	for i := range data.x {
		data.x[i] = float32(rng.IntN(2))
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		compiled := compile(t, b, m, rows)
		want := compiled.run(t, w, m.Cycle().At(0), data).logp
		for name, to := range renamings {
			renamed := o
			renamed.Order = make(masks.Order, dim)
			for d, degree := range m.Cycle().At(0).Order {
				renamed.Order[to[d]] = degree
			}
			set := mustNew(t, renamed).Cycle().At(0)
			moved := clone(w)
			for i, s := range m.Specs() {
				rows, cols := 1, s.Shape[len(s.Shape)-1]
				if len(s.Shape) == 2 {
					rows = s.Shape[0]
				}
				inputs := strings.HasPrefix(s.Name, "hidden0.") && rows == dim || s.Name == "direct.weights"
				outputs := strings.HasPrefix(s.Name, "output.") || s.Name == "direct.weights"
				for r := range rows {
					for c := range cols {
						newR, newC := r, c
						if inputs {
							newR = to[r]
						}
						if outputs {
							newC = to[c]
						}
						moved[i][newR*cols+newC] = w[i][r*cols+c]
					}
				}
			}
			other := data
			other.x = make([]float32, len(data.x))
			for i, v := range data.x {
				other.x[i/dim*dim+to[i%dim]] = v
			}
			got := compiled.run(t, moved, set, other).logp
			for i := range want {
				if !modeltest.Near(float64(got[i]), float64(want[i]), 1e-6) {
					t.Errorf("%s: log p of row %d is %v, want %v", name, i, got[i], want[i])
				}
			}
		}
	})
}

// Hidden units have no names: with them and their weights in another order the
// density is the same, but for the rounding of sums in another order.
func TestHiddenUnitsMayBeRenamed(t *testing.T) {
	const dim, width = 5, 11
	m := mustNew(t, Options{Dim: dim, Hidden: []int{width}, Activation: "elu", ContextDim: 3, Conditioning: true, Degrees: masks.SampledDegrees, Start: "natural"})
	set, w := m.Cycle().At(0), randomWeights(m, 2)
	perm := rand.New(rand.NewPCG(2, 2)).Perm(width)
	degrees := make([]int, width)
	moved := clone(w)
	for i, s := range m.Specs() {
		cols := s.Shape[len(s.Shape)-1]
		for j, v := range w[i] {
			r, c := j/cols, j%cols
			switch {
			case strings.HasPrefix(s.Name, "hidden0."):
				moved[i][r*cols+perm[c]] = v
			case s.Name == "output.weights" || s.Name == "output.conditioning":
				moved[i][perm[r]*cols+c] = v
			}
		}
	}
	for k, d := range set.Hidden[0] {
		degrees[perm[k]] = d
	}
	renamed, err := masks.NewSet(set.Order, [][]int{degrees}, true, false)
	if err != nil {
		t.Fatal(err)
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		c := compile(t, b, m, 1<<dim)
		data := batch{x: states(dim), context: repeated(1, 3, 1<<dim)}
		got, want := c.run(t, moved, renamed, data).logp, c.run(t, w, set, data).logp
		for i := range want {
			if !modeltest.Near(float64(got[i]), float64(want[i]), 2e-6) {
				t.Errorf("log p of state %d is %v, want %v", i, got[i], want[i])
			}
		}
	})
}

// A row's density depends neither on its place in the batch, nor on the others,
// nor on their number.
func TestRowsDoNotSeeEachOther(t *testing.T) {
	const dim, rows = 5, 13
	m := mustNew(t, Options{Dim: dim, Hidden: []int{11}, ContextDim: 3, Direct: true, Activation: "softplus", Degrees: "sequential", Start: "natural"})
	w, set := randomWeights(m, 3), m.Cycle().At(0)
	rng := rand.New(rand.NewPCG(3, 3))
	all := batch{x: states(dim)[:rows*dim], context: uniforms(rng, rows*3)}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		many, one := compile(t, b, m, rows), compile(t, b, m, 1)
		want := many.run(t, w, set, all).logp
		perm := rng.Perm(rows)
		shuffled := batch{x: make([]float32, len(all.x)), context: make([]float32, len(all.context))}
		for i, j := range perm {
			copy(shuffled.x[j*dim:(j+1)*dim], all.x[i*dim:])
			copy(shuffled.context[j*3:(j+1)*3], all.context[i*3:])
		}
		got := many.run(t, w, set, shuffled).logp
		for i, j := range perm {
			alone := one.run(t, w, set, batch{x: all.x[i*dim : (i+1)*dim], context: all.context[i*3 : (i+1)*3]}).logp[0]
			if !modeltest.Near(float64(got[j]), float64(want[i]), 1e-6) || !modeltest.Near(float64(alone), float64(want[i]), 1e-6) {
				t.Errorf("log p of row %d is %v, elsewhere in the batch %v, alone %v", i, want[i], got[j], alone)
			}
		}
	})
}

// One executable serves every mask set, and says what one with that set's
// degrees built in as constants says. Without degrees it is the first set.
func TestDegreesAreInputs(t *testing.T) {
	const dim = 5
	m := mustNew(t, Options{Dim: dim, Hidden: []int{11, 7}, Masks: 3, Degrees: masks.SampledDegrees, Conditioning: true, Activation: "tanh", Start: "natural"})
	w := randomWeights(m, 4)
	specs := m.Specs()
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		c := compile(t, b, m, 1<<dim)
		builtIn := func(set *masks.Set) []float32 {
			exec, err := NewExec(b.Compute, func(args []*Node) []*Node {
				x := args[len(specs)]
				p := models.Bind(specs, args[:len(specs)])
				if set != nil {
					var constants []*Node
					for _, d := range m.Degrees(set) {
						constants = append(constants, Const(x.Graph(), d))
					}
					p = p.WithDegrees(m.DegreeSpecs(), constants)
				}
				return []*Node{m.LogProb(p, x, nil)}
			})
			if err != nil {
				t.Fatal(err)
			}
			defer exec.Finalize()
			return backendtest.Call[float32](t, exec, append(arguments(m, w), modeltest.Matrix(states(dim), dim))...)[0]
		}
		for k, set := range sets(m) {
			got := c.run(t, w, set, batch{x: states(dim)}).logp
			references := [][]float32{builtIn(set)}
			if k == 0 {
				references = append(references, builtIn(nil))
			}
			for _, want := range references {
				for i := range want {
					if !modeltest.Near(float64(got[i]), float64(want[i]), 1e-6) {
						t.Errorf("set %d: log p of state %d is %v, want %v", k, i, got[i], want[i])
					}
				}
			}
		}
		if c.builds != 1 {
			t.Errorf("the graph was built %d times for 3 mask sets, want once", c.builds)
		}
	})
}

// The density works inside the closures of a While, where everything is loop
// state: a training loop on the device depends on it.
func TestLogProbInsideAWhile(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, output := range []string{"bernoulli", "gaussian", "mog"} {
			t.Run(output, func(t *testing.T) {
				logProbInsideAWhile(t, b, mustNew(t, Options{Dim: 3, Hidden: []int{7}, ContextDim: 2, Direct: true, Conditioning: true, Output: output, Components: 3, Degrees: "sequential", Start: "natural"}))
			})
		}
	})
}

func logProbInsideAWhile(t *testing.T, b *backend.Backend, m *Model) {
	const rounds = 3
	w, x, ctx, rows := randomWeights(m, 6), points(m), repeated(1, 2, rowsOf(m)), rowsOf(m)
	specs, degrees := m.Specs(), m.DegreeSpecs()
	exec, err := NewExec(b.Compute, func(args []*Node) []*Node {
		g, sum := args[0].Graph(), args[0]
		state := append([]*Node{Const(g, int32(0)), sum}, args[1:]...)
		parameters := func(g *Graph, closure string) []*Node {
			nodes := make([]*Node, len(state))
			for i, n := range state {
				nodes[i] = Parameter(g, fmt.Sprintf("%s%d", closure, i), n.Shape())
			}
			return nodes
		}
		more := NewClosure(g, func(g *Graph) []*Node {
			return []*Node{LessThan(parameters(g, "more")[0], Const(g, int32(rounds)))}
		})
		body := NewClosure(g, func(g *Graph) []*Node {
			s := parameters(g, "body")
			rest := s[2:]
			p := models.Bind(specs, rest[:len(specs)])
			rest = rest[len(specs):]
			p, rest = p.WithDegrees(degrees, rest[:len(degrees)]), rest[len(degrees):]
			logp := m.LogProb(p, rest[0], rest[1])
			return append([]*Node{Add(s[0], Const(g, int32(1))), Add(s[1], logp)}, s[2:]...)
		})
		return []*Node{While(more, body, state...)[1]}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	args := append([]any{make([]float32, rows)}, arguments(m, w)...)
	for _, d := range m.Degrees(m.Cycle().At(0)) {
		args = append(args, d)
	}
	args = append(args, modeltest.Matrix(x, m.Dim()), modeltest.Matrix(ctx, 2))
	got := backendtest.Call[float32](t, exec, args...)[0]
	want := compile(t, b, m, rows).run(t, w, m.Cycle().At(0), batch{x: x, context: ctx}).logp
	for i := range want {
		if !modeltest.Near(float64(got[i]), rounds*float64(want[i]), 1e-6) {
			t.Errorf("the sum of %d times log p of row %d is %v, want %v", rounds, i, got[i], rounds*want[i])
		}
	}
}

// Graph functions panic with an error that names the shapes, which the
// executable returns.
func TestLogProbRefusesOtherShapes(t *testing.T) {
	m := mustNew(t, Options{Dim: 5, Hidden: []int{7}, ContextDim: 3, Degrees: "sequential", Start: "natural"})
	b := backendtest.Open(t, backend.KindGo)
	specs := m.Specs()
	exec, err := NewExec(b.Compute, func(args []*Node) []*Node {
		n := len(specs)
		var context *Node
		if len(args) == n+2 {
			context = args[n+1]
		}
		return []*Node{m.LogProb(models.Bind(specs, args[:n]), args[n], context)}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	x := modeltest.Matrix(make([]float32, 10), 5)
	tests := []struct {
		name string
		args []any
		want string
	}{
		{"a variable too many", []any{modeltest.Matrix(make([]float32, 12), 6), modeltest.Matrix(make([]float32, 6), 3)}, "need [batch, 5]"},
		{"a single row", []any{make([]float32, 5), modeltest.Matrix(make([]float32, 6), 3)}, "need [batch, 5]"},
		{"no rows", []any{tensors.FromShape(shapes.Make(dtypes.Float32, 0, 5)), tensors.FromShape(shapes.Make(dtypes.Float32, 0, 3))}, "the batch has no rows"},
		{"no context", []any{x}, "the context must have shape [batch, 3]"},
		{"a context of another width", []any{x, modeltest.Matrix(make([]float32, 4), 2)}, "the context must have shape [batch, 3]"},
	}
	for _, c := range tests {
		_, err := exec.Call(append(arguments(m, models.Initialize(m, 1)), c.args...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", c.name, err, c.want)
		}
	}
}
