package maskflow_test

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/models/vae"
)

// bitModels are models of 5 bits of two types, one of them of three orders and one of any order.
func bitModels(t *testing.T, b *backend.Backend, seed uint64) (all []*maskflow.Model) {
	t.Helper()
	for k, d := range []models.Definition{
		newMADE(t, made.Options{Dim: 5, Hidden: []int{11}, Degrees: "sequential", Start: "natural"}),
		newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Masks: 3, Resample: "order", Degrees: "sequential", Start: "natural", Seed: 4}),
		must.M1(nade.New(nade.Options{Dim: 5, Hidden: []int{13}, Orders: 2})),
	} {
		all = append(all, newModel(t, b, d, modeltest.Strong(d, seed+uint64(k)), maskflow.Options{Batch: 7}))
	}
	return all
}

// realModels are models of 3 real numbers of three types.
func realModels(t *testing.T, b *backend.Backend, seed uint64) (all []*maskflow.Model) {
	t.Helper()
	for k, d := range []models.Definition{
		newMADE(t, made.Options{Dim: 3, Hidden: []int{11}, Output: "gaussian", Degrees: "sequential", Start: "natural"}),
		must.M1(maf.New(maf.Options{Dim: 3, Hidden: []int{7}, Layers: 2})),
		must.M1(nade.New(nade.Options{Dim: 3, Hidden: []int{13}, Output: "mog", Orders: 2})),
	} {
		all = append(all, newModel(t, b, d, shaken(d, seed+uint64(k)), maskflow.Options{Batch: 7}))
	}
	return all
}

func ensemble(t *testing.T, members ...*maskflow.Model) *maskflow.Ensemble {
	t.Helper()
	return must.M1(maskflow.NewEnsemble(members...))
}

// The probability of a row is the mean of the members', and not that of their logarithms.
func TestEnsembleAveragesProbabilities(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		members := bitModels(t, b, 3)
		e, rows := ensemble(t, members...), must.M1(data.FromFlat(states(5), 5))
		got := must.M1(e.LogProb(t.Context(), rows))
		var blocks []float64
		must.M(e.LogProbBlocks(t.Context(), rows.Pages, 0, func(s *data.Prepared, logp []float64, perMember [][]float64) error {
			if len(perMember) != 3 || len(logp) != s.Rows {
				t.Errorf("%d members of %d rows have %d values", len(perMember), s.Rows, len(logp))
			}
			blocks = append(blocks, logp...)
			return nil
		}))
		total, nll, meanNLL, row := 0.0, 0.0, 0.0, []float64(nil)
		found := must.M1(e.Evaluate(t.Context(), rows, maskflow.EvalOptions{Row: func(v float64) { row = append(row, v) }}))
		for i := range got {
			p, logs := 0.0, 0.0
			for _, m := range members {
				l := must.M1(m.LogProb(t.Context(), must.M1(data.FromFlat(states(5)[5*i:5*i+5], 5))))[0]
				p, logs = p+math.Exp(l)/3, logs+l/3
			}
			total, nll, meanNLL = total+math.Exp(got[i]), nll-math.Log(p)/32, meanNLL-logs/32
			for _, v := range []float64{got[i], blocks[i], row[i]} {
				if !near(v, math.Log(p), 1e-5) {
					t.Errorf("row %d has ln p %v, want %v", i, v, math.Log(p))
				}
			}
		}
		if math.Abs(total-1) > 1e-5 {
			t.Errorf("the probabilities of all rows sum to %v", total)
		}
		if meanNLL-nll < 0.1 {
			t.Fatalf("the members are too much alike to tell means apart: %v and %v", nll, meanNLL)
		}
		m := found.Mixture
		if !near(found.NLL, nll, 1e-5) || !near(m.Mean, meanNLL, 1e-5) || !near(m.Gain, meanNLL-nll, 1e-4) || found.Orders != 1+3+2 || found.Rows != 32 {
			t.Errorf("%+v with %+v, want %v and %v", found, m, nll, meanNLL)
		}
		if m.ESS <= 1 || m.ESS >= 3 || found.ESS <= m.ESS || found.ESS > 6 || !(m.SD > 0) {
			t.Errorf("effective numbers %v of 3 members and %v of 6 orders, deviation %v", m.ESS, found.ESS, m.SD)
		}
		for k, own := range m.Members {
			want := must.M1(members[k].Evaluate(t.Context(), rows, maskflow.EvalOptions{}))
			if !near(own.NLL, want.NLL, 1e-12) || own.Orders != want.Orders || !near(own.Gain, want.Gain, 1e-12) {
				t.Errorf("member %d has %+v, alone %+v", k, own, want)
			}
		}
	})
}

