package cli

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"testing"
	"time"
)

func TestWithError(t *testing.T) {
	for _, c := range []struct {
		v, err float64
		want   string
	}{
		{83.6251, 0.5149, "83.63 ± 0.51"},
		{11.9312, 0.0184, "11.931 ± 0.018"},
		{280.25, 1.05, "280.25 ± 1.05"},
		{1.5, 0, "1.50 ± 0.00"},
		{math.Inf(1), math.NaN(), "+Inf ± NaN"},
	} {
		if got := withError(c.v, c.err); got != c.want {
			t.Errorf("%v ± %v is written %q, want %q", c.v, c.err, got, c.want)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 213080: "213,080", 1234567: "1,234,567", -1000: "-1,000", -100: "-100"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for seconds, want := range map[float64]string{0.25: "0.25 s", 8.31: "8.3 s", 59.9: "59.9 s", 60: "1m00s", 245: "4m05s", 3599.7: "1h00m", 7380: "2h03m", 360000: "100h00m"} {
		if got := duration(seconds); got != want {
			t.Errorf("%v s is written %q, want %q", seconds, got, want)
		}
	}
}

func TestShell(t *testing.T) {
	for arg, want := range map[string]string{
		"runs/dna-1": "runs/dna-1", "my runs": "'my runs'", "it's": `'it'\''s'`, "": "''", "$HOME": "'$HOME'", "~/x": "'~/x'",
	} {
		if got := shell(arg); got != want {
			t.Errorf("%q is quoted as %s, want %s", arg, got, want)
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

func TestPanicSite(t *testing.T) {
	defer func() {
		_ = recover()
		if site := panicSite(debug.Stack()); !regexp.MustCompile(`^cli/format_test\.go:\d+$`).MatchString(site) {
			t.Errorf("the panic began at %q", site)
		}
	}()
	panic("a test")
}
