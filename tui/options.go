package tui

import (
	"context"
	"time"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

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
