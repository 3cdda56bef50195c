package made

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/output"
)

func TestTables(t *testing.T) {
	checks := []struct {
		name  string
		check func(t *testing.T, s *table, set *masks.Set, x, cond []float32)
	}{
		{"sampler", checkTableSampler},
		{"conditionals", checkTableConditionals},
		{"autoregressive", checkTableAutoregressive},
		{"context", checkTableContext},
		{"holes come last", checkHolesComeLast},
		{"not known", checkNotKnown},
		{"gradients", checkTableGradients},
		{"extremes", checkTableExtremes},
		{"sums to one", checkTableSum},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for i, o := range modeltest.Few(b, tables, 0, 2) {
			t.Run(fmt.Sprintf("%d, %s, %d variables", i, o.Output+o.Reals, o.Dim), func(t *testing.T) {
				s := compileTable(t, b, o)
				cond := normals(rand.New(rand.NewPCG(3, 1)), s.rows*o.ContextDim, 1)
				for k, set := range sets(s.Model) {
					x, _, _ := s.sampled(t, set, cond, models.Incremental)
					for _, c := range checks {
						t.Run(fmt.Sprintf("%s, set %d", c.name, k), func(t *testing.T) { c.check(t, s, set, x, cond) })
					}
				}
			})
		}
	})
}

// Samples are what noise and the graph's conditionals give, whatever the method, and values
// or states of their variables.
func checkTableSampler(t *testing.T, s *table, set *masks.Set, x, cond []float32) {
	_, noise, width := s.sampled(t, set, cond, models.Incremental)
	for _, method := range []models.Method{models.Sequential, models.Jacobi} {
		if other, _, _ := s.sampled(t, set, cond, method); !sameBits(other, x) {
			t.Errorf("method %d gives other samples", method)
		}
	}
	outputs, unsure := s.of(t, s.weights, set, x, cond).outputs, 0
	for i, v := range x {
		row, d := i/s.Dim(), i%s.Dim()
		if err := s.Variable(d).Check(v); err != nil {
			t.Fatalf("%s: %v", s.Variable(d).Name, err)
		}
		if g := s.Variable(d).Grid; g != nil && models.StateOf(v) < 0 && float32(g.Round(float64(v))) != v {
			t.Fatalf("%s: %v is no middle of a cell", s.Variable(d).Name, v)
		}
		own := make([]float32, width/s.Dim())
		for k := range own {
			own[k] = noise[row*width+k*s.Dim()+d]
		}
		switch off, sure := s.conditional(t, d, row, outputs).Residual(float64(v), own); {
		case !sure:
			unsure++
		case !(off < 1e-3):
			t.Fatalf("%s, row %d: %v is off by %v", s.Variable(d).Name, row, v, off)
		}
	}
	if unsure > len(x)/10 {
		t.Errorf("%d of %d values are unsure", unsure, len(x))
	}
}

// ln p is the sum of those of the conditionals on the host, and of its parts.
func checkTableConditionals(t *testing.T, s *table, set *masks.Set, x, cond []float32) {
	r := s.of(t, s.weights, set, x, cond)
	for row, got := range r.logp {
		sum, holes := 0.0, 0.0
		for d := range s.Dim() {
			v, c := x[row*s.Dim()+d], s.conditional(t, d, row, r.outputs)
			sum += c.LogProb(float64(v))
			if hole := float64(models.StateCode(0)); s.Variable(d).Hole && models.StateOf(v) == 0 {
				holes += c.LogProb(hole)
			} else if s.Variable(d).Hole {
				holes += math.Log1p(-math.Exp(c.LogProb(hole)))
			}
		}
		if !modeltest.Near(float64(got), sum, 1e-4) {
			t.Errorf("ln p of row %d is %v, and %v by its conditionals", row, got, sum)
		}
		if !modeltest.Near(float64(r.holes[row]), holes, 1e-4) || !modeltest.Near(float64(r.values[row]), sum-holes, 1e-4) {
			t.Errorf("row %d: the parts are %v and %v, want %v and %v", row, r.values[row], r.holes[row], sum-holes, holes)
		}
	}
}

