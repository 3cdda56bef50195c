//go:build unix

package backend

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// CaptureStderr points the file descriptor of standard error at f, so that
// whatever the process writes there (a plugin, a library under it, the trace
// of a crash) lands in f instead of over a full-screen display. It returns a
// file on the former standard error and a function that undoes all this; the
// file is closed by it.
func CaptureStderr(f *os.File) (former *os.File, restore func() error, err error) {
	fd, err := unix.FcntlInt(uintptr(unix.Stderr), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, nil, fmt.Errorf("keeping standard error: %w", err)
	}
	former = os.NewFile(uintptr(fd), "stderr")
	if err := unix.Dup2(int(f.Fd()), unix.Stderr); err != nil {
		_ = former.Close()
		return nil, nil, fmt.Errorf("capturing standard error: %w", err)
	}
	restore = sync.OnceValue(func() error {
		defer former.Close()
		if err := unix.Dup2(int(former.Fd()), unix.Stderr); err != nil {
			return fmt.Errorf("restoring standard error: %w", err)
		}
		return nil
	})
	return former, restore, nil
}
