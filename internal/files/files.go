// Package files writes files whole or not at all, and reads only what is a regular file.
package files

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Cause drops the paths from an error of package os: callers name the file, and
// the temporary one beside it is nobody's business.
func Cause(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// WriteAtomic writes a file beside path, syncs it and renames it to path, so
// that path has either its old content or all that write gave, also after a
// power failure. Errors of write are returned as they are, those of the file
// system without paths.
func WriteAtomic(path string, write func(io.Writer) error) (err error) {
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<16)
	if err := write(buffered); err != nil {
		return err
	}
	if err := cmp.Or(buffered.Flush(), f.Sync(), f.Close()); err != nil {
		return Cause(err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return Cause(err)
	}
	return syncFolder(filepath.Dir(path))
}

// createBeside creates a new hidden file in the folder of path. os.CreateTemp
// would deny everyone else the result, whatever the umask.
func createBeside(path string) (*os.File, error) {
	dir, name := filepath.Split(path)
	for i := range 10000 {
		f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf(".%s.%d.tmp", name, i)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, Cause(err)
		}
	}
	return nil, errors.New("no name is free for a temporary file: remove the old ones beside it")
}

// syncFolder makes a rename outlast a power failure. Windows and some file systems cannot sync a folder; there the
// rename is still atomic, as it is in a folder that may be written but not read.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	err = d.Sync()
	_ = d.Close() // nothing was written
	if runtime.GOOS == "windows" || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return Cause(err)
}

// Replace is [WriteAtomic] of content that is in memory.
func Replace(path string, content []byte) error {
	return WriteAtomic(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// RemoveTemporary removes what killed writers left of files in a folder whose names end in suffix.
func RemoveTemporary(dir, suffix string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".tmp") && strings.Contains(name, suffix+".") {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// ErrNotRegular is the cause of the errors of [OpenRegular] about pipes, devices and folders.
var ErrNotRegular = errors.New("not a regular file")

// OpenRegular opens a regular file for reading. What is not one is refused, and never waited for as for the other end
// of a pipe, also when it takes the place of a file meanwhile.
func OpenRegular(path string) (*os.File, fs.FileInfo, error) {
	info, err := os.Stat(path) // opening a device may do something
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // to a regular file the flag makes no difference
	if err != nil {
		return nil, nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	if err != nil {
		_ = f.Close() // the first error is the one to report
		return nil, nil, err
	}
	return f, info, nil
}

// ReadRegular reads a regular file of at most limit bytes.
func ReadRegular(path string, limit int64) ([]byte, error) {
	f, _, err := OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("the file is longer than %d bytes", limit)
	}
	return content, nil
}
