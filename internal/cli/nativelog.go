package cli

import (
	"bytes"
	"os"
	"runtime/debug"
	"sync"

	"github.com/maskflow/maskflow/backend"
)

// nativeLog keeps what native libraries and their bindings print out of sight:
// in stderr.log of the run directory, and in memory until there is one.
type nativeLog struct {
	console *console

	mu      sync.Mutex
	early   bytes.Buffer
	file    *os.File
	restore func() error
}

// maxEarly bounds what is kept in memory.
const maxEarly = 1 << 20

// Write takes the log of the bindings.
func (l *nativeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		return l.file.Write(p)
	}
	if l.early.Len()+len(p) <= maxEarly {
		l.early.Write(p)
	}
	return len(p), nil
}

// open begins the file, and points the descriptor of standard error at it when
// the console is on it; the trace of a crash still goes to the console as well. When
// the file cannot be written, everything stays as it is: the log is not worth a
// training.
func (l *nativeLog) open(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		return
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	l.file = f
	_, _ = f.Write(l.early.Bytes())
	l.early.Reset()
	if l.console.w != os.Stderr {
		return
	}
	former, restore, err := backend.CaptureStderr(f)
	if err != nil {
		return
	}
	l.console.redirect(former)
	_ = debug.SetCrashOutput(former, debug.CrashOptions{})
	l.restore = restore
}

// close gives standard error back.
func (l *nativeLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.restore != nil {
		l.console.redirect(os.Stderr) // the same terminal or pipe again, once restored
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
		_ = l.restore()
		l.restore = nil
	}
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}
