package files_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/maskflow/maskflow/internal/files"
)

// A folder with a file and a sub-folder, beside one that is somebody else's.
func folder(t *testing.T) (f *files.Folder, outside string) {
	t.Helper()
	dir := t.TempDir()
	outside = filepath.Join(dir, "outside")
	f, err := files.MakeFolder(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if err := errors.Join(os.Mkdir(outside, 0o755), os.WriteFile(filepath.Join(outside, "x"), []byte("theirs"), 0o644),
		f.Replace("x", []byte("ours")), f.Sub("sub").Make(), f.Sub("sub").Replace("y", []byte("ours"))); err != nil {
		t.Fatal(err)
	}
	return f, outside
}

func link(t *testing.T, to, from string) {
	t.Helper()
	if err := os.Symlink(to, from); err != nil {
		t.Skip(err)
	}
}

func TestNoLinkIsFollowed(t *testing.T) {
	f, outside := folder(t)
	link(t, filepath.Join(outside, "x"), f.Path("file"))
	link(t, "x", f.Path("inside"))
	link(t, outside, f.Path("folder"))
	link(t, "sub", f.Path("near"))
	link(t, filepath.Join(outside, "new"), f.Path("dangling"))
	link(t, filepath.Join(outside, "x"), f.Path(".z.0.tmp"))
	for _, name := range []string{"file", "inside", "dangling"} {
		_, errOfRead := f.Read(name, 100)
		_, _, errOfLog := f.OpenLog(name)
		_, errOfRewrite := f.Rewrite(name)
		for _, err := range []error{errOfRead, errOfLog, errOfRewrite} {
			if !errors.Is(err, files.ErrLink) {
				t.Errorf("%s: error %v", name, err)
			}
		}
	}
	for _, sub := range []string{"folder", "near"} {
		_, errOfEntries := f.Sub(sub).Entries()
		for _, err := range []error{errOfEntries, f.Sub(sub).Make(), f.Sub(sub).Replace("x", nil), f.Sub(sub).Remove("x"), f.Remove(sub + "/y"), f.Replace(sub+"/y", nil)} {
			if !errors.Is(err, files.ErrLink) {
				t.Errorf("%s: error %v", sub, err)
			}
		}
	}
	if err := errors.Join(f.Replace("z", []byte("ours")), f.Replace("file", []byte("ours")), f.RemoveTemporary(func(string) bool { return true })); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(outside, "x")); string(text) != "theirs" {
		t.Errorf("the file outside has %q, %v", text, err)
	}
	if _, err := os.Lstat(filepath.Join(outside, "new")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made outside: %v", err)
	}
	if text, err := f.Read("file", 100); string(text) != "ours" {
		t.Errorf("a replaced link has %q, %v", text, err)
	}
}

func TestNoNameLeadsOutside(t *testing.T) {
	f, outside := folder(t)
	for _, name := range []string{"../outside/x", filepath.Join(outside, "x"), "sub/../../outside/x"} {
		if _, err := f.Read(name, 100); err == nil {
			t.Errorf("%s was read", name)
		}
		if f.Remove(name) == nil || f.Replace(name, nil) == nil {
			t.Errorf("%s was removed or replaced", name)
		}
	}
}

func TestAFileWithASecondNameIsNotWrittenOver(t *testing.T) {
	f, outside := folder(t)
	if err := os.Link(filepath.Join(outside, "x"), f.Path("linked")); err != nil {
		t.Skip(err)
	}
	if _, _, err := f.OpenLog("linked"); err == nil {
		t.Error("it was opened for appending")
	}
}

func TestAFolderIsHeldByItsHandle(t *testing.T) {
	f, _ := folder(t)
	dir := f.Path("")
	if err := f.Same(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Skip(err)
	}
	if err := f.Same(); !errors.Is(err, files.ErrGone) {
		t.Errorf("after it was renamed: error %v", err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := f.Same(); !errors.Is(err, files.ErrGone) {
		t.Errorf("after it was replaced: error %v", err)
	}
	if err := f.Replace("z", []byte("ours")); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("the folder that took its place has %v", entries)
	}
}

func TestOnlyTemporaryFilesOfItsOwnAreRemoved(t *testing.T) {
	f, _ := folder(t)
	all := []string{".own.0.tmp", ".other.0.tmp", ".own.tmp", ".own.x.tmp", "own.0.tmp", ".own.0.tmp.bak"}
	for _, name := range all {
		if err := f.Replace(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.RemoveTemporary(func(name string) bool { return name == "own" }); err != nil {
		t.Fatal(err)
	}
	for i, name := range all {
		if _, err := f.Stat(name); (err == nil) != (i > 0) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestInjectedFaults(t *testing.T) {
	f, _ := folder(t)
	log, _, err := f.OpenLog("log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for _, op := range []files.Op{files.OpCreate, files.OpWrite, files.OpSync, files.OpRename} {
		end := files.Inject(func(o files.Op, path string) error {
			if o == op {
				return syscall.EIO
			}
			return nil
		})
		err := f.Replace("x", []byte("new"))
		end()
		if text, _ := f.Read("x", 100); !errors.Is(err, syscall.EIO) || string(text) != "ours" {
			t.Errorf("%s: error %v, and the file has %q", op, err, text)
		}
	}
	end := files.Inject(func(files.Op, string) error { return files.ErrShort })
	n, err := log.Write([]byte("1234"))
	end()
	if n != 2 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a short write took %d bytes, error %v", n, err)
	}
	if entries, _ := f.Entries(); len(entries) != 3 {
		t.Errorf("%v are in the folder", entries)
	}
}