// A model is worth itself, however often it is in an ensemble.
func TestEnsembleOfOneModelIsTheModel(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		m, set := bitModels(t, b, 5)[1], randomSet(2, 19, 5, 0)
		want := must.M1(m.EvaluateOf(t.Context(), set, maskflow.EvalOptions{}))
		once, twice := ensemble(t, m), ensemble(t, m, m)
		one := must.M1(once.EvaluateOf(t.Context(), []*data.Prepared{set}, maskflow.EvalOptions{}))
		if one.Mixture != nil || one.NLL != want.NLL || one.ESS != want.ESS {
			t.Errorf("an ensemble of one has %+v, the model %+v", one, want)
		}
		two := must.M1(twice.EvaluateOf(t.Context(), []*data.Prepared{set, set}, maskflow.EvalOptions{}))
		if !near(two.NLL, want.NLL, 1e-14) || !near(two.NLL2SE, want.NLL2SE, 1e-12) || !near(two.Gain, want.Gain, 1e-12) || !near(two.NLLModel, want.NLLModel, 1e-14) ||
			!near(two.Mixture.Gain, 0, 1e-14) || !near(two.ESS, 2*want.ESS, 1e-12) || !near(two.Mixture.ESS, 2, 1e-14) || two.Mixture.SD != 0 {
			t.Errorf("twice the model has %+v with %+v, once %+v", two, two.Mixture, want)
		}
		u := must.M1(twice.PITOf(t.Context(), []*data.Prepared{set, set}, 0))
		for i, v := range must.M1(m.Core.PIT(t.Context(), set.X, nil)) {
			if !near(u[i], v, 1e-14) {
				t.Fatalf("transform %d is %v, alone %v", i, u[i], v)
			}
		}
		rows := must.M1(once.Sample(t.Context(), 9, maskflow.SampleOptions{Seed: 3}))
		if x := must.M1(m.Sample(t.Context(), 9, maskflow.SampleOptions{Seed: 3})); !slices.Equal(must.M1(rows.Values()), must.M1(x.Values())) {
			t.Error("an ensemble of one has other samples than the model")
		}
	})
}

// By Jensen's inequality the negative log-likelihood of an ensemble is at most the mean of its members', of all rows, one by
// one, whatever the weights are.
func TestEnsembleIsNeverWorseThanItsMembersAre(t *testing.T) {
	if raceDetector {
		t.Skip("many numbers, of the same threads as fewer ones, which the race detector makes ten times as long")
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for seed := range uint64(6) {
			for name, members := range map[string][]*maskflow.Model{"bits": bitModels(t, b, 10*seed), "reals": realModels(t, b, 10*seed)} {
				dim := members[0].Definition().Dim()
				x := states(dim)
				if name == "reals" {
					x = modeltest.Normals(seed, 40*dim)
				}
				rows := must.M1(data.FromFlat(x, dim))
				var logp []float64
				found := must.M1(ensemble(t, members...).Evaluate(t.Context(), rows, maskflow.EvalOptions{Row: func(v float64) { logp = append(logp, v) }}))
				if m := found.Mixture; found.NLL > m.Mean || m.Gain < 0 || m.ESS < 1 || m.ESS > 3+1e-12 {
					t.Errorf("%s, seed %d: the ensemble has %v, its members %v on average: %+v", name, seed, found.NLL, m.Mean, m)
				}
				for i, v := range logp {
					mean := 0.0
					for _, m := range members {
						mean += must.M1(m.LogProb(t.Context(), rows.Select([]int{i}, nil)))[0] / float64(len(members))
					}
					if v < mean-1e-5*(1+math.Abs(mean)) {
						t.Errorf("%s, seed %d: row %d has ln p %v, its members %v on average", name, seed, i, v, mean)
					}
				}
			}
		}
	})
}

