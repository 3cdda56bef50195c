package train

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/runlog"
)

// What cannot be done with files for a while ends no training: it is reported when it begins and when it is over, and
// the run ends with the bits of one that nothing disturbed.
func TestAHiccupIsNoEnd(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	c := parse(t, small, "train.max_epochs=40", "train.look_ahead=0", "train.checkpoint_every=0.1", "train.log_every=5")
	run := func(t *testing.T, fault func(step int64, op files.Op, path string) error) string {
		dir := filepath.Join(t.TempDir(), "run")
		var step atomic.Int64
		if fault != nil {
			t.Cleanup(files.Inject(func(op files.Op, path string) error {
				path, _ = filepath.Rel(dir, path)
				return fault(step.Load(), op, path)
			}))
		}
		s, err := Run(t.Context(), b, c, smallSplits(), RunOptions{Dir: dir, Clock: (&ticking{now: frozen()}).clock, Observe: func(r runlog.Record) {
			if v, ok := r.(runlog.Train); ok {
				step.Store(v.Step)
			}
		}})
		if err != nil || s.Status != runlog.Done || s.Test == nil {
			t.Fatalf("summary %+v, error %v", s, err)
		}
		return dir
	}
	whole := run(t, nil)
	for name, tt := range map[string]struct {
		what  string
		fault func(op files.Op, path string) error
	}{
		"requests":   {"looking for requests", func(op files.Op, path string) error { return when(path == runlog.ControlDir, syscall.EACCES) }},
		"the folder": {"looking at the run directory", func(op files.Op, path string) error { return when(path == ".", syscall.ESTALE) }},
		"checkpoints": {"saving a checkpoint", func(op files.Op, path string) error {
			return when(strings.HasPrefix(path, runlog.CheckpointsDir), syscall.ENOSPC)
		}},
		"samples": {"showing the model", func(op files.Op, path string) error {
			return when(strings.HasPrefix(path, runlog.SamplesDir), syscall.EIO)
		}},
		"records": {"metrics.jsonl", func(op files.Op, path string) error {
			return when(op == files.OpWrite && path == runlog.MetricsFile, syscall.EIO)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := run(t, func(step int64, op files.Op, path string) error {
				if step < 50 || step > 100 {
					return nil
				}
				return tt.fault(op, path)
			})
			same(t, dir, whole)
			events := loadHistory(t, dir).Events
			if len(events) != 2 || !strings.HasPrefix(events[0].What, tt.what) || !strings.HasPrefix(events[1].What, tt.what) {
				t.Errorf("events %+v", events)
			}
		})
	}
}

func when(hit bool, err error) error {
	if hit {
		return err
	}
	return nil
}

// On a full disk samples and older checkpoints make room for a new one.
func TestOthersMakeRoom(t *testing.T) {
	t.Run("checkpoints", func(t *testing.T) { makesRoom(t, filepath.Join(runlog.CheckpointsDir, "step-*"), 2) })
	t.Run("samples", func(t *testing.T) { makesRoom(t, filepath.Join(runlog.SamplesDir, "*.npy"), 1) })
}

// makesRoom has a disk that is full with so many files.
func makesRoom(t *testing.T, pattern string, most int) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	c := parse(t, small, "train.max_epochs=10", "train.look_ahead=0", "train.checkpoint_every=1e-9")
	room := func() bool {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		return err == nil && len(found) < most
	}
	t.Cleanup(files.Inject(func(op files.Op, path string) error {
		return when(op == files.OpCreate && strings.Contains(path, ".step-") && !room(), syscall.ENOSPC)
	}))
	s, err := Run(t.Context(), b, c, smallSplits(), RunOptions{Dir: dir, Clock: (&ticking{now: frozen()}).clock})
	if err != nil {
		t.Fatal(err)
	}
	found, err := checkpoint.Latest(filepath.Join(dir, runlog.CheckpointsDir))
	if h := loadHistory(t, dir); err != nil || found.State.Step != s.Steps || len(h.Events) > 0 || len(h.Checkpoints) < 10 {
		t.Errorf("the last state is %+v (%v); %d checkpoints, events %+v", found, err, len(h.Checkpoints), h.Events)
	}
}

