package runlog

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/maskflow/maskflow/internal/files"
)

// Check reports whether the directory is still that of the run. The error is [files.ErrGone] when it was removed, renamed
// or replaced, or one of the files that make it the run's was, and another one when that cannot be seen now.
func (w *Writer) Check() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	own := w.own()
	return cmp.Or(w.folder.Same(), own) // the path says more, where it differs
}

// own is Check without the path: whether what the directory has is still the run's.
func (w *Writer) own() error {
	replaced := func(name string) error {
		return fmt.Errorf("%s is %w: another has taken its place", w.folder.Path(name), files.ErrGone)
	}
	for _, file := range []struct {
		name string
		own  fs.FileInfo // nil for a file that this process may replace
	}{{ManifestFile, nil}, {ConfigFile, nil}, {MetricsFile, w.logInfo}, {LockFile, w.lock.info}} {
		info, err := w.folder.Stat(file.name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s is %w", w.folder.Path(file.name), files.ErrGone)
		case err != nil:
			return err
		case file.own != nil && !os.SameFile(info, file.own):
			return replaced(file.name)
		}
	}
	if m, err := readManifest(w.folder); err != nil {
		return err
	} else if m.ID != w.run.ID { // files of another run were copied over these
		return replaced(ManifestFile)
	}
	return nil
}

// Rescue goes on with the run, which has come to a step, in a new directory beside that which is gone, or cannot be
// written for the reason that is given. It has all records as far as they can still be read, but no checkpoints yet, and
// its path is returned. When it fails, nothing has changed.
func (w *Writer) Rescue(step int64, why error) (dir string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.folder.Path("")
	if dir, err = makeBeside(was + ".lost-" + w.Tag()); err != nil {
		return "", fmt.Errorf("saving the run beside %s: %w", was, files.Cause(err))
	}
	next := &Writer{observe: w.observe, clock: w.clock}
	if next.folder, err = files.OpenFolder(dir); err == nil {
		next.lock, err = acquire(next.folder, w.run.owner(), (*flock.Flock).TryLockContext)
	}
	if err == nil {
		err = next.folder.WriteAtomic(MetricsFile, func(to io.Writer) error {
			if w.run.checkLog(w.log) == nil {
				_, _ = io.Copy(to, io.NewSectionReader(w.log, 0, w.size)) // what cannot be read, or was written over, is lost
			}
			return nil
		})
	}
	if err == nil {
		err = next.fill(w.run, w.config)
	}
	if err != nil {
		if next.folder != nil {
			_ = next.Close() // the first error is the one to report
		}
		_ = os.RemoveAll(dir) // nothing but what was just made
		return "", fmt.Errorf("saving the run beside %s: %w", was, err)
	}
	if !w.ended && w.kept.Err == nil && w.own() == nil { // for those who look there, also by another name
		if line, err := encode(at(End{Status: Failed, Step: step, Error: fmt.Sprintf("%v; the run goes on in %s", why, dir)}, Float(w.Elapsed()))); err == nil {
			_ = w.writeLine(line)
		}
	}
	_, _, _ = w.log.Close(), w.lock.release(), w.folder.Close() // nothing is to be saved there
	w.folder, w.lock, w.log, w.logInfo, w.size, w.torn = next.folder, next.lock, next.log, next.logInfo, next.size, false
	w.kept.Next = w.clock()
	return dir, nil
}

// makeBeside makes a new directory, with a number where there is one of the name.
func makeBeside(base string) (string, error) {
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return "", err
	}
	dir := base
	for n := 2; ; n++ {
		err := os.Mkdir(dir, 0o755)
		if !errors.Is(err, fs.ErrExist) {
			return dir, err
		}
		dir = fmt.Sprintf("%s-%d", base, n)
	}
}