// surely is a model of bits that are nearly always on, or off.
func surely(t *testing.T, b *backend.Backend, dim int, on bool) *maskflow.Model {
	t.Helper()
	d := newMADE(t, made.Options{Dim: dim, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	w := models.Initialize(d, 1)
	for i, s := range d.Specs() {
		clear(w[i])
		for k := range w[i] {
			if len(s.Shape) == 1 { // a bias
				if w[i][k] = -20; on {
					w[i][k] = 20
				}
			}
		}
	}
	return newModel(t, b, d, w, maskflow.Options{})
}

func TestSamplesOfAnEnsembleAreOfItsMembers(t *testing.T) {
	const n, dim = 40_000, 3
	b := backendtest.Open(t, backend.KindGo)
	e := ensemble(t, surely(t, b, dim, false), surely(t, b, dim, true))
	x := must.M1(must.M1(e.Sample(t.Context(), n, maskflow.SampleOptions{Seed: 8})).Values())
	on := 0
	for i := range n {
		row := x[i*dim : (i+1)*dim]
		if row[0] == 1 {
			on++
		}
		if row[0] != row[1] || row[1] != row[2] {
			t.Fatalf("sample %d is %v, of two members", i, row)
		}
	}
	if off := math.Abs(float64(on)-n/2) / math.Sqrt(n/4); off > 3 {
		t.Errorf("%d of %d samples are of one of two members, %.1f standard errors from a half", on, n, off)
	}
	few := must.M1(must.M1(e.Sample(t.Context(), 20_001, maskflow.SampleOptions{Seed: 8})).Values())
	if !slices.Equal(few, x[:len(few)]) {
		t.Error("the first rows depend on how many are drawn")
	}
	if other := must.M1(must.M1(e.Sample(t.Context(), 100, maskflow.SampleOptions{Seed: 9})).Values()); slices.Equal(other, x[:300]) {
		t.Error("another seed gives the same rows")
	}
	_, err := e.Sample(t.Context(), 3, maskflow.SampleOptions{Order: 1})
	refuses(t, "an order", err, "orders of their own")
}

// Samples given a context have the members alike, each row with its own context.
func TestSamplesOfAnEnsembleHaveTheirContexts(t *testing.T) {
	const n = 20_000
	b := backendtest.Open(t, backend.KindGo)
	var members []*maskflow.Model
	for seed := range uint64(2) {
		d := newMADE(t, made.Options{Dim: 2, ContextDim: 1, Hidden: []int{7}, Degrees: "sequential", Start: "natural"})
		members = append(members, newModel(t, b, d, modeltest.Strong(d, seed), maskflow.Options{}))
	}
	e := ensemble(t, members...)
	var cond []float64
	for i := range n {
		cond = append(cond, float64(i%2)*4-2)
	}
	x := must.M1(must.M1(e.Sample(t.Context(), n, maskflow.SampleOptions{Seed: 2, Context: must.M1(data.FromFlat(cond, 1))})).Values())
	for c := range 2 {
		for state := range 4 {
			rows := must.M1(data.FromFlat([]float64{float64(state & 1), float64(state >> 1), cond[c]}, 3))
			p, seen := math.Exp(must.M1(e.LogProb(t.Context(), rows))[0]), 0.0
			for i := c; i < n; i += 2 {
				if int(x[2*i])+2*int(x[2*i+1]) == state {
					seen += 2.0 / n
				}
			}
			if se := math.Sqrt(p * (1 - p) / (n / 2)); math.Abs(seen-p) > 4*se+1e-9 {
				t.Errorf("given %v, state %d has the share %v, want %v", cond[c], state, seen, p)
			}
		}
	}
	_, err := e.Sample(t.Context(), 5, maskflow.SampleOptions{Context: must.M1(data.FromFlat(cond[:3], 1))})
	refuses(t, "three contexts of five rows", err, "3 rows")
}

// What is given of a row weighs the members by their probabilities of it.
func TestSamplesOfAnEnsembleGivenValues(t *testing.T) {
	const n = 20_000
	b := backendtest.Open(t, backend.KindGo)
	var members []*maskflow.Model
	for seed := range uint64(2) {
		d := must.M1(nade.New(nade.Options{Dim: 3, Hidden: []int{7}, Orders: 1}))
		members = append(members, newModel(t, b, d, modeltest.Strong(d, 3+seed), maskflow.Options{}))
	}
	e := ensemble(t, members...)
	// Of a NADE in one order a given first variable leaves its joint distribution as it is.
	first := slices.Index(members[0].Sets(0)[0].Order, 1)
	given := []float64{math.NaN(), math.NaN(), math.NaN()}
	given[first] = 1
	x := must.M1(must.M1(e.Sample(t.Context(), n, maskflow.SampleOptions{Seed: 2, Given: must.M1(data.FromFlat(given, 3))})).Values())
	all := states(3)
	logp := must.M1(e.LogProb(t.Context(), must.M1(data.FromFlat(all, 3))))
	total := 0.0
	for s := range 8 {
		if all[3*s+first] == 1 {
			total += math.Exp(logp[s])
		}
	}
	for s := range 8 {
		if all[3*s+first] != 1 {
			continue
		}
		p, seen := math.Exp(logp[s])/total, 0.0
		for i := range n {
			if slices.Equal(x[3*i:3*i+3], all[3*s:3*s+3]) {
				seen += 1.0 / n
			}
		}
		if se := math.Sqrt(p * (1 - p) / n); math.Abs(seen-p) > 4*se {
			t.Errorf("state %d has the share %v given variable %d, want %v", s, seen, first, p)
		}
	}
}

// The transforms of a mixture are those of its own conditionals, computed here from the probabilities of all rows.
func TestPITOfAnEnsembleOfBits(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		const dim = 4
		any := must.M1(nade.New(nade.Options{Dim: dim, Hidden: []int{9}, Orders: 1}))
		order := any.Cycle().At(0).Order
		sequence := order.Sequence()
		var members []*maskflow.Model
		for k, d := range []models.Definition{
			newMADE(t, made.Options{Dim: dim, Hidden: []int{7}, Degrees: "sequential", Order: order}),
			any,
			newMADE(t, made.Options{Dim: dim, Hidden: []int{5}, Degrees: "sequential", Order: order}),
		} {
			members = append(members, newModel(t, b, d, modeltest.Strong(d, 20+uint64(k)), maskflow.Options{Batch: 5}))
		}
		e, x := ensemble(t, members...), states(dim)
		logp := must.M1(e.LogProb(t.Context(), must.M1(data.FromFlat(x, dim))))
		u := must.M1(e.PIT(t.Context(), must.M1(data.FromFlat(x, dim))))
		share := func(row []float32, n int) (p float64) { // of the values of the first n variables of the order
			for s := range logp {
				if !slices.ContainsFunc(sequence[:n], func(d int) bool { return x[s*dim+d] != row[d] }) {
					p += math.Exp(logp[s])
				}
			}
			return p
		}
		rng := rand.New(rand.NewPCG(0, 0x706974))
		for i := range 1 << dim {
			for d := range dim {
				row := slices.Clone(x[i*dim : (i+1)*dim])
				before := share(row, order[d]-1)
				p, below := share(row, order[d])/before, 0.0
				if row[d] == 1 {
					row[d] = 0
					below = share(row, order[d]) / before
				}
				if want := below + p - rng.Float64()*p; math.Abs(u.At(i, d)-want) > 1e-5 {
					t.Errorf("row %d, variable %d: %v, want %v", i, d, u.At(i, d), want)
				}
			}
		}
	})
}

