package tui

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// Every key does one thing, has a name and says what it does.
func TestKeysAreUnambiguous(t *testing.T) {
	seen := map[string]string{}
	for _, b := range bindings() {
		if b.label == "" || b.help == "" || !slices.Contains(groups, b.group) {
			t.Errorf("%v lacks a label, a help or a group of the list", b.keys)
		}
		for _, k := range b.keys {
			if seen[k] != "" {
				t.Errorf("%q is bound to %q and to %q", k, seen[k], b.help)
			}
			seen[k] = b.help
		}
	}
	if len(Keys()) != len(bindings()) {
		t.Errorf("the documentation has %d keys of %d", len(Keys()), len(bindings()))
	}
}

// The table that dispatches is what "?" shows.
func TestHelpShowsTheTable(t *testing.T) {
	m := watching(unicodeScreen, 200, 60, twoRuns()...)
	press(m, "?")
	text := ansi.Strip(strings.Join(m.screen().lines, "\n"))
	for _, k := range Keys() {
		if !strings.Contains(text, k.Help) {
			t.Errorf("the help lacks %q", k.Help)
		}
	}
}

func oneRun() monitor.RunUpdate {
	return fakeRun{dir: "runs/one", seed: 1, records: 300, orders: 8, status: runlog.Running}.update()
}

func twoRuns() []monitor.RunUpdate {
	return []monitor.RunUpdate{
		fakeRun{dir: "runs/better", seed: 1, records: 300, orders: 8, status: runlog.Running}.update(),
		fakeRun{dir: "runs/worse", seed: 5, records: 200, orders: 4, status: runlog.Done, hidden: "[100]"}.update(),
	}
}

func text(m *model) string { return ansi.Strip(strings.Join(m.screen().lines, "\n")) }

func (m *model) pressAll(keys ...string) *model {
	for _, k := range keys {
		press(m, k)
	}
	return m
}

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
	if m.pressAll("0"); m.charts.zoomed() {
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
		if !strings.Contains(text(m), want) {
			t.Errorf("the screen lacks %q:\n%s", want, text(m))
		}
	}
	if m.pressAll("esc"); m.charts.hasCursor {
		t.Error("esc leaves the cursor")
	}
}

// A logarithmic axis is refused with the number that has no logarithm.
func TestLogAxisIsRefusedWithAReason(t *testing.T) {
	negative := fakeRun{dir: "runs/flow", seed: 1, records: 100, orders: 1, status: runlog.Running, loss: func(i int, v float64) float64 { return 3 - float64(i) }}.update()
	m := watching(unicodeScreen, 120, 40, negative)
	m.pressAll("1", "y")
	if m.lossChart().LogY || !strings.Contains(m.message.text, "no logarithmic axis") || !strings.Contains(m.message.text, "above 0") {
		t.Errorf("log axis %v, message %q", m.lossChart().LogY, m.message.text)
	}
	m = watching(unicodeScreen, 120, 40, oneRun())
	m.pressAll("1", "y")
	if !m.lossChart().LogY {
		t.Errorf("no log axis over positive values: %q", m.message.text)
	}
}

