package train

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/runlog"
)

// small is a configuration of a run that takes a moment.
const small = `
name: small
seed: 3
data: {source: connect4}
model: {hidden: [11], orders: {count: 3}}
train: {batch: 8, max_epochs: 3, log_every: 1, optimizer: {name: adam, learning_rate: 0.01}}
eval: {batch: 16}
`

func parse(t *testing.T, text string, sets ...string) *Config {
	t.Helper()
	c, err := ParseConfig("test.yaml", []byte(text), sets)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// smallSplits are of 7 variables: 5 batches an epoch.
func smallSplits() *data.Splits { return bitSplits(37, 19, 23, 7, 0) }

func loadHistory(t *testing.T, dir string) *runlog.History {
	t.Helper()
	h, err := runlog.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if h.Bad > 0 {
		t.Errorf("%d lines of the log are no records", h.Bad)
	}
	// That a training of a few steps is worse than a mixture is another test's.
	h.Events = slices.DeleteFunc(h.Events, func(e runlog.Event) bool { return strings.Contains(e.What, "is worse than that of a mixture") })
	return h
}

func status(t *testing.T, dir string) runlog.Status {
	t.Helper()
	s, err := runlog.ReadState(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return s.Status
}

func oneLine(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("the error has several lines: %v", err)
	}
}

func TestRunWritesARunDirectory(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		dir := filepath.Join(t.TempDir(), "run")
		splits := smallSplits()
		var seen []runlog.Record
		s, err := Run(t.Context(), b, parse(t, small), splits, RunOptions{Dir: dir, Args: []string{"a", "b"}, Clock: frozen, Observe: func(r runlog.Record) { seen = append(seen, r) }})
		if err != nil {
			t.Fatal(err)
		}
		h := loadHistory(t, dir)
		if len(h.Starts) != 1 || h.Starts[0].Step != 0 || h.Starts[0].Resumed || h.Train.Len() != 15 || len(h.Valid) != 3 || len(h.Checkpoints) != 2 {
			t.Errorf("%d starts, %d training records, %d validations, %d checkpoints", len(h.Starts), h.Train.Len(), len(h.Valid), len(h.Checkpoints))
		}
		if first, last := h.Checkpoints[0].Step, h.Checkpoints[1].Step; first != 5 || last != 15 {
			t.Errorf("checkpoints at steps %d and %d, want one after the first validation and one at the end", first, last)
		}
		if want := 1 + 15 + 3 + 4 + 2 + 3 + 3 + 1 + 1; len(seen) != want {
			t.Errorf("%d records were observed, want %d", len(seen), want)
		}
		if b := baseline.Best(s.Baselines); b == nil || !b.Worse() || !strings.HasPrefix(b.Name, "a mixture of ") || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], b.Name) {
			t.Errorf("the baselines are %+v, the notes %q", s.Baselines, s.Notes)
		}
		if s.Status != runlog.Done || s.Steps != 15 || s.Epochs != 3 || s.Dir != dir || status(t, dir) != runlog.Done {
			t.Errorf("summary %+v of a run that is %s", s, status(t, dir))
		}
		checkRunOrders(t, h, s)
		checkSamples(t, dir, h)
		checkEnd(t, b, dir, h, s, splits)
	})
}

