// Package files writes files whole or not at all, reads only what is a regular file, and holds directories open.
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
	"sync"
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
// system without paths. What is no regular file is not replaced by one.
func WriteAtomic(path string, write func(io.Writer) error) error {
	if err := replaceable(path); err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	return writeAtomic(plain(dir), name, write)
}

// CheckOutput returns the error that [WriteAtomic] would begin with, for those who have
// much to compute before they write.
func CheckOutput(path string) error {
	if err := replaceable(path); err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	f, temporary, err := createBeside(plain(dir), name)
	if err != nil {
		return err
	}
	return Cause(cmp.Or(f.Close(), plain(dir).remove(temporary)))
}

func replaceable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil: // creating a file will show what it is
		return nil
	case info.IsDir():
		return syscall.EISDIR
	case !info.Mode().IsRegular():
		return ErrNotRegular
	}
	return nil
}

// A place is a folder where files are written: a [Folder], or a plain path.
type place interface {
	create(name string) (file, error) // a new one
	rename(from, to string) error
	remove(name string) error
	sync() error // makes a rename outlast a power failure
}

// file is what is needed of one that is written.
type file interface {
	io.WriteCloser
	Sync() error
}

func writeAtomic(in place, name string, write func(io.Writer) error) (err error) {
	f, temporary, err := createBeside(in, name)
	if err != nil {
		return err
	}
	defer Temporary(func() { _ = in.remove(temporary) })()
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = in.remove(temporary)
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<16)
	if err := write(buffered); err != nil {
		return err
	}
	if err := cmp.Or(buffered.Flush(), f.Sync(), f.Close()); err != nil {
		return Cause(err)
	}
	if err := in.rename(temporary, name); err != nil {
		return Cause(err)
	}
	return in.sync()
}

// TemporaryOf is the name of the file that a temporary one is for; see createBeside.
func TemporaryOf(name string) (of string, ok bool) {
	of, ok = strings.CutSuffix(name, ".tmp")
	dot := strings.LastIndexByte(of, '.')
	if !ok || !strings.HasPrefix(of, ".") || dot < 1 || strings.Trim(of[dot+1:], "0123456789") != "" {
		return "", false
	}
	return of[1:dot], true
}

// halfWritten are functions that remove what this process is writing, by an address of each.
var halfWritten sync.Map

// Temporary has [Abandon] call remove until done is called.
func Temporary(remove func()) (done func()) {
	key := new(byte)
	halfWritten.Store(key, remove)
	return func() { halfWritten.Delete(key) }
}

// Abandon removes what is half-written, for a process that ends at once.
func Abandon() {
	for _, remove := range halfWritten.Range {
		remove.(func())()
	}
}

// createBeside creates a new hidden file beside name. os.CreateTemp
// would deny everyone else the result, whatever the umask.
func createBeside(in place, name string) (f file, temporary string, err error) {
	for i := range 10000 {
		temporary = fmt.Sprintf(".%s.%d.tmp", filepath.Base(name), i)
		if f, err = in.create(temporary); !errors.Is(err, fs.ErrExist) {
			return f, temporary, Cause(err)
		}
	}
	return nil, "", errors.New("no name is free for a temporary file: remove the old ones beside it")
}

// plain is a folder by its path.
type plain string

func (p plain) create(name string) (file, error) {
	return os.OpenFile(filepath.Join(string(p), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

func (p plain) rename(from, to string) error {
	return os.Rename(filepath.Join(string(p), from), filepath.Join(string(p), to))
}

func (p plain) remove(name string) error { return os.Remove(filepath.Join(string(p), name)) }

func (p plain) sync() error {
	d, err := os.Open(cmp.Or(string(p), "."))
	if err != nil {
		return nil
	}
	return syncFolder(d)
}

// syncFolder syncs a folder and closes it. Windows and some file systems cannot sync one; there the
// rename is still atomic, as it is in a folder that may be written but not read.
func syncFolder(d *os.File) error {
	err := d.Sync()
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

// ErrLong is the cause of the errors about files beyond a limit.
var ErrLong = errors.New("the file is longer")

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
	return readAll(f, limit)
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("%w than %d bytes", ErrLong, limit)
	}
	return content, nil
}
