package train

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/runlog"
)

// journey is a training of a model on splits.
type journey struct {
	name   string
	model  func(t testing.TB) models.Definition
	splits func() *data.Splits
	o      Options
	onlyGo bool // compiling takes XLA long
}

func madeOf(o made.Options) func(testing.TB) models.Definition {
	return func(t testing.TB) models.Definition { return newMADE(t, o) }
}

func bitsOf(context int) func() *data.Splits {
	return func() *data.Splits { return bitSplits(23, 11, 0, 5, context) } // in batches of 4, six steps an epoch
}

// journeys between them use everything that a state holds.
var journeys = []journey{
	{"unlimited masks, a plateau, an average", madeOf(made.Options{Dim: 5, ContextDim: 2, Hidden: []int{7}, Degrees: masks.SampledDegrees, Masks: masks.Unlimited, Start: "natural"}), bitsOf(2),
		Options{Optimizer: &Adam{LearningRate: 0.3}, Schedule: ScheduleOptions{Name: "plateau", Patience: 1, WarmUp: 4}, EMA: 0.5, ClipNorm: 2, MaxEpochs: 5, ValidOrders: 2}, false},
	{"four masks", madeOf(made.Options{Dim: 5, Hidden: []int{7}, Degrees: masks.SampledDegrees, Masks: 4, Start: "natural"}), bitsOf(0), Options{MaxSteps: 27}, true},
	{"a flow with statistics, and an average", func(testing.TB) models.Definition { return normalising(3, 2) }, func() *data.Splits { return waveSplits(23, 11, 0, 3, 2) },
		Options{Optimizer: &Adam{LearningRate: 0.1}, EMA: 0.5, MaxSteps: 15}, false},
	{"a flow with statistics", func(testing.TB) models.Definition { return normalising(3, 0) }, func() *data.Splits { return waveSplits(23, 11, 0, 3, 0) },
		Options{MaxSteps: 15}, true},
	{"noise beside data, and annealing", func(testing.TB) models.Definition { return tinyVAE(5) }, bitsOf(0),
		Options{Optimizer: &Adam{LearningRate: 0.1}, Anneal: AnnealOptions{From: 0.25, Steps: 9}, ValidSamples: 3, MaxSteps: 15}, false},
	{"given and asked, units that are dropped, validations now and then", func(t testing.TB) models.Definition {
		m, err := nade.New(nade.Options{Dim: 5, ContextDim: 1, Hidden: []int{7, 6}, Dropout: 0.2})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}, bitsOf(1), Options{Optimizer: &Adam{LearningRate: 0.1}, EMA: 0.5, MaxEpochs: 6, ValidateEvery: 2}, false},
	{"a flow with statistics over a base of any order", func(testing.TB) models.Definition {
		stack := stackOf(3, 2, 2)
		stack.Normalise, stack.Components = "batch", 2
		return must(maf.NewDrawn(maf.Options(stack)))
	}, func() *data.Splits { return waveSplits(23, 11, 0, 3, 2) }, Options{Optimizer: &Adam{LearningRate: 0.1}, EMA: 0.5, MaxEpochs: 3}, true},
	{"noise without data, and a teacher", func(t testing.TB) models.Definition { m, _ := student(t); return m }, func() *data.Splits { return points(23, 11, 3) },
		Options{Optimizer: &Adam{LearningRate: 0.1}, EMA: 0.5, Anneal: AnnealOptions{From: 0.5, Steps: 7}, MaxSteps: 15}, true},
}

// stop is a moment of a training: its state, and how many records there were.
type stop struct {
	state   *checkpoint.State
	records int
}

