package runlog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// ErrLocked reports a run that another process is writing.
var ErrLocked = errors.New("is being written")

// errHeld is what flock returns when another process holds the lock.
var errHeld = errors.New("lock held by another process")

// A lock is held through an open file: the kernel lets go of it when the
// process dies, however it dies. Where flock does not exist (some platforms,
// some cluster file systems) the existence of the file is the lock, and after
// a crash a person has to remove it.
type lock struct {
	f       *os.File
	flocked bool
}

// A reader that looks at the lock holds it shared for some microseconds. An
// attempt that meets one tries again for this long before it gives up.
const (
	lockAttempts = 20
	lockPause    = 5 * time.Millisecond
)

// acquire takes the lock, or returns ErrLocked after the name of the
// directory. Owner is written into the file for others to read; flock is the
// function of that name, or a test's.
func acquire(dir, path, owner string, flock func(f *os.File, exclusive bool) error) (*lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
	created := err == nil
	if errors.Is(err, fs.ErrExist) {
		f, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the run: %w", err)
	}
	l := &lock{f: f, flocked: true}
	for i := 0; ; i++ {
		err = flock(f, true)
		if !errors.Is(err, errHeld) || i == lockAttempts {
			break
		}
		time.Sleep(lockPause)
	}
	switch {
	case err == nil:
	case errors.Is(err, errHeld):
		err = fmt.Errorf("%s %w by %s", dir, ErrLocked, readOwner(f))
	case errors.Is(err, errors.ErrUnsupported) && created:
		l.flocked, err = false, nil
	case errors.Is(err, errors.ErrUnsupported):
		err = fmt.Errorf("%s %w by %s (this file system has no locks: if that process is gone, remove %s)",
			dir, ErrLocked, readOwner(f), path)
	default:
		err = fmt.Errorf("locking %s: %w", path, err)
	}
	if err != nil {
		_ = f.Close() // not ours; the first error is the one to report
		return nil, err
	}
	err = f.Truncate(0)
	if err == nil {
		_, err = f.WriteAt([]byte(owner+"\n"), 0)
	}
	if err != nil {
		_ = l.release()
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	return l, nil
}

// readOwner says who holds the lock; the holder may not have written it yet.
func readOwner(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(f, 300))
	if owner := strings.TrimSpace(string(text)); err == nil && owner != "" {
		return owner
	}
	return "another process"
}

func (l *lock) release() error {
	if l.flocked {
		return l.f.Close()
	}
	err := l.f.Close()
	if removeErr := os.Remove(l.f.Name()); err == nil {
		err = removeErr
	}
	return err
}

// lockStatus is what a reader learns from the lock.
type lockStatus int

const (
	lockUnknown lockStatus = iota // no flock here
	lockFree
	lockHeld
)

// probe looks at the lock without disturbing its holder.
func probe(path string) (lockStatus, error) {
	f, err := openRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return lockFree, nil
	}
	if err != nil {
		return lockUnknown, fmt.Errorf("looking at the lock of the run: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	switch err := flock(f, false); {
	case err == nil:
		return lockFree, nil
	case errors.Is(err, errHeld):
		return lockHeld, nil
	case errors.Is(err, errors.ErrUnsupported):
		return lockUnknown, nil
	default:
		return lockUnknown, fmt.Errorf("looking at the lock %s: %w", path, err)
	}
}
