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