// A variable moves the outputs of some after it and of no other.
func checkTableAutoregressive(t *testing.T, s *table, set *masks.Set, x, cond []float32) {
	dim := s.Dim()
	one := slices.Repeat(x[:dim], s.rows)
	context := slices.Repeat(cond[:s.ContextDim()], s.rows)
	for d := range dim { // in row d + 1
		for row := range s.rows {
			if v := x[row*dim+d]; v != x[d] {
				one[(d+1)*dim+d] = v
			}
		}
	}
	outputs := s.of(t, s.weights, set, one, context).outputs
	width, reach := len(outputs)/s.rows, reaches(s.Model, set)
	for d := range dim {
		moved, reached := false, false
		for e := range dim {
			for _, column := range s.Columns(e) {
				was, is := float64(outputs[column]), float64(outputs[(d+1)*width+column])
				if !reach[d][e] && !modeltest.Near(is, was, 1e-6) {
					t.Fatalf("output %d of %s is moved by %s, which is not before it", column, s.Variable(e).Name, s.Variable(d).Name)
				}
				moved = moved || math.Abs(is-was) > 1e-3
			}
			reached = reached || reach[d][e]
		}
		if moved != reached && one[(d+1)*dim+d] != x[d] {
			t.Errorf("%s moves later outputs: %v", s.Variable(d).Name, moved)
		}
	}
}

// The context moves every conditional.
func checkTableContext(t *testing.T, s *table, set *masks.Set, x, cond []float32) {
	if s.ContextDim() == 0 {
		return
	}
	other := slices.Clone(cond)
	for i := range other {
		other[i] = 1 - other[i]
	}
	a, b := s.of(t, s.weights, set, x, cond).outputs, s.of(t, s.weights, set, x, other).outputs
	for d := range s.Dim() {
		if !slices.ContainsFunc(s.Columns(d), func(c int) bool { return math.Abs(float64(a[c]-b[c])) > 1e-3 }) {
			t.Errorf("the context does not move %s", s.Variable(d).Name)
		}
	}
}

func checkHolesComeLast(t *testing.T, s *table, set *masks.Set, _, _ []float32) {
	for d := range s.Dim() {
		for e := range s.Dim() {
			if s.Variable(d).Hole && !s.Variable(e).Hole && set.Order[d] <= set.Order[e] {
				t.Errorf("%s comes before %s", s.Variable(d).Name, s.Variable(e).Name)
			}
		}
	}
}

// A variable that is not known adds nothing, and one that is the last of its order changes
// nothing else.
func checkNotKnown(t *testing.T, s *table, set *masks.Set, x, cond []float32) {
	dim := s.Dim()
	whole := s.of(t, s.weights, set, x, cond)
	last := slices.Max(set.Order)
	without := slices.Clone(x)
	for i := range without {
		if set.Order[i%dim] == last {
			without[i] = models.NotKnown
		}
	}
	r := s.of(t, s.weights, set, without, cond)
	for row, got := range r.logp {
		want := float64(whole.logp[row])
		for d := range dim {
			if set.Order[d] == last {
				want -= s.conditional(t, d, row, whole.outputs).LogProb(float64(x[row*dim+d]))
			}
		}
		if !modeltest.Near(float64(got), want, 1e-4) || !modeltest.Near(float64(r.values[row]+r.holes[row]), want, 1e-4) {
			t.Errorf("row %d: ln p without the last is %v, want %v", row, got, want)
		}
	}
	for i := range without {
		without[i] = models.NotKnown
	}
	for row, got := range s.of(t, s.weights, set, without, cond).logp {
		if got != 0 {
			t.Errorf("row %d: ln p of nothing is %v", row, got)
		}
	}
}

// Derivatives along random directions, of each parameter alone, are differences, in float64. Those
// in float32 are the same, as far as its digits go.
func checkTableGradients(t *testing.T, s *table, set *masks.Set, x, cond []float32) {
	const step = 1e-6
	rng := rand.New(rand.NewPCG(6, 6))
	narrow := s.of(t, s.weights, set, x, cond).gradients
	w := make([][]float64, len(s.weights))
	for i := range w {
		w[i] = num.Convert[float64](s.weights[i])
	}
	_, wide := s.inFloat64(t, w, set, x, cond)
	for i, spec := range s.Specs() {
		direction := num.Convert[float64](normals(rng, spec.Size(), 1/math.Sqrt(float64(spec.Size()))))
		moved := func(by float64) float64 {
			at := slices.Clone(w)
			at[i] = floats.AddScaledTo(make([]float64, len(w[i])), w[i], by, direction)
			logp, _ := s.inFloat64(t, at, set, x, cond)
			return logp
		}
		want := floats.Dot(wide[i], direction)
		if got := (moved(step) - moved(-step)) / (2 * step); !modeltest.Near(got, want, 1e-5) {
			t.Errorf("the derivative along a direction of %s is %v, and %v by differences", spec.Name, want, got)
		}
		if off := floats.Distance(num.Convert[float64](narrow[i]), wide[i], 2); off > 2e-3*(1+floats.Norm(wide[i], 2)) {
			t.Errorf("the gradient of %s is %v off in float32, with a norm of %v", spec.Name, off, floats.Norm(wide[i], 2))
		}
	}
}

