package tui

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// A picture is drawn for every record, of whatever kind, and for none when nothing was
// written and the clock stands still.
func TestRecordsAreNews(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := runlog.Create(dir, runlog.Manifest{Name: "run"}, []byte("name: run\n"), runlog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if err := w.Append(runlog.Start{}); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return watched }
	source, err := monitor.NewSource([]string{dir}, monitor.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	m := newModel(Options{Screen: asciiScreen, Clock: clock}.withDefaults())
	news := func() bool {
		_, changed := m.take(news{update: source.Poll()})
		return changed
	}
	if !news() || news() {
		t.Fatal("a run is news once, when it is met")
	}
	for _, record := range []struct {
		name  string
		write func() error
	}{
		{"a train record", func() error { return w.Append(runlog.Train{Step: 1, Epoch: 1, Loss: 3}) }},
		{"a validation", func() error { return w.Append(runlog.Valid{Step: 1, Epoch: 1, NLL: 3}) }},
		{"an event", func() error { return w.Append(runlog.Event{What: "something happened"}) }},
		{"the end", func() error { return w.Append(runlog.End{Status: runlog.Done, Step: 1}) }},
	} {
		if err := record.write(); err != nil {
			t.Fatal(err)
		}
		if !news() {
			t.Errorf("%s is no news", record.name)
		}
		if news() {
			t.Errorf("%s is news twice", record.name)
		}
	}
}

// A message goes when its time is over, which costs a picture, and no more of an ended run.
func TestMessageGoes(t *testing.T) {
	now := watched
	m := watching(asciiScreen, 100, 30, fakeRun{dir: "runs/a", records: 10, orders: 1, status: runlog.Done}.update())
	m.o.Clock = func() time.Time { return now }
	m.drawnAt = now
	shown := func() bool {
		lines := m.screen().lines
		return strings.Contains(lines[len(lines)-1], "runs by name")
	}
	if _, gone := m.Update(tea.KeyPressMsg(tea.Key{Text: "t", Code: 't'})); gone == nil || !shown() {
		t.Fatal("no message, or nothing to end it")
	}
	pictures := 0
	for i := range 60 {
		now = now.Add(pollEvery)
		before := m.screen()
		m.Update(news{update: monitor.Update{Now: now}})
		if time.Duration(i+1)*pollEvery == messageTime {
			m.Update(messageGone{})
		}
		if m.screen() != before {
			pictures++
		}
	}
	if shown() || pictures != 1 {
		t.Errorf("after %v the message is there: %v, after %d pictures", now.Sub(watched), shown(), pictures)
	}
}
