//go:build unix

package files_test

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/maskflow/maskflow/internal/files"
)

func TestAPipeIsNotWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if _, _, err := files.OpenRegular(path); !errors.Is(err, files.ErrNotRegular) {
		t.Errorf("error %v", err)
	}
}

func TestAPipeInAFolderIsNotWaitedFor(t *testing.T) {
	f, _ := folder(t)
	if err := errors.Join(syscall.Mkfifo(f.Path("pipe"), 0o600), syscall.Mkfifo(f.Path("pipe2"), 0o600)); err != nil {
		t.Skip(err)
	}
	_, errOfRead := f.Read("pipe", 10)
	_, _, errOfLog := f.OpenLog("pipe")
	for _, err := range []error{errOfRead, errOfLog} {
		if !errors.Is(err, files.ErrNotRegular) {
			t.Errorf("error %v", err)
		}
	}
	if _, err := files.OpenFolder(f.Path("pipe2")); err == nil {
		t.Error("a pipe was opened as a folder")
	}
}
