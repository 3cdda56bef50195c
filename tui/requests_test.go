package tui

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// What is asked of a trainer is left in its directory, and the answer is shown.
func TestStopIsAskedAndAnswered(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := runlog.Create(dir, runlog.Manifest{Name: "x"}, []byte("name: x\n"), runlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Append(runlog.Start{}); err != nil {
		t.Fatal(err)
	}
	source, err := monitor.NewSource([]string{dir}, monitor.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	m := newModel(Options{Source: source, Screen: unicodeScreen}.withDefaults())
	m.width, m.height = 120, 40
	m.apply(source.Poll())
	press(m, "s")
	if m.dialog == nil {
		t.Fatal("s does not ask")
	}
	if !strings.Contains(shownText(m), "stop cleanly") {
		t.Errorf("the dialog is not on the screen")
	}
	_, cmd := m.Update(tea.KeyPressMsg(tea.Key{Text: "s", Code: 's'}))
	run(m, cmd)
	if m.drawn = nil; !strings.Contains(shownText(m), "asked to stop") {
		t.Errorf("the screen does not say that it asked:\n%s", shownText(m))
	}
	requests, err := w.Poll()
	if err != nil || len(requests) != 1 || requests[0].Kind != runlog.StopCleanly {
		t.Fatalf("the trainer finds %v (%v)", requests, err)
	}
	if err := w.Answer(requests[0].ID, "stopping at step 620"); err != nil {
		t.Fatal(err)
	}
	m.apply(source.Poll())
	if m.drawn = nil; !strings.Contains(shownText(m), "stopping at step 620") || len(m.waiting) > 0 {
		t.Errorf("the answer is not on the screen:\n%s", shownText(m))
	}
	for key, kind := range map[rune]runlog.Control{'c': runlog.SaveCheckpoint, 'r': runlog.Calibrate} {
		_, cmd := m.Update(tea.KeyPressMsg(tea.Key{Text: string(key), Code: key}))
		run(m, cmd)
		if requests, err := w.Poll(); err != nil || len(requests) != 1 || requests[0].Kind != kind {
			t.Errorf("for %c the trainer finds %v (%v), want %s", key, requests, err, kind)
		}
	}
}

// A run that does not train cannot be stopped, and the screen says so.
func TestNothingToStop(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, fakeRun{dir: "runs/old", seed: 1, records: 10, orders: 1, status: runlog.Crashed}.update())
	m.pressAll("s")
	if m.dialog != nil || !strings.Contains(m.message.text, "nothing to stop") {
		t.Errorf("message %q", m.message.text)
	}
	m.pressAll("c")
	if !strings.Contains(m.message.text, "no checkpoint") {
		t.Errorf("message %q", m.message.text)
	}
}

// Closing the monitor of a training of this process asks; that of others does not.
func TestQuitAsksWhereThisProcessTrains(t *testing.T) {
	quits := func(m *model, keys ...string) bool {
		var cmd tea.Cmd
		for _, k := range keys {
			_, cmd = m.Update(tea.KeyPressMsg(tea.Key{Text: k, Code: []rune(k)[0]}))
		}
		if cmd == nil {
			return false
		}
		_, ok := cmd().(tea.QuitMsg)
		return ok
	}
	if !quits(watching(unicodeScreen, 80, 24, oneRun()), "q") {
		t.Error("q does not close a monitor that only watches")
	}
	m := watching(unicodeScreen, 80, 24, oneRun())
	m.o.Own = "runs/one"
	if quits(m, "q") || m.dialog == nil {
		t.Error("q does not ask though this process trains")
	}
	if quits(m, "c") || m.dialog != nil {
		t.Error("cancel does not go back")
	}
	quits(m, "q")
	m.dialogKey("enter") // cancel is what is marked at first
	if m.dialog != nil || m.outcome.Detached {
		t.Error("enter does not go back")
	}
	quits(m, "q")
	m.dialogKey("up")
	if cmd := m.dialogKey("enter"); cmd == nil || !m.outcome.Detached {
		t.Error("the arrows do not move to detach, one above cancel")
	}
	m.outcome.Detached = false
	if !quits(m, "q", "d") || !m.outcome.Detached {
		t.Error("detaching does not close the monitor")
	}
	m = watching(unicodeScreen, 80, 24, oneRun())
	m.o.Own = "runs/one"
	if _, cmd := m.Update(trained{}); cmd == nil || m.outcome.Ended != true {
		t.Error("the monitor stays when the training has ended")
	}
}

// A request goes to the run that the dialog was about, though another became the best of
// the list meanwhile.
func TestStopGoesToTheRunThatWasAskedAbout(t *testing.T) {
	a := fakeRun{dir: filepath.Join(t.TempDir(), "a"), seed: 1, records: 100, orders: 1, status: runlog.Running}.update()
	b := fakeRun{dir: filepath.Join(t.TempDir(), "b"), seed: 5, records: 100, orders: 1, status: runlog.Running}.update()
	m := watching(unicodeScreen, 120, 40, a, b)
	press(m, "s")
	b.Batch.Records = []runlog.Record{runlog.Valid{Step: 2000, NLL: 1, Best: true}}
	m.apply(monitor.Update{Now: watched, Runs: []monitor.RunUpdate{b}})
	if m.run().Dir != b.Dir {
		t.Fatal("the second run is not the best now: this test tests nothing")
	}
	_, cmd := m.Update(tea.KeyPressMsg(tea.Key{Text: "s", Code: 's'}))
	var asked []string
	collect(cmd, func(msg tea.Msg) {
		if r, ok := msg.(requested); ok {
			asked = append(asked, r.dir)
		}
	})
	if !slices.Equal(asked, []string{a.Dir}) {
		t.Errorf("asked %q, not %q", asked, a.Dir)
	}
}

// On a screen of any height the dialog can be read and answered, and none is too low for it.
func TestDialogsOnLowScreens(t *testing.T) {
	for h := 1; h <= 10; h++ {
		for _, w := range []int{8, 20, 120} {
			m := watching(unicodeScreen, w, h, oneRun())
			m.o.Own = "runs/one"
			press(m, "q")
			checkSize(t, m)
			if !strings.Contains(shownText(m), "stop") {
				t.Errorf("%d x %d: no dialog on\n%s", w, h, shownText(m))
			}
			if press(m, "c"); m.dialog != nil {
				t.Errorf("%d x %d: the dialog cannot be cancelled", w, h)
			}
		}
	}
}
