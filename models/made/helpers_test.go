package made

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

// batch is what a compiled model is evaluated on.
type batch struct {
	x       []float32 // [rows, dim]
	context []float32 // [rows, contextDim]
	// seeds [rows, dim, k] weight the conditionals' parameters in the sum that
	// result.dx is the gradient of, and rowWeights [rows] the log-densities in that
	// of result.gradients; nil means zeros.
	seeds, rowWeights []float32
}

// result is what a compiled model says of a batch.
type result struct {
	logp         []float32   // [rows]
	outputs      []float32   // [rows, P·dim], those of the network
	conditionals []float32   // [rows, dim, k]: of Bernoulli outputs the logits
	dx           []float32   // [rows, dim]; nil without gradients
	gradients    [][]float32 // as Specs; nil without
}

// compiled is a model as one executable, with the mask set as an input.
type compiled struct {
	model     *Model
	exec      *Exec
	rows      int
	gradients bool // whether the executable computes them
	builds    int  // how often the graph was built
}

// compile builds a model's values, without gradients.
func compile(t *testing.T, b *backend.Backend, m *Model, rows int) *compiled {
	t.Helper()
	return newCompiled(t, b, m, rows, false)
}

func compileGradients(t *testing.T, b *backend.Backend, m *Model, rows int) *compiled {
	t.Helper()
	return newCompiled(t, b, m, rows, true)
}

func newCompiled(t *testing.T, b *backend.Backend, m *Model, rows int, gradients bool) *compiled {
	t.Helper()
	c := &compiled{model: m, rows: rows, gradients: gradients}
	exec, err := NewExec(b.Compute, c.graph)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	c.exec = exec
	return c
}

func (c *compiled) graph(args []*Node) []*Node {
	c.builds++
	specs, degrees := c.model.Specs(), c.model.DegreeSpecs()
	params, args := args[:len(specs)], args[len(specs):]
	p := models.Bind(specs, params).WithDegrees(degrees, args[:len(degrees)])
	x, args := args[len(degrees)], args[len(degrees)+1:]
	var context *Node
	if c.model.ContextDim() > 0 {
		context, args = args[0], args[1:]
	}
	logp, conditionals := c.model.LogProb(p, x, context), c.model.Conditionals(p, x, context)
	conditionals = TransposeAllAxes(Reshape(conditionals, c.rows, -1, c.model.Dim()), 0, 2, 1)
	values := []*Node{logp, c.model.Conditionals(p, x, context), conditionals}
	if !c.gradients {
		return values
	}
	values = append(values, Gradient(ReduceAllSum(Mul(conditionals, args[0])), x)...)
	return append(values, Gradient(ReduceAllSum(Mul(logp, args[1])), params...)...)
}

func (c *compiled) run(t *testing.T, w models.Weights, set *masks.Set, b batch) result {
	t.Helper()
	dim, width, k := c.model.Dim(), c.model.ContextDim(), parametersOf(c.model)
	args := arguments(c.model, w)
	for _, d := range c.model.Degrees(set) {
		args = append(args, d)
	}
	args = append(args, modeltest.Matrix(b.x, dim))
	if width > 0 {
		args = append(args, modeltest.Matrix(b.context, width))
	}
	if !c.gradients {
		out := backendtest.Call[float32](t, c.exec, args...)
		return result{logp: out[0], outputs: out[1], conditionals: out[2]}
	}
	if b.seeds == nil {
		b.seeds = make([]float32, c.rows*dim*k)
	}
	if b.rowWeights == nil {
		b.rowWeights = make([]float32, c.rows)
	}
	out := backendtest.Call[float32](t, c.exec, append(args, tensors.FromFlatDataAndDimensions(b.seeds, c.rows, dim, k), b.rowWeights)...)
	return result{out[0], out[1], out[2], out[3], out[4:]}
}

// arguments are the weights as an executable takes them.
func arguments(m *Model, w models.Weights) []any {
	var args []any
	for i, s := range m.Specs() {
		args = append(args, tensors.FromFlatDataAndDimensions(w[i], s.Shape...))
	}
	return args
}

func mustNew(t testing.TB, o Options) *Model {
	t.Helper()
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// randomWeights are initial weights that something has happened to: no
// parameter is zero or orthogonal any more.
func randomWeights(m *Model, seed uint64) models.Weights {
	w := models.Initialize(m, seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, v := range w {
		for i := range v {
			v[i] += float32(0.5 * rng.NormFloat64())
		}
	}
	return w
}

// sets are those of a cycle, or the first few of an unlimited one.
func sets(m *Model) []*masks.Set {
	n := m.Cycle().Len()
	if n == masks.Unlimited {
		n = 4
	}
	all := make([]*masks.Set, n)
	for i := range all {
		all[i] = m.Cycle().At(i)
	}
	return all
}

// states lists all binary vectors, row-major [2^dim, dim].
func states(dim int) []float32 {
	x := make([]float32, 0, dim<<dim)
	for s := range 1 << dim {
		for d := range dim {
			x = append(x, float32(s>>d&1))
		}
	}
	return x
}

// repeated gives every row the same context, the number of which picks one.
func repeated(number, width, rows int) []float32 {
	rng := rand.New(rand.NewPCG(uint64(number), 2))
	one := make([]float32, width)
	for i := range one {
		one[i] = float32(2 * rng.NormFloat64())
	}
	var all []float32
	for range rows {
		all = append(all, one...)
	}
	return all
}

func uniforms(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = rng.Float32()
	}
	return v
}

func normals(rng *rand.Rand, n int, std float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(std * rng.NormFloat64())
	}
	return v
}

func clone(w models.Weights) models.Weights {
	c := make(models.Weights, len(w))
	for i := range w {
		c[i] = slices.Clone(w[i])
	}
	return c
}

// scaled multiplies the weights by a number, in place.
func scaled(w models.Weights, by float32) models.Weights {
	for _, v := range w {
		for i := range v {
			v[i] *= by
		}
	}
	return w
}

// sameBits tells −0 from 0.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func sigmoid(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }
