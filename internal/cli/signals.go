package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/runlog"
)

// signals end a command. The first cancels its context. Then the process ends: with the
// command, but soon, unless a training has its state to save, or with the second signal.
// Whatever else there is to do comes after, and nothing is waited for for long: a
// terminal may be stopped, a call of a library never return.
type signals struct {
	incoming chan os.Signal

	mu      sync.Mutex
	saving  bool // a training has a state to save
	cleaner func()
}

// A command that was interrupted has graceTime to end by itself, what is to be done at
// the end of the process cleanTime.
const (
	graceTime = 400 * time.Millisecond
	cleanTime = 300 * time.Millisecond
)

// catchSignals returns a context that ends with the first SIGINT, SIGTERM, SIGQUIT or
// SIGHUP. The last comes when a terminal is closed and is left to nohup where
// that ignores it.
func (a *app) catchSignals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	incoming := make(chan os.Signal, 2)
	a.signals = &signals{incoming: incoming}
	caught := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		caught = append(caught, syscall.SIGHUP)
	}
	signal.Notify(incoming, caught...)
	ended := make(chan struct{})
	go func() {
		select {
		case <-incoming:
		case <-ended:
			return
		}
		cancel()
		if a.signals.saves() {
			a.console.note("stopping: a checkpoint is written when the running call has ended (once more to stop at once)")
		}
		if a.signals.wait(ended) {
			a.exitNow()
		}
	}()
	return ctx, sync.OnceFunc(func() {
		signal.Stop(incoming)
		close(ended)
		cancel()
	})
}

// wait waits for what ends the process after the first signal, or returns false when
// the command has ended by itself.
func (s *signals) wait(ended <-chan struct{}) bool {
	const tick = 50 * time.Millisecond
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for idle := time.Duration(0); idle < graceTime; {
		select {
		case <-ended:
			return false
		case sig := <-s.incoming:
			// The kernel and a shell both tell that a terminal was closed: that is one wish.
			if sig != syscall.SIGHUP {
				return true
			}
		case <-ticker.C:
			if idle += tick; s.saves() {
				idle = 0
			}
		}
	}
	return true
}

// exitNow ends the process without what is half-written.
func (a *app) exitNow() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		files.Abandon()
		if clean := a.signals.clean(nil); clean != nil {
			clean()
		}
		a.console.clear()
		a.console.line("maskflow: interrupted")
	}()
	select {
	case <-done:
	case <-time.After(cleanTime):
	}
	os.Exit(codeInterrupted)
}

// clean has another function called before the process ends at once, and returns the former.
func (s *signals) clean(f func()) (former func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	former, s.cleaner = s.cleaner, f
	return former
}

func (s *signals) saves() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saving
}

// training follows the records of a training: from its start until saved is called there
// is a state to save. From then on a reader of its progress that has gone, for which the
// process would be killed, is none of its business either.
func (s *signals) training(r runlog.Record) {
	if _, ok := r.(runlog.Start); ok {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
		s.save(true)
	}
}

// saved ends what training began.
func (s *signals) saved() { s.save(false) }

func (s *signals) save(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saving = on
}

// raise does what SIGINT does: a terminal in raw mode has Ctrl-C as a key.
func (s *signals) raise() {
	select {
	case s.incoming <- os.Interrupt:
	default: // two are on their way already
	}
}
