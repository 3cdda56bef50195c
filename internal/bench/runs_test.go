package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

func TestMadeRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "live")
	w, err := makeRun(dir, 3000)
	if err != nil {
		t.Fatal(err)
	}
	status := func(dir string) runlog.Status {
		s, err := runlog.ReadState(dir, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return s.Status
	}
	if s := status(dir); s != runlog.Running {
		t.Errorf("a run with its writer is %s, want running", s)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	ended := filepath.Join(t.TempDir(), "ended")
	if err := makeEnded(ended, 3000); err != nil {
		t.Fatal(err)
	}
	if s := status(ended); s != runlog.Done {
		t.Errorf("an ended run is %s, want done", s)
	}
	h, err := runlog.Load(ended)
	if err != nil {
		t.Fatal(err)
	}
	if h.Train.Len() != 3000 || len(h.Valid) != 3 || len(h.Orders) != 3 || h.Bad != 0 {
		t.Errorf("%d train records, %d validations, %d with orders, %d bad lines; want 3000, 3, 3 and 0", h.Train.Len(), len(h.Valid), len(h.Orders), h.Bad)
	}
	if last := h.Train.At(2999); last.Time != 30 || last.Step != 3000 {
		t.Errorf("the last record is of step %d after %v s, want 3000 after 30", last.Step, last.Time)
	}
	if n := len(h.Events); n != 1 || h.Events[0].What != lastEvent {
		t.Errorf("the events are %v, want %q", h.Events, lastEvent)
	}
}