// A run records what its likelihoods are of, at each start, and what independent columns have on the same rows.
func TestRunRecordsWhatItsLikelihoodsAreOf(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir, splits := filepath.Join(t.TempDir(), "run"), smallSplits()
	c := parse(t, small, "train.max_epochs=1")
	if _, err := Run(t.Context(), b, c, splits, RunOptions{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	others := *splits
	others.Valid = splits.Test
	c = parse(t, small, "train.max_epochs=2")
	if _, err := Run(t.Context(), b, c, &others, RunOptions{Dir: dir, Resume: true, ChangedData: true}); err != nil {
		t.Fatal(err)
	}
	h := loadHistory(t, dir)
	if len(h.Starts) != 2 || h.End == nil || h.End.Test == nil {
		t.Fatalf("%d starts, the end is %+v", len(h.Starts), h.End)
	}
	onValid := *splits
	onValid.Test = splits.Valid
	for i, of := range []*data.Splits{splits, &others} {
		start := h.Starts[i]
		if want := maskflow.BasisOf(must(c.NewModel(7, 0)), of, c.Eval); start.Basis == nil || *start.Basis != *want {
			t.Errorf("start %d has the basis %+v, want %+v", i, start.Basis, want)
		}
		if i == 0 && (start.Independent == nil || float64(*start.Independent) != data.IndependentColumns(&onValid).NLL) {
			t.Errorf("independent columns have %v on the validation rows, want %v", start.Independent, data.IndependentColumns(&onValid).NLL)
		}
	}
	if *h.Starts[0].Basis == *h.Starts[1].Basis {
		t.Error("other validation rows have the same basis")
	}
	if got := h.End.Test.Independent; got == nil || float64(*got) != data.IndependentColumns(splits).NLL {
		t.Errorf("independent columns have %v on the test rows, want %v", got, data.IndependentColumns(splits).NLL)
	}
}

func checkRunOrders(t *testing.T, h *runlog.History, s *Summary) {
	t.Helper()
	best := runlog.Float(math.Inf(1))
	for i, v := range h.Valid {
		if o := h.Orders[i]; o.Split != "valid" || o.Step != v.Step || o.NLL != v.NLL {
			t.Errorf("validation %+v beside %+v", v, o)
		}
		best = min(best, v.NLL)
	}
	if best != s.BestNLL || h.Valid[s.BestEpoch-1].NLL != best {
		t.Errorf("the best is %v of epoch %d, the validations are %+v", s.BestNLL, s.BestEpoch, h.Valid)
	}
	if len(h.Orders) != 4 {
		t.Fatalf("%d records of orders, want one a validation and one of the test", len(h.Orders))
	}
	for _, o := range h.Orders {
		checkOrders(t, o)
	}
	if o := h.Orders[3]; o.Split != "test" || float64(o.NLL) != s.Test.NLL || o.MaskLoss != nil {
		t.Errorf("the test's orders are %+v", o)
	}
}

// checkSamples finds samples of every validation: on a clock that stands still
// they cost nothing.
func checkSamples(t *testing.T, dir string, h *runlog.History) {
	t.Helper()
	if len(h.Samples) != 3 || len(h.Densities) != 0 {
		t.Fatalf("%d records of samples and %d of densities, want 3 and none of bits", len(h.Samples), len(h.Densities))
	}
	for i, r := range h.Samples {
		set, err := format.ReadFile(t.Context(), filepath.Join(dir, filepath.FromSlash(r.File)), format.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rows, dim := set.Dims()
		bits := func(v float32) bool { return v == 0 || v == 1 }
		if !slices.Equal(r.Shape, []int{64, 7}) || rows != 64 || dim != 7 || r.Step != int64(5*(i+1)) ||
			slices.ContainsFunc(set.Float32(), func(v float32) bool { return !bits(v) }) {
			t.Errorf("record %+v, file of %d × %d values", r, rows, dim)
		}
	}
}

// checkEnd opens the run: its weights are those that were tested, of the best
// validation.
func checkEnd(t *testing.T, b *backend.Backend, dir string, h *runlog.History, s *Summary, splits *data.Splits) {
	t.Helper()
	r := h.End.Test
	if h.End.Status != runlog.Done || h.End.Step != 15 || h.End.Error != "" || r == nil {
		t.Fatalf("end %+v", h.End)
	}
	if float64(r.NLL) != s.Test.NLL || r.NLLModel != r.NLL || float64(r.NLL2SE) != s.Test.NLL2SE || float64(r.Gain) != s.Test.Gain ||
		float64(r.NLLOrderMean) != s.Test.OrderMean || r.Orders != 3 || r.Rows != 23 || r.Dim != 7 || r.Split != "test" {
		t.Errorf("the log has the test %+v, the summary %+v", r, s.Test)
	}
	run, err := maskflow.Open(b, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	e, err := run.EvaluateOf(t.Context(), splits.Test, maskflow.EvalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if e.NLL != s.Test.NLL || !slices.Equal(e.PerOrder, s.Test.PerOrder) || run.Step != int64(5*s.BestEpoch) || run.Config.Name != "small" {
		t.Errorf("the opened run of step %d scores %+v, the run said %+v", run.Step, e, s.Test)
	}
	// Training validates in other batches, which may turn the last bits.
	if e, err = run.EvaluateOf(t.Context(), splits.Valid, maskflow.EvalOptions{}); err != nil || !near(e.NLL, float64(s.BestNLL), 1e-6) {
		t.Errorf("the opened run scores %v on the validation rows (%v), its best validation was %v", e.NLL, err, s.BestNLL)
	}
	last := filepath.Join(dir, filepath.FromSlash(h.Checkpoints[len(h.Checkpoints)-1].File))
	if state, err := checkpoint.Load(last); err != nil {
		t.Error(err)
	} else if state.Step != 15 {
		t.Errorf("the last checkpoint is of step %d", state.Step)
	}
	m, err := runlog.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "small" || m.Seeds["model"] != 3 || m.Seeds["data"] != 1 || m.Backend != b.String() || !slices.Equal(m.Args, []string{"a", "b"}) || m.Versions.Maskflow != maskflow.Version {
		t.Errorf("manifest %+v", m)
	}
}

// ones are rows of one bit, k of n being 1.
func ones(name string, k, n int) *data.Prepared {
	s := &data.Prepared{Name: name, Rows: n, Dim: 1, X: make([]float32, n)}
	for i := range k {
		s.X[i] = 1
	}
	return s
}

// One variable without hidden units is a coin, p = σ(b). Training goes to 0.9
// and passes 0.7, the best for the validation rows, on the way; the test rows
// like 0.9 best. What is tested is the coin of the best validation.
func TestTheTestIsOfTheBestWeights(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "coin")
	splits := &data.Splits{Train: ones("train", 9, 10), Valid: ones("valid", 7, 10), Test: ones("test", 9, 10), Dim: 1}
	c := parse(t, "data: {source: connect4}\nmodel: {hidden: []}\ntrain: {batch: 10, look_ahead: 5, max_epochs: 50, optimizer: {name: sgd, learning_rate: 0.5}}")
	s, err := Run(t.Context(), b, c, splits, RunOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	// On the host: gradient σ(b) − 0.9, the loss of rate r is −r·ln p − (1−r)·ln(1−p).
	sigmoid := func(b float64) float64 { return 1 / (1 + math.Exp(-b)) }
	loss := func(r, b float64) float64 { return -r*math.Log(sigmoid(b)) - (1-r)*math.Log(1-sigmoid(b)) }
	bias, best, bestEpoch, bestBias := 0.0, math.Inf(1), 0, 0.0
	for epoch := 1; epoch <= s.Epochs; epoch++ {
		bias -= 0.5 * (sigmoid(bias) - 0.9)
		if l := loss(0.7, bias); l < best {
			best, bestEpoch, bestBias = l, epoch, bias
		}
	}
	if s.BestEpoch != bestEpoch || s.Epochs != bestEpoch+5 || !near(float64(s.BestNLL), best, 1e-5) {
		t.Errorf("best %v in epoch %d of %d, want %v in epoch %d of %d", s.BestNLL, s.BestEpoch, s.Epochs, best, bestEpoch, bestEpoch+5)
	}
	if want, last := loss(0.9, bestBias), loss(0.9, bias); !near(s.Test.NLL, want, 1e-5) || want-last < 1e-3 {
		t.Errorf("the test scores %v, want %v; the last weights score %v", s.Test.NLL, want, last)
	}
	state, err := checkpoint.Load(filepath.Join(dir, runlog.CheckpointsDir, checkpoint.Best))
	if err != nil {
		t.Fatal(err)
	}
	if v := tensor(t, state, "params/output.bias"); !near(float64(v[0]), bestBias, 1e-5) {
		t.Errorf("the best checkpoint has the bias %v, want %v", v[0], bestBias)
	}
}

func TestRunThatDiverges(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		dir := filepath.Join(t.TempDir(), "run")
		c := parse(t, small, "train.optimizer={name: sgd, learning_rate: 1e20}", "model.orders.count=1")
		s, err := Run(t.Context(), b, c, smallSplits(), RunOptions{Dir: dir})
		var diverged *DivergedError
		if !errors.As(err, &diverged) || s == nil || s.Status != runlog.Diverged || s.Test != nil || diverged.Step != s.Steps+1 {
			t.Fatalf("summary %+v, error %v", s, err)
		}
		oneLine(t, err)
		h := loadHistory(t, dir)
		if h.End == nil || h.End.Status != runlog.Diverged || h.End.Step != s.Steps || h.End.Error != err.Error() || h.End.Test != nil || status(t, dir) != runlog.Diverged {
			t.Errorf("end %+v", h.End)
		}
		file := checkpoint.StepName(0) // before a validation there is nothing better than the beginning
		if !strings.Contains(err.Error(), file) {
			t.Errorf("the error does not name the state to go on from, %s: %v", file, err)
		}
		found, err := checkpoint.Latest(filepath.Join(dir, runlog.CheckpointsDir))
		if err != nil || found.State.Step != 0 {
			t.Fatalf("the last checkpoint is %+v, error %v", found, err)
		}
		for _, x := range found.State.Tensors {
			if slices.ContainsFunc(floatsOf(t, x), func(v float32) bool { return !finite(float64(v)) }) {
				t.Errorf("%s is not finite", x.Name)
			}
		}
	})
}

func TestRunRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	temp := t.TempDir()
	done := filepath.Join(temp, "done")
	if _, err := Run(t.Context(), b, parse(t, small, "train.max_epochs=1"), smallSplits(), RunOptions{Dir: done}); err != nil {
		t.Fatal(err)
	}
	grey := smallSplits()
	grey.Test.X[9] = 0.5
	wide := smallSplits()
	wide.Valid = bits("valid", 2, 19, 6, 0)
	for _, tt := range []struct {
		name   string
		config *Config
		splits *data.Splits
		o      RunOptions
		want   string
	}{
		{"values that are not binary", parse(t, small), grey, RunOptions{}, "test: row 1, column 2 (counted from 0) is 0.5, not 0 or 1"},
		{"splits of other widths", parse(t, small), wide, RunOptions{}, "valid has 6 variables"},
		{"an order of other data", parse(t, small, "model.order=[1, 2, 3]"), smallSplits(), RunOptions{}, "an order of 3 inputs for 7 inputs"},
		{"a run that exists", parse(t, small), smallSplits(), RunOptions{Dir: done}, "already holds a run"},
		{"a run that does not", parse(t, small), smallSplits(), RunOptions{Dir: filepath.Join(temp, "nothing"), Resume: true}, "holds no run"},
		{"another model", parse(t, small, "model.hidden=[12]"), smallSplits(), RunOptions{Dir: done, Resume: true}, "model.hidden: [11] → [12]"},
		{"other data", parse(t, small, "train.max_epochs=1"), bitSplits(36, 19, 23, 7, 0), RunOptions{Dir: done, Resume: true}, "36 rows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fresh := tt.o.Dir == ""
			if fresh {
				tt.o.Dir = filepath.Join(t.TempDir(), "fresh")
			}
			s, err := Run(t.Context(), b, tt.config, tt.splits, tt.o)
			if err == nil || s != nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("summary %+v, error %v, want one with %q", s, err, tt.want)
			}
			oneLine(t, err)
			if _, err := os.Stat(tt.o.Dir); fresh && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a run that cannot begin leaves a directory (%v)", err)
			}
		})
	}
	// Whoever is refused lets go of the run.
	if _, err := Run(t.Context(), b, parse(t, small, "train.max_epochs=2"), smallSplits(), RunOptions{Dir: done, Resume: true}); err != nil {
		t.Error(err)
	}
	if h := loadHistory(t, done); h.Valid[len(h.Valid)-1].Epoch != 2 || h.End.Status != runlog.Done {
		t.Errorf("the run that was given another epoch ended with %+v", h.End)
	}
}