// inFloat64 is Σ ln p of rows, and its gradients.
func (s *table) inFloat64(t *testing.T, w [][]float64, set *masks.Set, x, cond []float32) (logp float64, gradients [][]float64) {
	t.Helper()
	var args []any
	for i, spec := range s.Specs() {
		args = append(args, tensors.FromFlatDataAndDimensions(w[i], spec.Shape...))
	}
	for _, d := range s.Degrees(set) {
		args = append(args, d)
	}
	rows := func(flat []float32, width int) {
		args = append(args, tensors.FromFlatDataAndDimensions(num.Convert[float64](flat), s.rows, width))
	}
	rows(models.Widen(s, x), models.Width(s))
	if s.ContextDim() > 0 {
		rows(cond, s.ContextDim())
	}
	out := backendtest.Call[float64](t, s.exec, args...)
	return floats.Sum(out[0]), out[4:]
}

// Outputs of ±50 and numbers far out have a finite ln p, finite parts and finite gradients.
func checkTableExtremes(t *testing.T, s *table, set *masks.Set, x, cond []float32) {
	rng, w, far := rand.New(rand.NewPCG(1, 1)), clone(s.weights), slices.Clone(x)
	for _, values := range w {
		for k := range values {
			values[k] = 50 * float32(2*rng.IntN(2)-1)
		}
	}
	for i, y := range far {
		v := s.Variable(i % s.Dim())
		if kind := v.Support.Kind; models.StateOf(y) >= 0 || i%3 == 0 || kind != models.RealValues && kind != models.GridValues {
			continue
		}
		far[i] = float32(2e6*rng.Float64() - 1e6)
		if v.Grid != nil {
			far[i] = float32(v.Grid.Round(float64(far[i])))
		}
	}
	r := s.of(t, w, set, far, cond)
	for i, values := range append([][]float32{r.logp, r.values, r.holes}, r.gradients...) {
		if err := models.CheckFinite("result", "", values, 1); err != nil {
			t.Errorf("result %d: %v", i, err)
		}
	}
}

// The probabilities of all rows of values that can be counted, and of states, sum to one.
func checkTableSum(t *testing.T, s *table, set *masks.Set, _, cond []float32) {
	outcomes := make([][]float32, s.Dim())
	for d := range outcomes {
		v := s.Variable(d)
		for k := range v.States {
			outcomes[d] = append(outcomes[d], models.StateCode(k))
		}
		switch g := v.Grid.(type) {
		case modeltest.Lattice:
			if g.High-g.Low == inf {
				return
			}
			for y := g.Low; y <= g.High; y += g.Step {
				outcomes[d] = append(outcomes[d], float32(y))
			}
		default:
			if v.Support.Size() == 0 {
				return
			}
			for k := range v.Support.Size() {
				outcomes[d] = append(outcomes[d], float32(k))
			}
		}
	}
	total, sum, rows := 1, 0.0, []float32(nil)
	for _, o := range outcomes {
		total *= len(o)
	}
	context := slices.Repeat(cond[:s.ContextDim()], s.rows)
	for n := range total {
		for _, o := range outcomes {
			rows = append(rows, o[n%len(o)])
			n /= len(o)
		}
	}
	for size := s.rows * s.Dim(); len(rows) > 0; rows = rows[min(size, len(rows)):] {
		some := slices.Clone(rows[:min(size, len(rows))])
		n := len(some) / s.Dim()
		for len(some) < size {
			some = append(some, rows[:s.Dim()]...)
		}
		for _, p := range s.of(t, s.weights, set, some, context).logp[:n] {
			sum += math.Exp(float64(p))
		}
	}
	if math.Abs(sum-1) > 1e-5*math.Sqrt(float64(total)) {
		t.Errorf("the probabilities of %d rows sum to %v", total, sum)
	}
}

