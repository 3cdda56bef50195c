package tui

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
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
		tea.WithColorProfile(o.Screen.profile()), tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond))}
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
	shown := m.model.m
	shown.reading.Lock() // waits for the look that is on its way
	shown.closed = true
	shown.reading.Unlock()
	outcome := shown.outcome
	switch {
	case m.model.failed != nil:
		return outcome, m.model.failed
	case m.ctx.Err() != nil:
		return outcome, m.ctx.Err()
	case err != nil:
		return outcome, fmt.Errorf("showing the monitor: %w", err)
	}
	return outcome, nil
}

// restoreTime bounds how long Restore waits: what it waits for may be what hangs.
const restoreTime = 250 * time.Millisecond

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

// profile is what codes the screen takes.
func (s Screen) profile() colorprofile.Profile {
	switch {
	case s.Plain:
		return colorprofile.NoTTY
	case s.Colour != 0:
		return s.Colour
	}
	return colorprofile.ASCII
}

// Print writes lines in the colours that the screen has.
func (s Screen) Print(out io.Writer, lines []string) error {
	w := &colorprofile.Writer{Forward: out, Profile: s.profile()}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, text.EscapedStyled(strings.TrimRight(line, " "))); err != nil {
			return fmt.Errorf("writing standard output: %w", err)
		}
	}
	return nil
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

// Options say what to watch and on which screen.
type Options struct {
	// Source is the runs that are watched.
	Source *monitor.Source
	// Screen is what the terminal shows; see DetectScreen.
	Screen Screen
	// Own is the directory of the run that this process trains, or empty. Closing the
	// monitor then asks what becomes of the training.
	Own string
	// Trained, if not nil, is closed when the training of Own has ended.
	Trained <-chan struct{}
	// Hold keeps the monitor open after that; otherwise it closes.
	Hold bool
	// Interrupt is called for Ctrl-C while Own trains: what SIGINT does.
	Interrupt func()
	// Query is what runs must pass at first.
	Query monitor.Query
	// Defaults are the settings that a configuration need not give, by path, as the
	// configuration of a run has them: they are shown last.
	Defaults map[string]string
	// Clock is time.Now unless given.
	Clock func() time.Time
	// Mouse lets clicks and the wheel through; text can then be selected only with the
	// terminal's own modifier (often Shift).
	Mouse bool

	memory func(*runlog.Manifest) (int64, bool)
	gpus   func(context.Context) ([]monitor.GPU, error)
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.memory == nil {
		o.memory = monitor.Memory
	}
	if o.gpus == nil {
		o.gpus = monitor.GPUs
	}
	return o
}

// Outcome is how the monitor was left.
type Outcome struct {
	// Detached says that training goes on without the monitor.
	Detached bool
	// Ended says that the training of this process had ended.
	Ended bool
}

// guarded is the model as Bubble Tea has it. A panic in the model, or in one of its
// commands, ends the program in order and is an error of [Monitor.Run]; Bubble Tea
// itself would print a stack over what was on the screen.
type guarded struct {
	m      *model
	failed error
}

// failure is the message of a command that panicked.
type failure struct{ error }

func (g *guarded) Init() tea.Cmd { return g.next(guard(g, g.m.Init)) }

func (g *guarded) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if f, ok := msg.(failure); ok {
		g.failed = cmp.Or(g.failed, f.error)
	}
	cmd := g.next(guard(g, func() tea.Cmd {
		_, cmd := g.m.Update(msg)
		return cmd
	}))
	return g, cmd
}

// View is an empty screen once something has failed: the next message, of which the
// poll brings one soon, ends the program.
func (g *guarded) View() tea.View {
	v := guard(g, g.m.View)
	v.AltScreen = true
	return v
}

// next is a command of the model, guarded, or the end once something has failed.
func (g *guarded) next(cmd tea.Cmd) tea.Cmd {
	if g.failed != nil {
		return tea.Quit
	}
	return guardCommand(cmd)
}

// guard is what f of the model returns, or nothing once anything has failed.
func guard[T any](g *guarded, f func() T) (out T) {
	if g.failed == nil {
		out, g.failed = attempt(f)
	}
	return out
}

// guardCommand guards a command, and those that it is a batch of.
func guardCommand(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		msg, err := attempt(cmd)
		if err != nil {
			return failure{err}
		}
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = guardCommand(batch[i])
			}
		}
		return msg
	}
}

// attempt is what f returns, or what it panicked about.
func attempt[T any](f func() T) (out T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the monitor failed and was closed: %v at %s (please report it); the runs go on", p, text.PanicSite())
		}
	}()
	return f(), nil
}
