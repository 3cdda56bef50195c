// Package modeltest has what the tests of models share: weights and rows, compiled graphs, gradients, comparisons.
package modeltest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// RandomWeights are initial weights that something has happened to: output
// layers start at zero and would hide every mistake.
func RandomWeights(m models.Definition, seed uint64) models.Weights {
	w := models.Initialize(m, seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for i, s := range m.Specs() {
		if s.Fixed {
			continue
		}
		for j := range w[i] {
			w[i][j] += float32(0.2 * rng.NormFloat64())
		}
	}
	return w
}

// Strong are weights that make variables depend on each other: N(0, 1), where
// initial ones are small and biases zero.
func Strong(d models.Definition, seed uint64) (w models.Weights) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, s := range d.Specs() {
		w = append(w, models.Normal(1)(rng, s.Shape))
	}
	return w
}

// Few are the cases for a backend: all of them for the Go backend, and for others,
// where most of a test is compiling, n of them that begin with number first.
func Few[T any](b *backend.Backend, all []T, first, n int) []T {
	if b.Kind == backend.KindGo {
		return all
	}
	return all[first : first+n]
}

// Normals are numbers from N(0, 1).
func Normals(seed uint64, n int) []float32 {
	return models.Normal(1)(rand.New(rand.NewPCG(seed, 2)), []int{n})
}

// Matrix is rows of so many columns.
func Matrix(flat []float32, cols int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(flat, len(flat)/cols, cols)
}

// Compiled is a graph of the parameters of a model and more arguments.
type Compiled struct {
	model models.Definition
	exec  *Exec
}

// Compile builds a graph of the parameters of a model, followed by more arguments.
func Compile(t *testing.T, b *backend.Backend, m models.Definition, graph func(p models.Params, args []*Node) []*Node) Compiled {
	t.Helper()
	n := len(m.Specs())
	exec, err := NewExec(b.Compute, func(nodes []*Node) []*Node { return graph(models.Bind(m.Specs(), nodes[:n]), nodes[n:]) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return Compiled{m, exec}
}

// Run returns the outputs, flat.
func (c Compiled) Run(t *testing.T, w models.Weights, args ...any) [][]float32 {
	t.Helper()
	var all []any
	for i, s := range c.model.Specs() {
		all = append(all, tensors.FromFlatDataAndDimensions(w[i], s.Shape...))
	}
	return backendtest.Call[float32](t, c.exec, append(all, args...)...)
}

// Trained are the specs of the parameters that are not fixed.
func Trained(m models.Definition) (specs []models.Spec) {
	for _, s := range m.Specs() {
		if !s.Fixed {
			specs = append(specs, s)
		}
	}
	return specs
}

// Gradients are those of a scalar with respect to the trained parameters.
func Gradients(m models.Definition, p models.Params, of *Node) []*Node {
	var wanted []*Node
	for _, s := range Trained(m) {
		wanted = append(wanted, p.Get(s.Name))
	}
	return Gradient(of, wanted...)
}

// Near says whether got is want to an error that is relative, absolute below 1.
// Nothing is near a value that is not finite.
func Near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))
}

// Same reports the first element in which got is not want.
func Same(t *testing.T, what string, got, want []float32, cols int, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if !Near(float64(got[i]), float64(want[i]), tolerance) {
			t.Errorf("%s: row %d, column %d is %v, want %v", what, i/cols, i%cols, got[i], want[i])
			return
		}
	}
}

// Moments are the mean of numbers and its standard error.
func Moments(v []float64) (mean, deviation float64) {
	mean, deviation = stat.MeanStdDev(v, nil)
	return mean, stat.StdErr(deviation, float64(len(v)))
}

// BatchOf are the arguments rows (where the model has any), noise, weights of
// the rows, and β.
func BatchOf(args []*Node) models.Batch {
	n := len(args)
	b := models.Batch{Noise: args[n-3], Weights: args[n-2], Beta: args[n-1]}
	if n > 3 {
		b.X = args[0]
	}
	return b
}

// CheckAgree compares the means of the gradients of two objectives of the same
// parameters: they differ by less than six standard errors, which are small
// beside the gradients themselves. It returns the gradients of one batch, first
// those of the plain objective.
func CheckAgree(t *testing.T, b *backend.Backend, plain, landing models.Trained, w models.Weights, x []float32) [][]float32 {
	t.Helper()
	const rows, batches = 1000, 30
	n := len(Trained(plain))
	c := Compile(t, b, plain, func(p models.Params, args []*Node) []*Node {
		batch := BatchOf(args)
		one, other := plain.Value(p, batch), landing.Value(p, batch)
		mean := func(v *Node) *Node { return ReduceAllSum(Mul(v, batch.Weights)) }
		return slices.Concat([]*Node{one, other}, Gradients(plain, p, mean(one)), Gradients(plain, p, mean(other)))
	})
	noiseDim := plain.NoiseDim()
	weights := slices.Repeat([]float32{1. / rows}, rows)
	samples := make([][][]float32, 0, batches)
	for k := range batches {
		var args []any
		if x != nil {
			args = append(args, Matrix(slices.Repeat(x, rows*plain.Dim()/len(x)), plain.Dim()))
		}
		out := c.Run(t, w, append(args, Matrix(Normals(uint64(100+k), rows*noiseDim), noiseDim), weights, float32(0.8))...)
		Same(t, "the objective", out[1], out[0], 1, 1e-4)
		samples = append(samples, out[2:])
	}
	var signal, noise float64
	different := false
	for i, s := range Trained(plain) {
		for k := range s.Size() {
			var differences, values []float64
			for _, out := range samples {
				one, other := float64(out[i][k]), float64(out[n+i][k])
				differences, values = append(differences, one-other), append(values, other)
			}
			mean, deviation := Moments(differences)
			if !(math.Abs(mean) <= 6*deviation+1e-5) {
				t.Errorf("the mean gradients of %s[%d] differ by %.5f ± %.5f", s.Name, k, mean, deviation)
			}
			value, _ := Moments(values)
			signal, noise = signal+value*value, noise+deviation*deviation
			different = different || deviation > 1e-4
		}
	}
	if !different {
		t.Error("the gradients are the same")
	}
	if !(noise < 0.01*signal) {
		t.Errorf("the noise %.3g hides the gradients %.3g", noise, signal)
	}
	return samples[0]
}
