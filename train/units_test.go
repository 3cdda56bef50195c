package train

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/runlog"
)

// greys are whole numbers below 8, behind noise, logits and a scale: ln |det| differs
// from row to row.
func greys(t testing.TB, rows, dim int) *data.Splits {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 0, rows*dim)
	for range rows * dim {
		values = append(values, float64(rng.IntN(8)))
	}
	return must(data.Split(must(data.FromFlat(values, dim)), data.Options{Dequantize: 8, Logit: 0.01, Standardise: true}))
}

// The losses of an epoch of steps that change nothing are, row by row, the likelihood of
// the training rows in the units of the source, as validations and tests are.
func TestLossesAreInTheUnitsOfValidations(t *testing.T) {
	splits := greys(t, 60, 3)
	d := must(maf.New(maf.Options(stackOf(3, 0, 1))))
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		const batch = 7
		fit := must(Fit(t.Context(), b, d, splits, Options{Batch: batch, MaxEpochs: 1, Optimizer: &SGD{LearningRate: 1e-30}}))
		defer fit.Close()
		e := must(fit.EvaluateOf(t.Context(), splits.Train, maskflow.EvalOptions{}))
		mean, left := 0.0, splits.Train.Rows
		for _, loss := range fit.Losses {
			n := min(batch, left)
			mean += loss * float64(n) / float64(splits.Train.Rows)
			left -= n
		}
		if !near(mean, e.NLL, 1e-5) || math.Abs(e.NLL-e.NLLModel) < 1 {
			t.Errorf("the losses have the mean %v, the training rows the NLL %v, %v in model space", mean, e.NLL, e.NLLModel)
		}
	})
}

// A run of version 0.1.0, whose checkpoints name no units, goes on in its own: the scale
// and the logits of the model are taken back, the noise of the source is not.
func TestARunKeepsItsUnits(t *testing.T) {
	splits := greys(t, 60, 3)
	d, b := must(maf.New(maf.Options(stackOf(3, 0, 1)))), backendtest.Open(t, backend.KindGo)
	o := Options{Batch: splits.Train.Rows, MaxSteps: 3, LogEvery: 1, Optimizer: &SGD{LearningRate: 1e-30}}
	tr := newTrainer(t, b, d, splits, o)
	state := stateOf(t, tr)
	var kept meta
	if err := json.Unmarshal(state.Meta, &kept); err != nil || kept.Progress.Units != runlog.DataUnits {
		t.Fatalf("%+v, error %v", kept.Progress, err)
	}
	losses := map[string]float64{}
	for _, units := range []string{runlog.DataUnits, ""} {
		kept.Progress.Units = units
		state.Meta = must(json.Marshal(kept))
		j := &journal{}
		o.Hooks = []Hook{Records(j.record)}
		tr := newTrainer(t, b, d, splits, o)
		if err := tr.Restore(state); err != nil {
			t.Fatal(err)
		}
		toEnd(t, tr)
		losses[units] = float64(recordsOf[runlog.Train](j)[0].Loss)
	}
	if off := losses[runlog.DataUnits] - losses[""]; !near(off, 3*math.Log(8), 1e-6) {
		t.Errorf("losses %v are apart by %v, not by the 3·ln 8 of the levels", losses, off)
	}
}

// With batch normalisation every batch is whole, and every row in one of an epoch.
func TestBatchesThatHaveStatistics(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	const rows, batch = 23, 11
	for name, d := range map[string]models.Definition{"batch": normalising(3, 0), "none": must(maf.New(maf.Options(stackOf(3, 0, 2))))} {
		tr := newTrainer(t, b, d, waveSplits(rows, 5, 0, 3, 0), Options{Batch: batch, MaxEpochs: 1})
		var sizes, seen []int
		for k := range tr.stepsPerEpoch() {
			sizes, seen = append(sizes, len(tr.batchRows(k))), append(seen, tr.batchRows(k)...)
		}
		slices.Sort(seen)
		want := []int{batch, batch, 1}
		if name == "batch" {
			want[2] = batch
		}
		if !slices.Equal(sizes, want) || len(slices.Compact(seen)) != rows {
			t.Errorf("%s: batches of %v rows, %v in all", name, sizes, seen)
		}
	}
	for name, splits := range map[string]*data.Splits{"batches of one": waveSplits(5, 5, 0, 3, 0), "one row": waveSplits(1, 5, 0, 3, 0)} {
		if _, err := NewTrainer(b, normalising(3, 0), splits, Options{Batch: 1, MaxEpochs: 1}); err == nil {
			t.Errorf("%s is trained with batch normalisation", name)
		}
	}
	if _, err := NewTrainer(b, must(maf.New(maf.Options(stackOf(3, 0, 1)))), waveSplits(1, 5, 0, 3, 0), Options{MaxEpochs: 1}); err == nil || !strings.Contains(err.Error(), "train") {
		t.Errorf("one row of real numbers: error %v", err)
	}
}

