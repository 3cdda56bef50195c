package train_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
	"github.com/maskflow/maskflow/verify"
)

// Rows whose targets depend on the other columns and on each other: pay is N(50·years, 10²), and glad, which has the
// probability 0.9 where pay is above 50·years and else 0.2, is missing in some rows.
const (
	payError = 10.
	gladHigh = 0.9
	gladLow  = 0.2
)

func paid(n int, seed uint64, missing float64) *data.Table {
	rng := rand.New(rand.NewPCG(seed, 1))
	return rowsOf(n, []string{"pay", "years", "glad", "height"}, func(int) []any {
		years, error := float64(rng.IntN(5)), rng.NormFloat64()
		p := gladLow
		if error > 0 {
			p = gladHigh
		}
		glad := any("no")
		if rng.Float64() < p {
			glad = "yes"
		}
		if rng.Float64() < missing {
			glad = math.NaN()
		}
		return []any{50*years + payError*error, years, glad, 1700 + 70*rng.NormFloat64()}
	})
}

// entropy is that of a probability.
func entropy(p float64) float64 { return -p*math.Log(p) - (1-p)*math.Log(1-p) }

// The conditional likelihood of targets is that of the density that the rows are from, in units of the source, whatever the
// other columns are; the model answers for its targets, and it is saved and opened as what it is.
func TestTargets(t *testing.T) {
	const missing = 0.25
	rows := paid(4000, 3, missing)
	m, splits := fitted(t, rows, "model.targets=[glad, pay]", "data.holes=unknown", "data.columns={pay: {exact: true}, height: {exact: true}}",
		"train.max_steps=800", "train.optimizer={name: adam, learning_rate: 0.003}", "train.schedule={name: constant}", "data.marginal=standardise")
	if got := models.TargetsOf(m.Definition()); !slices.Equal(got, []string{"pay", "glad"}) {
		t.Fatalf("the targets are %v", got)
	}
	e := must.M1(m.EvaluateOf(t.Context(), splits.Test, maskflow.EvalOptions{}))
	truth := 0.5*math.Log(2*math.Pi*math.E*payError*payError) + (1-missing)*(entropy(gladHigh)+entropy(gladLow))/2
	// Where pay is asked first, glad is known given pay; where glad is, it helps to tell pay: both ways are ln p of both.
	if off := e.NLL - truth; math.Abs(off) > 0.1+e.NLL2SE || e.Draws < 32 || !slices.Equal(e.Targets, []string{"pay", "glad"}) {
		t.Errorf("the conditional NLL of %v by %d draws is %.3f ± %.3f, that of the rows' density %.3f", e.Targets, e.Draws, e.NLL, e.NLL2SE, truth)
	}
	if last := m.Validations[len(m.Validations)-1]; math.Abs(last.NLL-truth) > 0.1+last.NLL2SE {
		t.Errorf("in validation it is %.3f, need about %.3f", last.NLL, truth)
	}
	tail := m.Losses[len(m.Losses)-100:]
	mean := 0.0
	for _, loss := range tail {
		mean += loss / 100
	}
	if math.Abs(mean-truth) > 0.2 {
		t.Errorf("losses are about %.3f, need %.3f", mean, truth)
	}
	whole, of := data.IndependentColumns(splits).NLL, data.IndependentColumns(splits, 0, 2).NLL
	if others := data.IndependentColumns(splits, 1, 3).NLL; math.Abs(whole-of-others) > 1e-9 || of < e.NLL+0.5 || others < 1 {
		t.Errorf("independent columns have %.3f, the targets %.3f and the others %.3f", whole, of, others)
	}

	path := filepath.Join(t.TempDir(), "targets.safetensors")
	must.M(m.Save(path))
	opened := must.M1(maskflow.Open(backendtest.Open(t, backend.KindGo), path))
	defer opened.Close()
	if again := must.M1(opened.EvaluateOf(t.Context(), splits.Test, maskflow.EvalOptions{})); again.NLL != e.NLL {
		t.Errorf("opened again the conditional NLL is %v, need %v", again.NLL, e.NLL)
	}
	for what, m := range map[string]*maskflow.Model{"trained": m.Model, "opened": opened} {
		asked := rowsOf(2, []string{"pay", "years", "height"}, func(i int) []any { return []any{[]float64{110, 90}[i], 2.0, 1650.0} })
		glad := must.M1(m.Conditional(t.Context(), asked, "glad"))
		for i, want := range []float64{gladHigh, gladLow} { // yes is the second level
			if p := math.Exp(glad[i].LogProb(1)); math.Abs(p-want) > 0.1 {
				t.Errorf("%s: with pay %v P(glad) is %.3f, need %.3f", what, asked.At(i, 0), p, want)
			}
		}
		_, err := m.Conditional(t.Context(), asked, "years")
		datatest.WantError(t, err, "years is asked for", "pay, glad")
		_, err = m.Conditional(t.Context(), asked.Select(nil, []int{0, 1}), "glad")
		datatest.WantError(t, err, `"height"`)
		asked.Set(1, 1, math.NaN())
		_, err = m.Conditional(t.Context(), asked, "glad")
		datatest.WantError(t, err, "row 1", "years")
		for what, err := range refused(t, m, rows) {
			datatest.WantError(t, err, "pay, glad given the other columns", what, "model.targets")
		}
		if !must.M1(verify.Model(t.Context(), m, verify.Options{})).Holds() {
			t.Errorf("%s: the model is not verified", what)
		}
	}
}

