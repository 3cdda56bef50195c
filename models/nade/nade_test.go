package nade

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/combin"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/output"
)

func TestMain(m *testing.M) { backendtest.Main(m) }

// discrete are variables whose rows can be listed: bits, levels and counts between bounds, with holes and an atom.
var discrete = []models.Variable{
	{Name: "level or hole", Support: models.Categories(3), Hole: true, States: 1},
	{Name: "bit", Support: models.Bits()},
	{Name: "score, hole or atom", Support: models.GridCells(), Grid: modeltest.Lattice{Step: 0.5, Low: -0.5, High: 0.5}, Hole: true, States: 2},
	{Name: "another bit", Support: models.Bits()},
	{Name: "score", Support: models.GridCells(), Grid: modeltest.Lattice{Step: 0.5, Low: 0, High: 0.5}},
}

// outcomes are the numbers that rows have for a variable that can be listed.
func outcomes(v models.Variable) (all []float32) {
	for k := range v.States {
		all = append(all, models.StateCode(k))
	}
	if l, ok := v.Grid.(modeltest.Lattice); ok {
		for y := l.Low; y <= l.High; y += l.Step {
			all = append(all, float32(y))
		}
		return all
	}
	for k := range max(v.Support.Size(), 2) {
		all = append(all, float32(k))
	}
	return all
}

// every lists all rows of variables.
func every(variables []models.Variable) (rows []float32, n int) {
	var counts []int
	for _, v := range variables {
		counts = append(counts, len(outcomes(v)))
	}
	for _, at := range combin.Cartesian(counts) {
		for d, k := range at {
			rows = append(rows, outcomes(variables[d])[k])
		}
		n++
	}
	return rows, n
}

// subject is a model with strong weights on one backend.
type subject struct {
	*Model
	backend *backend.Backend
	weights models.Weights
	exec    modeltest.Compiled
}

func newSubject(t *testing.T, b *backend.Backend, o Options) *subject {
	t.Helper()
	o.Dim = len(o.Variables)
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := &subject{Model: m, backend: b, weights: modeltest.Strong(m, 3)}
	s.exec = modeltest.Compile(t, b, m, func(p models.Params, args []*Node) []*Node {
		var context *Node
		if o.ContextDim > 0 {
			context = args[3]
		}
		p = p.WithDegrees(m.DegreeSpecs(), args[1:2])
		values, holes := m.LogProbParts(p, args[0], context)
		cut := Slice(args[2], AxisRange(), AxisRange(0, o.Dim))
		given := ConvertDType(LessThan(cut, ZerosLike(cut)), cut.DType())
		value := m.Value(p, models.Batch{X: args[0], Context: context, Noise: args[2]})
		return []*Node{m.LogProb(p, args[0], context), values, holes, m.Conditionals(p, args[0], context), m.Given(p, args[0], given, context), value}
	})
	return s
}

// said is what a subject says of rows.
type said struct{ logp, values, holes, conditionals, given, value []float32 }

// of are the results for rows [n, dim] in an order, with cuts [n, noise], nil for a fixed one.
func (s *subject) of(t *testing.T, x []float32, sequence []int, cuts []float32, context []float32) said {
	t.Helper()
	n, noise := len(x)/s.Dim(), s.NoiseDim()
	if cuts == nil {
		cuts = make([]float32, n*noise)
		for i := range n {
			cuts[i*noise] = 1
		}
	}
	args := []any{modeltest.Matrix(models.Widen(s, x), models.Width(s)), num.Convert[int32](sequence), modeltest.Matrix(cuts, noise)}
	if s.ContextDim() > 0 {
		args = append(args, modeltest.Matrix(slices.Repeat(context, n), len(context)))
	}
	r := s.exec.Run(t, s.weights, args...)
	return said{r[0], r[1], r[2], r[3], r[4], r[5]}
}