// Whoever interrupts the test finds the run stopped and can have it tested by
// resuming it.
func TestRunThatIsInterruptedWhileItTests(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Run(ctx, b, parse(t, small), smallSplits(), RunOptions{Dir: dir, Observe: func(r runlog.Record) {
		if v, ok := r.(runlog.Checkpoint); ok && v.Step == 15 { // the one at the end
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || s == nil || s.Status != runlog.Stopped || s.Test != nil || s.Steps != 15 || status(t, dir) != runlog.Stopped {
		t.Fatalf("summary %+v, error %v", s, err)
	}
	s, err = Run(t.Context(), b, parse(t, small), smallSplits(), RunOptions{Dir: dir, Resume: true})
	if err != nil || s.Status != runlog.Done || s.Test == nil || s.Steps != 15 {
		t.Errorf("resumed: summary %+v, error %v", s, err)
	}
	if h := loadHistory(t, dir); len(h.Valid) != 3 || h.Checkpoints[len(h.Checkpoints)-1].Step != 15 {
		t.Errorf("validations %+v, checkpoints %+v", h.Valid, h.Checkpoints)
	}
}

func TestRunWithoutTestRows(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	splits := smallSplits()
	splits.Test = nil
	s, err := Run(t.Context(), b, parse(t, small, "train.max_epochs=1"), splits, RunOptions{Dir: dir})
	if err != nil || s.Status != runlog.Done || s.Test != nil {
		t.Errorf("summary %+v, error %v", s, err)
	}
	if h := loadHistory(t, dir); h.End.Test != nil {
		t.Errorf("end %+v", h.End)
	}
}

// A context has no samples drawn beside the validations: there is none to
// condition them on.
func TestRunWithAContext(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	splits := bitSplits(37, 19, 23, 7, 2)
	s, err := Run(t.Context(), b, parse(t, small, "train.max_epochs=2"), splits, RunOptions{Dir: dir})
	if err != nil || s.Test == nil {
		t.Fatalf("summary %+v, error %v", s, err)
	}
	if h := loadHistory(t, dir); len(h.Samples) != 0 {
		t.Errorf("samples %+v", h.Samples)
	}
	r, err := maskflow.Open(b, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if e, err := r.EvaluateOf(t.Context(), splits.Test, maskflow.EvalOptions{}); err != nil || e.NLL != s.Test.NLL || r.Definition().ContextDim() != 2 {
		t.Errorf("the opened run scores %v (%v), want %v", e.NLL, err, s.Test.NLL)
	}
}

func TestSamplesHaveTheShapeOfImages(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	splits := bitSplits(17, 9, 0, 6, 0)
	splits.Shape, splits.Test = []int{2, 3}, nil
	if _, err := Run(t.Context(), b, parse(t, small, "train.max_epochs=1"), splits, RunOptions{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if h := loadHistory(t, dir); len(h.Samples) != 1 || !slices.Equal(h.Samples[0].Shape, []int{64, 2, 3}) {
		t.Errorf("samples %+v", h.Samples)
	}
	r, err := maskflow.Open(b, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if !slices.Equal(r.Shape, []int{2, 3}) {
		t.Errorf("the run is of rows of shape %v", r.Shape)
	}
}

// The options of a file are those of Go: another value in one is another in the other, and so are the defaults.
func TestOptionsOfAConfiguration(t *testing.T) {
	c := parse(t, `
seed: 7
data: {source: connect4}
train:
  batch: 11
  optimizer: {name: sgd, learning_rate: 0.25, momentum: 0.5, nesterov: true, weight_decay: 0.125}
  schedule: {name: plateau, warm_up: 3, final: 0.01, factor: 0.75, patience: 5}
  clip_norm: 2
  clip_row: 23
  ema: 0.875
  max_epochs: 13
  max_steps: 17
  look_ahead: 19
  checkpoint_every: 7
  log_every: 23
  drop_last: true
eval: {batch: 29, valid_orders: 31}
`)
	want := Options{Seed: 7, Batch: 11, ClipNorm: 2, ClipRow: 23, EMA: 0.875, MaxEpochs: 13, MaxSteps: 17, LookAhead: 19, LogEvery: 23, DropLast: true, EvalBatch: 29, ValidOrders: 31,
		CheckpointEvery: 7, Anneal: AnnealOptions{}, Optimizer: &SGD{LearningRate: 0.25, Momentum: 0.5, Nesterov: true, WeightDecay: 0.125, Decays: "all"},
		Schedule: ScheduleOptions{Name: "plateau", WarmUp: 3, Final: 0.01, Factor: 0.75, Patience: 5}}
	if got := c.options(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	c = parse(t, "data: {source: connect4}\nmodel: {type: vae}\ntrain: {look_ahead: 0, max_epochs: 1, anneal: {from: 0.25, steps: 9}}\neval: {valid_samples: 11}")
	if got := c.options(); got.LookAhead != Never || got.Anneal != (AnnealOptions{From: 0.25, Steps: 9}) || got.ValidSamples != 11 {
		t.Errorf("got %+v", got)
	}
	for _, opt := range optimizers() {
		c := parse(t, "data: {source: connect4}\nmodel: {type: vae}\ntrain: {optimizer: {name: "+option.NameOf(opt)+"}}")
		got, err := c.options().resolve()
		if err != nil {
			t.Fatal(err)
		}
		want, err := Options{Optimizer: opt}.resolve()
		if err != nil {
			t.Fatal(err)
		}
		got.Clock, want.Clock = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: a configuration has %+v, Go %+v", option.NameOf(opt), got, want)
		}
	}
}
