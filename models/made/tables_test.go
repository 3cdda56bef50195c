package made

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/output"
)

func lattice(step, low, high float64) modeltest.Lattice {
	return modeltest.Lattice{Step: step, Low: low, High: high}
}

// Variables of each kind.
var (
	inf       = math.Inf(1)
	bit       = models.Variable{Name: "bit", Support: models.Bits()}
	level2    = models.Variable{Name: "level of 2", Support: models.Categories(2)}
	level3    = models.Variable{Name: "level of 3", Support: models.Categories(3)}
	level40   = models.Variable{Name: "level of 40", Support: models.Categories(40)}
	level1000 = models.Variable{Name: "level of 1000", Support: models.Categories(1000)}
	count     = models.Variable{Name: "count", Support: models.GridCells(), Grid: lattice(0.5, -inf, inf)}
	positive  = models.Variable{Name: "positive count", Support: models.GridCells(), Grid: lattice(0.5, -1, inf)}
	bounded   = models.Variable{Name: "bounded count", Support: models.GridCells(), Grid: lattice(0.5, -1, 1)}
	stepped   = models.Variable{Name: "stepped", Support: models.GridCells(), Grid: lattice(0.01, -inf, inf)}
	number    = models.Variable{Name: "number", Support: models.Reals()}
	angle     = models.Variable{Name: "angle", Support: models.Circle(2 * math.Pi)}
)

// with adds a hole and atoms to a variable.
func with(v models.Variable, hole bool, atoms int) models.Variable {
	v.Name, v.Hole, v.States = fmt.Sprintf("%s, hole %v, %d atoms", v.Name, hole, atoms), hole, atoms
	if hole {
		v.States++
	}
	return v
}

var everyKind = []models.Variable{
	bit, with(number, true, 2), level3, count, with(bit, true, 0), bounded, number, level40, stepped, angle, with(number, false, 1),
	with(bounded, true, 1), with(level3, true, 0), with(count, false, 2), number, with(angle, true, 0), bit, positive,
}

var numbers = []models.Variable{number, count, with(number, true, 1), bounded, with(positive, false, 1), stepped, number}

// tables is one row a model of variables with columns.
var tables = func() (all []Options) {
	named := func(o Options, v []models.Variable) {
		o.Variables, o.Dim, o.Components = v, len(v), 3
		all = append(all, o)
	}
	every := Options{Output: output.ByKind, Hidden: []int{23}, Activation: "tanh", Degrees: masks.SampledDegrees, Masks: 3, ContextDim: 3, Direct: true, Conditioning: true}
	named(every, everyKind)
	residual := Options{Output: output.ByKind, Hidden: []int{29, 29}, Residual: true, Activation: "tanh", Degrees: masks.SequentialDegrees, Start: masks.ReversedOrder, Groups: 7}
	named(residual, everyKind)
	none := Options{Output: output.ByKind, Hidden: []int{}, Start: masks.RandomOrder, Degrees: masks.SequentialDegrees}
	named(none, []models.Variable{with(number, true, 0)})
	var states []models.Variable
	for _, v := range []models.Variable{bit, level2, level3, level40, count, bounded, number, angle} {
		states = append(states, with(v, true, 5))
	}
	named(Options{Output: output.ByKind, Hidden: []int{13}, Activation: "tanh", Masks: masks.Unlimited, Degrees: masks.SampledDegrees, ContextDim: 2}, states)
	given := Options{Output: output.ByKind, Hidden: []int{13}, Activation: "tanh", Masks: 2, Degrees: masks.SampledDegrees, Order: masks.Order{2, 1, 3, 5, 4}, Direct: true}
	named(given, []models.Variable{number, level1000, bit, with(level3, true, 0), with(level1000, true, 1)})
	for _, family := range (&Options{}).choice().Numbers() {
		named(Options{Output: output.ByKind, Reals: family.Name, Hidden: []int{11}, Activation: "tanh", Masks: 2, Degrees: masks.SequentialDegrees, Resample: masks.ResampleOrder}, numbers)
		named(Options{Output: family.Name, Hidden: []int{11}, Activation: "tanh", Degrees: masks.SequentialDegrees, Start: masks.NaturalOrder, ContextDim: 2}, numbers)
	}
	named(Options{Output: "bernoulli", Hidden: []int{11}, Activation: "tanh", Degrees: masks.SequentialDegrees, Direct: true}, []models.Variable{with(bit, true, 0), bit, bit, with(bit, false, 1)})
	discrete := []models.Variable{bit, level3, with(bounded, true, 0), with(bit, true, 1), with(level3, false, 1), bounded}
	named(Options{Output: output.ByKind, Hidden: []int{11}, Activation: "tanh", Masks: 3, Degrees: masks.SampledDegrees, ContextDim: 1, Conditioning: true}, discrete)
	named(Options{Output: output.ByKind, Hidden: []int{17}, Activation: "tanh", Masks: 2, Degrees: masks.SampledDegrees},
		slices.Concat(slices.Repeat([]models.Variable{bit}, 8), slices.Repeat([]models.Variable{with(bit, true, 0)}, 2)))
	return all
}()