// Rows of a mixture have uniform transforms, of members that scale the columns by other rows, too.
func TestPITOfAnEnsembleIsUniform(t *testing.T) {
	const n = 4000
	b := backendtest.Open(t, backend.KindGo)
	var members []*maskflow.Model
	for seed := range uint64(2) {
		table := must.M1(data.FromRows(correlated(200)))
		for i := range table.Rows() {
			table.Set(i, 0, float64(1+2*seed)*table.At(i, 0)+float64(seed))
		}
		splits := must.M1(data.Split(table, data.Options{Typed: true, Columns: data.Schema{{Name: "0", Exact: true}, {Name: "1", Exact: true}}}))
		d := newMADE(t, made.Options{Dim: 2, Variables: maskflow.Variables(splits.Prep), Hidden: []int{7}, Output: "mixed", Degrees: "sequential", Start: "natural"})
		members = append(members, newModel(t, b, d, shaken(d, seed), maskflow.Options{Preparation: splits.Prep}))
	}
	e := ensemble(t, members...)
	rows := must.M1(e.Sample(t.Context(), n, maskflow.SampleOptions{Seed: 4}))
	u := must.M1(e.PIT(t.Context(), rows))
	for d := range 2 {
		var column []float64
		for i := range n {
			column = append(column, u.At(i, d))
		}
		if far, p := num.KS(column, nil); p < 1e-3 {
			t.Errorf("variable %d: the distance is %.4f, p = %.1g", d, far, p)
		}
		own := must.M1(members[0].PIT(t.Context(), rows))
		for i := range n {
			column[i] = own.At(i, d)
		}
		if _, p := num.KS(column, nil); p > 1e-6 {
			t.Errorf("variable %d: the rows pass for those of one member, p = %.1g", d, p)
		}
	}
	if found := must.M1(e.Evaluate(t.Context(), rows, maskflow.EvalOptions{})); !math.IsNaN(found.NLLModel) {
		t.Errorf("members of two scales have one NLL in model space, %v", found.NLLModel)
	}
	_, err := e.Conditional(t.Context(), rows, "0")
	refuses(t, "conditionals of members of two scales", err, "one preparation")
}