// A training that goes on from any state between two calls, or from one whose
// validation was cut short, ends with the same bits and tells the same on the
// way as one that was never interrupted.
func TestResumingAnywhereChangesNothing(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, tt := range journeys {
			if b.Kind != backend.KindGo && tt.onlyGo {
				continue
			}
			t.Run(tt.name, func(t *testing.T) {
				var j *journal
				var stops []stop
				o := tt.o
				o.Seed, o.Batch, o.EvalBatch, o.LogEvery, o.LookAhead, o.Clock = 4, 4, 11, 1, -1, frozen
				o.Hooks = []Hook{Records(func(r runlog.Record) error { return j.record(r) })}
				tr := newTrainer(t, b, tt.model(t), tt.splits(), o)
				chunked(t, tr, longest(b, 4))

				j = &journal{}
				start := stateOf(t, tr)
				setBetween(tr, func(tr *Trainer) (bool, error) {
					stops = append(stops, stop{stateOf(t, tr), len(j.records)})
					return false, nil
				})
				toEnd(t, tr)
				want, lines := stateOf(t, tr), j.lines()
				stops = append(stops, stop{want, len(lines)})
				stops = append(stops, cutShort(t, tr, start, &j)...)

				other := newTrainer(t, b, tt.model(t), tt.splits(), o)
				other.program.close()
				other.program = tr.program
				for _, s := range stops {
					j = &journal{}
					if err := other.Restore(s.state); err != nil {
						t.Fatal(err)
					}
					sameState(t, stateOf(t, other), s.state)
					toEnd(t, other)
					sameState(t, stateOf(t, other), want)
					if !slices.Equal(j.lines(), lines[s.records:]) {
						t.Errorf("from step %d: records\n%s\nwant\n%s", s.state.Step, strings.Join(j.lines(), "\n"), strings.Join(lines[s.records:], "\n"))
					}
					if t.Failed() {
						t.Fatalf("resumed from step %d: %s", s.state.Step, s.state.Meta)
					}
				}
			})
		}
	})
}

