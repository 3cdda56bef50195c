package cli

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// signals end a command: the first cancels its context, the second the process.
type signals struct {
	incoming chan os.Signal
	// first is called with the first signal, last before the process ends.
	first, last atomic.Pointer[func()]
}

// catchSignals returns a context that ends with the first SIGINT, SIGTERM or
// SIGHUP. The last comes when a terminal is closed and is left to nohup where
// that ignores it.
func (a *app) catchSignals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	incoming := make(chan os.Signal, 2)
	a.signals = &signals{incoming: incoming}
	caught := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		caught = append(caught, syscall.SIGHUP)
	}
	signal.Notify(incoming, caught...)
	go func() {
		select {
		case <-incoming:
		case <-ctx.Done():
			return
		}
		call(&a.signals.first)
		cancel()
		for sig := range incoming {
			// The kernel and a shell both tell that a terminal was closed: that is one wish.
			if sig != syscall.SIGHUP {
				break
			}
		}
		call(&a.signals.last)
		a.console.clear()
		os.Exit(codeInterrupted)
	}()
	return ctx, func() {
		signal.Stop(incoming)
		cancel()
	}
}

// stopping is how a training answers the first signal.
func (a *app) stopping() {
	a.console.note("stopping: a checkpoint is written when the running call has ended (once more to stop at once)")
}

// raise does what SIGINT does: a terminal in raw mode has Ctrl-C as a key.
func (s *signals) raise() {
	select {
	case s.incoming <- os.Interrupt:
	default: // two are on their way already
	}
}

func call(f *atomic.Pointer[func()]) {
	if f := f.Load(); f != nil {
		(*f)()
	}
}