// What can be known is known although the last state cannot be saved: the test is made, and the run fails.
func TestTheTestOfARunThatCannotBeSaved(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	s, err := Run(t.Context(), b, parse(t, small), smallSplits(), RunOptions{Dir: dir, Observe: func(r runlog.Record) {
		if v, ok := r.(runlog.Train); ok && v.Step == 15 {
			// The folder of checkpoints becomes a file.
			path := filepath.Join(dir, runlog.CheckpointsDir)
			if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, nil, 0o644)); err != nil {
				t.Error(err)
			}
		}
	}})
	if err == nil || s == nil || s.Status != runlog.Failed || s.Test == nil || s.Dir == dir {
		t.Fatalf("summary %+v, error %v", s, err)
	}
	oneLine(t, err)
	if got := status(t, dir); got != runlog.Failed {
		t.Errorf("the run is %s where it was", got)
	}
	if h := loadHistory(t, s.Dir); h.End == nil || h.End.Status != runlog.Failed || h.End.Test == nil {
		t.Errorf("and ends with %+v where it is", h.End)
	}
}

// After a divergence a run goes on from the best weights with what makes it go well, and the optimiser begins anew.
func TestTheWayBackFromADivergence(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	splits := smallSplits()
	c := parse(t, small, "train.optimizer={name: adam, learning_rate: 0.01}", "train.max_epochs=9", "train.look_ahead=0", "train.checkpoint_every=1e-9", "model.orders.count=1")
	good := slices.Clone(splits.Train.X)
	_, err := Run(t.Context(), b, c, splits, RunOptions{Dir: dir, Clock: (&ticking{now: frozen()}).clock, Observe: func(r runlog.Record) {
		if v, ok := r.(runlog.Valid); ok && v.Epoch == 3 {
			for i := range splits.Train.X { // everything explodes, without being infinite at first
				splits.Train.X[i] = 1e18
			}
		}
	}})
	copy(splits.Train.X, good)
	var diverged *DivergedError
	if !errors.As(err, &diverged) {
		t.Fatalf("error %v", err)
	}
	h := loadHistory(t, dir)
	best := h.Valid[0]
	for _, v := range h.Valid {
		if v.Best {
			best = v
		}
	}
	found, err := checkpoint.Latest(filepath.Join(dir, runlog.CheckpointsDir))
	if err != nil || found.State.Step != best.Step || !strings.Contains(diverged.Error()+h.End.Error, checkpoint.StepName(best.Step)) {
		t.Fatalf("the last state is %+v (%v), best was %+v; the end is %+v", found, err, best, h.End)
	}
	weights, err := checkpoint.Load(filepath.Join(dir, runlog.CheckpointsDir, checkpoint.Best))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range weights.Tensors {
		if !slices.Equal(floatsOf(t, x), tensor(t, found.State, x.Name)) {
			t.Errorf("%s is not that of the best weights", x.Name)
		}
		zero := tensor(t, found.State, strings.Replace(x.Name, "params/", "slot0/", 1))
		if slices.ContainsFunc(zero, func(v float32) bool { return v != 0 }) {
			t.Errorf("the optimiser remembers a gradient of %s", x.Name)
		}
	}
	c = parse(t, small, "train.optimizer={name: adam, learning_rate: 0.001}", "train.max_epochs=9", "train.look_ahead=0", "train.checkpoint_every=1e-9", "model.orders.count=1")
	s, err := Run(t.Context(), b, c, splits, RunOptions{Dir: dir, Resume: true})
	if err != nil || s.Status != runlog.Done || s.Epochs != 9 {
		t.Fatalf("summary %+v, error %v", s, err)
	}
	if h := loadHistory(t, dir); len(h.Valid) != 9 || math.IsNaN(float64(h.Valid[8].NLL)) || float64(h.Valid[8].NLL) > float64(best.NLL)+1 {
		t.Errorf("validations %+v", h.Valid)
	}
}