// cutShort trains anew and cancels at the start of each validation in turn; the
// states are those of epochs that have ended and are not validated.
func cutShort(t *testing.T, tr *Trainer, start *checkpoint.State, j **journal) []stop {
	t.Helper()
	var stops []stop
	if err := tr.Restore(start); err != nil {
		t.Fatal(err)
	}
	*j = &journal{}
	for {
		ctx, cancel := context.WithCancel(t.Context())
		setBetween(tr, func(tr *Trainer) (bool, error) {
			last := tr.p.Cursor+tr.program.chunk >= tr.stepsPerEpoch() || tr.o.MaxSteps > 0 && tr.p.Step+int64(tr.program.chunk) >= int64(tr.o.MaxSteps)
			if last {
				cancel()
			}
			return false, nil
		})
		err := tr.Run(ctx)
		cancel()
		if err == nil {
			return stops
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if tr.p.Validated {
			t.Fatal("the validation was not cut short")
		}
		stops = append(stops, stop{stateOf(t, tr), len((*j).records)})
		if len(tr.stages) > 0 { // a moment later the statistics are there, the likelihood is not
			if err := tr.estimate(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			stops = append(stops, stop{stateOf(t, tr), len((*j).records)})
		}
		// Validate this epoch, and go on.
		setBetween(tr, func(*Trainer) (bool, error) { return true, nil })
		if err := tr.Run(t.Context()); err == nil {
			return stops
		} else if !errors.Is(err, ErrStopped) {
			t.Fatal(err)
		}
	}
}

// Cancelling at random moments, each time from another goroutine, and going on
// from the state in a file, ends with the same bits too.
func TestCancellingAtRandomMoments(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	tt := journeys[0]
	o := tt.o
	o.Batch, o.EvalBatch, o.LookAhead, o.MaxEpochs, o.Clock = 4, 3, -1, 40, frozen
	tr := newTrainer(t, b, tt.model(t), bitSplits(23, 31, 0, 5, 2), o)
	start := stateOf(t, tr)
	toEnd(t, tr)
	want := stateOf(t, tr)

	rng := rand.New(rand.NewPCG(1, 2))
	if err := tr.Restore(start); err != nil {
		t.Fatal(err)
	}
	dir, cancelled := t.TempDir(), 0
	for {
		ctx, cancel := context.WithCancel(t.Context())
		calls, done := rng.IntN(30), make(chan struct{})
		setBetween(tr, func(*Trainer) (bool, error) {
			if calls--; calls == 0 {
				go func() { cancel(); close(done) }() // some time during the next calls
			}
			return false, nil
		})
		err := tr.Run(ctx)
		cancel()
		if err == nil {
			break
		}
		<-done
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancelled++
		path, err := checkpoint.Save(dir, checkpoint.StepName(tr.p.Step), stateOf(t, tr))
		if err != nil {
			t.Fatal(err)
		}
		saved, err := checkpoint.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Restore(saved); err != nil {
			t.Fatal(err)
		}
	}
	if cancelled < 3 {
		t.Errorf("the training was cancelled %d times, which shows little", cancelled)
	}
	sameState(t, stateOf(t, tr), want)
}

func TestRestoreRefusesOtherTrainings(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	model := made.Options{Dim: 5, Hidden: []int{7}, Degrees: masks.SampledDegrees, Masks: 2, Start: "natural"}
	type change struct {
		model  func(*made.Options)
		o      func(*Options)
		rows   int
		d      func(*data.Splits)
		state  func(*checkpoint.State)
		best   bool
		refuse string
	}
	build := func(c change) *Trainer {
		m, o := model, Options{Batch: 4, MaxSteps: 3, Optimizer: &Adam{}, Seed: 1}
		if c.model != nil {
			c.model(&m)
		}
		if c.o != nil {
			c.o(&o)
		}
		splits := bitSplits(23+c.rows, 11, 0, m.Dim, 0)
		if c.d != nil {
			c.d(splits)
		}
		return newTrainer(t, b, newMADE(t, m), splits, o)
	}
	meta := func(from, to string) func(*checkpoint.State) {
		return func(s *checkpoint.State) {
			if !strings.Contains(string(s.Meta), from) {
				t.Fatalf("%s has no %s", s.Meta, from)
			}
			s.Meta = []byte(strings.Replace(string(s.Meta), from, to, 1))
		}
	}
	tr := build(change{})
	before := stateOf(t, tr)
	for name, c := range map[string]change{
		"another width":       {model: func(o *made.Options) { o.Hidden = []int{8} }, refuse: "shape [5 8], the model's [5 7]"},
		"another depth":       {model: func(o *made.Options) { o.Hidden = []int{7, 7} }, refuse: "tensors"},
		"fewer layers":        {model: func(o *made.Options) { o.Hidden = []int{} }, refuse: `no tensor "params/hidden0.weights"`},
		"another dimension":   {model: func(o *made.Options) { o.Dim = 6 }, refuse: "5 columns, 6 then"},
		"more masks":          {model: func(o *made.Options) { o.Masks = 3 }, refuse: "does not fit this training"},
		"as many slots":       {o: func(o *Options) { o.Optimizer = &Adadelta{} }, refuse: "adadelta, 23 rows in batches of 4, seed 1"},
		"fewer slots":         {o: func(o *Options) { o.Optimizer = &SGD{} }, refuse: "another training (sgd"},
		"an average":          {o: func(o *Options) { o.EMA = 0.9 }, refuse: "tensors"},
		"other rows":          {d: func(s *data.Splits) { s.Train.X[0] = 1 - s.Train.X[0] }, refuse: "train has other rows"},
		"another seed":        {o: func(o *Options) { o.Seed = 2 }, refuse: "seed 2"},
		"more rows":           {rows: 1, refuse: "train has 23 rows, 24 then"},
		"drop_last":           {o: func(o *Options) { o.DropLast = true }, refuse: "(drop_last)"},
		"only a model":        {best: true, refuse: "holds a model, not a training"},
		"no meta":             {state: func(s *checkpoint.State) { s.Meta = nil }, refuse: "cannot be read"},
		"a wrong step":        {state: func(s *checkpoint.State) { s.Step++ }, refuse: "does not fit this training"},
		"a cursor too far":    {state: meta(`"cursor":3`, `"cursor":7`), refuse: "batch 7 of 6"},
		"no batch":            {state: meta(`"batch":4`, `"batch":0`), refuse: "batches of 0"},
		"a negative cursor":   {state: meta(`"cursor":3`, `"cursor":-1`), refuse: "batch -1 of 6"},
		"no schedule":         {state: meta(`"schedule":{`, `"other":{`), refuse: "not a training"},
		"a best without rows": {state: func(s *checkpoint.State) { s.Tensors = s.Tensors[:len(s.Tensors)-4] }, refuse: `no tensor "best/`},
		"one tensor too few":  {state: func(s *checkpoint.State) { s.Tensors = s.Tensors[:len(s.Tensors)-1] }, refuse: `no tensor "best/output.bias"`},
	} {
		other := build(c)
		toEnd(t, other)
		s := stateOf(t, other)
		if c.best {
			var err error
			if s, err = other.BestState(); err != nil {
				t.Fatal(err)
			}
		}
		if c.state != nil {
			c.state(s)
		}
		err := tr.Restore(s)
		if err == nil || !strings.Contains(err.Error(), c.refuse) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", name, err, c.refuse)
		}
		sameState(t, stateOf(t, tr), before)
	}
	good := build(change{})
	toEnd(t, good)
	if err := tr.Restore(stateOf(t, good)); err != nil {
		t.Errorf("a state of the same training: %v", err)
	}
	// A plain descent keeps nothing but weights: a model is refused even there.
	plain := build(change{o: func(o *Options) { o.Optimizer = &SGD{} }})
	toEnd(t, plain)
	best, err := plain.BestState()
	if err != nil {
		t.Fatal(err)
	}
	if err := plain.Restore(best); err == nil || !strings.Contains(err.Error(), "holds a model") {
		t.Errorf("error %v for a model without a training", err)
	}
}

// A training starts where its seed says.
func TestInitialWeights(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	m := newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Degrees: "sequential", Start: "natural"})
	tr := newTrainer(t, b, m, bitSplits(9, 3, 0, 5, 0), Options{Seed: 9, MaxEpochs: 1, EMA: 0.5})
	if nll := float64(tr.p.Best); !math.IsNaN(nll) {
		t.Errorf("the best likelihood before the first validation is %v", nll)
	}
	s := stateOf(t, tr)
	for i, spec := range m.Specs() {
		want := models.Initialize(m, 9)[i]
		for _, group := range []string{"params/", "ema/"} {
			if got := tensor(t, s, group+spec.Name); !slices.Equal(got, want) {
				t.Errorf("%s%s starts as %v, want %v", group, spec.Name, got, want)
			}
		}
		for _, group := range []string{"slot0/", "slot1/"} {
			if got := tensor(t, s, group+spec.Name); slices.ContainsFunc(got, func(v float32) bool { return v != 0 }) {
				t.Errorf("%s%s starts as %v, want zeros", group, spec.Name, got)
			}
		}
	}
}

