package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// signals end a command: the first cancels its context, the second the process.
type signals struct {
	incoming chan os.Signal

	mu    sync.Mutex
	first func() // called with the first signal
	last  func() // called before the process ends
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
		a.signals.call(&a.signals.first)
		cancel()
		for sig := range incoming {
			// The kernel and a shell both tell that a terminal was closed: that is one wish.
			if sig != syscall.SIGHUP {
				break
			}
		}
		a.signals.call(&a.signals.last)
		a.console.clear()
		os.Exit(codeInterrupted)
	}()
	return ctx, func() {
		signal.Stop(incoming)
		cancel()
	}
}

// onFirst sets what is told when the first signal comes.
func (s *signals) onFirst(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first = f
}

// beforeExit sets what the second signal does before it ends the process.
func (s *signals) beforeExit(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = f
}

// raise does what SIGINT does: a terminal in raw mode has Ctrl-C as a key.
func (s *signals) raise() {
	select {
	case s.incoming <- os.Interrupt:
	default: // two are on their way already
	}
}

func (s *signals) call(which *func()) {
	s.mu.Lock()
	f := *which
	s.mu.Unlock()
	if f != nil {
		f()
	}
}
