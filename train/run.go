package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// RunOptions say where a run is written and who hears of it.
type RunOptions struct {
	// Dir is the run directory.
	Dir string
	// Resume continues the run in Dir from its last whole checkpoint; otherwise
	// Dir must not hold a run.
	Resume bool
	// ChangedData continues a run on other rows than those that it began on; otherwise
	// they are a *[data.ChangedError]. The evaluation at its end is then not one of test
	// rows: what they were trained on is not known.
	ChangedData bool
	// Args is the command line, for the run's manifest.
	Args []string
	// DataDir is the folder that the rows were read from, which the run remembers; ""
	// where there is none.
	DataDir string
	// Calibrate, if not nil, is called after validations of a conditional model, and may return what some validation rows
	// say of its samples, for whoever watches: posterior.Live does.
	Calibrate func(ctx context.Context, p Pairs) (*runlog.Calibration, error)
	// Observe, if not nil, is given every record, by one goroutine at a time.
	Observe func(runlog.Record)
	// Clock is time.Now unless given. It is called by several goroutines.
	Clock func() time.Time
}

// Summary is how a run ended.
type Summary struct {
	Dir    string        `json:"run"`
	Status runlog.Status `json:"status"`
	Steps  int64         `json:"steps"`
	Epochs int           `json:"epochs"`
	// BestEpoch and BestNLL are the best validation's, in nats a row, the latter Inf where
	// BestBadRows have no likelihood, the first of which is FirstBad. BestOthers is the
	// mean over the other rows.
	BestEpoch   int          `json:"best_epoch"`
	BestNLL     runlog.Float `json:"best_nll"`
	BestBadRows int          `json:"best_bad_rows"`
	BestOthers  runlog.Float `json:"best_nll_others"`
	FirstBad    string       `json:"best_first_bad,omitempty"`
	// Seconds that training took, summed over resumptions.
	Seconds float64 `json:"seconds"`
	// Test is the best weights' evaluation on the test rows, nil when the run
	// ended without one.
	Test *maskflow.Evaluation `json:"test,omitempty"`
	// Baseline is what any model must beat on the test rows, and BaselineNLL its figure; "" where there is none.
	Baseline    string       `json:"baseline,omitempty"`
	BaselineNLL runlog.Float `json:"baseline_nll,omitempty"`
	// Baselines are densities of few assumptions beside the model on the test rows, the best first; nil where it has no
	// likelihood of rows.
	Baselines []baseline.Comparison `json:"baselines,omitempty"`
	// Twins are the test rows that training had, too; nil where there are none.
	Twins *baseline.Twinned `json:"twins,omitempty"`
	// DataChanged is not nil when the run was continued on other rows, and lists what
	// differs.
	DataChanged []string `json:"data_changed,omitempty"`
	// Notes are what keeps the model from learning, and how the test shows it.
	Notes []string `json:"notes,omitempty"`
}

