package train

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/runlog"
)

// columnsOf are the mean and the biased variance of each column, in two passes
// over float64 numbers.
func columnsOf(rows []float32, dim int) (mean, variance []float64) {
	mean, variance = make([]float64, dim), make([]float64, dim)
	n := float64(len(rows) / dim)
	for i, v := range rows {
		mean[i%dim] += float64(v) / n
	}
	for i, v := range rows {
		variance[i%dim] += square(float64(v)-mean[i%dim]) / n
	}
	return mean, variance
}

// seenBy are the training rows as each layer of a flow sees them, computed on the
// host, which takes nothing from the graph.
func seenBy(t *testing.T, m *maf.Model, w models.Weights, s *data.Prepared) map[int][]float32 {
	t.Helper()
	seen := map[int][]float32{}
	rows := slices.Clone(s.X)
	get := w.Named(m)
	for i, l := range m.Layers() {
		seen[i] = slices.Clone(rows)
		host, err := l.Host(func(name string) []float32 { return get("layer" + string(rune('0'+i)) + "." + name) })
		if err != nil {
			t.Fatal(err)
		}
		var cond []float32
		if l.ContextDim() > 0 {
			cond = s.Context
		}
		if _, err := host.Forward(context.Background(), rows, cond, models.Solver{}); err != nil {
			t.Fatal(err)
		}
	}
	return seen
}

// Before every validation the statistics of batch normalisation are those of all
// training rows, seen with the very weights that are validated, moving averages
// included.
func TestStatisticsAreThoseOfAllTrainingRows(t *testing.T) {
	const dim, cond = 3, 2
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		// More rows than a call takes, and not a multiple of its batches.
		splits := waveSplits(2003, 31, 0, dim, cond)
		m := normalising(dim, cond)
		for _, ema := range []float64{0, 0.75} {
			if b.Kind != backend.KindGo && ema == 0 {
				continue // compiling takes XLA long
			}
			validations := 0
			var tr *Trainer
			tr = newTrainer(t, b, m, splits, Options{Batch: 500, EMA: ema, MaxSteps: 11, LookAhead: -1,
				Optimizer: &Adam{LearningRate: 0.05}, Hooks: []Hook{Records(func(r runlog.Record) error {
					if _, ok := r.(runlog.Valid); !ok {
						return nil
					}
					validations++
					w, err := exec.HostWeights(tr.evaluated())
					if err != nil {
						return err
					}
					checkStatistics(t, m, w, splits.Train)
					return nil
				})}})
			toEnd(t, tr)
			if validations != 3 { // after steps 5, 10 and 11
				t.Errorf("%d validations, want 3", validations)
			}
			if ema == 0 {
				continue
			}
			// Training itself looks at its batches and not at these.
			s := stateOf(t, tr)
			if v := tensor(t, s, "params/layer1.mean"); slices.ContainsFunc(v, func(v float32) bool { return v != 0 }) {
				t.Errorf("the weights in training have statistics %v", v)
			}
		}
	})
}

func checkStatistics(t *testing.T, m *maf.Model, w models.Weights, s *data.Prepared) {
	t.Helper()
	get, seen, normalised := w.Named(m), seenBy(t, m, w, s), 0
	for i, l := range m.Layers() {
		name := "layer" + string(rune('0'+i)) + "."
		mean, variance := columnsOf(seen[i], m.Dim())
		for d := range m.Dim() {
			switch l.Name() {
			case "batch normalisation":
				normalised++
				if got := float64(get(name + "mean")[d]); !near(got, mean[d], 1e-4) {
					t.Errorf("layer %d: the mean of column %d is %v, want %v", i, d, got, mean[d])
				}
				if got := float64(get(name + "variance")[d]); !near(got, variance[d], 1e-4) {
					t.Errorf("layer %d: the variance of column %d is %v, want %v", i, d, got, variance[d])
				}
			}
		}
	}
	if normalised != 2*m.Dim() {
		t.Errorf("%d columns have statistics, want those of two layers", normalised)
	}
}

// What a stage estimates once is done before the first step: behind every
// activation normalisation the training rows then have mean 0 and variance 1.
// Gradients move it from there.
func TestActivationNormalisationStartsFromTheRows(t *testing.T) {
	const dim = 3
	stack := stackOf(dim, 0, 2)
	stack.Normalise = "act"
	m := must(maf.New(maf.Options(stack)))
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		splits := waveSplits(301, 31, 0, dim, 0)
		var first models.Weights
		tr := newTrainer(t, b, m, splits, Options{Batch: 100, MaxSteps: 4, LookAhead: -1, EMA: 0.5, Optimizer: &Adam{LearningRate: 0.05},
			Hooks: []Hook{between(func(tr *Trainer) (bool, error) {
				if tr.p.Step > 0 {
					return false, nil
				}
				w, err := exec.HostWeights(tr.state[:len(tr.program.specs)])
				if err != nil {
					return false, err
				}
				averaged, err := exec.HostWeights(tr.evaluated())
				if err != nil {
					return false, err
				}
				if !slices.EqualFunc(w, averaged, slices.Equal[[]float32]) {
					t.Error("the moving average does not start where the weights do")
				}
				first = w
				return false, nil
			})}})
		toEnd(t, tr)
		seen := seenBy(t, m, first, splits.Train)
		behind := 0
		for i, l := range m.Layers() {
			if i == 0 || m.Layers()[i-1].Name() == "affine autoregressive" {
				continue
			}
			behind++
			mean, variance := columnsOf(seen[i], dim)
			for d := range dim {
				if math.Abs(mean[d]) > 1e-4 || !near(variance[d], 1, 1e-4) {
					t.Errorf("before layer %d (%s) column %d has mean %v and variance %v", i, l.Name(), d, mean[d], variance[d])
				}
			}
		}
		if behind != 1 { // the last has no layer after it
			t.Fatalf("%d layers were looked at, want 1", behind)
		}
		last, err := exec.HostWeights(tr.state[:len(tr.program.specs)])
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range m.Specs() {
			if slices.Equal(first[i], last[i]) {
				t.Errorf("%s has not moved", s.Name)
			}
		}
	})
}

// flowRun is a run of a flow whose likelihood depends on statistics.
const flowRun = `
name: flow
seed: 3
data: {source: connect4}
model: {type: maf, layers: 2, hidden: [7], normalise: batch}
train: {batch: 8, max_epochs: 3, ema: 0.5, optimizer: {name: adam, learning_rate: 0.01}}
`

// The statistics are a part of the best weights: a run that is opened has the
// likelihoods that it was validated and tested with.
func TestStatisticsAreSavedWithTheBestWeights(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		dir := filepath.Join(t.TempDir(), "run")
		splits := waveSplits(37, 19, 23, 3, 0)
		s, err := Run(t.Context(), b, parse(t, flowRun), splits, RunOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		r, err := maskflow.Open(b, dir)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		valid, err := r.EvaluateOf(t.Context(), splits.Valid, maskflow.EvalOptions{})
		if err != nil {
			t.Fatal(err)
		}
		test, err := r.EvaluateOf(t.Context(), splits.Test, maskflow.EvalOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !near(valid.NLL, float64(s.BestNLL), 1e-6) || test.NLL != s.Test.NLL || test.NLLModel != s.Test.NLLModel {
			t.Errorf("opened it scores %v and %+v, trained %v and %+v", valid.NLL, test, s.BestNLL, s.Test)
		}
		checkStatistics(t, r.Definition().(*maf.Model), r.Weights(), splits.Train)
	})
}
