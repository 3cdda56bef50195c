package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/maf"
)

// weighed are the splits of rows with holes, a grid, levels and a context, or of reals with one alone, of which row i is
// there so many times, with such a weight.
func weighed(t *testing.T, real bool, of func(i int) (times int, weight float64)) *data.Splits {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 7))
	var parts [3]data.Part
	for k := range parts {
		table := &data.Table{Name: fmt.Sprint("part ", k), Columns: []string{"w", "a", "b", "n", "l", "c"}}
		for i := range 60 {
			a := r.NormFloat64()
			row := []float64{0, a, a + r.NormFloat64(), float64(r.IntN(6)), float64(r.IntN(3)), a * r.Float64()}
			if !real && r.IntN(4) == 0 {
				row[2] = math.NaN()
			}
			times, weight := of(i)
			row[0] = weight
			for range times {
				table.Append(row)
			}
		}
		parts[k].Table = table
	}
	columns := data.Schema{{Name: "w", Role: data.WeightRole}, {Name: "a", Kind: data.Real, Exact: true}, {Name: "b", Kind: data.Real, Exact: true, Missing: !real},
		{Name: "n", Kind: data.Integer, Step: 1, Max: new(5.0)}, {Name: "l", Kind: data.Categorical, Levels: []string{"0", "1", "2"}}, {Name: "c", Role: data.ContextRole, Kind: data.Real}}
	if real {
		columns[3].Role, columns[4].Role = data.DropRole, data.DropRole
	}
	return must(data.Prepare(data.Source{Train: parts[0], Valid: parts[1], Test: parts[2]}, data.Options{Columns: columns}))
}

// fitted are the figures of a training by all rows at once and what it makes of the test rows, and among them those that errors
// are of.
func fitted(t *testing.T, b *backend.Backend, model string, s *data.Splits) (figures, ofErrors map[string]float64) {
	t.Helper()
	c := must(SourceConfig(data.InMemory, []string{"model=" + model}))
	d := must(c.NewModel(s.Dim, s.ContextDim, maskflow.Variables(s.Prep)...))
	figures, ofErrors = map[string]float64{}, map[string]float64{}
	tr := newTrainer(t, b, d, s, Options{Seed: 1, Batch: 1 << 10, MaxSteps: 4, Optimizer: &SGD{LearningRate: 0.05}, LogEvery: 1,
		Hooks: []Hook{func(_ context.Context, _ *Trainer, e Event) error {
			switch e := e.(type) {
			case Steps:
				for _, step := range e {
					figures[fmt.Sprint("loss of step ", step.Number)], figures[fmt.Sprint("gradient of step ", step.Number)] = step.Loss, step.GradNorm
				}
			case Validation:
				figures[fmt.Sprint("validation at step ", e.Step)] = e.NLLOthers
			}
			return nil
		}}})
	toEnd(t, tr)
	for i, w := range must(tr.BestWeights()) {
		for k, v := range w {
			figures[fmt.Sprintf("%s[%d]", d.Specs()[i].Name, k)] = float64(v)
		}
	}
	m := must(maskflow.New(b, d, must(tr.BestWeights()), maskflow.Options{}))
	defer m.Close()
	e := must(m.EvaluateOf(t.Context(), s.Test, maskflow.EvalOptions{}))
	figures["NLL"], figures["NLL in model space"], figures["mean of orders"], figures["gain"], figures["effective orders"] = e.NLL, e.NLLModel, e.OrderMean, e.Gain, e.ESS
	if e.NLLHoles != nil {
		figures["NLL of holes"], figures["NLL of values"] = *e.NLLHoles, *e.NLLValues
	}
	for k, v := range e.PerOrder {
		figures[fmt.Sprint("order ", k)] = v
	}
	ofErrors["rows"], ofErrors["errors of the NLL"], ofErrors["in model space"], ofErrors["of the gain"] = float64(e.Rows), e.NLL2SE, e.NLLModel2SE, e.Gain2SE
	return figures, ofErrors
}

