package cli

import (
	"context"
	"errors"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/train"
	"github.com/maskflow/maskflow/tui"
)

// A carriedPanic is a panic that is raised again on another goroutine.
type carriedPanic struct {
	value any
	site  string
}

// beside runs a training on a goroutine of its own and, from its start record on, the
// monitor of its run directory, by which alone the two know of each other. It returns
// when the training has ended. The monitor has the terminal until it is left; then the
// progress line has it. detached reports that it was left before the end.
func (a *app) beside(ctx context.Context, o tui.Options, started <-chan struct{}, run func() (*train.Summary, error)) (s *train.Summary, detached bool, err error) {
	var panicked *carriedPanic
	ended := make(chan struct{})
	shown, closeMonitor := context.WithCancel(context.WithoutCancel(ctx))
	defer closeMonitor()
	go func() {
		defer close(ended)
		defer func() {
			if p := recover(); p != nil {
				panicked = &carriedPanic{p, text.PanicSite()}
				closeMonitor()
			}
		}()
		s, err = run()
	}()
	// After a signal nobody may be there to close a monitor that would stay open.
	defer context.AfterFunc(ctx, func() {
		<-ended
		closeMonitor()
	})()
	select {
	case <-started:
		o.Trained = ended
		detached = a.showTraining(shown, o)
	case <-ended:
	}
	<-ended
	if panicked != nil {
		panic(panicked) // here, where the terminal is a terminal again
	}
	return s, detached, err
}

// showTraining shows the monitor until it is left or the training has ended. Where it
// cannot be shown, the training goes on without it, as where it was detached.
func (a *app) showTraining(ctx context.Context, o tui.Options) (detached bool) {
	var outcome tui.Outcome
	source, err := monitor.NewSource([]string{o.Own}, monitor.Options{})
	if err == nil {
		defer source.Close()
		o.Source, o.Interrupt, o.Defaults = source, a.signals.raise, defaults()
		a.console.hold(true)
		outcome, err = a.present(ctx, o)
		a.console.hold(false)
	}
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		a.console.line("maskflow: %v", err)
	case outcome.Detached:
		a.console.line("the training goes on without the monitor (Ctrl-C stops it)")
	}
	return outcome.Detached || err != nil
}

// present shows a monitor until it is left. A second signal gives the terminal back
// first.
func (a *app) present(ctx context.Context, o tui.Options) (tui.Outcome, error) {
	m := tui.New(ctx, a.stdin, a.stdout, o)
	former := a.signals.clean(m.Restore)
	defer func() { a.signals.clean(former) }()
	return m.Run()
}
