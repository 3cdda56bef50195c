package train_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/janpfeifer/must"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/train"
)

// rowsOf is a table of n rows of named columns; a cell is a float64 or a string.
func rowsOf(n int, names []string, row func(i int) []any) *data.Table {
	t := &data.Table{Name: "table", Columns: names}
	for i := range n {
		cells := row(i)
		values := make([]float64, len(cells))
		for k, cell := range cells {
			if v, number := cell.(float64); number {
				values[k] = v
			}
		}
		t.Append(values)
		for k, cell := range cells {
			if text, is := cell.(string); is {
				t.SetText(i, k, text)
			}
		}
	}
	return t
}

// fitted trains a model of a table to the end, by a configuration that is changed.
func fitted(t *testing.T, rows *data.Table, sets ...string) (*train.Result, *data.Splits) {
	t.Helper()
	return fittedOn(t, backend.KindGo, rows, sets...)
}

func fittedOn(t *testing.T, kind string, rows *data.Table, sets ...string) (*train.Result, *data.Splits) {
	t.Helper()
	if raceDetector {
		t.Skip("a long training, of the same threads as shorter ones, which the race detector makes ten times as long")
	}
	c, err := train.SourceConfig(data.InMemory, append([]string{"train.ema=0.99"}, sets...))
	if err != nil {
		t.Fatal(err)
	}
	r, splits, err := train.FitTable(t.Context(), backendtest.Open(t, kind), rows, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r, splits
}

// nll is that of the test rows in nats.
func nll(t *testing.T, r *train.Result, splits *data.Splits) float64 {
	t.Helper()
	e, err := r.EvaluateOf(t.Context(), splits.Test, maskflow.EvalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return e.NLL
}

// small is a mixed model that trains in seconds.
const small = "model={type: made, output: mixed, hidden: [32]}"

// smallNADE is one of any order.
const smallNADE = "model={type: nade, output: mixed, hidden: [32], orders: {count: 2}}"

// Columns of a file are found by their names, wherever they stand.
func TestColumnsInAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	rows := rowsOf(500, []string{"height", "sex", "children", "site"}, func(int) []any {
		h := rng.NormFloat64()
		return []any{170 + 7*h, []string{"f", "m"}[rng.IntN(2)], float64(rng.IntN(5)), []string{"a", "b", "c"}[rng.IntN(3)]}
	})
	for _, model := range []string{small, smallNADE} {
		m, _ := fitted(t, rows, model, "train.max_steps=30", "data.columns={site: context}")
		want := must.M1(m.LogProb(t.Context(), rows))
		for _, columns := range [][]int{{1, 0, 2, 3}, {3, 2, 1, 0}, {2, 3, 0, 1}} {
			if got := must.M1(m.LogProb(t.Context(), rows.Select(nil, columns))); !slices.Equal(got, want) {
				t.Errorf("%s: ln p differs where the columns are in the order %v", model, columns)
			}
		}
		_, err := m.LogProb(t.Context(), rows.Select(nil, []int{0, 2, 3}))
		datatest.WantError(t, err, "sex")
		renamed := rows.Select(nil, nil)
		renamed.Columns = []string{"heights", "sex", "children", "site"}
		_, err = m.LogProb(t.Context(), renamed)
		datatest.WantError(t, err, "height", "heights")
	}
}

// Units of a column that is modelled add their logarithm to the likelihood, those of a context nothing.
func TestUnitsOfColumns(t *testing.T) {
	const n = 3000
	for _, model := range []string{small, "model={type: auto}"} {
		of := func(scale, contextScale, shift float64) float64 {
			rng := rand.New(rand.NewPCG(3, 4))
			rows := rowsOf(n, []string{"x", "y", "c"}, func(int) []any {
				c := rng.NormFloat64()
				x := c + 0.5*rng.NormFloat64()
				return []any{x * scale, x*x + rng.NormFloat64(), c*contextScale + shift}
			})
			sets := []string{model, "train.max_steps=600", "data.columns={c: context}"}
			m, splits := fitted(t, rows, sets...)
			return nll(t, m, splits)
		}
		plain := of(1, 1, 0)
		if got := of(1000, 1, 0) - plain - math.Log(1000); math.Abs(got) > 1e-4 {
			t.Errorf("%s: a column × 1000 shifts the likelihood by ln 1000 + %.2g", model, got)
		}
		if got := of(1, 1000, 5000) - plain; math.Abs(got) > 0.02 {
			t.Errorf("%s: a context × 1000 + 5000 shifts the likelihood by %.3g", model, got)
		}
	}
}

// A column of one value that is kept has the density 1/step there.
func TestConstantColumn(t *testing.T) {
	for _, step := range []float64{0.01, 5} {
		m, splits := fitted(t, rowsOf(1000, []string{"constant"}, func(int) []any { return []any{15.0} }), small,
			fmt.Sprintf("data.columns={constant: {kind: real, step: %v}}", step), "train.max_steps=800")
		if got := nll(t, m, splits) - math.Log(step); got < 0 || got > 0.01 {
			t.Errorf("step %v: the constant costs ln %v + %.4f nats", step, step, got)
		}
	}
}

// A quarter of zeros before a lognormal density.
func TestZerosAndPositiveNumbers(t *testing.T) {
	const n, zeros, sigma = 20_000, 0.25, 0.8
	rng := rand.New(rand.NewPCG(5, 6))
	rows := rowsOf(n, []string{"income"}, func(int) []any {
		if rng.Float64() < zeros {
			return []any{0.0}
		}
		return []any{math.Exp(2 + sigma*rng.NormFloat64())}
	})
	for _, sets := range [][]string{{"data.columns={income: {transform: log}}"}, {"data.marginal=spline"}, nil} {
		m, splits := fitted(t, rows, append(sets, small, "train.max_steps=5000")...)
		test := must.M1(m.Preparation().Undo(splits.Test.X[:splits.Test.Rows*splits.Test.Dim]))
		truth := 0.0
		for i := range test.Rows() {
			if v := test.At(i, 0); v == 0 {
				truth -= math.Log(zeros)
			} else {
				truth -= math.Log(1-zeros) + distuv.LogNormal{Mu: 2, Sigma: sigma}.LogProb(v)
			}
		}
		if got := nll(t, m, splits) - truth/float64(test.Rows()); math.Abs(got) > 0.02 {
			t.Errorf("%v: −ln p is %.3f nats above that of the density", sets, got)
		}
		drawn := must.M1(m.Sample(t.Context(), n, maskflow.SampleOptions{Seed: 1}))
		count := func(t *data.Table) (zeros float64) {
			for i := range n {
				if t.At(i, 0) == 0 {
					zeros++
				}
			}
			return zeros
		}
		if off := (count(drawn) - count(rows)) / math.Sqrt(2*zeros*(1-zeros)*n); math.Abs(off) > 3 {
			t.Errorf("%v: zeros of the samples and of the rows differ by %.1f standard errors", sets, off)
		}
	}
}

// Counts have a probability beyond those of the training.
func TestCountsBeyondTraining(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, columns := range []string{"{}", "{count: {min: 0}}", "{count: {transform: spline}}"} {
		m, _ := fitted(t, rowsOf(2000, []string{"count", "other"}, func(int) []any {
			return []any{math.Min(math.Floor(rng.ExpFloat64()*6), 30), rng.NormFloat64()}
		}), small, "train.max_steps=1000", "data.columns="+columns)
		logp := must.M1(m.LogProb(t.Context(), rowsOf(3, []string{"count", "other"}, func(i int) []any { return []any{float64(45 * (1 + i*i)), 0.0} })))
		for i, v := range logp {
			if math.IsInf(v, 0) || math.IsNaN(v) || v > 0 {
				t.Errorf("%s: ln p of row %d is %v", columns, i, v)
			}
		}
	}
}

// Rows of a logit or probit column are inside its bounds, and have a density.
func TestSamplesInsideBounds(t *testing.T) {
	n := 1_000_000
	if os.Getenv("MASKFLOW_SOAK") == "" {
		n /= 20
	}
	for _, transform := range []string{"logit", "probit"} {
		rng := rand.New(rand.NewPCG(9, 10))
		m, _ := fitted(t, rowsOf(2000, []string{"share"}, func(int) []any { return []any{2 + 3*distuv.Beta{Alpha: 0.4, Beta: 0.5, Src: rng}.Rand()} }), small,
			"train.max_steps=1000", "data.columns={share: {kind: real, exact: true, min: 2, max: 5, transform: "+transform+"}}")
		rows, logp, err := m.SampleAndLogProb(t.Context(), n, maskflow.SampleOptions{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range logp {
			if v := rows.At(i, 0); v <= 2 || v >= 5 || math.IsInf(p, 0) || math.IsNaN(p) {
				t.Fatalf("%s: sample %v has ln p %v", transform, v, p)
			}
		}
	}
}

// A circle has no first point.
func TestCircle(t *testing.T) {
	const n, period = 6000, 24.
	rng := rand.New(rand.NewPCG(11, 12))
	hours, noise := make([]float64, n), make([]float64, n)
	for i := range hours {
		hours[i], noise[i] = 2+2*rng.NormFloat64(), rng.NormFloat64()
		if rng.IntN(3) == 0 {
			hours[i] += 9
		}
	}
	var of [2]float64
	for k, shift := range []float64{0, period / 2} {
		rows := rowsOf(n, []string{"hour", "x"}, func(i int) []any {
			return []any{math.Mod(hours[i]+shift+period, period), math.Cos(hours[i]*2*math.Pi/period) + 0.3*noise[i]}
		})
		m, splits := fitted(t, rows, small, "data.columns={hour: {kind: circular, period: 24}, x: {exact: true, kind: real}}", "train.max_steps=1500")
		of[k] = nll(t, m, splits)
		ends := must.M1(m.LogProb(t.Context(), rowsOf(2, []string{"hour", "x"}, func(i int) []any { return []any{float64(i) * period, 1.0} })))
		if ends[0] != ends[1] {
			t.Errorf("ln p is %v at 0 and %v at the period", ends[0], ends[1])
		}
	}
	if math.Abs(of[0]-of[1]) > 0.02 {
		t.Errorf("the likelihood is %.3f, and %.3f of hours that are shifted by half a day", of[0], of[1])
	}
}

// The mean of a column is right where its holes depend on another one, in a drawn order too, and where holes are values
// that are not known.
func TestMeanOfAColumnWithHoles(t *testing.T) {
	const n, rho = 20_000, 0.8
	const anyOrder = "model={type: nade, output: mixed, hidden: [64]}"
	for _, sets := range [][]string{{small}, {"model={type: made, output: mixed, hidden: [64], orders: {count: unlimited}}", "eval.valid_orders=2"},
		{anyOrder}, {anyOrder, "data.holes=unknown"}} {
		rng := rand.New(rand.NewPCG(13, 14))
		rows := rowsOf(n, []string{"b", "a"}, func(int) []any {
			a := rng.NormFloat64()
			b := rho*a + math.Sqrt(1-rho*rho)*rng.NormFloat64()
			if a > 0 && rng.Float64() < 0.9 {
				b = math.NaN()
			}
			return []any{b, a}
		})
		m, _ := fitted(t, rows, append(sets, "train.max_steps=3000")...)
		drawn := must.M1(m.Sample(t.Context(), 50_000, maskflow.SampleOptions{Seed: 1, Complete: true}))
		var b []float64
		for i := range drawn.Rows() {
			b = append(b, drawn.At(i, 0))
		}
		if mean := stat.Mean(b, nil); math.Abs(mean) > 0.03 {
			t.Errorf("%s: the mean of b in complete samples is %.3f", sets, mean)
		}
	}
}

// Where holes are not known the columns choose a NADE, in which those with holes are late. It is kept with the model that a row
// of which nothing is known has the probability one and that samples are whole; other models are not trained so.
func TestHolesThatAreNotKnown(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	rows := rowsOf(300, []string{"b", "a", "c"}, func(i int) []any {
		b, c := rng.NormFloat64(), any([]string{"x", "y"}[rng.IntN(2)])
		if i%3 == 0 {
			b = math.NaN()
		}
		if i%7 == 0 {
			c = math.NaN()
		}
		return []any{b, rng.NormFloat64(), c}
	})
	auto := must.M1(train.SourceConfig(data.InMemory, []string{"data.holes=unknown"}))
	must.M1(auto.Split(rows))
	if _, is := auto.Model.(*nade.Options); !is {
		t.Errorf("the columns choose %s", auto.Model.Name())
	}
	m, splits := fitted(t, rows, "model={type: nade, hidden: [8]}", "data.holes=unknown", "train.max_steps=20")
	for k := range m.Sets(0) {
		if order := m.Sets(0)[k].Order.Sequence(); order[0] != 1 {
			t.Errorf("order %d is %v", k, order)
		}
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	must.M(m.Save(path))
	opened := must.M1(maskflow.Open(backendtest.Open(t, backend.KindGo), path))
	defer opened.Close()
	nothing := rowsOf(1, rows.Columns, func(int) []any { return []any{math.NaN(), math.NaN(), math.NaN()} })
	few := rows.Select([]int{0, 1, 2, 3, 4, 5, 6, 7}, []int{0, 1, 2})
	want := must.M1(m.LogProb(t.Context(), few))
	for what, m := range map[string]*maskflow.Model{"trained": m.Model, "opened": opened, "with a reading": opened.Reading(data.Reading{})} {
		if got := must.M1(m.LogProb(t.Context(), few)); !slices.Equal(got, want) {
			t.Errorf("%s: other likelihoods", what)
		}
		if logp := must.M1(m.LogProb(t.Context(), nothing)); logp[0] != 0 {
			t.Errorf("%s: a row of which nothing is known has ln p %v", what, logp[0])
		}
		drawn := must.M1(m.Sample(t.Context(), 200, maskflow.SampleOptions{Seed: 1}))
		for i := range drawn.Rows() {
			for d := range rows.Columns {
				if _, text := drawn.Text(i, d); !text && math.IsNaN(drawn.At(i, d)) {
					t.Fatalf("%s: sample %d has a hole", what, i)
				}
			}
		}
	}
	for _, model := range []string{small, "model={type: maf}", "model={type: iaf}", "model={type: vae}"} {
		_, err := train.SourceConfig(data.InMemory, []string{model, "data.holes=unknown"})
		datatest.WantError(t, err, "data.holes")
		datatest.WantError(t, err, "model.type: nade")
	}
	masked := must.M1(made.New(made.Options{Dim: 3, Output: "mixed", Variables: maskflow.Variables(splits.Prep), Hidden: []int{5}}))
	_, err := train.Fit(t.Context(), nil, masked, splits, train.Options{MaxSteps: 1})
	datatest.WantError(t, err, "any order")
}

// Values of complete rows cost no more where cells of the rows in training are missing, at random or depending on a
// column that is whole. make soak has all rows, the tests of every day a twentieth, which leaves more to chance.
func TestDiamondsWithHoles(t *testing.T) {
	all := must.M1(format.ReadFile(t.Context(), datatest.File(t, "tables/diamonds.csv.gz"), format.ReadOptions{}))
	var columns []int
	for _, name := range []string{"price", "carat", "cut", "color", "clarity", "depth", "table", "x", "y", "z"} {
		columns = append(columns, must.M1(all.Column(name)))
	}
	n, kind, allowed := all.Rows()/20, backend.KindGo, 1.5
	sets := []string{"model={type: made, output: mixed, hidden: [64], activation: silu, degrees: sequential, order: natural}", "train.max_steps=1000"}
	if os.Getenv("MASKFLOW_SOAK") != "" {
		n, kind, allowed = all.Rows(), backend.KindXLA, 0.3
		sets = []string{"model={type: made, output: mixed, components: 20, hidden: [256, 256], activation: silu, degrees: sequential, order: natural}",
			"train.max_steps=40000", "train.batch=250", "train.schedule={name: cosine}", "train.optimizer.learning_rate=0.003", "train.ema=0.999", "train.look_ahead=0"}
	}
	rows := rand.New(rand.NewPCG(17, 18)).Perm(all.Rows())[:n]
	test := all.Select(rows[:n/10], columns)
	values := func(rate func(price float64) (first, others float64)) float64 {
		rng, training := rand.New(rand.NewPCG(19, 20)), all.Select(rows[n/10:], columns)
		for i := range training.Rows() {
			first, others := rate(training.At(i, 0))
			for k := range columns {
				if rng.Float64() < []float64{first, others}[min(k, 1)] {
					training.Set(i, k, math.NaN())
				}
			}
		}
		m, _ := fittedOn(t, kind, training, sets...)
		e := must.M1(m.Evaluate(t.Context(), test, maskflow.EvalOptions{}))
		if e.NLLValues != nil {
			return *e.NLLValues
		}
		return e.NLL
	}
	whole := values(func(float64) (first, others float64) { return 0, 0 })
	for name, rate := range map[string]func(price float64) (first, others float64){
		"at random": func(float64) (first, others float64) { return 0.2, 0.2 },
		"by price": func(price float64) (first, others float64) {
			if price > 2400 { // of about half of the rows
				return 0, 0.25
			}
			return 0, 0.15
		},
	} {
		if got := values(rate); got > whole+allowed {
			t.Errorf("cells missing %s: values cost %.3f nats, of whole rows %.3f", name, got, whole)
		}
	}
}