// In the loss of all rows at once, its gradient, steps, validations and figures of the test rows weight 2 is the row twice,
// and ×10 and one weight for all change nothing; errors have the latter two. Rows of weight 0 are in no split.
func TestWeightsInTraining(t *testing.T) {
	weight := func(i int) float64 { return []float64{0.3, 1, 2, 5}[i%4] }
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, model := range []string{"{type: made, output: mixed, hidden: [8], orders: {count: 2, resample: order}}", "{type: maf, hidden: [8], layers: 2, normalise: batch}"} {
			fit := func(of func(i int) (int, float64)) [2]map[string]float64 {
				figures, ofErrors := fitted(t, b, model, weighed(t, model[7:10] == "maf", of))
				return [2]map[string]float64{figures, ofErrors}
			}
			none := weighed(t, model[7:10] == "maf", func(int) (int, float64) { return 1, 1 })
			for _, set := range none.Sets() {
				set.Set.Weights = nil
			}
			plain, plainErrors := fitted(t, b, model, none)
			want := fit(func(i int) (int, float64) { return 1, weight(i) })
			for name, c := range map[string]struct {
				found, want [2]map[string]float64
				errors      bool
			}{
				"×10":   {fit(func(i int) (int, float64) { return 1, 10 * weight(i) }), want, true},
				"equal": {fit(func(int) (int, float64) { return 1, 7 }), [2]map[string]float64{plain, plainErrors}, true},
				"twice": {fit(func(i int) (int, float64) { return 1, float64(1 + i%2) }), fit(func(i int) (int, float64) { return 1 + i%2, 1 }), false},
			} {
				for k, figures := range c.found {
					if k == 1 && !c.errors {
						continue
					}
					for figure, v := range figures {
						if other := c.want[k][figure]; !(math.Abs(v-other) <= 1e-6*max(1, math.Abs(v))) {
							t.Errorf("%s, %s: %s is %v, want %v", model[:12], name, figure, v, other)
						}
					}
				}
			}
		}
	})
}

// Rows are drawn uniformly, and what they count in the steps of an epoch is on average what they count in the mean of all.
func TestWeightsOfBatches(t *testing.T) {
	s := realSplits(reals("train", make([][]float32, 23)...), reals("valid", []float32{0, 0}, []float32{1, 1}), nil)
	s.Train.X, s.Train.Dim = make([]float32, 2*23), 2
	sum := 0.0
	for i := range 23 {
		s.Train.X[2*i] = float32(i)
		s.Train.Weights = append(s.Train.Weights, []float64{1, 0.1, 40}[i%3])
		sum += s.Train.Weights[i]
	}
	tr := newTrainer(t, backendtest.Open(t, backend.KindGo), bowl{curvature: []float32{1, 1}, start: []float32{0, 0}, split: 1}, s, Options{Batch: 5, Seed: 3})
	counted := make([]float64, 23)
	for batch := range tr.stepsPerEpoch() {
		rows, step := tr.batchRows(batch), tr.next(int64(batch+1), batch)
		for i, w := range step.Weights {
			if i >= len(rows) {
				if w != 0 {
					t.Errorf("padding has the weight %v", w)
				}
				continue
			}
			counted[rows[i]] += float64(w) * float64(len(rows)) / 23
		}
	}
	for i, v := range counted {
		if math.Abs(v-s.Train.Weights[i]/sum) > 1e-7 {
			t.Errorf("row %d of weight %v counts %v, want %v", i, s.Train.Weights[i], v, s.Train.Weights[i]/sum)
		}
	}
}

// A batch without weight moves nothing to where there are no numbers, nor do rows without likelihood that do not count.
func TestBatchesWithoutWeight(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for name, d := range map[string]models.Definition{"a flow with statistics": normalising(3, 2), "a flow": must(maf.New(maf.Options(stackOf(3, 2, 2))))} {
			s := waveSplits(40, 13, 0, 3, 2)
			s.Train.Weights = slices.Repeat([]float64{0}, 40)
			for i := range 5 {
				s.Train.Weights[i] = 1
			}
			s.Valid.Weights = append([]float64{0}, slices.Repeat([]float64{3}, 12)...)
			s.Valid.X[0] = 1e30
			tr := newTrainer(t, b, d, s, Options{Seed: 1, Batch: 4, MaxEpochs: 3, Optimizer: &Adam{}})
			toEnd(t, tr)
			if p := tr.Progress(); p.Step != 30 || p.BestBadRows > 0 || !(math.Abs(float64(p.Best)) < 1e3) {
				t.Errorf("%s: %+v", name, p)
			}
			s.Valid.Weights = slices.Repeat([]float64{0}, 13)
			if _, err := NewTrainer(b, d, s, Options{}); err == nil {
				t.Errorf("%s: no validation row counts", name)
			}
			if _, err := tr.evaluator.Evaluate(t.Context(), tr.evaluated(), s.Valid, tr.ensemble()); err == nil || errors.Is(err, context.Canceled) {
				t.Errorf("%s is evaluated on no row: %v", name, err)
			}
		}
	})
}
