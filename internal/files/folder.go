package files

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync/atomic"
	"syscall"
)

// A Folder is a directory that is held open: whatever takes the place of its path later is neither read nor written. It
// follows no links, neither to files nor to folders in it, and nothing in it leads outside. Names in it are relative,
// with slashes; errors have the path.
type Folder struct {
	*handle
	sub string // where in it this folder is, "." for itself
}

type handle struct {
	open atomic.Pointer[os.Root]
	held fs.FileInfo // of the directory
	path string      // as it was opened
}

func (h *handle) root() *os.Root { return h.open.Load() }

// renew opens the directory again after its server has forgotten the handle, if the path still leads to it. The former
// one is closed when nobody uses it any more.
func (h *handle) renew() {
	if root, held, err := openRoot(h.path); err == nil && os.SameFile(held, h.held) {
		h.open.Store(root)
	}
}

// The causes of errors about what a Folder does not follow.
var (
	ErrLink = errors.New("a link, which is not followed")
	ErrGone = errors.New("gone")
)

// OpenFolder opens a directory. Links in the path itself are followed: they are its user's.
func OpenFolder(dir string) (*Folder, error) {
	root, held, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	h := &handle{held: held, path: dir}
	h.open.Store(root)
	return &Folder{h, "."}, nil
}

func openRoot(dir string) (*os.Root, fs.FileInfo, error) {
	info, err := os.Stat(dir) // opening a pipe would wait
	if err != nil {
		return nil, nil, err
	}
	if !info.IsDir() {
		return nil, nil, &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	if info, err = root.Stat("."); err != nil {
		_ = root.Close() // the first error is the one to report
		return nil, nil, &fs.PathError{Op: "open", Path: dir, Err: Cause(err)}
	}
	return root, info, nil
}

// MakeFolder is [OpenFolder] of a directory that is made, with its parents, where it is missing.
func MakeFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return OpenFolder(dir)
}

// Close lets go of the directory. A second call does nothing.
func (f *Folder) Close() error { return f.root().Close() }

// Sub is a folder in this one, which need not be there, and shares its handle.
func (f *Folder) Sub(name string) *Folder {
	return &Folder{f.handle, path.Join(f.sub, name)}
}

// Path is where a name in the folder is, for people.
func (f *Folder) Path(name string) string { return filepath.Join(f.path, f.sub, name) }

// Same returns [ErrGone] after the path when the path that was opened leads to this directory no more, and another error
// when that cannot be seen.
func (f *Folder) Same() error {
	if err := fault(OpStat, f.path); err != nil {
		return f.failed(OpStat, "", err)
	}
	info, err := os.Stat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%s is %w", f.path, ErrGone)
	case err != nil:
		return err
	case !os.SameFile(info, f.held):
		return fmt.Errorf("%s is %w: another has taken its place", f.path, ErrGone)
	}
	return nil
}

// local is a name as root has it, once all folders on its way are real ones.
func (f *Folder) local(op Op, name string) (string, error) {
	local := path.Join(f.sub, name)
	if !filepath.IsLocal(name) && name != "" || !filepath.IsLocal(local) {
		return "", &fs.PathError{Op: string(op), Path: name, Err: errors.New("not a name in the folder")}
	}
	if err := fault(op, f.Path(name)); err != nil {
		return "", f.failed(op, name, err)
	}
	for i := range local {
		if local[i] == '/' {
			if err := f.real(local[:i]); err != nil {
				return "", f.failed(op, name, err)
			}
		}
	}
	return local, nil
}

// real refuses what is no folder, by a name in root.
func (f *Folder) real(local string) error {
	info, err := f.root().Lstat(local)
	switch {
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return ErrLink
	case !info.IsDir():
		return syscall.ENOTDIR
	}
	return nil
}

// failed gives an error of root the path that people know.
func (f *Folder) failed(op Op, name string, err error) error {
	if errors.Is(err, syscall.ESTALE) {
		f.renew() // for the next attempt
	}
	return &fs.PathError{Op: string(op), Path: f.Path(name), Err: Cause(err)}
}