// What keeps a model from learning is said before the first step, and a divergence names
// the value that is far from all that a model is made for. Of usual rows nothing is said.
func TestValuesFarFromTheModel(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	stack := stackOf(3, 0, 1)
	affine := must(maf.New(maf.Options(stack)))
	stack.Transform = "spline"
	spline := must(maf.New(maf.Options(stack)))
	moved := func(by float32) *data.Splits {
		s := waveSplits(40, 5, 0, 3, 0)
		for k := range s.Train.X {
			s.Train.X[k] = s.Train.X[k]/10 + by
		}
		return s
	}
	bits := newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Degrees: "sequential", Start: "natural"})
	for _, tt := range []struct {
		name, want string
		d          models.Definition
		splits     *data.Splits
	}{
		{"spline", "100%", spline, moved(50)}, {"affine", "1e+03", affine, moved(1000)},
		{"spline within", "", spline, moved(0)}, {"affine near", "", affine, moved(50)}, {"bits", "", bits, bitSplits(23, 11, 0, 5, 0)},
	} {
		j := &journal{}
		tr := newTrainer(t, b, tt.d, tt.splits, Options{MaxSteps: 1, Hooks: []Hook{Records(j.record)}})
		toEnd(t, tr)
		events := recordsOf[runlog.Event](j)
		if len(events) > 0 != (tt.want != "") || tt.want != "" && !(strings.Contains(events[0].What, tt.want) && strings.Contains(events[0].What, "standardise")) {
			t.Errorf("%s: %+v, want one with %q", tt.name, events, tt.want)
		}
	}
	s := waveSplits(40, 5, 0, 3, 2)
	for k := range s.Train.Context {
		s.Train.Context[k] = 2e9
	}
	j := &journal{}
	toEnd(t, newTrainer(t, b, must(maf.New(maf.Options(stackOf(3, 2, 1)))), s, Options{MaxSteps: 1, Hooks: []Hook{Records(j.record)}}))
	if events := recordsOf[runlog.Event](j); len(events) != 1 || !strings.Contains(events[0].What, "context column 0") {
		t.Errorf("a context far from the model: %+v", events)
	}
	s = waveSplits(40, 5, 0, 3, 0)
	s.Train.X[7*3] = 1e5
	j = &journal{}
	toEnd(t, newTrainer(t, b, affine, s, Options{MaxSteps: 1, Optimizer: &SGD{LearningRate: 1e-30}, Hooks: []Hook{Records(j.record)}}))
	if events := recordsOf[runlog.Event](j); len(events) == 0 || !strings.Contains(events[0].What, "row 7, column 0") || strings.Contains(events[0].What, "standardise") {
		t.Errorf("one far row: %+v", events)
	}
	for far, want := range map[float32]string{3e38: "row 7, column 0", 1: ""} {
		s := waveSplits(40, 5, 0, 3, 0)
		s.Train.X[7*3] = far
		tr := newTrainer(t, b, affine, s, Options{Batch: 40, MaxSteps: 5, Optimizer: &SGD{LearningRate: 1e30}})
		var diverged *DivergedError
		if err := tr.Run(t.Context()); !errors.As(err, &diverged) || want == "" != (diverged.Far == "") || !strings.Contains(diverged.Far, want) {
			t.Errorf("a value of %v: error %v", far, err)
		}
		if diverged == nil || diverged.Layer == "" || want != "" && !(strings.HasPrefix(diverged.Row, "row 7") && strings.HasPrefix(diverged.Column, "column 0")) {
			t.Errorf("a value of %v: %v does not say where", far, diverged)
		}
		if diverged != nil && !strings.Contains(diverged.Remedies, "learning_rate: 0.001, then train.clip_norm: 1") {
			t.Errorf("remedies %q", diverged.Remedies)
		}
	}
}

// The worst of a list is its largest number by a sign, or the last that is none.
func TestWorst(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		of   []float32
		sign float32
		want int
	}{
		{[]float32{1, 3, 2}, 1, 1}, {[]float32{-1, -3, -2}, -1, 1}, {[]float32{nan, 3, 2}, 1, 0}, {[]float32{nan, 3, inf, 2}, 1, 2}, {[]float32{-inf, 3}, -1, 0},
	} {
		if got := worst(c.of, c.sign); got != c.want {
			t.Errorf("worst(%v, %v) = %d, want %d", c.of, c.sign, got, c.want)
		}
	}
}