// refused are the errors of what a model of targets has not.
func refused(t *testing.T, m *maskflow.Model, rows *data.Table) map[string]error {
	t.Helper()
	prepared := must.M1(m.Prepare(rows))
	errs := map[string]error{}
	add := func(what string, err error) {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
		errs[what] = err
	}
	_, err := m.LogProb(t.Context(), rows)
	add("likelihood of rows", err)
	_, err = m.LogProbOf(t.Context(), prepared, nil)
	add("no likelihood", err)
	_, err = m.Core.LogProb(t.Context(), prepared.X, prepared.Context)
	add("likelihood", err)
	add("no likelihood of rows", m.LogProbBlocks(t.Context(), rows.Pages, nil, func(*data.Prepared, []float64, [][]float64) error { return nil }))
	_, err = m.Evaluate(t.Context(), rows, maskflow.EvalOptions{Orders: 2})
	add("orders", err)
	_, err = m.Sample(t.Context(), 3, maskflow.SampleOptions{})
	add("samples", err)
	_, _, err = m.SampleAndLogProb(t.Context(), 3, maskflow.SampleOptions{})
	add("no samples", err)
	_, err = m.SampleBlocks(t.Context(), 3, maskflow.SampleOptions{}, func(*data.Table) error { return nil })
	add("has no samples", err)
	if sets := m.Sets(0); sets != nil || m.Density() != nil {
		t.Errorf("the model has %d orders and the density %v", len(sets), m.Density())
	}
	return errs
}

// Holes that are events are given as events; a target that no column is, columns that are all targets, and rows whose units are
// not known of each column are errors.
func TestTargetsOfTables(t *testing.T) {
	rows := paid(300, 4, 0.3)
	m, _ := fitted(t, rows, "model={type: nade, targets: [pay], hidden: [8]}", "train.max_steps=20")
	with := must.M1(m.Conditional(t.Context(), rows, "pay"))
	if len(with) != rows.Rows() {
		t.Errorf("%d answers for %d rows", len(with), rows.Rows())
	}
	_, err := m.Conditional(t.Context(), rows.Select(nil, []int{0, 1, 3}), "pay")
	datatest.WantError(t, err, `"glad"`)
	for targets, want := range map[string]string{"[income]": "pay, years, glad, height", "[pay, years, glad, height]": "all 4 variables", "[yeers]": `did you mean "years"`} {
		c := must.M1(train.SourceConfig(data.InMemory, []string{"model.targets=" + targets}))
		_, _, err := train.FitTable(t.Context(), backendtest.Open(t, backend.KindGo), rows, c)
		datatest.WantError(t, err, want)
	}
	numbers := must.M1(data.FromFlat(slices.Repeat([]float64{1, 2.5, 3, 4, 5.5, 7}, 20), 3))
	o := data.Options{Standardise: true}
	splits := must.M1(data.Split(numbers, o))
	d := must.M1(nade.NewTargeted(nade.Options{Dim: 3, Output: "mog", Targets: []string{"2"}}))
	_, err = train.NewTrainer(backendtest.Open(t, backend.KindGo), d, splits, train.Options{MaxSteps: 1})
	datatest.WantError(t, err, "units")
}

// A run of targets names its objective and its figures for what they are, on each backend.
func TestRunOfTargets(t *testing.T) {
	if got := models.ConditionalLikelihood.String(); got != runlog.ConditionalLikelihood {
		t.Errorf("the objective is %q for models, %q in runs", got, runlog.ConditionalLikelihood)
	}
	rows := paid(200, 5, 0)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		c := must.M1(train.SourceConfig(data.InMemory, []string{"model={type: nade, targets: [pay], hidden: [8]}", "train.max_steps=6"}))
		splits := must.M1(c.Split(rows))
		dir := filepath.Join(t.TempDir(), "run")
		var records []runlog.Record
		s := must.M1(train.Run(t.Context(), b, c, splits, train.RunOptions{Dir: dir, Observe: func(r runlog.Record) { records = append(records, r) }}))
		if s.Baseline != "independent columns of the targets" || float64(s.BaselineNLL) != data.IndependentColumns(splits, 0).NLL {
			t.Errorf("the baseline is %s with %v", s.Baseline, s.BaselineNLL)
		}
		run := must.M1(runlog.ReadManifest(dir))
		var end *runlog.Result
		for _, r := range records {
			switch r := r.(type) {
			case runlog.Orders:
				t.Error("there is a record of orders")
			case runlog.End:
				end = r.Test
			}
		}
		if !run.Conditional() || end == nil || end.Objective != run.Objective || fmt.Sprint(end.Targets) != "[pay]" {
			t.Errorf("the objective of the run is %q, the test %+v", run.Objective, end)
		}
	})
}
