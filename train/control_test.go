package train

import (
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/runlog"
)

// Requests come from another goroutine, as they would from another process,
// while the run trains for ever.
func TestRequests(t *testing.T) {
	for _, tt := range []struct {
		name    string
		kinds   []runlog.Control
		answers []string
		tested  bool
	}{
		{"stop", []runlog.Control{runlog.StopCleanly}, []string{`stopping at step \d+: checkpoint, then the test`}, true},
		{"stop now", []runlog.Control{runlog.StopNow}, []string{`stopping at step \d+: checkpoint, without the test`}, false},
		{"checkpoint, then stop", []runlog.Control{runlog.SaveCheckpoint, runlog.StopCleanly}, []string{`saved step-\d+\.safetensors`, `stopping at step \d+: checkpoint, then the test`}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			testRequests(t, backendtest.Open(t, backend.KindGo), tt.kinds, tt.answers, tt.tested)
		})
	}
}

func testRequests(t *testing.T, b *backend.Backend, kinds []runlog.Control, answers []string, tested bool) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	ids := make(chan string, 10)
	go func() {
		defer close(ids)
		for _, kind := range kinds {
			id, err := request(dir, kind)
			if err != nil {
				t.Errorf("%s: %v", kind, err)
				return
			}
			ids <- id
			if kind == runlog.SaveCheckpoint {
				waitForAnswer(t, dir, id)
			}
		}
	}()
	c := parse(t, small, "train.max_epochs=0", "train.look_ahead=0", "train.max_steps=100000000", "train.log_every=1000")
	s, err := Run(t.Context(), b, c, smallSplits(), RunOptions{Dir: dir})
	if err != nil || s.Status != runlog.Stopped || (s.Test != nil) != tested {
		t.Errorf("summary %+v, error %v; tested should be %v", s, err, tested)
	}
	h := loadHistory(t, dir)
	if h.End == nil || h.End.Status != runlog.Stopped || (h.End.Test != nil) != tested || h.End.Error != "" || h.End.Step != s.Steps {
		t.Errorf("end %+v", h.End)
	}
	i := 0
	for id := range ids {
		if i >= len(h.Events) || h.Events[i].ID != id || !matches(answers[i], h.Events[i].What) {
			t.Errorf("answers %+v, want one to %s that is %q", h.Events, id, answers[i])
		}
		i++
	}
	if len(h.Events) != len(answers) {
		t.Errorf("answers %+v, want %d", h.Events, len(answers))
	}
	if n := len(h.Checkpoints); n < len(kinds) || h.Checkpoints[n-1].Step != s.Steps {
		t.Errorf("checkpoints %+v, want %d or more, the last of step %d", h.Checkpoints, len(kinds), s.Steps)
	}
	found, err := checkpoint.Latest(filepath.Join(dir, runlog.CheckpointsDir))
	if err != nil || found.State.Step != s.Steps {
		t.Errorf("the last checkpoint is %+v (%v), want step %d", found, err, s.Steps)
	}
	left, err := filepath.Glob(filepath.Join(dir, runlog.ControlDir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("requests %v are left (%v)", left, err)
	}
}

func matches(pattern, what string) bool {
	return regexp.MustCompile("^(" + pattern + ")$").MatchString(what)
}

// request asks once the run has begun.
func request(dir string, kind runlog.Control) (id string, err error) {
	for range 1000 {
		if id, err = runlog.Request(dir, kind, time.Now()); err == nil {
			return id, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return "", err
}

func waitForAnswer(t *testing.T, dir, id string) {
	for range 1000 {
		h, err := runlog.Load(dir)
		if err != nil {
			t.Error(err)
			return
		}
		if slices.ContainsFunc(h.Events, func(e runlog.Event) bool { return e.ID == id }) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("no answer came")
}
