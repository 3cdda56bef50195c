package runlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/maskflow/maskflow/internal/files"
)

// ErrLocked reports a run that another process is writing.
var ErrLocked = errors.New("is being written")

// A lock is held through an open file: the kernel releases it when the process
// dies, however it dies. Where flock does not exist (some platforms, some cluster
// file systems) the existence of the file is the lock, and after a crash a person
// has to remove it.
type lock struct {
	*flock.Flock
	flocked bool
}

// A reader that looks at the lock holds it shared for some microseconds. An
// attempt that meets one tries again for this long before it gives up.
const (
	lockTime  = 100 * time.Millisecond
	lockPause = 5 * time.Millisecond
)

// tryLock is [flock.Flock.TryLockContext], or a test's.
type tryLock func(*flock.Flock, context.Context, time.Duration) (bool, error)

// acquire takes the lock, or returns ErrLocked after the name of the directory.
// Owner is written into the file for others to read.
func acquire(dir, path, owner string, try tryLock) (*lock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	created := err == nil
	if created {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("locking the run: %w", err)
	}
	l := &lock{flock.New(path, flock.SetFlag(os.O_RDWR)), true}
	soon, cancel := context.WithTimeout(context.Background(), lockTime)
	defer cancel()
	_, err = try(l.Flock, soon, lockPause)
	switch {
	case err == nil:
	case soon.Err() != nil:
		return nil, fmt.Errorf("%s %w by %s", dir, ErrLocked, readOwner(path))
	case unsupported(err) && created:
		l.flocked = false
	case unsupported(err):
		return nil, fmt.Errorf("%s %w by %s (this file system has no locks: if that process is gone, remove %s)",
			dir, ErrLocked, readOwner(path), path)
	default:
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(owner+"\n"), 0o644); err != nil {
		_ = l.release() // the first error is the one to report
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	return l, nil
}

// unsupported reports whether a file system has no locks; ENOLCK is that of NFS
// without a lock daemon.
func unsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}

// maxOwner bounds run.lock.
const maxOwner = 300

// readOwner is who holds the lock; the holder may not have written it yet.
func readOwner(path string) string {
	text, err := files.ReadRegular(path, maxOwner)
	if owner := strings.TrimSpace(string(text)); err == nil && owner != "" {
		return owner
	}
	return "another process"
}

func (l *lock) release() error {
	err := l.Close()
	if !l.flocked {
		err = errors.Join(err, os.Remove(l.Path()))
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
	f, _, err := files.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return lockFree, nil
	}
	if err != nil {
		return lockUnknown, fmt.Errorf("looking at the lock of the run: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	l := flock.New(path, flock.SetFlag(os.O_RDONLY|syscall.O_NONBLOCK))
	defer l.Close() //nolint:errcheck // nothing was written
	free, err := l.TryRLock()
	switch {
	case unsupported(err):
		return lockUnknown, nil
	case err != nil:
		return lockUnknown, fmt.Errorf("looking at the lock %s: %w", path, err)
	case free:
		return lockFree, nil
	}
	return lockHeld, nil
}