// enumerated are options for variables that can be listed.
var enumerated = map[string]Options{
	"holes, context": {Output: output.ByKind, Variables: discrete, Hidden: []int{9, 7}, Activation: "tanh", ContextDim: 2, Direct: true},
	"bits, a block":  {Output: "bernoulli", Variables: slices.Repeat([]models.Variable{{Support: models.Bits()}}, 6), Hidden: []int{8}, Residual: true, Activation: "elu"},
}

func eachEnumerated(t *testing.T, check func(t *testing.T, s *subject, context []float32)) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for name, o := range enumerated {
			t.Run(name, func(t *testing.T) { check(t, newSubject(t, b, o), []float32{0.3, -1.2}[:o.ContextDim]) })
		}
	})
}

// Under each order the probabilities of all rows sum to one, and so do those of their mean; and what one pass says
// of a variable is what the sums under every order say that begins with what is given and then asks for it.
func TestEnumeration(t *testing.T) {
	eachEnumerated(t, func(t *testing.T, s *subject, context []float32) {
		rows, n := every(s.variables())
		rng := rand.New(rand.NewPCG(1, 2))
		for range 6 {
			order := rng.Perm(s.Dim())
			r := s.of(t, rows, order, nil, context)
			sum := 0.0
			for i, l := range r.logp {
				sum += math.Exp(float64(l))
				if d := float64(l - r.values[i] - r.holes[i]); math.Abs(d) > 1e-4 {
					t.Fatalf("the parts of ln p differ from it by %v", d)
				}
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Errorf("in the order %v all rows have the probability %v", order, sum)
			}
			for given := range s.Dim() {
				s.compare(t, rows, n, order, given, r.logp, context)
			}
		}
	})
}

func (s *subject) variables() (all []models.Variable) {
	for d := range s.Dim() {
		all = append(all, s.Variable(d))
	}
	return all
}

// compare takes p(x_d | the first few of an order) from ln p of all rows under it, and from one pass.
func (s *subject) compare(t *testing.T, rows []float32, n int, order []int, given int, logp, context []float32) {
	t.Helper()
	dim, d := s.Dim(), order[given]
	key := func(row []float32, upTo int) (k [16]float32) {
		for i, e := range order[:upTo] {
			k[i] = row[e]
		}
		return k
	}
	joint := map[[16]float32]float64{} // of the given, and of the given with x_d
	of := func(upTo int) {
		for i := range n {
			row := rows[i*dim:][:dim]
			joint[key(row, upTo)] += math.Exp(float64(logp[i]))
		}
	}
	of(given)
	without := joint
	joint = map[[16]float32]float64{}
	of(given + 1)
	noise := s.NoiseDim()
	cuts := make([]float32, n*noise)
	for i := range n {
		for _, e := range order[:given] {
			cuts[i*noise+e] = masks.Given
		}
	}
	r := s.of(t, rows, order, cuts, context)
	width := len(r.given) / n
	for i := range n {
		row := rows[i*dim:][:dim]
		c, err := s.Conditional(d, r.given[i*width:][:width])
		if err != nil {
			t.Fatal(err)
		}
		p := math.Exp(c.LogProb(float64(row[d])))
		if want := joint[key(row, given+1)] / without[key(row, given)]; math.Abs(p-want) > 1e-5 {
			t.Fatalf("given %v, p(x%d = %v) is %v by one pass, %v by the sums", order[:given], d, row[d], p, want)
		}
	}
}

// The mean of the loss over all cuts is the mean of −ln p over all orders, of rows with unknown values, too.
func TestLossIsTheMeanOverOrders(t *testing.T) {
	eachEnumerated(t, func(t *testing.T, s *subject, context []float32) {
		dim, noise := s.Dim(), s.NoiseDim()
		rng := rand.New(rand.NewPCG(5, 6))
		for range 4 {
			row := make([]float32, dim)
			var known []int
			for d := range row {
				all := outcomes(s.Variable(d))
				if row[d] = all[rng.IntN(len(all))]; rng.IntN(4) == 0 {
					row[d] = models.NotKnown
				} else {
					known = append(known, d)
				}
			}
			orders, sum := combin.Permutations(dim, dim), 0.0
			for _, order := range orders {
				sum += float64(s.of(t, row, order, nil, context).logp[0])
			}
			want := sum / float64(len(orders))
			got := overCuts(make([]float32, noise), known, func(cut []float32) float64 {
				return float64(s.of(t, row, orders[0], cut, context).value[0])
			})
			if math.Abs(got-want) > 1e-5*math.Max(1, math.Abs(want)) {
				t.Errorf("row %v: the loss is %v, the mean over orders %v", row, got, want)
			}
		}
	})
}