// Open opens a regular file for reading; see [OpenRegular].
func (f *Folder) Open(name string) (*File, fs.FileInfo, error) {
	return f.open(OpOpen, name, os.O_RDONLY)
}

// OpenLog opens a regular file for reading and appending, and makes it where it is missing. A file with a second name is
// refused: what is written would appear under that one as well.
func (f *Folder) OpenLog(name string) (*File, fs.FileInfo, error) {
	return f.openOwn(name, os.O_APPEND)
}

// Rewrite opens a regular file for writing over what it has, as [Folder.OpenLog] does. Unlike Replace it stays the same
// file, which a lock needs.
func (f *Folder) Rewrite(name string) (*File, error) {
	file, _, err := f.openOwn(name, 0)
	return file, err
}

func (f *Folder) openOwn(name string, flag int) (*File, fs.FileInfo, error) {
	file, err := f.Create(name)
	if err == nil {
		_ = file.Close() // it is empty
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, nil, err
	}
	file, info, err := f.open(OpOpen, name, os.O_RDWR|flag)
	if err == nil && links(info) > 1 {
		_ = file.Close() // nothing was written
		return nil, nil, f.failed(OpOpen, name, errors.New("it has a second name elsewhere, where what is written would appear as well (copy it)"))
	}
	return file, info, err
}

// Own gives a file that has a second name, as after cp -al, a copy of its own in its place: what is written does not appear
// under the other name then.
func (f *Folder) Own(name string) error {
	file, info, err := f.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if links(info) < 2 {
		return nil
	}
	return f.WriteAtomic(name, func(w io.Writer) error {
		_, err := io.Copy(w, file)
		return err
	})
}

// Create makes a new file and opens it for writing. The error is [fs.ErrExist] when there is anything of the name.
func (f *Folder) Create(name string) (*File, error) {
	local, err := f.local(OpCreate, name)
	if err != nil {
		return nil, err
	}
	file, err := f.root().OpenFile(local, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, f.failed(OpCreate, name, err)
	}
	return &File{file, f.Path(name)}, nil
}

func (f *Folder) open(op Op, name string, flag int) (*File, fs.FileInfo, error) {
	local, err := f.local(op, name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.root().Lstat(local)
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		return nil, nil, f.failed(op, name, err)
	}
	file, err := f.root().OpenFile(local, flag|syscall.O_NONBLOCK, 0) // something else may have come meanwhile
	if err != nil {
		return nil, nil, f.failed(op, name, err)
	}
	if info, err = file.Stat(); err == nil {
		err = regular(info)
	}
	if err != nil {
		_ = file.Close() // the first error is the one to report
		return nil, nil, f.failed(op, name, err)
	}
	return &File{file, f.Path(name)}, info, nil
}

func regular(info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return ErrLink
	case !mode.IsRegular():
		return ErrNotRegular
	}
	return nil
}

// Read reads a regular file of at most limit bytes.
func (f *Folder) Read(name string, limit int64) ([]byte, error) {
	file, _, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing was written
	text, err := readAll(file, limit)
	if err != nil {
		return nil, f.failed(OpOpen, name, err)
	}
	return text, nil
}

// Entries are what is in the folder, in lexical order.
func (f *Folder) Entries() ([]fs.DirEntry, error) {
	local, err := f.local(OpReadDir, "")
	if err == nil {
		err = f.real(local)
	}
	var entries []fs.DirEntry
	if err == nil {
		entries, err = fs.ReadDir(f.root().FS(), local)
	}
	if err != nil {
		return nil, f.failed(OpReadDir, "", err)
	}
	return entries, nil
}

// Make makes the folder where it is missing, in one that is there.
func (f *Folder) Make() error {
	local, err := f.local(OpMkdir, "")
	if err != nil {
		return err
	}
	if err = f.root().Mkdir(local, 0o755); errors.Is(err, fs.ErrExist) {
		err = f.real(local)
	}
	if err != nil {
		return f.failed(OpMkdir, "", err)
	}
	return nil
}

