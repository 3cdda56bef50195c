//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package runlog

import (
	"errors"
	"os"
	"syscall"
)

// flock takes the advisory lock of an open file without waiting. It returns
// errHeld, or an error that is errors.ErrUnsupported where the file system has
// no such lock.
func flock(f *os.File, exclusive bool) error {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errHeld
		case errors.Is(err, syscall.ENOLCK): // NFS without a lock daemon
			return errors.ErrUnsupported
		}
		return err
	}
}