// overCuts is the mean of a value over the cuts of variables that are known, of which k are given, k uniform. What else a cut
// has is that of the first one.
func overCuts(first []float32, known []int, value func(cut []float32) float64) (mean float64) {
	for subset := range 1 << len(known) {
		cut, given := slices.Clone(first), 0
		for i, d := range known {
			if subset>>i&1 == 1 {
				cut[d] = masks.Given
				given++
			}
		}
		if given == len(known) {
			continue
		}
		for i, d := range known {
			if subset>>i&1 == 0 {
				cut[d] = float32(len(known)) / float32(len(known)-given)
			}
		}
		mean += value(cut) / (float64(len(known)) * float64(combin.Binomial(len(known), given)))
	}
	return mean
}

// What is drawn for training has the factors that make its mean that of the orders, gives and asks nothing that is not known, and
// drops units in training alone.
func TestDraws(t *testing.T) {
	m, err := New(Options{Dim: 5, Hidden: []int{40, 30}, Dropout: 0.25, Tilt: 1})
	if err != nil {
		t.Fatal(err)
	}
	row := []float32{1, models.NotKnown, 0, 1, 1}
	for _, train := range []bool{true, false} {
		draw, rng, noise := m.Drawer(train), rand.New(rand.NewPCG(1, 1)), make([]float32, m.NoiseDim())
		asked, dropped := make([]float64, 5), 0
		const draws = 40_000
		for range draws {
			draw(rng, rng.Float64(), row, noise)
			for d, v := range noise[:5] {
				asked[d] += float64(max(v, 0)) / draws
				if d == 1 && v != 0 {
					t.Fatal("what is not known is given, or asked")
				}
			}
			for _, v := range noise[5:] {
				if v == 0 {
					dropped++
				} else if want := float32(1); train && math.Abs(float64(v)-1/0.75) > 1e-6 || !train && v != want {
					t.Fatalf("a unit is multiplied by %v", v)
				}
			}
		}
		for d, v := range asked { // each is asked in one of the four terms of an order
			if want := 1.0; d != 1 && math.Abs(v-want) > 0.03 {
				t.Errorf("variable %d counts %v times, need %v", d, v, want)
			}
		}
		if share := float64(dropped) / (draws * 70); train && math.Abs(share-0.25) > 0.01 || !train && dropped > 0 {
			t.Errorf("%v of the units are dropped", share)
		}
	}
}

