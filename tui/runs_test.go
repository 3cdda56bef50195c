package tui

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

func TestRunFilterAndSort(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, twoRuns()...)
	if got := m.run().Dir; got != "runs/better" {
		t.Errorf("the run that is shown first is %s, not the best", got)
	}
	press(m, "f")
	for _, r := range "model.hidden=100" {
		press(m, string(r))
	}
	press(m, "enter")
	if runs := m.listed(); len(runs) != 1 || runs[0].Dir != "runs/worse" {
		t.Errorf("%d runs pass the filter", len(runs))
	}
	if press(m, "esc"); len(m.listed()) != 2 {
		t.Error("esc does not forget the filter")
	}
	m.pressAll("n")
	if m.chosen != "runs/worse" {
		t.Errorf("n chooses %q", m.chosen)
	}
	m.pressAll("v")
	if runs := m.drawnRuns(); len(runs) != 1 || runs[0].Dir != "runs/better" {
		t.Error("v does not take the run out of the charts")
	}
	m.pressAll("V")
	if len(m.drawnRuns()) != 2 {
		t.Error("V does not draw all")
	}
}

// Colour is never the only sign: without it every state and every line can be told.
func TestStatesHaveSigns(t *testing.T) {
	for _, th := range []theme{newTheme(unicodeScreen), newTheme(asciiScreen)} {
		sign := func(s runlog.Status) string { return strings.TrimSuffix(th.state(s), string(s)) }
		running, ended, wrong := sign(runlog.Running), sign(runlog.Done), sign(runlog.Crashed)
		if running == ended || running == wrong || ended == wrong || wrong != sign(runlog.Diverged) {
			t.Errorf("signs %q, %q, %q", running, ended, wrong)
		}
	}
}

// A loss that is not finite is counted where everybody looks.
func TestLossesThatAreNotFiniteAreCounted(t *testing.T) {
	u := fakeRun{dir: "runs/x", seed: 1, records: 100, orders: 1, status: runlog.Running, loss: func(i int, v float64) float64 {
		if i >= 97 {
			return math.NaN()
		}
		return v
	}}.update()
	m := watching(unicodeScreen, 120, 40, u)
	if !strings.Contains(text(m), "3 losses not finite") {
		t.Errorf("the header does not count them:\n%s", strings.Join(m.screen().lines[:3], "\n"))
	}
}

// A flow has no ensemble of orders: its other panels have the room, and 2 says why.
func TestOrdersAreShownWhereThereIsAnEnsemble(t *testing.T) {
	u := fakeRun{dir: "runs/flow", seed: 1, records: 100, orders: 1, status: runlog.Running}.update()
	m := watching(unicodeScreen, 120, 40, u)
	if slices.Contains(m.panels(), ordersPanel) {
		t.Error("a panel about orders where there is one")
	}
	m.pressAll("2")
	if m.focus != lossPanel || !strings.Contains(m.message.text, "no ensemble") {
		t.Errorf("focus %d, message %q", m.focus, m.message.text)
	}
	if m = watching(unicodeScreen, 120, 40, oneRun()); !slices.Contains(m.panels(), ordersPanel) {
		t.Error("no panel about orders though there are eight")
	}
}

// States that come from outside are on the screen with the next look.
func TestCrashAndDeletionAreShown(t *testing.T) {
	u := oneRun()
	m := watching(unicodeScreen, 120, 40, u)
	m.Update(news{update: monitor.Update{Now: watched, Runs: []monitor.RunUpdate{{Dir: u.Dir, State: &runlog.State{Status: runlog.Crashed}}}}})
	if !strings.Contains(m.screen().lines[0], "crashed") {
		t.Errorf("%q", m.screen().lines[0])
	}
	m.Update(news{update: monitor.Update{Now: watched, Runs: []monitor.RunUpdate{{Dir: u.Dir, Gone: true}}}})
	if line := m.screen().lines[0]; !strings.Contains(line, "deleted") || !strings.Contains(line, "step 3,000") {
		t.Errorf("a run that is gone is not told, or what was read of it is: %q", line)
	}
	m.Update(news{update: monitor.Update{Now: watched, Runs: []monitor.RunUpdate{{Dir: u.Dir, State: &runlog.State{Status: runlog.Silent, Quiet: 7 * time.Minute}}}}})
	if line := m.screen().lines[0]; !strings.Contains(line, "silent") || !strings.Contains(line, "no news for 7m") {
		t.Errorf("%q", line)
	}
}

// Nothing is drawn again while nothing happens.
func TestAnIdleMonitorDrawsNothing(t *testing.T) {
	u := fakeRun{dir: "runs/old", seed: 1, records: 100, orders: 4, status: runlog.Done}.update()
	m := watching(unicodeScreen, 120, 40, u)
	m.Update(news{update: monitor.Update{Now: watched}})
	before := m.screen()
	for i := range 100 {
		m.Update(news{update: monitor.Update{Now: watched.Add(time.Duration(i) * time.Minute)}})
	}
	if m.screen() != before {
		t.Error("a picture of a run that has ended was drawn again")
	}
}

// What was found out about one run is not shown beside another.
func TestMemoryBelongsToTheRun(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, twoRuns()...)
	m.Update(machine{dir: "runs/better", memory: 555e6})
	if !strings.Contains(text(m), "555 MB") {
		t.Errorf("no memory:\n%s", m.screen().lines[2])
	}
	press(m, "n")
	m.Update(machine{dir: "runs/better", memory: 555e6})
	if strings.Contains(text(m), "555 MB") {
		t.Error("the memory of the run before stands beside this one")
	}
}