// How training goes on may change in a resumption, in the middle of an epoch too: rows are neither lost nor taken twice
// but for those of a batch that the change cuts.
func TestResumeWithAnotherWayOfTraining(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, b, parse(t, small, "train.schedule={name: plateau, patience: 1}"), smallSplits(), RunOptions{Dir: dir, Observe: func(r runlog.Record) {
		if v, ok := r.(runlog.Train); ok && v.Step == 8 { // three batches of eight rows in the second epoch
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	before, err := runlog.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	changed := parse(t, small, "train.batch=4", "train.optimizer.learning_rate=0.5", "train.clip_norm=7", "train.max_epochs=4")
	if _, err := Run(t.Context(), b, changed, smallSplits(), RunOptions{Dir: dir, Resume: true}); err != nil {
		t.Fatal(err)
	}
	after, _, err := maskflow.ReadRun(dir)
	if err != nil || after.WeightsHash != before.WeightsHash || after.ConfigHash == before.ConfigHash {
		t.Errorf("the hashes became %+v, from %+v (%v)", after, before, err)
	}
	h := loadHistory(t, dir)
	if want := "changed train.batch: 8 → 4, train.optimizer.learning_rate: 0.01 → 0.5, train.schedule.name: plateau → constant"; len(h.Events) == 0 || !strings.HasPrefix(h.Events[0].What, want) {
		t.Errorf("the events are %+v, want first %q", h.Events, want)
	}
	// 37 rows are 10 batches of 4. The checkpoint is of step 8 or a little later: of whole batches of 8.
	from := h.Starts[1].Step
	left := 10 - 2*(from-5)
	if last := h.Train.At(h.Train.Len() - 1); last.Step != from+left+2*10 || last.LR != 0.5 {
		t.Errorf("from step %d the training came to %+v, want step %d", from, last, from+left+20)
	}
}