// Samples have the outputs of the graph behind them: their noise agrees with the conditionals of their order, by
// both methods; complete ones have holes nowhere, and their variables that may have some come last.
func TestSamples(t *testing.T) {
	kinds := modeltest.Kinds()
	slices.Reverse(kinds)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		s := newSubject(t, b, Options{Output: output.ByKind, Variables: kinds, Hidden: []int{17, 13}, Activation: "tanh", ContextDim: 1, Components: 3})
		const rows = 41
		set := s.Cycle().At(3)
		of, err := s.NewSampler(s.weights, set)
		if err != nil {
			t.Fatal(err)
		}
		dim, perRow := s.Dim(), of.NoiseDim()
		x, noise, context := make([]float32, rows*dim), make([]float32, rows*perRow), slices.Repeat([]float32{0.4}, rows)
		of.DrawNoise(rand.New(rand.NewPCG(8, 4)), noise)
		if _, err := of.Sample(t.Context(), x, noise, context, models.Incremental); err != nil {
			t.Fatal(err)
		}
		other := make([]float32, len(x))
		if _, err := of.Sample(t.Context(), other, noise, context, models.Sequential); err != nil || !slices.Equal(other, x) {
			t.Errorf("computed anew for each variable samples differ (%v)", err)
		}
		r := s.of(t, x, set.Order.Sequence(), nil, []float32{0.4})
		width := len(r.conditionals) / rows
		for i := range rows {
			for d := range dim {
				c, err := s.Conditional(d, r.conditionals[i*width:][:width])
				if err != nil {
					t.Fatal(err)
				}
				var own []float32
				for k := d; k < perRow; k += dim {
					own = append(own, noise[i*perRow+k])
				}
				if off, sure := c.Residual(float64(x[i*dim+d]), own); sure && off > 0.01 {
					t.Errorf("row %d: %s is %v, off by %v", i, s.Variable(d).Name, x[i*dim+d], off)
				}
			}
		}
		complete := of.(models.Completer).Complete()
		if _, err := complete.Sample(t.Context(), x, noise, context, models.Incremental); err != nil {
			t.Fatal(err)
		}
		for i, v := range x {
			if s.Variable(i%dim).Hole && v == models.StateCode(0) {
				t.Fatalf("a complete sample has a hole in %s", s.Variable(i%dim).Name)
			}
		}
		latest := 0
		for k, d := range complete.(*sampler).order.Sequence() {
			if !s.Variable(d).Hole {
				latest = k
			}
		}
		if holes := len(s.mixed.Late()) - 1 - latest; holes != 3 {
			t.Errorf("%d variables with holes come last in complete samples, need 3", holes)
		}
	})
}

// A value that is not known is not looked at, and a row has the likelihood of the others.
func TestNotKnown(t *testing.T) {
	eachEnumerated(t, func(t *testing.T, s *subject, context []float32) {
		order := rand.New(rand.NewPCG(2, 2)).Perm(s.Dim())
		rows, n := every(s.variables())
		logp := s.of(t, rows, order, nil, context).logp
		for hidden := range s.Dim() {
			// Taken last, a variable sums to one.
			last := append(slices.DeleteFunc(slices.Clone(order), func(d int) bool { return d == hidden }), hidden)
			want := s.of(t, rows, last, nil, context).logp
			sums := map[string]float64{}
			without := slices.Clone(rows)
			for i := range n {
				row := without[i*s.Dim():][:s.Dim()]
				p := math.Exp(float64(want[i]))
				row[hidden] = models.NotKnown
				sums[fmt.Sprint(row)] += p
			}
			got := s.of(t, without, order, nil, context).logp
			for i := range n {
				want := math.Log(sums[fmt.Sprint(without[i*s.Dim():][:s.Dim()])])
				if math.Abs(float64(got[i])-want) > 2e-4 {
					t.Fatalf("without %s ln p is %v, the sum over it %v", s.Variable(hidden).Name, got[i], want)
				}
			}
		}
		if slices.ContainsFunc(logp, func(v float32) bool { return v != v }) {
			t.Error("a row has no likelihood")
		}
	})
}