// Stat describes what has a name, itself and not what it leads to.
func (f *Folder) Stat(name string) (fs.FileInfo, error) {
	local, err := f.local(OpStat, name)
	if err != nil {
		return nil, err
	}
	info, err := f.root().Lstat(local)
	if err != nil {
		return nil, f.failed(OpStat, name, err)
	}
	return info, nil
}

// Remove removes a file, or a link itself, or an empty folder.
func (f *Folder) Remove(name string) error {
	local, err := f.local(OpRemove, name)
	if err != nil {
		return err
	}
	if err := f.root().Remove(local); err != nil {
		return f.failed(OpRemove, name, err)
	}
	return nil
}

// WriteAtomic is the function [WriteAtomic] in the folder.
func (f *Folder) WriteAtomic(name string, write func(io.Writer) error) error {
	dir, base := path.Split(name)
	return writeAtomic(f.Sub(dir), base, write)
}

// Replace is [Folder.WriteAtomic] of content that is in memory.
func (f *Folder) Replace(name string, content []byte) error {
	return f.WriteAtomic(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

func (f *Folder) create(name string) (file, error) { return f.Create(name) }
func (f *Folder) remove(name string) error         { return f.Remove(name) }

func (f *Folder) rename(from, to string) error {
	target, err := f.local(OpRename, to)
	if err != nil {
		return err
	}
	if err := f.root().Rename(path.Join(f.sub, from), target); err != nil {
		return f.failed(OpRename, to, err)
	}
	return nil
}

func (f *Folder) sync() error {
	d, err := f.root().Open(f.sub)
	if err != nil {
		return nil
	}
	return syncFolder(d)
}

// RemoveTemporary removes what killed writers left of files of their own, by what the names of those are.
func (f *Folder) RemoveTemporary(own func(name string) bool) error {
	entries, err := f.Entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name, ok := TemporaryOf(e.Name()); ok && own(name) && e.Type().IsRegular() {
			if err := f.Remove(e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// Op is something that is done to a file or a folder, and may fail.
type Op string

// The values of Op.
const (
	OpOpen     Op = "open"
	OpCreate   Op = "create"
	OpWrite    Op = "write"
	OpSync     Op = "sync"
	OpTruncate Op = "truncate"
	OpRename   Op = "rename"
	OpRemove   Op = "remove"
	OpReadDir  Op = "readdir"
	OpMkdir    Op = "mkdir"
	OpStat     Op = "stat"
)

// ErrShort is the fault of a write that takes half of what it was given: the disk is full.
var ErrShort = fmt.Errorf("short write: %w", syscall.ENOSPC)

var faults atomic.Pointer[func(Op, string) error]

// Inject has a test say which operations in a [Folder] fail, by their path: those for which the function returns an
// error. It may be called by several goroutines. The function that is returned ends it.
func Inject(fault func(Op, string) error) (end func()) {
	faults.Store(&fault)
	return func() { faults.Store(nil) }
}

func fault(op Op, path string) error {
	if f := faults.Load(); f != nil {
		return (*f)(op, path)
	}
	return nil
}

// A File is an open file of a [Folder].
type File struct {
	*os.File
	path string
}

func (f *File) Write(p []byte) (int, error) {
	if err := fault(OpWrite, f.path); err != nil {
		if errors.Is(err, ErrShort) {
			n, _ := f.File.Write(p[:len(p)/2])
			return n, err
		}
		return 0, err
	}
	return f.File.Write(p)
}

// Sync is [os.File.Sync].
func (f *File) Sync() error { return cmp.Or(fault(OpSync, f.path), f.File.Sync()) }

// Truncate is [os.File.Truncate].
func (f *File) Truncate(size int64) error {
	if err := fault(OpTruncate, f.path); err != nil {
		return err
	}
	return f.File.Truncate(size)
}
