package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Runs that start in the same second have directories of their own.
func TestRunDir(t *testing.T) {
	t.Chdir(t.TempDir())
	now := time.Date(2026, 3, 14, 15, 9, 26, 0, time.Local)
	first, release, err := runDir("", "dna", now)
	if err != nil || first != filepath.Join("runs", "dna-20260314-150926") {
		t.Fatalf("the first is %q (%v)", first, err)
	}
	second, releaseSecond, err := runDir("", "dna", now)
	if err != nil || second != first+"-2" {
		t.Fatalf("the second is %q (%v)", second, err)
	}
	if err := os.WriteFile(filepath.Join(second, "run.json"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	release()
	releaseSecond()
	if _, err := os.Stat(first); err == nil {
		t.Error("a directory that was not used is still there")
	}
	if _, err := os.Stat(second); err != nil {
		t.Error("a directory with a run is gone")
	}
	asked, release, err := runDir("somewhere/else/", "dna", now)
	release()
	if err != nil || asked != "somewhere/else" {
		t.Errorf("what was asked for became %q (%v)", asked, err)
	}
}