// The orders of the ensemble follow from the seed, whatever their number is, and are the same at each call.
func TestOrders(t *testing.T) {
	of := func(count int, seed uint64) (all []string) {
		m, err := New(Options{Dim: 7, Orders: count, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			all = nil
			for _, s := range m.Cycle().Eval(0)[:8] {
				all = append(all, fmt.Sprint(s.Order))
			}
		}
		return all
	}
	want := of(AutoOrders, 1)
	if got := of(8, 1); !slices.Equal(got, want) {
		t.Errorf("8 orders are %v, the first of 64 %v", got, want)
	}
	if slices.Equal(of(8, 2), want) {
		t.Error("another seed has the same orders")
	}
	w := models.Weights{{12}}
	m, err := New(Options{Dim: 2, Hidden: []int{3}})
	if err != nil {
		t.Fatal(err)
	}
	w = append(models.Initialize(m, 1)[:len(m.Specs())-1], w...)
	if n := m.Ensemble(w); n != 12 {
		t.Errorf("the ensemble has %d orders, the weights say 12", n)
	}
	if n := m.Ensemble(models.Initialize(m, 1)); n != fewOrders {
		t.Errorf("an ensemble whose size was not looked for has %d orders", n)
	}
}

// Variables that may be not known come after all others in every order and cut, unless holes are random; those that may
// have holes, which are an event, do not.
func TestUnknownVariablesAreLate(t *testing.T) {
	for what, c := range map[string]struct {
		mark   func(*models.Variable)
		random bool
		late   bool
	}{
		"unknown":           {mark: func(v *models.Variable) { v.Unknown = true }, late: true},
		"unknown at random": {mark: func(v *models.Variable) { v.Unknown = true }, random: true},
		"holes":             {mark: func(v *models.Variable) { v.Hole, v.States = true, 1 }},
	} {
		o := Options{Dim: 7, Output: output.ByKind, Variables: slices.Repeat([]models.Variable{{Support: models.Bits()}}, 7), RandomHoles: c.random}
		marked := []int{0, 3, 4}
		for _, d := range marked {
			c.mark(&o.Variables[d])
		}
		m, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		mixes := 0 // orders and cuts that have one of them before another variable
		for k := range m.Cycle().Len() {
			if !slices.Equal(slices.Sorted(slices.Values(m.Cycle().At(k).Order.Sequence()[4:])), marked) {
				mixes++
			}
		}
		if (mixes == 0) != c.late {
			t.Errorf("%s: %d orders of %d have such a variable before others", what, mixes, m.Cycle().Len())
		}
		draw, rng, row, noise := m.Drawer(true), rand.New(rand.NewPCG(7, 7)), make([]float32, 7), make([]float32, m.NoiseDim())
		if what != "holes" {
			row[3] = models.NotKnown
		}
		mixes = 0
		counts := make([]float64, 7)
		const draws = 40_000
		for i := range draws {
			draw(rng, (float64(i)+rng.Float64())/draws, row, noise)
			asked := slices.ContainsFunc([]int{1, 2, 5, 6}, func(d int) bool { return noise[d] > 0 })
			if asked && slices.ContainsFunc(marked, func(d int) bool { return noise[d] != 0 }) {
				mixes++
			}
			for d, v := range noise[:7] {
				counts[d] += float64(max(v, 0)) / draws
			}
		}
		if (mixes == 0) != c.late {
			t.Errorf("%s: %d cuts of %d give or ask such a variable beside others that are asked", what, mixes, draws)
		}
		for d, v := range counts { // each is asked in one of the terms of an order
			want := 1.0
			if models.IsNotKnown(row[d]) {
				want = 0
			}
			if math.Abs(v-want) > 0.05 {
				t.Errorf("%s: variable %d counts %v times, need %v", what, d, v, want)
			}
		}
	}
}

// A row of which nothing is known has the probability one, in training too.
func TestNothingIsKnown(t *testing.T) {
	eachEnumerated(t, func(t *testing.T, s *subject, context []float32) {
		order := rand.New(rand.NewPCG(3, 3)).Perm(s.Dim())
		row, noise := slices.Repeat([]float32{models.NotKnown}, s.Dim()), make([]float32, s.NoiseDim())
		s.Drawer(true)(rand.New(rand.NewPCG(4, 4)), 0.5, row, noise)
		if r := s.of(t, row, order, noise, context); r.logp[0] != 0 || r.value[0] != 0 {
			t.Errorf("ln p is %v, in training %v", r.logp[0], r.value[0])
		}
	})
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Dim: 3, Hidden: []int{}}, "one hidden layer at least"},
		{Options{Dim: 3, Dropout: 1}, "dropout"},
		{Options{Dim: 3, Tilt: 9}, "tilt"},
		{Options{Dim: 3, Orders: -2}, "orders"},
		{Options{Dim: 3, Output: "mixed"}, "rows with columns"},
		{Options{Dim: 0}, "dim"},
		{Options{Dim: 60000, Hidden: []int{8}, Direct: true}, "parameters"},
		{Options{Dim: 2, Hidden: []int{3, 4}, Residual: true}, "one width"},
	} {
		if _, err := New(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: the error is %v, want %q", c.o, err, c.want)
		}
	}
}
