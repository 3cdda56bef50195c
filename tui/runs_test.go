package tui

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/maskflow/maskflow/config"
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
	if !strings.Contains(shownText(m), "3 losses not finite") {
		t.Errorf("the header does not count them:\n%s", strings.Join(m.screen().lines[:3], "\n"))
	}
}

// A validation with rows that have no likelihood is shown by the others. Losses in units of
// their own, as version 0.1.0 logged them, are marked.
func TestWhatLossesAndValidationsAreOf(t *testing.T) {
	u := oneRun()
	if shown := shownText(watching(unicodeScreen, 240, 40, u)); strings.Contains(shown, "units of 0.1.0") {
		t.Error("losses in the units of the data are marked as others")
	}
	u.Batch.Records[0] = runlog.Start{Version: 1}
	last := u.Batch.Records[len(u.Batch.Records)-1]
	u.Batch.Records = append(u.Batch.Records, runlog.Valid{Step: 1 << 20, Epoch: 1000, Time: runlog.Float(runlog.TimeOf(last)), NLL: runlog.Float(math.Inf(1)), NLL2SE: 0.25, BadRows: 2, Others: -7.5})
	shown := shownText(watching(unicodeScreen, 240, 40, u))
	for _, want := range []string{"train in units of 0.1.0", "valid Inf (-7.50 ± 0.25 without 2 rows)", "valid -7.50"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown:\n%s", want, shown)
		}
	}
	if strings.Contains(shown, "best -7.50") {
		t.Error("a validation with rows without a likelihood is the best")
	}
}

// A flow has no ensemble of orders: its other panels have the room, and 2 says why.
func TestOrdersAreShownWhereThereIsAnEnsemble(t *testing.T) {
	u := fakeRun{dir: "runs/flow", seed: 1, records: 100, orders: 1, status: runlog.Running}.update()
	m := watching(unicodeScreen, 120, 40, u)
	if slices.Contains(m.panels(), m.named("orders")) {
		t.Error("a panel about orders where there is one")
	}
	m.pressAll("2")
	if m.focus != m.named("loss") || !strings.Contains(m.message.text, "no ensemble") {
		t.Errorf("focus %d, message %q", m.focus, m.message.text)
	}
	if m = watching(unicodeScreen, 120, 40, oneRun()); !slices.Contains(m.panels(), m.named("orders")) {
		t.Error("no panel about orders though there are eight")
	}
}

// States that come from outside are on the screen with the next look.
func TestCrashAndDeletionAreShown(t *testing.T) {
	u := oneRun()
	m := watching(unicodeScreen, 120, 40, u)
	m.Update(news{update: monitor.Update{Now: watched, Runs: []monitor.RunUpdate{{Dir: u.Dir, News: true, State: &runlog.State{Status: runlog.Crashed}}}}})
	if !strings.Contains(m.screen().lines[0], "crashed") {
		t.Errorf("%q", m.screen().lines[0])
	}
	m.Update(news{update: monitor.Update{Now: watched, Runs: []monitor.RunUpdate{{Dir: u.Dir, News: true, Gone: true}}}})
	if line := m.screen().lines[0]; !strings.Contains(line, "deleted") || !strings.Contains(line, "step 3,000") {
		t.Errorf("a run that is gone is not told, or what was read of it is: %q", line)
	}
	m.Update(news{update: monitor.Update{Now: watched, Runs: []monitor.RunUpdate{{Dir: u.Dir, News: true, State: &runlog.State{Status: runlog.Silent, Quiet: 7 * time.Minute}}}}})
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
	if !strings.Contains(shownText(m), "555 MB") {
		t.Errorf("no memory:\n%s", m.screen().lines[2])
	}
	press(m, "n")
	m.Update(machine{dir: "runs/better", memory: 555e6})
	if strings.Contains(shownText(m), "555 MB") {
		t.Error("the memory of the run before stands beside this one")
	}
}

// A run that ends while it is watched rings the terminal's bell, once.
func TestTheBellRingsWhenARunEnds(t *testing.T) {
	u := oneRun()
	m := watching(unicodeScreen, 120, 40, u)
	rings := func(s runlog.Status) (n int) {
		_, cmd := m.Update(news{update: monitor.Update{Now: watched, Runs: []monitor.RunUpdate{{Dir: u.Dir, State: &runlog.State{Status: s}}}}})
		collect(cmd, func(msg tea.Msg) {
			if raw, ok := msg.(tea.RawMsg); ok && raw.Msg == "\a" {
				n++
			}
		})
		return n
	}
	for i, c := range []struct {
		status runlog.Status
		want   int
	}{{runlog.Running, 0}, {runlog.Running, 0}, {runlog.Crashed, 1}, {runlog.Crashed, 0}, {runlog.Running, 0}, {runlog.Done, 1}} {
		if got := rings(c.status); got != c.want {
			t.Errorf("look %d, %s: %d bells, want %d", i, c.status, got, c.want)
		}
	}
}

