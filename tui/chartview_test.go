package tui

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

func TestZoomKeepsTheLastStepInView(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	m.pressAll("+", "+")
	w := m.shown()
	if w.Hi != 3000 || math.Abs(w.Hi-w.Lo-2990.0/4) > 1 {
		t.Errorf("after zooming twice %v is shown", w)
	}
	more := fakeRun{dir: "runs/one", seed: 1, records: 1, orders: 8, status: runlog.Running}.update()
	more.Batch.Records = []runlog.Record{runlog.Train{Step: 4000, Time: 41, Loss: 12}}
	m.apply(monitor.Update{Now: watched, Runs: []monitor.RunUpdate{more}})
	if hi := m.shown().Hi; hi != 4000 {
		t.Errorf("the window ends at %v though a record of step 4000 came", hi)
	}
	m.pressAll("[")
	before := m.shown()
	more.Batch.Records = []runlog.Record{runlog.Train{Step: 5000, Time: 51, Loss: 12}}
	m.apply(monitor.Update{Now: watched, Runs: []monitor.RunUpdate{more}})
	if after := m.shown(); after != before {
		t.Errorf("a window that was panned away moved from %v to %v", before, after)
	}
	if press(m, "0"); m.charts.zoomed() {
		t.Error("0 does not show all")
	}
}

func TestZoomIsAroundTheCursor(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	m.charts.cursor, m.charts.hasCursor = 1000, true
	at := func() float64 { w := m.shown(); return (1000 - w.Lo) / (w.Hi - w.Lo) }
	before := at()
	m.pressAll("+", "+", "+")
	if after := at(); math.Abs(after-before) > 1e-9 {
		t.Errorf("the cursor moved from %.3f of the window to %.3f", before, after)
	}
}

// The cursor reads what the log says.
func TestCursorReadsValues(t *testing.T) {
	m := watching(unicodeScreen, 200, 60, oneRun())
	m.pressAll("<", "<", "<", "<", "<", "<")
	m.charts.cursor, m.charts.hasCursor = 1605, true
	m.drawn = nil
	r := m.run()
	var loss, valid float64
	for i := range r.History.Train.Len() {
		if rec := r.History.Train.At(i); rec.Step == 1600 {
			loss = float64(rec.Loss)
		}
	}
	for _, v := range r.History.Valid {
		if v.Step == 1600 {
			valid = float64(v.NLL)
		}
	}
	for _, want := range []string{"train " + nats(loss), "valid " + nats(valid), "at step 1,605", "orders at step 1,600"} {
		if !strings.Contains(shownText(m), want) {
			t.Errorf("the screen lacks %q:\n%s", want, shownText(m))
		}
	}
	if press(m, "esc"); m.charts.hasCursor {
		t.Error("esc leaves the cursor")
	}
}

// A logarithmic axis is refused with the number that has no logarithm.
func TestLogAxisIsRefusedWithAReason(t *testing.T) {
	negative := fakeRun{dir: "runs/flow", seed: 1, records: 100, orders: 1, status: runlog.Running, loss: func(i int, v float64) float64 { return 3 - float64(i) }}.update()
	m := watching(unicodeScreen, 120, 40, negative)
	m.pressAll("1", "y")
	if m.all[0].(*lossPanel).chart().LogY || !strings.Contains(m.message.text, "no logarithmic axis") || !strings.Contains(m.message.text, "above 0") {
		t.Errorf("log axis %v, message %q", m.all[0].(*lossPanel).chart().LogY, m.message.text)
	}
	m = watching(unicodeScreen, 120, 40, oneRun())
	m.pressAll("1", "y")
	if !m.all[0].(*lossPanel).chart().LogY {
		t.Errorf("no log axis over positive values: %q", m.message.text)
	}
}

func TestMetricFilterChoosesLines(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	for filter, want := range map[string][]string{"valid": {validLine}, "/^train$/": {lossLine.name}, "TRAIN": {lossLine.name, lossLine.name + smoothed}, "": {lossLine.name, lossLine.name + smoothed, validLine}} {
		press(m, "/")
		m.prompt.input.SetValue("")
		for _, r := range filter {
			press(m, string(r))
		}
		press(m, "enter")
		var names []string
		for _, l := range m.all[0].(*lossPanel).chart().Lines {
			names = append(names, l.Name)
		}
		if !slices.Equal(names, want) {
			t.Errorf("the filter %q leaves %q, want %q", filter, names, want)
		}
	}
	press(m, "0")
	_ = m.charts.setFilter("")
	press(m, "/")
	for _, r := range "/(" {
		press(m, string(r))
	}
	press(m, "enter")
	if m.prompt == nil || !strings.Contains(shownText(m), "no regular expression") {
		t.Errorf("a wrong expression is taken: %s", m.screen().lines[39])
	}
	if press(m, "esc"); m.prompt != nil || m.charts.filter != "" {
		t.Error("esc does not go back to the filter of before")
	}
}

// What is exported is what the log says, in view, and overwrites nothing.
func TestExport(t *testing.T) {
	t.Chdir(t.TempDir())
	m := watching(unicodeScreen, 120, 40, oneRun())
	m.pressAll("<", "<", "<", "<", "<", "<")
	for range 2 {
		_, cmd := m.Update(tea.KeyPressMsg(tea.Key{Text: "w", Code: 'w'}))
		run(m, cmd)
	}
	files, err := filepath.Glob("maskflow-loss-*.csv")
	if err != nil || len(files) != 2 {
		t.Fatalf("%q (%v)", files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	first := m.run().History.Train.At(0)
	if want := "train,10," + number(float64(first.Loss)); !strings.Contains(string(content), want+"\n") {
		t.Errorf("the file lacks %q:\n%.200s", want, content)
	}
	if n := strings.Count(string(content), "\n"); n != 1+300+18 {
		t.Errorf("%d lines for 300 records and 18 validations", n)
	}
	_, cmd := m.Update(tea.KeyPressMsg(tea.Key{Text: "W", Code: 'W'}))
	run(m, cmd)
	if svg, err := filepath.Glob("maskflow-loss-*.svg"); err != nil || len(svg) != 1 {
		t.Errorf("%q (%v), message %q", svg, err, m.message.text)
	}
}

// Norms of gradients are on a logarithmic axis at first, so y makes it a linear one.
func TestLogAxisOfTheGradient(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	if !m.named("gradient").(*gradientPanel).chart().LogY {
		t.Fatal("norms that are all positive are on a linear axis")
	}
	m.pressAll("3", "y")
	if m.named("gradient").(*gradientPanel).chart().LogY || !strings.Contains(m.message.text, "linear") {
		t.Errorf("log %v, message %q", m.named("gradient").(*gradientPanel).chart().LogY, m.message.text)
	}
	m.pressAll("y")
	if !m.named("gradient").(*gradientPanel).chart().LogY || !strings.Contains(m.message.text, "logarithmic") {
		t.Errorf("log %v, message %q", m.named("gradient").(*gradientPanel).chart().LogY, m.message.text)
	}
}

// The best is the lowest finite one, wherever it is told.
func TestTheBestIsFinite(t *testing.T) {
	u := oneRun()
	u.Batch.Records = append(u.Batch.Records, runlog.Valid{Step: 3000, Epoch: 19, NLL: runlog.Float(math.Inf(-1))})
	m := watching(unicodeScreen, 120, 40, u)
	x, y, ok := m.best(m.run())
	if f := m.run().Figures(watched); !ok || math.IsInf(y, 0) || x != float64(f.Best.Step) || y != float64(f.Best.NLL) {
		t.Errorf("the star is at %v, %v; the best is %+v", x, y, f.Best)
	}
}
