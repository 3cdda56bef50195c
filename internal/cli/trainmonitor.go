package cli

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/train"
	"github.com/maskflow/maskflow/tui"
)

// training is a training that runs beside the monitor.
type training struct {
	ended    chan struct{} // closed when it has, and what follows is set
	summary  *train.Summary
	err      error
	panicked *carriedPanic
}

// A carriedPanic is a panic that is raised again on another goroutine.
type carriedPanic struct {
	value any
	site  string
}

// start runs a training on a goroutine of its own.
func start(run func() (*train.Summary, error)) *training {
	t := &training{ended: make(chan struct{})}
	go func() {
		defer close(t.ended)
		defer func() {
			if p := recover(); p != nil {
				t.panicked = &carriedPanic{p, text.PanicSite()}
			}
		}()
		t.summary, t.err = run()
	}()
	return t
}

// beside runs a training and, from its start record on, the monitor of its run
// directory, by which alone the two know of each other. It returns when the training has
// ended. The monitor has the terminal until it is left; then the progress line has it.
func (a *app) beside(ctx context.Context, dir string, o trainOptions, p *progress, started <-chan struct{},
	run func() (*train.Summary, error)) (*train.Summary, error) {
	t := start(run)
	select {
	case <-started:
		a.showTraining(ctx, dir, o, p, t)
	case <-t.ended:
	}
	<-t.ended
	if t.panicked != nil {
		panic(t.panicked) // here, where the terminal is a terminal again
	}
	return t.summary, t.err
}

// showTraining shows the monitor until it is left or the training has ended. Where it
// cannot be shown, the training goes on without it.
func (a *app) showTraining(ctx context.Context, dir string, o trainOptions, p *progress, t *training) {
	source, err := monitor.NewSource([]string{dir}, monitor.Options{})
	if err != nil {
		a.console.line("maskflow: %v", err)
		return
	}
	defer source.Close()
	p.hold(true)
	shown, closeMonitor := context.WithCancel(context.WithoutCancel(ctx))
	defer closeMonitor()
	go t.closeAfter(ctx, shown, closeMonitor)
	outcome, err := a.present(shown, tui.Options{
		Source: source, Screen: tui.DetectScreen(a.stdout, os.Environ(), false), Mouse: true,
		Own: dir, Trained: t.ended, Hold: o.tui, Interrupt: a.signals.raise, Defaults: defaults(),
	})
	p.hold(false)
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		a.console.line("maskflow: %v", err)
	case outcome.Detached:
		a.console.line("the training goes on without the monitor (Ctrl-C stops it)")
	}
}

// closeAfter closes a monitor that would stay open after the training, where nobody may
// be there to close it: after a signal, and after a failure that is to be reported.
func (t *training) closeAfter(ctx, shown context.Context, closeMonitor func()) {
	<-t.ended
	if t.panicked == nil {
		select {
		case <-ctx.Done():
		case <-shown.Done():
		}
	}
	closeMonitor()
}

// present shows a monitor until it is left. A second signal gives the terminal back
// first.
func (a *app) present(ctx context.Context, o tui.Options) (tui.Outcome, error) {
	m := tui.New(ctx, a.stdin, a.stdout, o)
	a.signals.beforeExit(m.Restore)
	defer a.signals.beforeExit(nil)
	outcome, err := m.Run()
	if err != nil && !isTerminal(a.stdin) { // any more
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-time.After(hangUpTime):
		}
	}
	return outcome, err
}

// hangUpTime bounds the wait for the signal that tells of a terminal that was closed; it
// may come a moment after the error.
const hangUpTime = 100 * time.Millisecond
