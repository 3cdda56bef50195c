package cli

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestFrugal(t *testing.T) {
	percent := func() int {
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	threads := func() int { return runtime.GOMAXPROCS(0) }
	beforeP, beforeT := percent(), threads()
	check := func(when string, p, n int) {
		t.Helper()
		if percent() != p || threads() != n {
			t.Errorf("%s garbage is collected at %d %% by a process of %d threads, want %d %% and %d", when, percent(), threads(), p, n)
		}
	}
	restore := func() {
		debug.SetGCPercent(beforeP)
		runtime.GOMAXPROCS(beforeT)
	}
	defer restore()
	t.Setenv("GOGC", "")
	t.Setenv("GOMAXPROCS", "")
	frugal()
	check("in a frugal process", collectAt, 1)

	restore()
	t.Setenv("GOGC", "100")
	frugal()
	check("where GOGC is set", beforeP, 1)

	restore()
	t.Setenv("GOGC", "")
	t.Setenv("GOMAXPROCS", "2")
	frugal()
	check("where GOMAXPROCS is set", collectAt, beforeT)
}
