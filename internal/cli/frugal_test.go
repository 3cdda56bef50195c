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
	t.Setenv("GOGC", "")
	t.Setenv("GOMAXPROCS", "")
	restore := frugal()
	check("in a frugal process", collectAt, 1)
	restore()
	check("afterwards", beforeP, beforeT)

	t.Setenv("GOGC", "100")
	restore = frugal()
	check("where GOGC is set", beforeP, 1)
	restore()
	t.Setenv("GOGC", "")
	t.Setenv("GOMAXPROCS", "2")
	restore = frugal()
	check("where GOMAXPROCS is set", collectAt, beforeT)
	restore()
	check("at the end", beforeP, beforeT)
}
