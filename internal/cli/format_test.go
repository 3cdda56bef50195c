package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestShell(t *testing.T) {
	for arg, want := range map[string]string{
		"runs/dna-1": "runs/dna-1", "my runs": "'my runs'", "it's": `'it'\''s'`, "": "''", "$HOME": "'$HOME'", "~/x": "'~/x'", "-n": "./-n", "a\tb": `$'\141\011\142'`,
	} {
		if got := shell(arg); got != want {
			t.Errorf("%q is quoted as %s, want %s", arg, got, want)
		}
	}
	for _, arg := range []string{"it's", "-n", "a\x1b[31m\n\xff b", "\u202e", `\`, "*"} {
		out, err := exec.Command("bash", "-c", "printf %s "+shell(arg)).Output()
		if err != nil {
			t.Skip(err)
		}
		if got := strings.TrimPrefix(string(out), "./"); got != arg {
			t.Errorf("%q arrives as %q", arg, got)
		}
	}
}

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