func TestMetricFilterChoosesLines(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	for filter, want := range map[string][]string{"valid": {validLine}, "/^train$/": {trainLine}, "TRAIN": {rawLine, trainLine}, "": {rawLine, trainLine, validLine}} {
		press(m, "/")
		m.prompt.input.SetValue("")
		for _, r := range filter {
			press(m, string(r))
		}
		press(m, "enter")
		var names []string
		for _, l := range m.lossChart().Lines {
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
	if m.prompt == nil || !strings.Contains(text(m), "no regular expression") {
		t.Errorf("a wrong expression is taken: %s", m.screen().lines[39])
	}
	if press(m, "esc"); m.prompt != nil || m.charts.filter != "" {
		t.Error("esc does not go back to the filter of before")
	}
}

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
	if m.pressAll("esc"); len(m.listed()) != 2 {
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

// While the view is held nothing on it moves; afterwards nothing is missing.
func TestHoldingTheView(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	m.o.Source = nil
	press(m, "space")
	m.drawn = nil
	before := text(m)
	more := oneRun()
	more.Batch.Records = []runlog.Record{runlog.Train{Step: 9990, Epoch: 62, Time: 99, Loss: 50, EMA: 50}}
	m.Update(news{update: monitor.Update{Now: watched.Add(time.Second), Runs: []monitor.RunUpdate{more}}})
	if m.drawn = nil; text(m) != before {
		t.Error("news came through to a view that is held")
	}
	press(m, "space")
	if !strings.Contains(text(m), "step 9,990") {
		t.Errorf("what came meanwhile is lost:\n%s", m.screen().lines[0])
	}
}

// What is asked of a trainer is left in its directory, and the answer is shown.
func TestStopIsAskedAndAnswered(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := runlog.Create(dir, runlog.Manifest{Name: "x"}, []byte("name: x\n"), runlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.Start(0); err != nil {
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
	if !strings.Contains(text(m), "stop cleanly") {
		t.Errorf("the dialog is not on the screen")
	}
	_, cmd := m.Update(tea.KeyPressMsg(tea.Key{Text: "s", Code: 's'}))
	run(m, cmd)
	if m.drawn = nil; !strings.Contains(text(m), "asked to stop") {
		t.Errorf("the screen does not say that it asked:\n%s", text(m))
	}
	requests, err := w.Poll()
	if err != nil || len(requests) != 1 || requests[0].Kind != runlog.StopCleanly {
		t.Fatalf("the trainer finds %v (%v)", requests, err)
	}
	if err := w.Answer(requests[0].ID, "stopping at step 620"); err != nil {
		t.Fatal(err)
	}
	m.apply(source.Poll())
	if m.drawn = nil; !strings.Contains(text(m), "stopping at step 620") || len(m.waiting) > 0 {
		t.Errorf("the answer is not on the screen:\n%s", text(m))
	}
}

// run does what a command says, and what follows from it, as far as it needs no time.
func run(m *model, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			run(m, c)
		}
	default:
		m.Update(msg)
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
	if !quits(m, "q", "d") || !m.outcome.Detached {
		t.Error("detaching does not close the monitor")
	}
	m = watching(unicodeScreen, 80, 24, oneRun())
	m.o.Own = "runs/one"
	if _, cmd := m.Update(trained{}); cmd == nil || m.outcome.Ended != true {
		t.Error("the monitor stays when the training has ended")
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

// Clicks and the wheel mean what is under them.
func TestMouse(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, twoRuns()...)
	find := func(p panelID) place {
		for _, place := range m.screen().layout.places {
			if place.panel == p {
				return place
			}
		}
		t.Fatalf("panel %d is not on the screen", p)
		return place{}
	}
	log := find(logPanel)
	m.Update(tea.MouseClickMsg{X: log.x + 3, Y: log.y + 1, Button: tea.MouseLeft})
	if m.focus != logPanel {
		t.Errorf("a click on the log puts the focus on panel %d", m.focus)
	}
	runs := find(runsPanel)
	m.Update(tea.MouseClickMsg{X: runs.x + 6, Y: runs.y + 3, Button: tea.MouseLeft})
	if m.chosen != "runs/worse" {
		t.Errorf("a click on the second row chooses %q", m.chosen)
	}
	chart := m.screen().charts[0]
	x := chart.x + chart.frame.Left + chart.frame.Width/2
	m.Update(tea.MouseClickMsg{X: x, Y: chart.y + 2, Button: tea.MouseLeft})
	middle := (chart.frame.X.Lo + chart.frame.X.Hi) / 2
	if !m.charts.hasCursor || math.Abs(m.charts.cursor-middle) > (chart.frame.X.Hi-chart.frame.X.Lo)/float64(chart.frame.Width) {
		t.Errorf("a click on the middle of the chart puts the cursor at %v, not about %v", m.charts.cursor, middle)
	}
	m.Update(tea.MouseWheelMsg{X: x, Y: chart.y + 2, Button: tea.MouseWheelUp})
	if w := m.shown(); !(w.Hi-w.Lo < chart.frame.X.Hi-chart.frame.X.Lo) {
		t.Errorf("the wheel does not zoom: %v", w)
	}
	chart = m.screen().charts[0]
	m.Update(tea.MouseClickMsg{X: x, Y: chart.y + 2, Button: tea.MouseLeft})
	before := m.shown()
	m.Update(tea.MouseMotionMsg{X: x + 5, Y: chart.y + 2, Button: tea.MouseLeft})
	if after := m.shown(); !(after.Lo < before.Lo && after.Hi < before.Hi) {
		t.Errorf("dragging to the right moves the window from %v to %v", before, after)
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

// A request goes to the run that the dialog was about, though another became the best of
// the list meanwhile.
func TestStopGoesToTheRunThatWasAskedAbout(t *testing.T) {
	a := fakeRun{dir: filepath.Join(t.TempDir(), "a"), seed: 1, records: 100, orders: 1, status: runlog.Running}.update()
	b := fakeRun{dir: filepath.Join(t.TempDir(), "b"), seed: 5, records: 100, orders: 1, status: runlog.Running}.update()
	m := watching(unicodeScreen, 120, 40, a, b)
	press(m, "s")
	b.Batch.Records = []runlog.Record{runlog.Valid{Step: 2000, NLL: 1, Best: true}}
	b.Batch.Train = runlog.TrainSeries{}
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

// collect runs a command and those of its batches.
func collect(cmd tea.Cmd, take func(tea.Msg)) {
	if cmd == nil {
		return
	}
	msg := cmd()
	if batch, ok := msg.(tea.BatchMsg); ok {
		for _, c := range batch {
			collect(c, take)
		}
		return
	}
	take(msg)
}

// Norms of gradients are on a logarithmic axis at first, so y makes it a linear one.
func TestLogAxisOfTheGradient(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	if !m.gradientChart().LogY {
		t.Fatal("norms that are all positive are on a linear axis")
	}
	m.pressAll("3", "y")
	if m.gradientChart().LogY || !strings.Contains(m.message.text, "linear") {
		t.Errorf("log %v, message %q", m.gradientChart().LogY, m.message.text)
	}
	m.pressAll("y")
	if !m.gradientChart().LogY || !strings.Contains(m.message.text, "logarithmic") {
		t.Errorf("log %v, message %q", m.gradientChart().LogY, m.message.text)
	}
}

// However far one scrolls, one step back is seen.
func TestScrollingStopsAtTheEnd(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {40, 12}} {
		m := watching(unicodeScreen, size[0], size[1], oneRun())
		m.focus = configPanel
		for range 100 {
			press(m, "j")
		}
		end := text(m)
		if press(m, "k"); text(m) == end && m.scroll[configPanel] > 0 {
			t.Errorf("%v: a key up changes nothing after many down", size)
		}
		for range 100 {
			press(m, "k")
		}
		if m.scroll[configPanel] != 0 {
			t.Errorf("%v: the top is not reached", size)
		}
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

// A message goes away on a view that is held, too.
func TestMessagesGoAwayWhileTheViewIsHeld(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	press(m, "space")
	press(m, "x")
	if !strings.Contains(text(m), "against epoch") {
		t.Fatal("no message")
	}
	m.o.Clock = func() time.Time { return watched.Add(2 * messageTime) }
	m.Update(messageGone{})
	if strings.Contains(text(m), "against epoch") {
		t.Error("the message stays")
	}
}
