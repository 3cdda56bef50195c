package tui

import (
	"context"
	"fmt"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// A Monitor is a monitor on a terminal.
type Monitor struct {
	ctx     context.Context
	model   *guarded
	program *tea.Program
}

// New prepares a monitor that reads keys from in and draws on out, a terminal both. The
// context's end closes it.
func New(ctx context.Context, in io.Reader, out io.Writer, o Options) *Monitor {
	o = o.withDefaults()
	m := &guarded{m: newModel(o)}
	return &Monitor{ctx, m, tea.NewProgram(m, tea.WithInput(in), tea.WithOutput(out),
		tea.WithColorProfile(profile(o.Screen)), tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond))}
}

// framesPerSecond bounds how often the terminal is written to: keys feel immediate, and
// a program that does nothing does not wake up often, which is most of what it costs.
const framesPerSecond = 20

// Run shows the monitor until it is left, and gives the terminal back as it was, also
// after a panic, which becomes an error of one line. The error is the context's where
// that ended it. The source is not read any more when Run returns.
func (m *Monitor) Run() (Outcome, error) {
	// As by a key, and not as Bubble Tea ends with a context: it then leaves a reader of
	// keys behind.
	stop := context.AfterFunc(m.ctx, m.program.Quit)
	defer stop()
	_, err := m.program.Run()
	m.model.m.reading.close()
	outcome := m.model.m.outcome
	switch failed := m.model.failure(); {
	case failed != nil:
		return outcome, failed
	case m.ctx.Err() != nil:
		return outcome, m.ctx.Err()
	case err != nil:
		return outcome, fmt.Errorf("showing the monitor: %w", err)
	}
	return outcome, nil
}

// restoreTime bounds how long Restore waits: what it waits for may be what hangs.
const restoreTime = time.Second

// Restore gives the terminal back at once, from any goroutine: for a process that is
// about to exit.
func (m *Monitor) Restore() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.program.Kill()
	}()
	select {
	case <-done:
	case <-time.After(restoreTime):
	}
}

func profile(s Screen) colorprofile.Profile {
	switch {
	case s.Plain:
		return colorprofile.NoTTY
	case s.Colour == plot.TrueColour:
		return colorprofile.TrueColor
	case s.Colour == plot.Colour256:
		return colorprofile.ANSI256
	}
	return colorprofile.ASCII
}

// Frame is one picture of all that the source knows, of exactly height lines of exactly
// width columns, without a terminal.
func Frame(o Options, width, height int) []string {
	o = o.withDefaults()
	m := newModel(o)
	m.width, m.height = width, height
	for {
		u := o.Source.Poll()
		m.apply(u)
		if !u.More {
			break
		}
	}
	if r := m.run(); r != nil && r.Status() == runlog.Running {
		m.machine.memory, _ = o.memory(r.Manifest)
	}
	return m.draw().lines
}
