package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/posterior"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
	"github.com/maskflow/maskflow/tui"
)

type trainOptions struct {
	sets              []string
	dir, missing      string
	resume, goOn      bool
	quiet, tui, noTUI bool
	changed           bool
	seeds             int
	ensemble          bool // of several seeds
}

const trainLong = `train fits a model and writes a run directory. Of a table or another source of rows it
takes the columns for what they are, which it prints with how to say otherwise, and
chooses the model by them (model.type auto); a CONFIG is a file or a preset that describes
data, model and training. What ends in the suffix of a table is one, and a preset comes
before a source of its name.

A missing cell is an event that the model has a probability of. With --missing unknown, or
data.holes in a CONFIG, it is a value that is not known, there and in every later command:
ln p of a row is that of what is known of it, 0 of a row of which nothing is, and samples have
no missing cells. It needs a model of any order (model.type nade, which auto chooses). Columns
with missing cells come after all others in its orders: they are right where these columns
decide whether a cell is missing, and nothing can be where its own value does.

With --seeds N it trains N networks that differ by their seeds alone, that of the configuration
and those after it, one after the other and on the same rows: each has a run directory seed-SEED in
that of --run. At the end it prints the test likelihood of their ensemble, which averages their
probabilities, beside those of its members; every command that takes an ensemble takes the directory.
--resume continues the first run that is not complete, and trains more with a larger --seeds. A
request to stop (see watch) ends one run, Ctrl-C all.

The run directory has the resolved configuration, a log of metrics, checkpoints, and at
the end the test likelihood of the weights that were best in validation. On a terminal the
monitor shows the run while it trains (see maskflow watch for its keys).

SIGINT (Ctrl-C), SIGTERM or SIGQUIT ends the training after the running call and writes a
checkpoint; a second one ends it at once. Progress that nobody reads is dropped.

--resume continues the run in --run from its last whole checkpoint with its own
configuration and data folder, on the same backend bit for bit as if it had never stopped.
A CONFIG or --set given with it may change how training goes on: rate, clipping, schedule,
batch, limits, logging, checkpoints and evaluation. Data that have changed since are an
error; with --changed-data the training goes on with them, and its last figure is one of
"changed" rows, not of test rows. --continue resumes where --run is a run, and starts it
where there is none: the same command line serves a job that is queued again.`

func (a *app) trainCommand() *cobra.Command {
	var o trainOptions
	c := &cobra.Command{
		Use:   "train FILE|CONFIG",
		Short: "Train a model",
		Long:  trainLong,
		Example: `  maskflow train people.csv
  maskflow train people.csv --set 'data.columns={income: categorical, age: {min: 17}, id: drop}'
  maskflow train configs/connect4.yaml
  maskflow train configs/dna.yaml --data-dir ~/data --set model.hidden=[500,500] --set train.batch=50
  maskflow train --resume --run runs/dna --set train.max_epochs=200
  maskflow train dna --continue --run runs/dna
  maskflow train people.csv --seeds 5 --run runs/people`,
		RunE: func(c *cobra.Command, args []string) error { return a.train(c, args, o) },
	}
	c.Args = func(c *cobra.Command, args []string) error {
		names := []string{"FILE|CONFIG"}
		if o.resume || o.goOn {
			names = names[:min(len(args), 1)] // may be left out
		}
		return cmp.Or(exclusive(c, "resume", "continue"), exclusive(c, "tui", "no-tui"), exclusive(c, "tui", "quiet"), takes(names...)(c, args))
	}
	f := c.Flags()
	setFlag(c, &o.sets)
	wordFlag(c, &o.missing, "missing", "", "`READING` of a missing cell, which sets data.holes", "event", data.UnknownHoles)
	f.StringVar(&o.dir, "run", "", "run `directory` to write (default runs/NAME-DATE-TIME)")
	f.BoolVar(&o.resume, "resume", false, "continue the run in --run; CONFIG may be left out")
	f.BoolVar(&o.goOn, "continue", false, "continue the run in --run, or start it where there is none")
	countFlag(c, &o.seeds, "seeds", "", 1, "train `N` networks that differ by their seeds, for an ensemble")
	backendFlag(c, &a.backend)
	dataDirFlag(c, &a.dataDir)
	changedFlag(c, &o.changed)
	f.BoolVar(&o.quiet, "quiet", false, "no progress, only the result")
	f.BoolVar(&o.tui, "tui", false, "show the monitor, and keep it open after the training")
	f.BoolVar(&o.noTUI, "no-tui", false, "no monitor, also on a terminal")
	jsonFlag(c, &a.json)
	must(c.MarkFlagDirname("run"))
	return c
}

