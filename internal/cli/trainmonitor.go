package cli

import (
	"context"
	"os"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/train"
	"github.com/maskflow/maskflow/tui"
)

// training is how a training ended that ran beside the monitor.
type training struct {
	summary  *train.Summary
	err      error
	panicked any
}

// beside runs a training and, from its start record on, the monitor of its run
// directory, by which alone the two know of each other. It returns when the training has
// ended. The monitor has the terminal until it is left; then the progress line has it.
func (a *app) beside(ctx context.Context, dir string, hold bool, p *progress, started <-chan struct{},
	run func() (*train.Summary, error)) (*train.Summary, error) {
	ended := make(chan struct{})
	var t training
	go func() {
		defer close(ended)
		defer func() { t.panicked = recover() }()
		t.summary, t.err = run()
	}()
	select {
	case <-started:
		a.showTraining(ctx, dir, hold, p, ended)
	case <-ended:
	}
	<-ended
	if t.panicked != nil {
		panic(t.panicked) // here, where the terminal is a terminal again
	}
	return t.summary, t.err
}

// showTraining shows the monitor until it is left or the training has ended. Where it
// cannot be shown, the training goes on without it.
func (a *app) showTraining(ctx context.Context, dir string, hold bool, p *progress, ended <-chan struct{}) {
	source, err := monitor.NewSource([]string{dir}, monitor.Options{})
	if err == nil {
		defer source.Close()
		p.hold(true)
		defer p.hold(false)
		m := tui.New(context.WithoutCancel(ctx), a.stdin, a.stdout, tui.Options{
			Source: source, Screen: tui.DetectScreen(a.stdout, os.Environ(), false), Mouse: true,
			Own: dir, Trained: ended, Hold: hold, Interrupt: a.signals.raise,
		})
		a.signals.beforeExit(m.Restore)
		defer a.signals.beforeExit(nil)
		_, err = m.Run()
	}
	if err != nil {
		a.console.line("maskflow: %v", err)
	}
}
