package train

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/runlog"
)

// asking leaves requests at the first record of a phase, before what it announces
// begins.
func asking(t *testing.T, dir string, during runlog.PhaseName, kinds ...runlog.Control) func(runlog.Record) {
	return func(r runlog.Record) {
		if p, ok := r.(runlog.Phase); !ok || p.Phase != during {
			return
		}
		for _, kind := range kinds {
			if _, err := runlog.Request(dir, kind, time.Now()); err != nil {
				t.Error(err)
			}
		}
		kinds = nil
	}
}

func answersOf(h *runlog.History) (answers []string) {
	for _, e := range h.Events {
		if e.ID != "" {
			answers = append(answers, e.What)
		}
	}
	return answers
}

func TestRequestsDuringTheTest(t *testing.T) {
	for _, tt := range []struct {
		kind   runlog.Control
		answer string
	}{
		{runlog.StopCleanly, "the test is running; it ends with it"},
		{runlog.SaveCheckpoint, "saved " + checkpoint.StepName(15) + " before the test"},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		s, err := Run(t.Context(), backendtest.Open(t, backend.KindGo), parse(t, small), smallSplits(), RunOptions{Dir: dir, Observe: asking(t, dir, runlog.Testing, tt.kind)})
		if err != nil || s.Status != runlog.Done || s.Test == nil {
			t.Errorf("%s: summary %+v, error %v", tt.kind, s, err)
		}
		if got := answersOf(loadHistory(t, dir)); !slices.Equal(got, []string{tt.answer}) {
			t.Errorf("%s is answered %q, want %q", tt.kind, got, tt.answer)
		}
	}
}

// longTest are the small splits with more test rows than a minute is enough for.
func longTest() *data.Splits {
	s := smallSplits()
	few := s.Test
	s.Test = &data.Prepared{Name: "test", Dim: few.Dim, Rows: 100_000 * few.Rows}
	s.Test.X = slices.Repeat(few.X, 100_000)
	return s
}

// Whoever asks in the middle of a long test has the answer within a second, and
// the run ends as if the test had not begun: resumed, it is tested.
func TestStopNowDuringTheTest(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	temp := t.TempDir()
	whole, dir := filepath.Join(temp, "whole"), filepath.Join(temp, "stopped")
	long, short := longTest(), smallSplits()
	short.Identity = data.IdentityOf(long) // as if the test were the same
	want, err := Run(t.Context(), b, parse(t, small), short, RunOptions{Dir: whole, Clock: frozen})
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan time.Time, 1)
	once := false // a slow machine has several records before the first rows are done
	observe := func(r runlog.Record) {
		if p, ok := r.(runlog.Phase); ok && p.Phase == runlog.Testing && p.Done == 0 && !once {
			once = true
			time.AfterFunc(300*time.Millisecond, func() {
				if h := loadHistory(t, dir); h.Phase != runlog.Testing {
					t.Errorf("during the test the phase is %q", h.Phase)
				}
				if _, err := runlog.Request(dir, runlog.StopNow, time.Now()); err != nil {
					t.Error(err)
				}
				asked <- time.Now()
			})
		}
	}
	s, err := Run(t.Context(), b, parse(t, small), long, RunOptions{Dir: dir, Observe: observe})
	took := time.Since(<-asked)
	if err != nil || s.Status != runlog.Stopped || s.Test != nil || s.Steps != want.Steps {
		t.Fatalf("summary %+v, error %v", s, err)
	}
	if took > 2*time.Second { // one, and one for a machine that is busy
		t.Errorf("the run ended %v after it was asked to", took)
	}
	h := loadHistory(t, dir)
	if got := answersOf(h); !slices.Equal(got, []string{"stopping now, without the test"}) {
		t.Errorf("answers %q", got)
	}
	if h.End == nil || h.End.Status != runlog.Stopped || h.End.Test != nil || h.End.Error != "" || slices.ContainsFunc(h.Orders, func(o runlog.Orders) bool { return o.Split == "test" }) {
		t.Errorf("end %+v, orders %+v", h.End, h.Orders)
	}
	sameCheckpoint(t, checkpoint.StepName(want.Steps), dir, whole)

	s, err = Run(t.Context(), b, parse(t, small), short, RunOptions{Dir: dir, Resume: true, Clock: frozen})
	if err != nil {
		t.Fatal(err)
	}
	sameSummary(t, s, want)
}

// A validation that is interrupted did not take place. The run that is resumed makes
// it, and ends as one that was never stopped.
func TestStopNowDuringAValidation(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	temp := t.TempDir()
	whole, dir := filepath.Join(temp, "whole"), filepath.Join(temp, "stopped")
	splits := bitSplits(37, 2500, 23, 7, 0)
	c := parse(t, small, "train.max_epochs=2", "eval.batch=1")
	want, err := Run(t.Context(), b, c, splits, RunOptions{Dir: whole})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), b, c, splits, RunOptions{Dir: dir, Observe: asking(t, dir, runlog.Validating, runlog.StopNow, runlog.SaveCheckpoint)})
	if err != nil || s.Status != runlog.Stopped || s.Test != nil || s.Steps != 5 || s.Epochs != 0 {
		t.Fatalf("summary %+v, error %v", s, err)
	}
	h := loadHistory(t, dir)
	if len(h.Valid) > 0 || len(h.Orders) > 0 || h.End == nil || h.End.Status != runlog.Stopped || h.End.Error != "" {
		t.Errorf("validations %+v, orders %+v, end %+v", h.Valid, h.Orders, h.End)
	}
	if got, want := answersOf(h), []string{"stopping at step 5: checkpoint, without the test", "saved " + checkpoint.StepName(5)}; !slices.Equal(got, want) {
		t.Errorf("answers %q, want %q", got, want)
	}
	s, err = Run(t.Context(), b, c, splits, RunOptions{Dir: dir, Resume: true})
	if err != nil {
		t.Fatal(err)
	}
	sameSummary(t, s, want)
	sameHistory(t, loadHistory(t, dir), loadHistory(t, whole))
	sameCheckpoint(t, checkpoint.StepName(want.Steps), dir, whole)
	// The step is compiled after the validation that the new process begins with.
	if log := strings.Join(outline(t, dir), " "); !strings.Contains(log, "end start compile validate valid compile steps ") {
		t.Errorf("the log says %s", log)
	}
}

// A clean stop waits for the validation, but its answer does not; a checkpoint has
// to be between two calls.
func TestRequestsDuringAValidation(t *testing.T) {
	for _, tested := range []bool{true, false} {
		splits, answer := smallSplits(), "stopping at step 5: checkpoint, then the test"
		if !tested {
			splits.Test, answer = nil, "stopping at step 5: checkpoint"
		}
		dir := filepath.Join(t.TempDir(), "run")
		s, err := Run(t.Context(), backendtest.Open(t, backend.KindGo), parse(t, small), splits,
			RunOptions{Dir: dir, Observe: asking(t, dir, runlog.Validating, runlog.SaveCheckpoint, runlog.StopCleanly)})
		if err != nil || s.Status != runlog.Stopped || s.Steps != 5 || s.Epochs != 1 || (s.Test != nil) != tested {
			t.Errorf("summary %+v, error %v", s, err)
		}
		h := loadHistory(t, dir)
		if got, want := answersOf(h), []string{answer, "saved " + checkpoint.StepName(5)}; !slices.Equal(got, want) || len(h.Valid) != 1 {
			t.Errorf("answers %q, want %q; validations %+v", got, want, h.Valid)
		}
	}
}