// The header says what a run does that takes no steps, and what became of it.
func TestHeaderSaysWhatARunDoes(t *testing.T) {
	fresh := oneRun()
	fresh.Batch.Records, fresh.Samples = []runlog.Record{runlog.Start{Version: 1, Units: runlog.DataUnits}, runlog.Phase{Phase: runlog.Compiling}}, nil
	tested := oneRun()
	tested.Batch.Records = append(tested.Batch.Records, runlog.Phase{Step: 3000, Phase: runlog.Testing})
	crashed := fakeRun{dir: "runs/one", seed: 1, records: 340, orders: 1, status: runlog.Crashed}.update()
	diverged := fakeRun{dir: "runs/one", seed: 1, records: 3, orders: 1, status: runlog.Diverged}.update()
	end := runlog.End{Status: runlog.Diverged, Step: 30, Error: "step 30 diverged: loss NaN"}
	diverged.Batch.Records, diverged.State.End = append(diverged.Batch.Records, end), &end
	for name, c := range map[string]struct {
		u    monitor.RunUpdate
		want []string
		not  []string
	}{
		"fresh":    {fresh, []string{"compiling"}, []string{"steps/s"}},
		"tested":   {tested, []string{"testing the best weights"}, []string{"steps/s", "to the limit", "look-ahead"}},
		"running":  {oneRun(), []string{"steps/s", "to the limit", "look-ahead"}, []string{"compiling"}},
		"crashed":  {crashed, []string{"crashed", "checkpoint of step 3,200", "--resume --run runs/one"}, []string{"steps/s", "to the limit"}},
		"diverged": {diverged, []string{"diverged", "loss NaN"}, []string{"steps/s"}},
	} {
		header := ansi.Strip(strings.Join(watching(unicodeScreen, 160, 48, c.u).draw().lines[:3], "\n"))
		for _, want := range c.want {
			if !strings.Contains(header, want) {
				t.Errorf("%s: the header lacks %q:\n%s", name, want, header)
			}
		}
		for _, not := range c.not {
			if strings.Contains(header, not) {
				t.Errorf("%s: the header says %q:\n%s", name, not, header)
			}
		}
	}
}

// The best is said to be of now only where it is the last validation.
func TestTheAgeOfTheBest(t *testing.T) {
	for _, c := range []struct {
		last runlog.Valid
		want string
	}{
		{runlog.Valid{Step: 3040, Epoch: 19, NLL: 1}, "best 1.000 now"},
		{runlog.Valid{Step: 3050, Epoch: 17, NLL: 99}, "steps ago"},
		{runlog.Valid{Step: 3200, Epoch: 20, NLL: 99}, "epochs ago"},
	} {
		u := fakeRun{dir: "runs/one", seed: 1, records: 288, orders: 1, status: runlog.Running}.update()
		u.Batch.Records = append(u.Batch.Records, c.last)
		if header := shownText(watching(unicodeScreen, 160, 48, u)); !strings.Contains(header, c.want) {
			t.Errorf("%+v: no %q in\n%s", c.last, c.want, strings.Join(strings.Split(header, "\n")[:3], "\n"))
		}
	}
}

// What a person chose stands above what is as it always is.
func TestSettingsThatWereChosenComeFirst(t *testing.T) {
	u := oneRun()
	u.Config = []config.Value{{Path: "data.array", Text: `""`}, {Path: "train.log_every", Text: "10"}, {Path: "model.hidden", Text: "[300]"}}
	m := watching(unicodeScreen, 120, 40, u)
	lines := m.named("config").(*configPanel).configLines(60)
	if len(lines) != 3 || !strings.Contains(lines[0], "model.hidden") {
		t.Errorf("%q", lines)
	}
}

// What a filter lets nothing through of is not shown beside an empty list.
func TestAFilterThatNothingPasses(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, twoRuns()...)
	press(m, "f")
	for _, r := range "nothing" {
		press(m, string(r))
	}
	press(m, "enter")
	if m.run() != nil || !strings.Contains(m.screen().lines[0], "no run passes the filter nothing") {
		t.Errorf("%q", m.screen().lines[0])
	}
	if press(m, "esc"); m.run() == nil {
		t.Error("the runs do not come back")
	}
}

// The orders that are shown are the newest: a test's, until a run is resumed.
func TestTheNewestOrdersAreShown(t *testing.T) {
	u := oneRun()
	test := runlog.Orders{Step: 3000, Split: "test", NLL: 11, Mean: 12, PerOrder: []runlog.Float{12, 12}}
	u.Batch.Records = append(u.Batch.Records, test)
	m := watching(unicodeScreen, 200, 60, u)
	if o := m.named("orders").(*ordersPanel).ordersAt(); o.Split != "test" {
		t.Errorf("after the test those of %s at step %d are shown", o.Split, o.Step)
	}
	later := monitor.RunUpdate{Dir: u.Dir}
	later.Batch.Records = []runlog.Record{runlog.Start{Step: 3000, Resumed: true, Units: runlog.DataUnits}, runlog.Orders{Step: 3200, Split: "valid", NLL: 10, Mean: 11, PerOrder: []runlog.Float{11, 11}}}
	m.apply(monitor.Update{Now: watched, Runs: []monitor.RunUpdate{later}})
	if o := m.named("orders").(*ordersPanel).ordersAt(); o.Split != "valid" || o.Step != 3200 {
		t.Errorf("after the resumption those of %s at step %d are shown", o.Split, o.Step)
	}
}

// Validations of a network of any order have no orders: the panel says when there are some.
func TestOrdersThatTheTestEvaluates(t *testing.T) {
	u := fakeRun{dir: "runs/nade", seed: 1, records: 100, orders: 1, status: runlog.Running}.update()
	u.Manifest.Objective = orderMean
	for i, v := range u.Config {
		if v.Path == "model.orders.count" {
			u.Config[i].Text = "16"
		}
	}
	m := watching(unicodeScreen, 120, 40, u)
	if text := m.named("orders").(*ordersPanel).noOrders(); !strings.Contains(text, "No test yet") {
		t.Errorf("after validations: %s", text)
	}
	u.Manifest.Objective = "likelihood"
	m = watching(unicodeScreen, 120, 40, u)
	if text := m.named("orders").(*ordersPanel).noOrders(); !strings.Contains(text, "No validation yet") {
		t.Errorf("of a likelihood: %s", text)
	}
}