// The conditional of a mixture has the probabilities of its joint distribution.
func TestConditionalOfAnEnsemble(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	var members []*maskflow.Model
	for seed := range uint64(3) {
		d := must.M1(nade.New(nade.Options{Dim: 3, Hidden: []int{7}, Orders: 1}))
		members = append(members, newModel(t, b, d, modeltest.Strong(d, 30+seed), maskflow.Options{}))
	}
	e, x := ensemble(t, members...), states(3)
	logp := must.M1(e.LogProb(t.Context(), must.M1(data.FromFlat(x, 3))))
	last := slices.Index(members[0].Sets(0)[0].Order, 3) // of it, given the others, the joint distribution is that of any order
	for s := range 8 {
		if x[3*s+last] != 0 {
			continue
		}
		row := num.Convert[float64](x[3*s : 3*s+3])
		other := slices.Clone(row)
		row[last], other[last] = math.NaN(), 1
		c := must.M1(e.Conditional(t.Context(), must.M1(data.FromFlat(row, 3)), strconv.Itoa(last)))[0]
		off, on := math.Exp(logp[s]), math.Exp(must.M1(e.LogProb(t.Context(), must.M1(data.FromFlat(other, 3))))[0])
		if p := on / (off + on); !near(math.Exp(c.LogProb(1)), p, 1e-5) || !near(c.CDF(0), 1-p, 1e-5) || c.CDF(1) < 1-1e-9 {
			t.Errorf("given %v the bit has the probability %v, CDF %v, want %v", row, math.Exp(c.LogProb(1)), c.CDF(0), p)
		}
		for _, p := range []float64{0.01, 0.5, 0.99} {
			want := 0.0
			if c.CDF(0) < p {
				want = 1
			}
			if got := c.Quantile(p); got != want {
				t.Errorf("given %v the quantile of %v is %v, want %v", row, p, got, want)
			}
		}
	}
}