func (a *app) train(c *cobra.Command, args []string, o trainOptions) error {
	if o.missing != "" {
		o.sets = append(o.sets, "data.holes="+o.missing)
	}
	switch {
	case o.resume && o.dir == "":
		return misused(c, "--resume needs --run, the directory of the run to continue")
	case o.goOn && o.dir == "":
		return misused(c, "--continue needs --run, the directory of the run to continue or start")
	case o.changed && !o.resume && !o.goOn:
		return misused(c, "--changed-data is for --resume and --continue")
	case o.seeds > runlog.MostMembers:
		return misused(c, "--seeds %d: an ensemble has %d members at most", o.seeds, runlog.MostMembers)
	}
	first := o.dir // the run that has the configuration where it is resumed
	if members, err := runlog.ReadMembers(o.dir); err != nil {
		return err
	} else if o.ensemble = o.seeds > 0 || members != nil; members != nil {
		first = members.Paths(o.dir)[0]
	} else if o.resume && o.seeds > 0 {
		return usage(fmt.Errorf("--seeds %d: %s is no ensemble that could be resumed", o.seeds, o.dir))
	}
	if o.goOn {
		_, err := runlog.ReadManifest(first)
		if o.resume = !errors.Is(err, runlog.ErrNoRun); !o.resume && len(args) == 0 {
			return misused(c, "FILE|CONFIG is missing, and %v", err)
		}
	}
	watched := fullScreen(a.stdin, a.stdout)
	if o.tui && !watched {
		return misused(c, "--tui needs a terminal for input and output, in the foreground (maskflow watch --once prints one picture)")
	}
	watched = watched && (o.tui || !o.noTUI && !o.quiet && !a.json)
	begun := first != o.dir // an ensemble, of which no run may have begun
	if o.dir != "" && !o.resume && !(begun && o.goOn) {
		if err := runlog.Vacant(o.dir); err != nil { // before the data are read
			return err
		}
	}
	cfg, err := a.trainConfig(args, first, o)
	if err != nil {
		return err
	}
	ctx := c.Context()
	var splits *data.Splits
	folder := a.data()
	if o.resume {
		var run *runlog.Manifest
		if run, err = runlog.ReadManifest(first); err != nil {
			return err
		}
		folder = a.dataOf(run)
		splits, err = train.LoadData(ctx, first, cfg, folder)
	} else {
		splits, err = cfg.LoadData(ctx, folder)
	}
	if err != nil {
		return err
	}
	d, err := cfg.NewModel(splits.Dim, splits.ContextDim, maskflow.Variables(splits.Prep)...)
	if err != nil {
		return usage(err)
	}
	log := &nativeLog{}
	b, err := a.openBackend(ctx, log)
	if err != nil {
		return err
	}
	dir, release, err := runDir(o.dir, cfg.Name, time.Now())
	if err != nil {
		return err
	}
	defer release()
	a.signals.clean(release)

	notes := splits.Warnings(!models.Discrete(d))
	if o.quiet {
		notes, a.notes = nil, notes
	}
	f := figuresOf(&cfg.Config, d, splits.Shape)
	options := train.RunOptions{Dir: dir, Resume: o.resume || begun, ChangedData: o.changed, Args: append([]string{"maskflow"}, a.args...), DataDir: cmp.Or(folder, "."), Calibrate: posterior.Live}
	p := newProgress(a.console, cfg, o.quiet)
	p.lines.conditional = f.targets != nil
	p.intro.add("backend", "%s", b)
	p.intro.add("data", "%s", splitsLine(splits))
	if !o.resume {
		addSchema(&p.intro, splits)
	}
	p.intro.add("model", "%s", modelLine(d))
	w := &watchedRun{app: a, progress: p, log: log, hold: o.tui}
	if !watched {
		w.detached = true
	}
	for _, note := range notes {
		p.intro.add("note", "%s", note)
	}
	options.Observe = w.observe
	if o.ensemble {
		return a.trainSeeds(ctx, b, cfg, splits, w, d, f, train.SeedsOptions{RunOptions: options, Seeds: o.seeds})
	}
	s, err := w.run(ctx, dir, func() (*train.Summary, error) { return train.Run(ctx, b, cfg, splits, options) })
	if o.quiet && s != nil {
		a.notes = append(a.notes, s.Notes...)
	}
	return a.trained(ctx, s, err, d, cfg, f, splits, "")
}

