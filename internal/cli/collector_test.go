package cli

import (
	"runtime/debug"
	"testing"
)

func TestSaveMemory(t *testing.T) {
	percent := func() int {
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	t.Setenv("GOGC", "")
	before := percent()
	restore := saveMemory()
	if p := percent(); p != collectAt {
		t.Errorf("garbage is collected at %d %%, want %d", p, collectAt)
	}
	restore()
	if p := percent(); p != before {
		t.Errorf("garbage is collected at %d %% afterwards, want %d as before", p, before)
	}
	t.Setenv("GOGC", "100")
	defer saveMemory()()
	if p := percent(); p != before {
		t.Errorf("garbage is collected at %d %%, though GOGC says otherwise", p)
	}
}
