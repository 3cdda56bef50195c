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
	mu    sync.Mutex
	first func() // called with the first signal
}

// catchSignals returns a context that ends with the first SIGINT, SIGTERM or
// SIGHUP. The last comes when a terminal is closed and is left to nohup where
// that ignores it.
func (a *app) catchSignals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	a.signals = &signals{}
	caught := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		caught = append(caught, syscall.SIGHUP)
	}
	incoming := make(chan os.Signal, 2)
	signal.Notify(incoming, caught...)
	go func() {
		select {
		case <-incoming:
		case <-ctx.Done():
			return
		}
		a.signals.interrupt()
		cancel()
		<-incoming
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

func (s *signals) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first != nil {
		s.first()
	}
}
