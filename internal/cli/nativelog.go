package cli

import (
	"bytes"
	"os"
	"runtime/debug"
	"sync"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/runlog"
)

// nativeLog keeps what native libraries and their bindings print out of sight:
// in stderr.log of the run directory, and in memory until there is one.
type nativeLog struct {
	mu    sync.Mutex
	early bytes.Buffer
	file  *os.File
}

// Write takes the log of the bindings.
func (l *nativeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return l.early.Write(p)
	}
	return l.file.Write(p)
}

// keepLog begins the file, and until the call ends points the descriptor of standard
// error at it when the console is on it; the trace of a crash still goes to the console
// as well. When the file cannot be written, everything stays as it is: the log is not
// worth a training.
func (a *app) keepLog(l *nativeLog, dir string) {
	folder, err := files.OpenFolder(dir)
	if err != nil {
		return
	}
	defer folder.Close() //nolint:errcheck // the file in it stays open
	if folder.Own(runlog.StderrFile) != nil {
		return
	}
	log, _, err := folder.OpenLog(runlog.StderrFile)
	if err != nil {
		return
	}
	f := log.File
	a.opened = append(a.opened, func() { _ = f.Close() })
	l.mu.Lock()
	l.file = f
	_, _ = l.early.WriteTo(f)
	l.mu.Unlock()
	if a.console.w != os.Stderr {
		return
	}
	former, restore, err := backend.CaptureStderr(f)
	if err != nil {
		return
	}
	a.console.redirect(former)
	_ = debug.SetCrashOutput(former, debug.CrashOptions{})
	a.opened = append(a.opened, func() {
		a.console.redirect(os.Stderr) // the same terminal or pipe again, once restored
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
		_ = restore()
	})
}
