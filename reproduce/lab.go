package reproduce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

// Options say where an experiment runs.
type Options struct {
	// Dir is the folder of its run directories.
	Dir string
	// DataDir is where data are looked for; "" is the working directory.
	DataDir string
	// Quick shortens every training, to see that all is in place. Its runs have
	// names of their own.
	Quick bool
	// ChangedData goes on where the data are other rows than those of a training that is
	// read or continued: its figures then compare with nothing. Otherwise that is a
	// *[data.ChangedError].
	ChangedData bool
	// Args is the command line, for the manifests of the runs.
	Args []string
	// Watch, if not nil, is called before every training that runs and returns what is
	// given its records.
	Watch func(t Training, dir string, c *train.Config) func(runlog.Record)
}

// lab runs trainings and keeps what came of them.
type lab struct {
	backend *backend.Backend
	o       Options
	done    map[string]outcome
	// splits are those of the last data, which trainings in a row often share.
	splits *data.Splits
	key    string
}

// outcome is a finished training.
type outcome struct {
	dir     string
	test    maskflow.Evaluation
	seconds float64
	changed []string // how the rows differ from those of the training, nil where they do not
}

// data reads the rows of a configuration, unless they are at hand.
func (l *lab) data(ctx context.Context, c *maskflow.Config) (*data.Splits, error) {
	key := config.Hash(c.Data.Table())
	if l.splits != nil && l.key == key {
		return l.splits, nil
	}
	l.splits = nil // two of the large ones need not fit
	s, err := c.LoadData(ctx, l.o.DataDir)
	if err != nil {
		return nil, err
	}
	l.splits, l.key = s, key
	return s, nil
}

// dir is the run directory of a training.
func (l *lab) dir(t Training) string {
	if l.o.Quick {
		return filepath.Join(l.o.Dir, t.Name+"-quick")
	}
	return filepath.Join(l.o.Dir, t.Name)
}

// train returns the outcome of a training: it runs it, continues it or, when it is
// finished, evaluates it.
func (l *lab) train(ctx context.Context, t Training) (outcome, error) {
	dir := l.dir(t)
	if known, ok := l.done[dir]; ok {
		return known, nil
	}
	out, err := l.finish(ctx, t, dir)
	if err != nil {
		return outcome{}, fmt.Errorf("%s: %w", t.Name, err)
	}
	l.done[dir] = out
	return out, nil
}

func (l *lab) finish(ctx context.Context, t Training, dir string) (outcome, error) {
	c, err := t.Resolve(l.o.Quick)
	if err != nil {
		return outcome{}, err
	}
	resume := true
	if _, err := train.CheckResume(dir, c); errors.Is(err, runlog.ErrNoRun) {
		resume = false
	} else if err != nil {
		return outcome{}, fmt.Errorf("%w (give another folder, or remove this run to train it anew)", err)
	}
	if resume {
		state, err := runlog.ReadState(dir, time.Now())
		if err != nil {
			return outcome{}, err
		}
		switch state.Status {
		case runlog.Done:
			return l.read(ctx, dir, float64(state.End.Time))
		case runlog.Diverged:
			return outcome{}, fmt.Errorf("the training in %s diverged: %s (remove it to train anew)", dir, state.End.Error)
		}
	}
	var splits *data.Splits
	folder := l.o.DataDir
	if resume {
		splits, err = train.LoadData(ctx, dir, c, folder)
	} else {
		folder = cmp.Or(folder, ".")
		splits, err = l.data(ctx, &c.Config)
	}
	if err != nil {
		return outcome{}, err
	}
	o := train.RunOptions{Dir: dir, Resume: resume, ChangedData: l.o.ChangedData, Args: l.o.Args, DataDir: folder}
	if l.o.Watch != nil {
		o.Observe = l.o.Watch(t, dir, c)
	}
	s, err := train.Run(ctx, l.backend, c, splits, o)
	switch {
	case err != nil:
		return outcome{}, err
	case s.Status != runlog.Done || s.Test == nil:
		return outcome{}, fmt.Errorf("the training in %s was stopped before its end (run this again to continue)", dir)
	}
	return outcome{dir: dir, test: *s.Test, seconds: s.Seconds, changed: s.DataChanged}, nil
}

// read evaluates a finished training.
func (l *lab) read(ctx context.Context, dir string, seconds float64) (outcome, error) {
	out := outcome{dir: dir, seconds: seconds}
	r, splits, err := l.open(ctx, &out)
	if err != nil {
		return out, err
	}
	defer r.Close()
	out.test, err = r.EvaluateOf(ctx, splits.Test, maskflow.EvalOptions{})
	return out, err
}

// open opens a finished training and reads its rows, by its preparation, and notes for its outcome
// how they have changed where that is allowed.
func (l *lab) open(ctx context.Context, out *outcome) (*maskflow.Model, *data.Splits, error) {
	r, err := maskflow.Open(l.backend, out.dir)
	if err != nil {
		return nil, nil, err
	}
	splits, err := r.LoadData(ctx, l.o.DataDir)
	changed := (*data.ChangedError)(nil)
	switch {
	case errors.As(err, &changed) && (!l.o.ChangedData || splits == nil):
		err = fmt.Errorf("%w (--changed-data goes on, for figures that compare with nothing)", err)
	case changed != nil:
		out.changed, err = changed.Texts(), nil
	}
	if err != nil {
		r.Close()
		return nil, nil, err
	}
	return r, splits, nil
}