// watchedRun shows one run after the other while they train.
type watchedRun struct {
	*app
	progress *progress
	log      *nativeLog
	hold     bool // keep the monitor open at the end
	detached bool // no monitor: there is no terminal, or it was left

	dir     string // of the run that trains
	started chan struct{}
}

// observe follows the records of the run.
func (w *watchedRun) observe(r runlog.Record) {
	w.signals.training(r)
	if _, ok := r.(runlog.Start); ok {
		w.keepLog(w.log, w.dir)
		defer close(w.started)
	}
	w.progress.observe(r)
}

// run trains in a directory, beside the monitor where there is one.
func (w *watchedRun) run(ctx context.Context, dir string, trains func() (*train.Summary, error)) (*train.Summary, error) {
	w.progress.intro.add("run", "%s", dir)
	w.dir, w.started = dir, make(chan struct{})
	run := func() (*train.Summary, error) {
		defer w.signals.saved()
		return trains()
	}
	if w.detached {
		return run()
	}
	s, detached, err := w.beside(ctx, tui.Options{Own: dir, Hold: w.hold, Mouse: true, Screen: tui.DetectScreen(w.stdout, os.Environ(), false)}, w.started, run)
	w.detached = detached
	return s, err
}

// addSchema adds what the columns of a source are, and what was guessed of them.
func addSchema(l *listing, s *data.Splits) {
	schema := s.Prep.Schema()
	if schema == nil {
		return
	}
	const most = 50 // lines, of which one may be of many columns
	lines := strings.Split(strings.TrimSuffix(schema.String(), "\n"), "\n")
	if further := len(lines) - 1 - most; further > 0 {
		lines = append(lines[:1+most], fmt.Sprintf("and %s (maskflow data show has all)", text.Count(further, "further line")))
	}
	name := "columns"
	for _, line := range lines {
		l.add(name, "%s", line)
		name = ""
	}
	for _, guess := range s.Guesses {
		l.add("guess", "%s", guess)
	}
}

// trainConfig reads the configuration to train. A run that is resumed has its
// own, and may not become another.
func (a *app) trainConfig(args []string, dir string, o trainOptions) (*train.Config, error) {
	if !o.resume {
		return a.configOf(args[0], o.sets)
	}
	sets := o.sets
	if len(args) > 0 {
		sets = nil
	}
	c, err := train.RunConfig(dir, sets)
	if err == nil && len(args) > 0 {
		c, err = a.configOf(args[0], o.sets)
	}
	if err != nil {
		return nil, err
	}
	_, err = train.CheckResume(dir, c)
	if changed := (*train.ConfigChangedError)(nil); errors.As(err, &changed) {
		err = usage(err)
	}
	return c, err
}

// resumeCommand continues a run where it was left.
func (f flags) resumeCommand(dir string) string {
	line := "maskflow train --resume --run " + text.Shell(dir)
	if f.backend != "" {
		line += " --backend " + text.Shell(f.backend)
	}
	return line
}

// trained reports how the training of a run ended, alone or in the ensemble of a folder.
func (a *app) trained(ctx context.Context, s *train.Summary, err error, d models.Definition, c *train.Config, f figures, of *data.Splits, ensemble string) error {
	if s == nil {
		if changed := (*data.ChangedError)(nil); errors.As(err, &changed) {
			return fmt.Errorf("%w (--changed-data continues with what is there)", err)
		}
		return err
	}
	resume, goesOn := a.resumeCommand(cmp.Or(ensemble, s.Dir)), ""
	if _, gone := runlog.ReadManifest(s.Dir); gone == nil {
		goesOn = " (continue: " + resume + ")"
	}
	if a.json && ensemble == "" {
		if err := a.writeJSON(summaryJSON(s, f, of)); err != nil {
			return err
		}
	}
	if s.Status == runlog.Failed && s.Test != nil && !a.json { // its files could not be written, but this is known
		err = errors.Join(err, a.print("%s", summaryText(s, d, f, of, resume)))
	}
	switch {
	case s.Status == runlog.Diverged:
		slower := fmt.Sprintf("%s --set train.optimizer.learning_rate=%.2g", resume, min(c.Train.Optimizer.Rate()/10, 1e-3))
		how := "continue with a smaller rate, say"
		if far := (*train.DivergedError)(nil); errors.As(err, &far) && far.Far != "" {
			how = "or continue on these rows, with a smaller rate"
		}
		return &exitError{codeDiverged, fmt.Errorf("training %s: %w (%s: %s)", s.Dir, err, how, slower)}
	case s.Status == runlog.Stopped && cancelled(ctx, err):
		return &exitError{codeInterrupted, fmt.Errorf("training %s: interrupted at step %d (continue: %s)", s.Dir, s.Steps, resume)}
	case err != nil:
		return &exitError{codeFailed, fmt.Errorf("training %s: %w%s", s.Dir, err, goesOn)}
	case a.json:
		return nil
	}
	return a.print("%s", summaryText(s, d, f, of, resume))
}

