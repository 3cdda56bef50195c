package backend

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"k8s.io/klog/v2"
)

func TestQuietLogs(t *testing.T) {
	var log bytes.Buffer
	QuietLogs(&log)
	defer klog.LogToStderr(true)
	klog.Error("a plugin complains")
	klog.Flush()
	if !strings.Contains(log.String(), "a plugin complains") {
		t.Errorf("log is %q", log.String())
	}
}

func TestCaptureStderr(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("not on this system")
	}
	path := filepath.Join(t.TempDir(), "stderr.log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	former, restore, err := CaptureStderr(f)
	if err != nil {
		t.Fatal(err)
	}
	_, writeErr := os.Stderr.WriteString("into the file\n")
	_, statErr := former.Stat()
	if err := restore(); err != nil {
		t.Fatal(err)
	}
	if writeErr != nil || statErr != nil {
		t.Error(writeErr, statErr)
	}
	if err := restore(); err != nil {
		t.Errorf("a second restore: %v", err)
	}
	if got := read(t, path); got != "into the file\n" {
		t.Errorf("captured %q", got)
	}
}