// Samples of which nothing is missing have the conditionals given that a variable is not: the
// outcomes of one after a bit, by their probabilities and those of no hole.
func TestCompleteSamplesAreGivenThatNothingIsMissing(t *testing.T) {
	const n = 100_000
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		s := compileTable(t, b, Options{Output: output.ByKind, Dim: 2, Variables: []models.Variable{bit, with(bounded, true, 1)}, Hidden: []int{9}, Components: 3,
			Activation: "tanh", Degrees: masks.SequentialDegrees, Start: masks.NaturalOrder})
		set := s.Cycle().At(0)
		sampler, err := s.NewSampler(s.weights, set)
		if err != nil {
			t.Fatal(err)
		}
		complete := sampler.(models.Completer).Complete()
		x, noise := make([]float32, 2*n), make([]float32, n*complete.NoiseDim())
		complete.DrawNoise(rand.New(rand.NewPCG(8, 4)), noise)
		if _, err := complete.Sample(context.Background(), x, noise, nil, models.Incremental); err != nil {
			t.Fatal(err)
		}
		counts, bits := map[[2]float32]float64{}, map[float32]float64{}
		for row := range slices.Chunk(x, 2) {
			counts[[2]float32(row)]++
			bits[row[0]]++
		}
		hole := models.StateCode(0)
		rows := make([]float32, 2*s.rows)
		rows[2] = 1
		outputs := s.of(t, s.weights, set, rows, nil).outputs
		for k := range 2 {
			c, of := s.conditional(t, 1, k, outputs), bits[float32(k)]
			for _, v := range []float32{hole, models.StateCode(1), -1, -0.5, 0, 0.5, 1} {
				p := math.Exp(c.LogProb(float64(v))) / (1 - math.Exp(c.LogProb(float64(hole))))
				if v == hole {
					p = 0
				}
				if got := counts[[2]float32{float32(k), v}] / of; math.Abs(got-p) > 5*math.Sqrt(p/of) {
					t.Errorf("after %d, %v is %v of the samples, want %v", k, v, got, p)
				}
			}
		}
	})
}

// The options and the input of a model build an equal one, whose size is that of its tensors
// where nothing but the direct connections and conditioning weights is missing.
func TestTablesAreBuiltAgain(t *testing.T) {
	for _, o := range tables {
		m := mustNew(t, o)
		kind, in := m.Kind()
		again, err := kind.Build(in)
		if err != nil {
			t.Fatal(err)
		}
		values := 0
		for i, s := range again.Specs() {
			if want := m.Specs()[i]; s.Name != want.Name || !slices.Equal(s.Shape, want.Shape) {
				t.Errorf("%s %v was %s %v", s.Name, s.Shape, want.Name, want.Shape)
			}
			if s.Name != "direct.weights" && !strings.HasSuffix(s.Name, ".conditioning") {
				values += s.Size()
			}
		}
		if size := kind.Size(in); !o.Residual && size != float64(values) || size > float64(values) {
			t.Errorf("%s of %d variables: a size of %v with %d values", o.Output, o.Dim, size, values)
		}
		if !kind.Traits().Cells || kind.Traits().Mixed != (o.Output == output.ByKind) {
			t.Errorf("%s: %+v", o.Output, kind.Traits())
		}
	}
}

// A family that does not take a variable is an error that names it, and so are a table without
// columns and an order in which one with holes comes too early.
func TestFamiliesRefuseOtherVariables(t *testing.T) {
	for _, c := range []struct {
		output    string
		variables []models.Variable
		order     masks.Order
		want      string
	}{
		{"gaussian", []models.Variable{number, level3}, nil, level3.Name},
		{"bernoulli", []models.Variable{bit, number}, nil, number.Name},
		{"mog", []models.Variable{angle, number}, nil, angle.Name},
		{"gaussian", []models.Variable{number}, nil, "variables: 1"},
		{output.ByKind, nil, nil, "output: mixed"},
		{output.ByKind, []models.Variable{with(bit, true, 0), number}, masks.Order{1, 2}, "order: bit, hole true, 0 atoms may have holes"},
	} {
		_, err := New(Options{Dim: 2, Output: c.output, Variables: c.variables, Order: c.order})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", c.output, err)
		}
	}
}
