package train

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/runlog"
)

// numbered rows say which they are: (i, −i).
func numbered(rows int) *data.Prepared {
	s := &data.Prepared{Name: "numbered", Rows: rows, Dim: 2}
	for i := range rows {
		s.X = append(s.X, float32(i), -float32(i))
	}
	return s
}

// epochOf lists the rows of an epoch batch by batch, as the steps get them.
func epochOf(t *testing.T, tr *Trainer, epoch int) [][]int {
	t.Helper()
	tr.p.Epoch = epoch
	var batches [][]int
	for batch := range tr.stepsPerEpoch() {
		s := tr.next(1, batch)
		var rows []int
		total := float32(0)
		for i, w := range s.Weights {
			if total += w; w == 0 {
				continue
			}
			if s.X[2*i+1] != -s.X[2*i] {
				t.Fatalf("batch %d, row %d: %v is no row of the data", batch, i, s.X[2*i:2*i+2])
			}
			rows = append(rows, int(s.X[2*i]))
			if want := 1 / float32(len(rows)); i == len(s.Weights)-1 && w != want {
				t.Errorf("batch %d: a row has the weight %v, want %v", batch, w, want)
			}
		}
		if !near(float64(total), 1, 1e-6) {
			t.Errorf("batch %d: the weights sum to %v", batch, total)
		}
		batches = append(batches, rows)
	}
	return batches
}

func TestAnEpochVisitsEachRowOnce(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	const rows, batch = 103, 10
	splits := realSplits(numbered(rows), numbered(1), nil)
	make := func(seed uint64) *Trainer {
		return newTrainer(t, b, point(), splits, Options{Seed: seed, Batch: batch, MaxEpochs: 1})
	}
	tr := make(1)
	if got := tr.stepsPerEpoch(); got != 11 {
		t.Fatalf("%d steps an epoch, want 11", got)
	}
	var orders [][]int
	for epoch := range 4 {
		batches := epochOf(t, tr, epoch)
		for i, rows := range batches {
			if want := min(batch, 103-i*batch); len(rows) != want {
				t.Errorf("epoch %d, batch %d has %d rows, want %d", epoch, i, len(rows), want)
			}
		}
		all := slices.Concat(batches...)
		if sorted := slices.Sorted(slices.Values(all)); !slices.Equal(sorted, sequence(rows)) {
			t.Errorf("epoch %d visits the rows %v", epoch, sorted)
		}
		for earlier, other := range orders {
			if slices.Equal(all, other) {
				t.Errorf("epochs %d and %d have the same order", earlier, epoch)
			}
		}
		orders = append(orders, all)
	}
	// Whatever was drawn before, an epoch's order follows from it and the seed.
	if again := slices.Concat(epochOf(t, make(1), 2)...); !slices.Equal(again, orders[2]) {
		t.Error("the order of epoch 2 depends on what was drawn before")
	}
	if other := slices.Concat(epochOf(t, make(2), 2)...); slices.Equal(other, orders[2]) {
		t.Error("two seeds give the same order")
	}
}

func sequence(n int) []int {
	v := make([]int, n)
	for i := range v {
		v[i] = i
	}
	return v
}

func TestDropLastLeavesOutTheRest(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	tr := newTrainer(t, b, point(), realSplits(numbered(103), numbered(1), nil), Options{Batch: 10, DropLast: true, MaxEpochs: 2})
	batches := epochOf(t, tr, 0)
	if len(batches) != 10 || slices.ContainsFunc(batches, func(rows []int) bool { return len(rows) != 10 }) {
		t.Errorf("batches %v, want ten of ten rows", batches)
	}
	seen := slices.Concat(batches...)
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 100 {
		t.Error("a row comes twice")
	}
	tr.p.Epoch = 0
	toEnd(t, tr)
	if tr.p.Step != 20 || tr.p.Epoch != 2 {
		t.Errorf("%d steps and %d epochs, want 20 and 2", tr.p.Step, tr.p.Epoch)
	}
}

