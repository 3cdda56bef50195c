package flow

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

// must is for what can only fail when the test itself is wrong.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// randomWeights are initial weights that something has happened to: output
// layers start at zero and would hide every mistake. What it does to a unit, or
// to a row that goes through all layers, does not grow with the number of inputs
// and of layers, so that maps can still be inverted in float32.
func randomWeights(f *Flow, seed uint64) models.Weights {
	w := models.Initialize(f, seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for i, s := range f.Specs() {
		size := 0.5 / math.Sqrt(float64(max(1, len(f.layers))))
		if len(s.Shape) == 2 {
			size /= math.Sqrt(float64(s.Shape[0]))
		}
		if strings.Contains(s.Name, "output") {
			size /= 2 // steep maps lose digits
		}
		for j := range w[i] {
			v := size * rng.NormFloat64()
			if strings.HasSuffix(s.Name, "variance") {
				w[i][j] *= float32(math.Exp(v))
			} else {
				w[i][j] += float32(v)
			}
		}
	}
	return w
}

// normals are numbers from N(0, std²).
func normals(seed uint64, n int, std float64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 2))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(std * rng.NormFloat64())
	}
	return v
}

// uniforms are numbers between low and high.
func uniforms(seed uint64, n int, low, high float64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 3))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(low + (high-low)*rng.Float64())
	}
	return v
}

// arguments are the weights as an executable takes them.
func arguments(m models.Definition, w models.Weights) []any {
	var args []any
	for i, s := range m.Specs() {
		args = append(args, tensors.FromFlatDataAndDimensions(w[i], s.Shape...))
	}
	return args
}

func matrix(flat []float32, cols int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(flat, len(flat)/cols, cols)
}

func newExec(t *testing.T, b *backend.Backend, graph func(args []*Node) []*Node) *Exec {
	t.Helper()
	exec, err := NewExec(b.Compute, graph)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return exec
}

// evaluate builds a graph of the parameters of a model and more arguments, runs
// it once and returns its outputs, flat.
func evaluate(t *testing.T, b *backend.Backend, m models.Definition, w models.Weights, graph func(p models.Params, args []*Node) []*Node, args ...any) [][]float32 {
	t.Helper()
	n := len(m.Specs())
	exec := newExec(t, b, func(nodes []*Node) []*Node { return graph(models.Bind(m.Specs(), nodes[:n]), nodes[n:]) })
	return backendtest.Call[float32](t, exec, append(arguments(m, w), args...)...)
}

// near says whether got is want to a relative error, absolute below 1. Nothing
// is near a value that is not finite.
func near(got, want float32, tolerance float64) bool {
	return math.Abs(float64(got)-float64(want)) <= tolerance*math.Max(1, math.Abs(float64(want)))
}

// same reports the first element in which got is not want, to a tolerance.
func same(t *testing.T, what string, got, want []float32, cols int, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !near(got[i], want[i], tolerance) {
			t.Errorf("%s: row %d, column %d is %v, want %v", what, i/cols, i%cols, got[i], want[i])
			return
		}
	}
}