// summaryJSON is a summary whose evaluation looks as in eval --json, with what the columns of a
// table are.
func summaryJSON(s *train.Summary, f figures, of *data.Splits) any {
	out := struct {
		*train.Summary
		Test    *evaluationJSON `json:"test,omitempty"`
		Columns data.Schema     `json:"columns,omitempty"`
		Guesses []string        `json:"guesses,omitempty"`
	}{Summary: s, Columns: of.Prep.Schema(), Guesses: of.Guesses}
	if s.Test != nil {
		out.Test = new(f.json(*s.Test, s.Tested()))
	}
	return out
}

func summaryText(s *train.Summary, d models.Definition, f figures, of *data.Splits, resume string) string {
	b := listing{width: max(6, len(s.Tested()))}
	if e := s.Test; e != nil {
		b.add(s.Tested(), "%s", f.headline(*e, text.Count(e.Rows, "row")))
		for _, line := range f.further(*e) {
			b.add("", "%s", line)
		}
	}
	if s.Baseline != "" {
		b.add("", "%s have %.2f", s.Baseline, s.BaselineNLL)
	}
	for _, line := range comparisons(s.Baselines, s.Twins) {
		b.add("", "%s", line)
	}
	if best := float64(s.BestNLL); !math.IsNaN(best) {
		when := fmt.Sprintf("after epoch %d, the best of %s", s.BestEpoch, text.Count(s.Epochs, "epoch"))
		if s.BestEpoch == 0 {
			when = "in the first epoch"
		}
		b.add("valid", "%s %s %s (%s, %s)", f.valid, text.Mean(best, float64(s.BestOthers), math.NaN(), s.BestBadRows), when,
			text.Count(int(s.Steps), "step"), text.Duration(s.Seconds))
		if s.BestBadRows > 0 {
			b.add("", "the first row without a likelihood is %s", s.FirstBad)
		}
	}
	b.add("run", "%s", s.Dir)
	if s.Status == runlog.Stopped {
		b.add("resume", "%s", resume)
	}
	if math.IsNaN(float64(s.BestNLL)) {
		return b.String() // there are no weights to ask
	}
	split := ""
	if s.Test == nil {
		split = " --split valid"
	}
	addNext(&b, s.Dir, split, d, of)
	b.add("", "maskflow verify %s", text.Shell(s.Dir))
	return b.String()
}

// addNext adds what can be done with a run or an ensemble.
func addNext(b *listing, dir, split string, d models.Definition, of *data.Splits) {
	b.add("next", "maskflow eval %s%s", text.Shell(dir), split)
	_, ok := d.(models.HostSampler)
	switch schema := of.Prep.Schema(); {
	case !ok:
	case schema != nil && d.ContextDim() > 0:
		b.add("", "maskflow data show %s -o context.csv", text.Shell(dir))
		b.add("", "maskflow sample %s -n %d --context context.csv -o samples.csv", text.Shell(dir), of.Test.Rows)
	case schema != nil:
		b.add("", "maskflow sample %s -n 100 -o samples.csv", text.Shell(dir))
	case d.ContextDim() == 0:
		b.add("", "maskflow sample %s -n 100 -o samples.npy", text.Shell(dir))
	}
}

// runsDir is where runs go that have no directory of their own.
const runsDir = "runs"

// runDir returns the directory that was asked for, or claims a new one by making
// it, so that runs that start together have different ones. release removes a
// claimed directory that nothing was written into.
func runDir(asked, name string, now time.Time) (dir string, release func(), err error) {
	if asked != "" {
		return filepath.Clean(asked), func() {}, nil
	}
	if err := os.MkdirAll(runsDir, 0o755); err != nil {
		return "", nil, fmt.Errorf("creating the run directory: %w", err)
	}
	base := filepath.Join(runsDir, name+"-"+now.Format("20060102-150405"))
	dir = base
	for n := 2; ; n++ {
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return dir, func() { _ = os.Remove(dir) }, nil // fails, as it should, unless empty
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", nil, fmt.Errorf("creating the run directory: %w", err)
		}
		dir = fmt.Sprintf("%s-%d", base, n)
	}
}
