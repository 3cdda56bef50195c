package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/runlog"
)

// A run that is cut short again and again ends with the same files as one that
// is not.
func TestResumeThroughFiles(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo) // XLA compiles long, and each piece anew
	sets := []string{"train.max_epochs=6", "train.ema=0.5", "train.schedule={name: plateau, patience: 1}", "model.orders.count=unlimited", "eval={batch: 16, valid_orders: 3, test_orders: 4}"}
	whole, pieces := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "pieces")
	want, err := Run(t.Context(), b, parse(t, small, sets...), smallSplits(), RunOptions{Dir: whole})
	if err != nil {
		t.Fatal(err)
	}
	var got *Summary
	stops := []int64{1, 7, 10, 21, 30} // two of them at the end of an epoch, before its validation
	for i := range len(stops) + 1 {
		ctx, cancel := context.WithCancel(t.Context())
		got, err = Run(ctx, b, parse(t, small, sets...), smallSplits(), RunOptions{Dir: pieces, Resume: i > 0, Observe: func(r runlog.Record) {
			if v, ok := r.(runlog.Train); ok && i < len(stops) && v.Step == stops[i] {
				cancel()
			}
		}})
		cancel()
		if i == len(stops) {
			break
		}
		if !errors.Is(err, context.Canceled) || got == nil || got.Status != runlog.Stopped || got.Test != nil || status(t, pieces) != runlog.Stopped {
			t.Fatalf("piece %d: summary %+v, error %v", i, got, err)
		}
		oneLine(t, err)
		if got.Steps < stops[i] {
			t.Fatalf("piece %d ended at step %d, before it was cancelled", i, got.Steps)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	sameSummary(t, got, want)
	for _, name := range []string{checkpoint.StepName(30), checkpoint.Best} {
		sameCheckpoint(t, name, pieces, whole)
	}
	sameHistory(t, loadHistory(t, pieces), loadHistory(t, whole))
}

// sameCheckpoint compares checkpoints of two runs, bit for bit: all but the ids of the runs.
func sameCheckpoint(t *testing.T, name, got, want string) {
	t.Helper()
	var states [2]*checkpoint.State
	for i, dir := range []string{got, want} {
		m, err := runlog.ReadManifest(dir)
		if err != nil {
			t.Fatal(err)
		}
		if states[i], err = checkpoint.Load(filepath.Join(dir, runlog.CheckpointsDir, name)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(states[i].Meta, []byte(m.ID)) || !bytes.Contains(states[i].Meta, []byte(m.WeightsHash)) {
			t.Errorf("%s of %s has not the ids of %s, %s", name, dir, m.ID, states[i].Meta)
		}
		states[i].Meta = bytes.Replace(states[i].Meta, []byte(m.ID), nil, 1)
	}
	sameState(t, states[0], states[1])
}

func sameSummary(t *testing.T, got, want *Summary) {
	t.Helper()
	a, b := *got, *want
	a.Dir, b.Dir, a.Seconds, b.Seconds, a.Test, b.Test = "", "", 0, 0, nil, nil
	if !reflect.DeepEqual(a, b) || fmt.Sprintf("%+v", *got.Test) != fmt.Sprintf("%+v", *want.Test) {
		t.Errorf("summary %+v %+v, want %+v %+v", *got, *got.Test, *want, *want.Test)
	}
}

// sameHistory compares what does not depend on the clock or on interruptions.
func sameHistory(t *testing.T, got, want *runlog.History) {
	t.Helper()
	text := func(h *runlog.History) string {
		var lines strings.Builder
		for i := range h.Train.Len() {
			r := h.Train.At(i)
			fmt.Fprintln(&lines, r.Step, r.Epoch, r.Loss, r.EMA, r.LR, r.GradNorm, r.Mask)
		}
		for _, r := range h.Valid {
			fmt.Fprintln(&lines, r.Step, r.Epoch, r.NLL, r.NLL2SE, r.Best)
		}
		for _, r := range h.Orders {
			r.Time = 0
			fmt.Fprintf(&lines, "%+v\n", r)
		}
		return lines.String()
	}
	if a, b := text(got), text(want); a != b {
		t.Errorf("history\n%s\nwant\n%s", a, b)
	}
}

func readFile(t *testing.T, parts ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A process that dies leaves no end record and perhaps records of steps that
// are beyond its last checkpoint. The run goes on from the checkpoint.
func TestResumeAfterACrash(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	temp := t.TempDir()
	whole, crashed := filepath.Join(temp, "whole"), filepath.Join(temp, "crashed")
	splits := smallSplits()
	now := frozen()
	checkpoints := 0
	want, err := Run(t.Context(), b, parse(t, small, "train.checkpoint_every=3"), splits, RunOptions{Dir: whole,
		Clock: func() time.Time { return now },
		Observe: func(r runlog.Record) {
			switch v := r.(type) {
			case runlog.Train:
				now = now.Add(time.Second)
				if v.Step == 12 { // three steps after the fourth checkpoint
					copyDir(t, whole, crashed)
				}
			case runlog.Checkpoint:
				checkpoints++
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	if checkpoints < 4 {
		t.Errorf("%d checkpoints in 15 seconds, one every 3", checkpoints)
	}
	if got := status(t, crashed); got != runlog.Crashed {
		t.Fatalf("the copy is %s", got)
	}
	states, err := filepath.Glob(filepath.Join(crashed, runlog.CheckpointsDir, "step-*"))
	if err != nil || len(states) != keepStates {
		t.Errorf("the states %v are kept, want %d (%v)", states, keepStates, err)
	}
	var started int64 = -1
	got, err := Run(t.Context(), b, parse(t, small, "train.checkpoint_every=3"), splits, RunOptions{Dir: crashed, Resume: true, Observe: func(r runlog.Record) {
		if v, ok := r.(runlog.Start); ok {
			started = v.Step
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if started < 8 || started > 12 {
		t.Errorf("the run went on from step %d", started)
	}
	sameSummary(t, got, want)
	sameHistory(t, loadHistory(t, crashed), loadHistory(t, whole))
	sameCheckpoint(t, checkpoint.StepName(15), crashed, whole)
}

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// A run whose newest checkpoint is damaged goes on from the one before and says
// so; one whose checkpoints are all damaged is not begun anew behind one's back.
func TestResumeWithDamagedCheckpoints(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	splits := smallSplits()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, b, parse(t, small, "train.checkpoint_every=0.000001"), splits, RunOptions{Dir: dir, Observe: func(r runlog.Record) {
		if v, ok := r.(runlog.Train); ok && v.Step == 9 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	damage(t, dir, checkpoint.StepName(9))
	if _, err := Run(t.Context(), b, parse(t, small), splits, RunOptions{Dir: dir, Resume: true}); err != nil {
		t.Fatal(err)
	}
	h := loadHistory(t, dir)
	if start := h.Starts[1]; start.Step != 8 || !start.Resumed {
		t.Errorf("the run went on with %+v, want step 8", start)
	}
	if !slices.ContainsFunc(h.Events, func(e runlog.Event) bool { return strings.Contains(e.What, "passed over a damaged checkpoint") }) {
		t.Errorf("events %+v do not tell of the damaged checkpoint", h.Events)
	}
	names, err := filepath.Glob(filepath.Join(dir, runlog.CheckpointsDir, "step-*"))
	if err != nil {
		t.Fatal(err)
	}
	best := readFile(t, filepath.Join(dir, runlog.CheckpointsDir, checkpoint.Best))
	for _, spoil := range []func(name string){func(name string) { damage(t, dir, filepath.Base(name)) }, func(name string) { _ = os.Remove(name) }} {
		for _, name := range names {
			spoil(name)
		}
		s, err := Run(t.Context(), b, parse(t, small), splits, RunOptions{Dir: dir, Resume: true})
		if err == nil || s != nil || !slices.Equal(readFile(t, filepath.Join(dir, runlog.CheckpointsDir, checkpoint.Best)), best) {
			t.Errorf("summary %+v, error %v for a run without a whole checkpoint of a step", s, err)
		}
		oneLine(t, err)
	}
}

func damage(t *testing.T, dir, name string) {
	t.Helper()
	path := filepath.Join(dir, runlog.CheckpointsDir, name)
	b := readFile(t, path)
	if err := os.WriteFile(path, b[:len(b)-1], 0o644); err != nil {
		t.Fatal(err)
	}
}