// With unit curvature and the rate 1, plain descent goes to the mean of each
// batch. The last batch has 3 rows of 103, and nothing of its padding shows.
func TestTheLastBatchIsTheMeanOfItsRows(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		tr := newTrainer(t, b, point(), realSplits(numbered(103), numbered(1), nil),
			Options{Batch: 10, EvalBatch: 1, MaxEpochs: 1, Optimizer: &SGD{LearningRate: 1}, ClipRow: NoClipRow})
		last := epochOf(t, tr, 0)[10]
		toEnd(t, tr)
		mean := float64(last[0]+last[1]+last[2]) / 3
		s := stateOf(t, tr)
		left, right := tensor(t, s, "params/left"), tensor(t, s, "params/right")
		if !near(float64(left[0]), mean, 1e-5) || !near(float64(right[0]), -mean, 1e-5) {
			t.Errorf("weights %v and %v, want ±%v, the mean of rows %v", left, right, mean, last)
		}
	})
}

func TestPaddingRepeatsARow(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	s := bits("rows", 1, 7, 5, 2)
	for i := range s.Rows {
		s.X[5*i] = 1 // no row of zeros
	}
	m := newMADE(t, made.Options{Dim: 5, ContextDim: 2, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	tr := newTrainer(t, b, m, &data.Splits{Train: s, Valid: s, Dim: 5, ContextDim: 2}, Options{Batch: 4, MaxEpochs: 1})
	got := tr.next(2, 1)
	row := tr.rows[6]
	if !slices.Equal(got.X[3*5:], s.Row(row)) || !slices.Equal(got.Context[3*2:], s.ContextRow(row)) || got.Weights[3] != 0 {
		t.Errorf("padding is %v with the context %v and the weight %v, want row %d again with weight 0", got.X[3*5:], got.Context[3*2:], got.Weights[3], row)
	}
}

func TestTrainRecords(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	j := &journal{}
	now := frozen()
	clock := func() time.Time { return now }
	var rates []float64
	tr := newTrainer(t, b, point(), realSplits(numbered(12), numbered(1), nil), Options{Batch: 3, MaxEpochs: 5, LogEvery: 3, Clock: clock,
		Optimizer: &SGD{LearningRate: 0.01},
		Hooks: []Hook{between(func(*Trainer) (bool, error) { now = now.Add(250 * time.Millisecond); return false, nil }), Records(func(r runlog.Record) error {
			if v, ok := r.(runlog.Train); ok {
				rates = append(rates, float64(v.Rate))
			}
			return j.record(r)
		})}})
	toEnd(t, tr)
	records := recordsOf[runlog.Train](j)
	if len(records) != 6 { // of 20 steps, every third
		t.Fatalf("%d records, want 6", len(records))
	}
	for i, r := range records {
		if r.Step != int64(3*(i+1)) || int(r.Epoch) != 1+(3*i+2)/4 || r.Mask != 0 {
			t.Errorf("record %d is of step %d, epoch %d, mask %d", i, r.Step, r.Epoch, r.Mask)
		}
		if !near(rates[i], 4, 1e-9) {
			t.Errorf("step %d: %v steps a second, want 4", r.Step, rates[i])
		}
	}
}

// The moving average of the loss is not pulled towards the zero it starts from.
func TestMovingAverageOfTheLoss(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	j := &journal{}
	tr := newTrainer(t, b, theBowl(), realSplits(bits("train", 1, 9, 5, 0), bits("valid", 2, 2, 5, 0), nil), Options{Batch: 2, MaxEpochs: 4, LogEvery: 1, Hooks: []Hook{Records(j.record)}})
	toEnd(t, tr)
	var losses []float64
	for _, r := range recordsOf[runlog.Train](j) {
		losses = append(losses, float64(r.Loss))
		sum, weight := 0.0, 0.0
		for i, l := range losses {
			w := math.Pow(0.98, float64(len(losses)-1-i))
			sum, weight = sum+w*l, weight+w
		}
		if !near(float64(r.EMA), sum/weight, 1e-6) {
			t.Errorf("step %d: the average is %v, want %v", r.Step, r.EMA, sum/weight)
		}
	}
}

// halved rows have ½ in the last place.
func halved(s *data.Prepared) *data.Prepared {
	s.X[len(s.X)-1] = 0.5
	return s
}

func TestNewTrainerRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	five := func(rows int) *data.Prepared { return bits("five", 1, rows, 5, 0) }
	m := newMADE(t, made.Options{Dim: 5, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	good := Options{MaxEpochs: 1}
	for _, tt := range []struct {
		name   string
		splits *data.Splits
		o      Options
		want   string
	}{
		{"no training rows", &data.Splits{Valid: five(3)}, good, "rows to train on"},
		{"no validation rows", &data.Splits{Train: five(3), Valid: five(0)}, good, "rows to validate on"},
		{"another width", &data.Splits{Train: five(3), Valid: bits("six", 1, 3, 6, 0)}, good, "six has 6 variables and a context of 0, but the model 5 and 0"},
		{"a context too many", &data.Splits{Train: bits("c", 1, 3, 5, 2), Valid: five(3)}, good, "c has 5 variables and a context of 2, but the model 5 and 0"},
		{"no bits", &data.Splits{Train: five(3), Valid: halved(five(3))}, good, "five: row 2, column 4 (counted from 0) is 0.5"},
		{"too few values", &data.Splits{Train: &data.Prepared{Rows: 3, Dim: 5, X: make([]float32, 5)}, Valid: five(3)}, good, "5 values"},
		{"nothing is left", &data.Splits{Train: five(3), Valid: five(3)}, Options{MaxEpochs: 1, Batch: 4, DropLast: true}, "drop_last leaves nothing of 3 training rows in batches of 4"},
		{"batch", &data.Splits{Train: five(3), Valid: five(3)}, Options{MaxEpochs: 1, Batch: -2}, "batch: "},
		{"clip", &data.Splits{Train: five(3), Valid: five(3)}, Options{MaxEpochs: 1, ClipNorm: math.NaN()}, "clip_norm"},
		{"ema", &data.Splits{Train: five(3), Valid: five(3)}, Options{MaxEpochs: 1, EMA: 1}, "ema"},
		{"limits", &data.Splits{Train: five(3), Valid: five(3)}, Options{MaxEpochs: -1}, "max_epochs"},
		{"endless", &data.Splits{Train: five(3), Valid: five(3)}, Options{LookAhead: -1}, "look_ahead: "},
		{"orders", &data.Splits{Train: five(3), Valid: five(3)}, Options{ValidOrders: -1}, "valid_orders"},
		{"samples", &data.Splits{Train: five(3), Valid: five(3)}, Options{ValidSamples: -1}, "valid_samples"},
		{"a start above 1", &data.Splits{Train: five(3), Valid: five(3)}, Options{Anneal: AnnealOptions{From: 1.5}}, "anneal"},
		{"a start of NaN", &data.Splits{Train: five(3), Valid: five(3)}, Options{Anneal: AnnealOptions{From: math.NaN()}}, "anneal"},
		{"steps below 0", &data.Splits{Train: five(3), Valid: five(3)}, Options{Anneal: AnnealOptions{Steps: -1}}, "anneal"},
		{"decay", &data.Splits{Train: five(3), Valid: five(3)}, Options{Optimizer: &Adadelta{Decay: 1}}, "optimizer.decay: "},
		{"rate", &data.Splits{Train: five(3), Valid: five(3)}, Options{Optimizer: &Adadelta{LearningRate: math.Inf(1)}}, "optimizer.learning_rate: "},
		{"schedule", &data.Splits{Train: five(3), Valid: five(3)}, Options{Schedule: ScheduleOptions{Name: "cosine"}}, "schedule.steps: "},
	} {
		tr, err := NewTrainer(b, m, tt.splits, tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", tt.name, err, tt.want)
		}
		if tr != nil {
			t.Errorf("%s: a trainer beside the error", tt.name)
		}
	}
	// Only what is fitted to a target does without data.
	if _, err := NewTrainer(b, tinyVAE(5), points(3, 3, 5), good); err == nil || !strings.Contains(err.Error(), "train has 0 variables") {
		t.Errorf("error %v for a VAE without data", err)
	}
	if _, err := NewTrainer(b, parametersOnly{m}, &data.Splits{Train: five(3), Valid: five(3)}, good); err == nil || !strings.Contains(err.Error(), "neither a density nor a bound") {
		t.Errorf("error %v for a model that is nothing but parameters", err)
	}
	_, err := NewTrainer(b, m, &data.Splits{}, Options{Batch: -2, EMA: 2, Optimizer: &SGD{Momentum: 1}})
	for _, want := range []string{"batch: ", "ema: ", "optimizer.momentum: ", "rows to train on"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not mention %s: every problem is told at once", err, want)
		}
	}
}

// parametersOnly hides everything that a model can do.
type parametersOnly struct{ models.Definition }