// table is a model of columns on one backend.
type table struct {
	*Model
	weights models.Weights
	exec    *Exec
	rows    int
}

// said is what a table says of rows.
type said struct {
	logp, values, holes, outputs []float32
	gradients                    [][]float32
}

func compileTable(t *testing.T, b *backend.Backend, o Options) *table {
	t.Helper()
	m := mustNew(t, o)
	s := &table{Model: m, rows: 61}
	specs, degrees := m.Specs(), m.DegreeSpecs()
	exec, err := NewExec(b.Compute, func(args []*Node) []*Node {
		p := models.Bind(specs, args[:len(specs)]).WithDegrees(degrees, args[len(specs):len(specs)+len(degrees)])
		x, cond := args[len(specs)+len(degrees)], (*Node)(nil)
		if m.ContextDim() > 0 {
			cond = args[len(args)-1]
		}
		logp := m.LogProb(p, x, cond)
		values, holes := m.LogProbParts(p, x, cond)
		all := []*Node{logp, values, holes, m.Conditionals(p, x, cond)}
		return append(all, Gradient(ReduceAllSum(logp), args[:len(specs)]...)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	s.exec, s.weights = exec, scaled(randomWeights(m, 7), 0.4)
	return s
}

// of are the results for rows of values, [s.rows, dim], whose cells follow.
func (s *table) of(t *testing.T, w models.Weights, set *masks.Set, x, cond []float32) said {
	t.Helper()
	args := arguments(s.Model, w)
	for _, d := range s.Degrees(set) {
		args = append(args, d)
	}
	args = append(args, modeltest.Matrix(models.Widen(s, x), models.Width(s)))
	if s.ContextDim() > 0 {
		args = append(args, modeltest.Matrix(cond, s.ContextDim()))
	}
	out := backendtest.Call[float32](t, s.exec, args...)
	return said{out[0], out[1], out[2], out[3], out[4:]}
}

// conditional is that of a variable by the outputs of a row.
func (s *table) conditional(t *testing.T, d, row int, outputs []float32) models.Conditional {
	t.Helper()
	width := len(outputs) / s.rows
	c, err := s.Conditional(d, outputs[row*width:(row+1)*width])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sampled draws rows by a method, with the noise that they are made from.
func (s *table) sampled(t *testing.T, set *masks.Set, cond []float32, method models.Method) (x, noise []float32, dim int) {
	t.Helper()
	sampler, err := s.NewSampler(s.weights, set)
	if err != nil {
		t.Fatal(err)
	}
	x, noise = make([]float32, s.rows*s.Dim()), make([]float32, s.rows*sampler.NoiseDim())
	sampler.DrawNoise(rand.New(rand.NewPCG(8, 4)), noise)
	if _, err := sampler.Sample(context.Background(), x, noise, cond, method); err != nil {
		t.Fatal(err)
	}
	return x, noise, sampler.NoiseDim()
}