func TestEnsemblesThatAreNone(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	bits, reals := bitModels(t, b, 1), realModels(t, b, 1)
	_, err := maskflow.NewEnsemble()
	refuses(t, "no model", err, "needs a model")
	_, err = maskflow.NewEnsemble(bits[0], nil)
	refuses(t, "a nil model", err, "needs a model")
	_, err = maskflow.NewEnsemble(bits[0], reals[0])
	refuses(t, "bits and reals", err, `column "0": kind binary in member 1 and real in member 2`)
	wide := newMADE(t, made.Options{Dim: 7, Hidden: []int{5}})
	_, err = maskflow.NewEnsemble(newModel(t, b, wide, modeltest.Strong(wide, 1), maskflow.Options{}), bits[0])
	refuses(t, "other columns", err, `column "5" of member 1 is none of member 2`)
	table := func(c data.Column) *maskflow.Model {
		rows := must.M1(data.FromRows(correlated(40)))
		rows.Columns = []string{"width", "height"}
		schema := data.Schema{{Name: "width", Exact: true}, c}
		splits := must.M1(data.Split(rows, data.Options{Columns: schema}))
		d := newMADE(t, made.Options{Dim: 2, Variables: maskflow.Variables(splits.Prep), Hidden: []int{5}, Output: "mixed"})
		return newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{Preparation: splits.Prep})
	}
	plain := table(data.Column{Name: "height", Exact: true})
	for want, c := range map[string]data.Column{
		`column "height": lower bound none in member 1 and -50 in member 2`:             {Name: "height", Exact: true, Min: new(-50.0)},
		`column "height": step none in member 1 and 0.5 in member 2`:                    {Name: "height", Step: 0.5},
		`column "height": missing cells none in member 1 and an event in member 2`:      {Name: "height", Exact: true, Missing: true},
		`column "height": values with a probability none in member 1 and 7 in member 2`: {Name: "height", Exact: true, Atoms: []float64{7}},
	} {
		_, err = maskflow.NewEnsemble(plain, table(c))
		refuses(t, want, err, want)
	}
	if _, err := maskflow.NewEnsemble(plain, table(data.Column{Name: "height", Exact: true, Transform: data.AsIs})); err != nil {
		t.Errorf("another transform: %v", err)
	}
	_, err = ensemble(t, reals...).PIT(t.Context(), must.M1(data.FromFlat(modeltest.Normals(1, 6), 3)))
	refuses(t, "a flow among them", err, "member 2: the model is no masked density")
	_, err = ensemble(t, bits[0], bits[1]).EvaluateOf(t.Context(), []*data.Prepared{randomSet(1, 3, 5, 0)}, maskflow.EvalOptions{})
	refuses(t, "one set of two", err, "ensemble of 2")
}

// Of a variational autoencoder the estimates are averaged: the figure is an estimate, too.
func TestEnsembleOfAutoencoders(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := must.M1(vae.New(vae.Options{Dim: 5, Latent: 2, Encoder: []int{5}, Decoder: []int{5}}))
	e := ensemble(t, newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{Samples: 16}), bitModels(t, b, 1)[0])
	found := must.M1(e.Evaluate(t.Context(), must.M1(data.FromFlat(states(5), 5)), maskflow.EvalOptions{Samples: 8}))
	if found.Samples != 8 || found.Mixture.Members[0].Samples != 8 || found.Mixture.Members[1].Samples != 0 || found.NLL > found.Mixture.Mean || found.NegELBO < found.NLL {
		t.Errorf("%+v with %+v", found, found.Mixture)
	}
}

// scaledModels are models of two columns of rows with weights, of which each scales them by rows of its own.
func scaledModels(t *testing.T, b *backend.Backend) (all []*maskflow.Model) {
	t.Helper()
	columns := data.Schema{{Name: "x", Exact: true, Transform: data.Standardise}, {Name: "w", Role: data.WeightRole}, {Name: "y", Exact: true, Transform: data.Standardise}}
	for seed := range uint64(2) {
		splits := must.M1(data.Split(weighedRows(300, seed, float64(1+seed)), data.Options{Columns: columns}))
		d := newMADE(t, made.Options{Dim: 2, Variables: maskflow.Variables(splits.Prep), Hidden: []int{7}, Output: "mixed"})
		all = append(all, newModel(t, b, d, shaken(d, seed), maskflow.Options{Preparation: splits.Prep, Batch: 64}))
	}
	return all
}

