// Package files writes files whole or not at all.
package files

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
// that path holds either what it held or all that write gave. Errors of write
// are returned as they are, those of the file system without paths.
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
	if err := errors.Join(buffered.Flush(), f.Sync()); err != nil {
		return Cause(err)
	}
	if err := f.Close(); err != nil {
		return Cause(err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return Cause(err)
	}
	syncFolder(filepath.Dir(path))
	return nil
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

// syncFolder makes a rename outlast a power failure where the file system can;
// the file is in its place either way.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
