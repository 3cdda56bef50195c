package maf

import (
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

func TestMain(m *testing.M) {
	backend.ProbeMain()
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" {
		// The graphs are many and small: what LLVM's passes take is never earned back.
		const flags = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true "
		if err := os.Setenv("XLA_FLAGS", flags+os.Getenv("XLA_FLAGS")); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// must is for what can only fail when the test itself is wrong.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// randomWeights are initial weights that something has happened to: output
// layers start at zero and would hide every mistake.
func randomWeights(m subject, seed uint64) models.Weights {
	w := models.Initialize(m, seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for i, s := range m.Specs() {
		for j := range w[i] {
			v := 0.2 * rng.NormFloat64()
			if strings.HasSuffix(s.Name, "variance") { // stays positive
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

func matrix(flat []float32, cols int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(flat, len(flat)/cols, cols)
}

// arguments are the weights as an executable takes them.
func arguments(m models.Definition, w models.Weights) []any {
	var args []any
	for i, s := range m.Specs() {
		args = append(args, tensors.FromFlatDataAndDimensions(w[i], s.Shape...))
	}
	return args
}

// compile is an executable of the weights, rows and, if the model takes one,
// their context, that returns the noise of the rows and their log-densities.
func compile(t *testing.T, b *backend.Backend, m subject) *Exec {
	t.Helper()
	n := len(m.Specs())
	exec, err := NewExec(b.Compute, func(args []*Node) []*Node {
		var context *Node
		if m.ContextDim() > 0 {
			context = args[n+1]
		}
		p := models.Bind(m.Specs(), args[:n])
		z, _ := m.Forward(p, args[n], context)
		return []*Node{z, m.LogProb(p, args[n], context)}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return exec
}

// run returns the noise of rows and their log-densities.
func run(t *testing.T, exec *Exec, m subject, w models.Weights, x, context []float32) (z, logp []float32) {
	t.Helper()
	args := append(arguments(m, w), matrix(x, m.Dim()))
	if m.ContextDim() > 0 {
		args = append(args, matrix(context, m.ContextDim()))
	}
	out := backendtest.Call[float32](t, exec, args...)
	return out[0], out[1]
}

// same reports the first element in which got is not want, to an error that is
// relative, absolute below 1. Nothing is near a value that is not finite.
func same(t *testing.T, what string, got, want []float32, cols int, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(float64(got[i])-float64(want[i])) <= tolerance*math.Max(1, math.Abs(float64(want[i])))) {
			t.Errorf("%s: row %d, column %d is %v, want %v", what, i/cols, i%cols, got[i], want[i])
			return
		}
	}
}
