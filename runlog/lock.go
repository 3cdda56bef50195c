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
	info    fs.FileInfo // of its file
	folder  *files.Folder
}

// A reader that looks at the lock holds it shared for some microseconds, on a busy
// machine longer. An attempt that meets one tries again for this long before it gives up.
const (
	lockTime  = 300 * time.Millisecond
	lockPause = 5 * time.Millisecond
)

// tryLock is [flock.Flock.TryLockContext], or a test's.
type tryLock func(*flock.Flock, context.Context, time.Duration) (bool, error)

// acquire takes the lock of a run, or returns ErrLocked after the name of its directory.
// Owner is written into the file for others to read.
func acquire(f *files.Folder, owner string, try tryLock) (*lock, error) {
	created := false
	if file, err := f.Create(LockFile); err == nil {
		created = true
		_ = file.Close() // it is empty
	}
	status, err := probe(f)
	if err == nil && status == lockFree {
		err = f.Own(LockFile)
	}
	var file *files.File
	if err == nil {
		file, err = f.Rewrite(LockFile)
	}
	if err != nil && status == lockHeld { // and has a second name
		return nil, fmt.Errorf("%s %w by %s", f.Path(""), ErrLocked, readOwner(f))
	}
	if err != nil {
		return nil, fmt.Errorf("locking the run: %w", err)
	}
	defer file.Close() //nolint:errcheck // who owns a lock is written for people
	path := f.Path(LockFile)
	l := &lock{flock.New(path, flock.SetFlag(os.O_RDWR|syscall.O_NONBLOCK)), true, nil, f}
	soon, cancel := context.WithTimeout(context.Background(), lockTime)
	defer cancel()
	_, err = try(l.Flock, soon, lockPause)
	if soon.Err() != nil { // which is also that of a process that had no turn for so long
		if free, last := l.TryLock(); free && last == nil {
			err = nil
		}
	}
	switch {
	case err == nil:
	case soon.Err() != nil:
		return nil, fmt.Errorf("%s %w by %s", f.Path(""), ErrLocked, readOwner(f))
	case unsupported(err) && created:
		l.flocked = false
	case unsupported(err):
		return nil, fmt.Errorf("%s %w by %s (this file system has no locks: if that process is gone, remove %s)",
			f.Path(""), ErrLocked, readOwner(f), path)
	default:
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	if l.info, err = file.Stat(); err == nil && l.flocked {
		var locked fs.FileInfo
		if locked, err = l.Stat(); err == nil && !os.SameFile(locked, l.info) {
			err = errors.New("another file has just taken its place")
		}
	}
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = file.Write([]byte(owner + "\n"))
	}
	if err != nil {
		_ = l.release() // the first error is the one to report
		return nil, fmt.Errorf("writing %s: %w", path, files.Cause(err))
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
func readOwner(f *files.Folder) string {
	text, err := f.Read(LockFile, maxOwner)
	if owner := strings.TrimSpace(string(text)); err == nil && owner != "" {
		return owner
	}
	return "another process"
}

func (l *lock) release() error {
	err := l.Close()
	if l.flocked {
		return err
	}
	if info, gone := l.folder.Stat(LockFile); gone == nil && os.SameFile(info, l.info) { // and not another's
		err = errors.Join(err, l.folder.Remove(LockFile))
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
func probe(f *files.Folder) (lockStatus, error) {
	file, info, err := f.Open(LockFile)
	if errors.Is(err, fs.ErrNotExist) {
		return lockFree, nil
	}
	if err != nil {
		return lockUnknown, fmt.Errorf("looking at the lock of the run: %w", err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	l := flock.New(f.Path(LockFile), flock.SetFlag(os.O_RDONLY|syscall.O_NONBLOCK))
	defer l.Close() //nolint:errcheck // nothing was written
	free, err := l.TryRLock()
	switch {
	case unsupported(err):
		return lockUnknown, nil
	case err != nil:
		return lockUnknown, fmt.Errorf("looking at the lock %s: %w", f.Path(LockFile), err)
	case !free:
		return lockHeld, nil
	}
	if locked, err := l.Stat(); err == nil && !os.SameFile(locked, info) {
		return lockUnknown, nil // another directory has just taken the place of this one
	}
	return lockFree, nil
}
