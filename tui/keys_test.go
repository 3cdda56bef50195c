package tui

import (
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
	for _, b := range newModel(Options{}.withDefaults()).bindings() {
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
	if len(Keys()) != len(newModel(Options{}.withDefaults()).bindings()) {
		t.Errorf("the documentation has %d keys of %d", len(Keys()), len(newModel(Options{}.withDefaults()).bindings()))
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

func shownText(m *model) string { return ansi.Strip(strings.Join(m.screen().lines, "\n")) }

func (m *model) pressAll(keys ...string) {
	for _, k := range keys {
		press(m, k)
	}
}

// While the view is held nothing on it moves; afterwards nothing is missing.
func TestHoldingTheView(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	m.o.Source = nil
	press(m, "space")
	m.drawn = nil
	before := shownText(m)
	more := oneRun()
	more.Batch.Records = []runlog.Record{runlog.Train{Step: 9990, Epoch: 62, Time: 99, Loss: 50, EMA: 50}}
	m.Update(news{update: monitor.Update{Now: watched.Add(time.Second), Runs: []monitor.RunUpdate{more}}})
	if m.drawn = nil; shownText(m) != before {
		t.Error("news came through to a view that is held")
	}
	press(m, "space")
	if !strings.Contains(shownText(m), "step 9,990") {
		t.Errorf("what came meanwhile is lost:\n%s", m.screen().lines[0])
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

// However far one scrolls, one step back is seen.
func TestScrollingStopsAtTheEnd(t *testing.T) {
	for _, size := range [][2]int{{120, 40}, {80, 24}, {40, 12}} {
		m := watching(unicodeScreen, size[0], size[1], oneRun())
		m.focus = m.named("config")
		for range 100 {
			press(m, "j")
		}
		end := shownText(m)
		if press(m, "k"); shownText(m) == end && m.focus.(*configPanel).top > 0 {
			t.Errorf("%v: a key up changes nothing after many down", size)
		}
		for range 100 {
			press(m, "k")
		}
		if m.focus.(*configPanel).top != 0 {
			t.Errorf("%v: the top is not reached", size)
		}
	}
}

// A message goes away on a view that is held, too.
func TestMessagesGoAwayWhileTheViewIsHeld(t *testing.T) {
	m := watching(unicodeScreen, 120, 40, oneRun())
	press(m, "space")
	press(m, "x")
	if !strings.Contains(shownText(m), "against epoch") {
		t.Fatal("no message")
	}
	m.o.Clock = func() time.Time { return watched.Add(2 * messageTime) }
	m.Update(messageGone{})
	if strings.Contains(shownText(m), "against epoch") {
		t.Error("the message stays")
	}
}
