package files_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/maskflow/maskflow/internal/files"
)

func TestAFailedWriteLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	if err := files.Replace(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("no more")
	err := files.WriteAtomic(path, func(w io.Writer) error {
		_, _ = w.Write([]byte("new"))
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "old" {
		t.Errorf("the file has %q, %v", content, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%v are in the folder", entries)
	}
}

func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := files.OpenRegular(dir); !errors.Is(err, files.ErrNotRegular) {
		t.Errorf("a folder: error %v", err)
	}
	path := filepath.Join(dir, "x")
	if _, _, err := files.OpenRegular(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: error %v", err)
	}
	if err := files.Replace(path, []byte("12345")); err != nil {
		t.Fatal(err)
	}
	if content, err := files.ReadRegular(path, 5); err != nil || string(content) != "12345" {
		t.Errorf("read %q, %v", content, err)
	}
	if _, err := files.ReadRegular(path, 4); err == nil {
		t.Error("a file longer than the limit was read")
	}
}
