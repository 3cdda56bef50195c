package tui

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// screenOf is a pseudo-terminal and what was written to it.
type screenOf struct {
	master, tty *os.File
	before      term.State

	mu      sync.Mutex
	written bytes.Buffer
}

func newScreenOf(t *testing.T) *screenOf {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() }) // the reader of a monitor that was closed may still look at the tty
	before, err := term.GetState(int(tty.Fd()))
	if err == nil {
		err = pty.Setsize(master, &pty.Winsize{Cols: 80, Rows: 24})
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &screenOf{master: master, tty: tty, before: *before}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.written.Write(buf[:n])
			s.mu.Unlock()
		}
	}()
	return s
}

func (s *screenOf) has(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.written.String(), text)
}

func (s *screenOf) waitFor(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !s.has(text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q did not appear: %q", text, s.written.String())
		}
	}
}

// restored checks that the terminal is as it was: modes of the line, screen, cursor,
// mouse and paste.
func (s *screenOf) restored(t *testing.T) {
	t.Helper()
	after, err := term.GetState(int(s.tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if *after != s.before {
		t.Errorf("the modes of the terminal became %+v, were %+v", *after, s.before)
	}
	const end = "all has been written"
	_, _ = s.tty.WriteString(end)
	s.waitFor(t, end)
	s.mu.Lock()
	all := s.written.String()
	s.mu.Unlock()
	for _, pair := range [][2]string{{"\x1b[?1049h", "\x1b[?1049l"}, {"\x1b[?25l", "\x1b[?25h"}, {"\x1b[?1002h", "\x1b[?1002l"}, {"\x1b[?2004h", "\x1b[?2004l"}} {
		if set := strings.LastIndex(all, pair[0]); set >= 0 && strings.LastIndex(all, pair[1]) < set {
			t.Errorf("%q was not undone by %q: %q", pair[0], pair[1], all)
		}
	}
	if s.has("goroutine") {
		t.Error("a stack is on the screen")
	}
}

// A panic anywhere in the monitor leaves the terminal as it was and is an error of one
// line that says where it began.
func TestPanicOfTheMonitor(t *testing.T) {
	blown := func() { panic("bang") }
	for name, arm := range map[string]func(*model){
		"update": func(m *model) { m.o.Clock = func() time.Time { blown(); return time.Time{} } }, // the key says something
		"view":   func(m *model) { m.all[0] = blowing{m.all[0]}; m.focus = m.all[0] },
		"command": func(m *model) {
			m.o.memory = func(*runlog.Manifest) (int64, bool) { blown(); return 0, false }
			m.apply(monitor.Update{Now: watched, Runs: []monitor.RunUpdate{fakeRun{dir: "a", seed: 1, records: 10, status: runlog.Running}.update()}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScreenOf(t)
			m := New(t.Context(), s.tty, s.tty, Options{Mouse: true, Screen: Screen{Unicode: true}})
			arm(m.model.m)
			result := make(chan error, 1)
			go func() {
				_, err := m.Run()
				result <- err
			}()
			s.waitFor(t, "\x1b[?1049h")
			if name == "update" {
				_, _ = s.master.WriteString("t")
			}
			err := <-result
			if err == nil || !strings.Contains(err.Error(), "bang at tui/run_test.go:") || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is %v", err)
			}
			s.restored(t)
		})
	}
}

// The monitor that is closed from outside, by its context or by a process that is about
// to exit, leaves the terminal as it was.
func TestClosedFromOutside(t *testing.T) {
	for name, end := range map[string]func(m *Monitor, cancel func()){
		"context": func(_ *Monitor, cancel func()) { cancel() },
		"restore": func(m *Monitor, _ func()) { m.Restore() },
		"key":     func(m *Monitor, _ func()) { m.program.Send(tea.KeyPressMsg{Code: 'q', Text: "q"}) },
	} {
		t.Run(name, func(t *testing.T) {
			if name == "restore" && raceDetector {
				t.Skip("Bubble Tea's Kill races with its own reader of keys; the process exits right after it")
			}
			s := newScreenOf(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m := New(ctx, s.tty, s.tty, Options{Mouse: true})
			result := make(chan error, 1)
			go func() {
				_, err := m.Run()
				result <- err
			}()
			s.waitFor(t, "\x1b[?1049h")
			end(m, cancel)
			if err := <-result; name == "context" && !errors.Is(err, context.Canceled) || name == "key" && err != nil {
				t.Errorf("the error is %v", err)
			}
			s.restored(t)
		})
	}
}

// Nobody looks at runs any more once the monitor has ended.
func TestAClosedMonitorReadsNothing(t *testing.T) {
	m := newModel(Options{Source: new(monitor.Source)}.withDefaults())
	m.closed = true
	if msg := m.poll(0)(); msg != nil {
		t.Errorf("polled %v", msg)
	}
}

type blowing struct{ panel }

func (blowing) view(int, int) drawing { panic("bang") }