// Run trains what a resolved configuration describes on the given splits and
// writes a run directory: records, checkpoints, the best weights, and at the
// end the test likelihood of the best weights. For whoever watches it adds, after
// validations and for at most a fiftieth of the time each, samples of a model
// without a context, ln p on a grid of one of two real variables, and the calibration of a
// conditional one on validation rows; the newest files of the first two are kept. When ctx is cancelled it finishes
// the call to the backend, writes a checkpoint and returns ctx's error with the
// summary so far; after a divergence the error is a *DivergedError, and the last
// checkpoint has the best validated weights to go on from. A run that
// is stopped by request is tested like a finished one, unless it was asked to stop
// now, which interrupts also a validation or the test and is no error.
//
// What goes wrong with files is an event, and is tried again. The run fails when not
// all of it could be written in the end, or its directory is another: then it is saved
// beside it, where the summary's Dir is.
func Run(ctx context.Context, b *backend.Backend, c *Config, splits *data.Splits, o RunOptions) (*Summary, error) {
	if b == nil || c == nil || splits == nil {
		return nil, errors.New("a run needs a backend, a configuration and rows")
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	d, err := c.NewModel(splits.Dim, splits.ContextDim, maskflow.Variables(splits.Prep)...)
	if err != nil {
		return nil, err
	}
	r := &run{c: c, o: o, model: d, splits: splits, backend: b}
	evaluating, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	r.requests.interrupt, r.requests.tests, r.requests.clock, r.shows.clock = interrupt, r.tests(), o.Clock, o.Clock
	for h, what := range map[*hiccup]string{&r.saving: "saving a checkpoint", &r.looking: "looking at the run directory",
		&r.requests.polling: "looking for requests", &r.shows.files: "showing the model"} {
		*h = hiccup{what: what, report: func(what string) { _ = r.write(runlog.Event{What: what}) }}
	}
	options := c.options()
	options.Hooks, options.Clock = []Hook{Records(r.write), r.hook, r.shows.hook}, o.Clock
	r.trainer, err = NewTrainer(b, d, splits, options)
	if err != nil {
		return nil, err
	}
	defer r.close()
	if r.tests() { // the others are the trainer's
		if err := maskflow.CheckRows(d, splits.Test); err != nil {
			return nil, err
		}
	}
	r.shows.requests, r.shows.judge, r.requests.judged = &r.requests, o.Calibrate, o.Calibrate != nil && r.trainer.conditional()
	if err := r.open(); err != nil {
		return nil, err
	}
	s, err := r.train(ctx, evaluating)
	return s, also(err, r.w.Close())
}

// run is one process's share of a run.
type run struct {
	c       *Config
	o       RunOptions
	model   models.Definition
	splits  *data.Splits
	backend *backend.Backend
	trainer *Trainer
	w       *runlog.Writer

	nextCheckpoint, nextPoll time.Time
	saved                    moment        // of the last checkpoint
	unsaved                  error         // why the last state could not be saved in the run directory
	missed                   time.Time     // when the directory was found gone, zero while it is there
	waited                   time.Duration // for files that could not be written at the end
	saving, looking          hiccup
	watched                  func() // ends the watch over the validation that runs, nil without one
	requests                 requests
	shows                    shows
	notes                    []string // of the summary
}

func (r *run) close() {
	r.trainer.Close()
	r.shows.pointwise.Close()
	if r.w != nil {
		_ = r.w.Close() // again, unless something went wrong: then that is the error
	}
}

// moment tells two states of a trainer apart: at the end of an epoch there is
// one before and one after its validation.
type moment struct {
	step      int64
	validated bool
}

func (r *run) moment() moment { return moment{r.trainer.p.Step, r.trainer.p.Validated} }

// hook answers requests, and takes checkpoints between calls.
func (r *run) hook(_ context.Context, t *Trainer, e Event) error {
	switch e := e.(type) {
	case Begin:
		r.notes = e.Notes
	case Between:
		return r.between(t.p.Step)
	case Chosen:
		return r.write(runlog.Event{What: e.String()})
	case Validating:
		r.watched = r.requests.watch(runlog.Validating, t.p.Step)
	case Validation:
		if e.Best && r.saved.step < 0 {
			// The first weights that were validated are worth having at once.
			r.nextCheckpoint = r.o.Clock()
		}
		r.endWatch()
	}
	return nil
}

func (r *run) between(step int64) error {
	now := r.o.Clock()
	if !now.Before(r.nextPoll) {
		r.nextPoll = now.Add(pollEvery)
		r.requests.look(runlog.Training, step)
		if err := r.present(now); err != nil {
			return err
		}
	}
	if r.requests.asked() != "" {
		return ErrStopped // what is saved then serves those who wait for a checkpoint, too
	}
	if (r.requests.waits(runlog.SaveCheckpoint) || !now.Before(r.nextCheckpoint)) && r.saving.Due(now) {
		r.saving.tried(now, r.save())
	}
	return nil
}

// endWatch ends the watch over a validation, if there is one.
func (r *run) endWatch() {
	if r.watched != nil {
		r.watched()
		r.watched = nil
	}
}

func (r *run) write(rec runlog.Record) error { return r.w.Append(rec) }

// open creates the run directory or takes it over.
func (r *run) open() (err error) {
	process := runlog.Process{Versions: versions(r.backend), Backend: r.backend.String(), Args: r.o.Args, DataDir: r.o.DataDir}
	if process.DataDir != "" {
		if process.DataDir, err = filepath.Abs(process.DataDir); err != nil {
			return err
		}
	}
	options := runlog.Options{Clock: r.o.Clock, Observe: r.o.Observe}
	r.saved.step = -1
	if r.o.Resume {
		if r.w, err = runlog.Resume(r.o.Dir, process, options); err != nil {
			return err
		}
		r.requests.w, r.shows.w = r.w, r.w
		return r.takeOver()
	}
	text, err := config.Marshal(r.c.Table())
	if err != nil {
		return err
	}
	manifest := runlog.Manifest{Name: r.c.Name, Process: process, Objective: models.ObjectiveOf(r.model).Kind.String(),
		Seeds: map[string]uint64{"model": r.c.Seed, "data": r.c.Data.RandomSeed()}, WeightsHash: maskflow.WeightsHash(text)}
	if r.w, err = runlog.Create(r.o.Dir, manifest, text, options); err != nil {
		return err
	}
	r.requests.w, r.shows.w = r.w, r.w
	if r.trainer.run, err = runlog.ReadManifest(r.o.Dir); err != nil {
		return err
	}
	return r.start(false)
}

// start writes the record that opens a process of the run.
func (r *run) start(resumed bool) error {
	return r.write(runlog.Start{Step: r.trainer.p.Step, Resumed: resumed, Units: r.trainer.p.Units,
		Basis: maskflow.BasisOf(r.model, r.splits, r.c.Eval), Independent: known(r.trainer.independent(r.splits.Valid).NLL)})
}

// known is a number of a record, nil where there is none.
func known(v float64) *runlog.Float {
	if !num.Finite(v) {
		return nil
	}
	return new(runlog.Float(v))
}

func versions(b *backend.Backend) runlog.Versions {
	built := backend.Built()
	v := runlog.Versions{Maskflow: maskflow.Version, Go: built.Go, GoMLX: built.GoMLX}
	if b.Plugin != "" {
		v.Plugin = filepath.Base(b.Plugin) + " PJRT " + b.PluginVersion
	}
	return v
}

// train runs the trainer and ends the run according to how that ended. Requests
// interrupt evaluating, which is within ctx.
func (r *run) train(ctx, evaluating context.Context) (*Summary, error) {
	now := r.o.Clock()
	r.nextCheckpoint, r.nextPoll = now.Add(r.interval()), now
	err := r.trainer.Run(evaluating)
	r.endWatch()
	if r.requests.stopNow() && ctx.Err() == nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = ErrStopped
	}
	s := r.summary(statusOf(ctx, err))
	if s.Status == runlog.Diverged {
		r.trainer.rewind()
		r.saved.step = -1 // there may be another state of that step
	}
	if !r.trainer.lost {
		r.unsaved = r.secure()
	}
	switch {
	case err == nil, errors.Is(err, ErrStopped) && !r.requests.stopNow():
		if err = r.test(evaluating, s); err != nil {
			s.Status = statusOf(ctx, err)
		}
	case s.Status == runlog.Diverged && r.unsaved == nil:
		err = fmt.Errorf("%w; %s", err, r.wayBack())
	case errors.Is(err, files.ErrGone) && r.unsaved != nil:
		err = nil // which is what the other one is about
	}
	if errors.Is(err, ErrStopped) {
		err = nil
	}
	s.Notes = r.notes
	return s, r.end(s, err)
}