// weighedRows are rows of two numbers and a weight, which is 0 of each fifth.
func weighedRows(n int, seed uint64, scale float64) *data.Table {
	rng, x := rand.New(rand.NewPCG(seed, 7)), make([]float64, 0, 3*n)
	for i := range n {
		x = append(x, scale*rng.NormFloat64(), float64(i%5), 3+scale*rng.NormFloat64())
	}
	return must.M1(data.FromFlat(x, 3, "x", "w", "y"))
}

// once gives the rows of a table in pages, and can be read once, as a pipe.
func once(t *testing.T, table *data.Table) data.Pages {
	begun := false
	return func(rows int) iter.Seq2[*data.Table, error] {
		return func(yield func(*data.Table, error) bool) {
			if begun || rows == 0 {
				t.Errorf("pages of %d rows are read, again: %v", rows, begun)
			}
			begun = true
			for first := 0; first < table.Rows(); first += rows {
				of := make([]int, min(rows, table.Rows()-first))
				for i := range of {
					of[i] = first + i
				}
				page := data.Part{Table: table, Rows: of}.Select()
				page.First = first
				if !yield(page, nil) {
					return
				}
			}
		}
	}
}

// All members read the same pages, which come once, with the likelihoods of the rows in memory, bit by bit.
func TestEnsembleReadsPagesOnce(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		const n = 40_003
		members, table := scaledModels(t, b), weighedRows(n, 9, 1)
		e := ensemble(t, members[0], members[1], members[0])
		want, blocks := must.M1(e.LogProb(t.Context(), table)), 0
		var got []float64
		must.M(e.LogProbBlocks(t.Context(), once(t, table), 0, func(s *data.Prepared, logp []float64, perMember [][]float64) error {
			blocks++
			if perMember[0][0] != perMember[2][0] || perMember[0][0] == perMember[1][0] {
				t.Errorf("block %d: the members have %v, %v and %v", blocks, perMember[0][0], perMember[1][0], perMember[2][0])
			}
			got = append(got, logp...)
			return nil
		}))
		if blocks < 3 || !slices.Equal(got, want) {
			t.Errorf("%d rows in %d blocks have other likelihoods than in memory", len(got), blocks)
		}
		var counted []int
		for i := range n {
			if i%5 > 0 {
				counted = append(counted, i)
			} else {
				table.Set(i, 2, math.NaN()) // which no evaluation looks at
			}
		}
		alone := must.M1(e.Evaluate(t.Context(), data.Part{Table: table, Rows: counted}.Select(), maskflow.EvalOptions{}))
		paged := must.M1(e.EvaluatePages(t.Context(), once(t, table), maskflow.EvalOptions{}))
		if paged.Rows != len(counted) || paged.NLL != alone.NLL || paged.NLL2SE != alone.NLL2SE || paged.Mixture.Gain2SE != alone.Mixture.Gain2SE || paged.Mixture.Members[1].NLL != alone.Mixture.Members[1].NLL {
			t.Errorf("pages have %+v with %+v, the rows that count %+v with %+v", paged, paged.Mixture, alone, alone.Mixture)
		}
		sum, weights := 0.0, 0.0
		for _, i := range counted {
			sum, weights = sum-float64(i%5)*want[i], weights+float64(i%5)
		}
		if !near(paged.NLL, sum/weights, 1e-9) {
			t.Errorf("the ensemble has %v, the mean by weights is %v", paged.NLL, sum/weights)
		}
		table.Set(n-2, 0, math.Inf(1))
		err := e.LogProbBlocks(t.Context(), once(t, table), 0, func(*data.Prepared, []float64, [][]float64) error { return nil })
		refuses(t, "a row that has no number", err, `column "y"`)
		_, err = e.EvaluatePages(t.Context(), once(t, table), maskflow.EvalOptions{})
		refuses(t, "a late row that has no number", err, `column "x"`)
		for i := range n {
			table.Set(i, 1, 0)
		}
		_, err = e.EvaluatePages(t.Context(), once(t, table), maskflow.EvalOptions{})
		refuses(t, "rows of weight 0", err, "every row has the weight 0")
	})
}