// wayBack removes the states after the one that training can go on from after a divergence, and describes that.
func (r *run) wayBack() string {
	at, from := r.trainer.p, "the initial weights"
	switch {
	case r.trainer.best != nil:
		from = fmt.Sprintf("the weights of the best validation, of step %d", at.Step)
	case at.Step > 0:
		from = fmt.Sprintf("the weights of step %d", at.Step)
	}
	if err := r.checkpoints().Forget(at.Step); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s has %s, to go on from", r.w.Files().Path(runlog.CheckpointsDir+"/"+checkpoint.StepName(at.Step)), from)
}

// statusOf is the status of a run that ends with the error.
func statusOf(ctx context.Context, err error) runlog.Status {
	var diverged *DivergedError
	switch {
	case err == nil:
		return runlog.Done
	case errors.Is(err, ErrStopped), ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return runlog.Stopped
	case errors.As(err, &diverged):
		return runlog.Diverged
	}
	return runlog.Failed
}

func (r *run) interval() time.Duration {
	const longest = 1e9 // seconds; a Duration ends soon after
	return time.Duration(min(r.c.Train.CheckpointEvery, longest) * float64(time.Second))
}

func (r *run) summary(status runlog.Status) *Summary {
	at := r.trainer.Progress()
	s := &Summary{Dir: r.o.Dir, Status: status, Steps: at.Step, Epochs: at.Epoch, BestEpoch: at.BestEpoch, BestNLL: at.Best,
		BestBadRows: at.BestBadRows, BestOthers: at.Best, FirstBad: at.BestFirstBad, Seconds: r.w.Elapsed(),
		DataChanged: r.changed()}
	if s.BestBadRows > 0 {
		s.BestNLL = runlog.Float(math.Inf(1))
	}
	return s
}

// tests reports whether the run has rows to test with.
func (r *run) tests() bool { return r.splits.Test != nil && r.splits.Test.Rows > 0 }

// changed lists how the rows have changed since the run began, nil when they have not.
func (r *run) changed() []string {
	if d := r.trainer.data; d != nil {
		return d.Changed
	}
	return nil
}

// interruption is the error of a context in plain words.
type interruption struct{ error }

func (interruption) Error() string   { return "interrupted" }
func (i interruption) Unwrap() error { return i.error }

// end writes the last record and returns the error that the run ended with, first among them that not all of it could be
// written.
func (r *run) end(s *Summary, err error) error {
	if errors.Is(err, context.Canceled) {
		err = interruption{err}
	}
	record := runlog.End{Status: s.Status, Step: s.Steps}
	if s.Test != nil {
		record.Test = ResultOf(*s.Test, s.Tested())
		if s.Baseline != "" {
			record.Test.Independent = &s.BaselineNLL
		}
	}
	if r.unsaved == nil && !r.trainer.lost {
		r.unsaved = r.secure() // again: the test may have taken long
	}
	if r.unsaved != nil {
		err = also(r.unsaved, err)
		record.Status = runlog.Failed
	}
	if err != nil {
		record.Error = err.Error()
	}
	lost := r.write(record)
	if lost != nil {
		lost = r.insist(r.w.Flush)
	}
	if lost == nil && r.unsaved == nil && errors.Is(r.w.Check(), files.ErrGone) && !r.trainer.lost {
		lost = r.secure() // it went just now
	}
	if lost != nil {
		record.Status = runlog.Failed
	}
	s.Status, s.Dir = record.Status, r.w.Files().Path("")
	return also(lost, err)
}
