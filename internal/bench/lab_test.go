package main

import (
	"context"
	"strings"
	"testing"
)

// What cannot be installed is said once and not tried again.
func TestEnvironmentThatCannotBeMade(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, home)
	}
	t.Setenv("PATH", "")
	var said []string
	l := &lab{dir: home, torch: &interpreter{environment: torchEnvironment}, say: func(s string) { said = append(said, s) }}
	for range 2 {
		if p, err := l.start(context.Background(), l.torch, "zuko", "flows.py", "zuko"); p != nil || err != nil {
			t.Errorf("got %v, %v; want neither a peer nor an error", p, err)
		}
	}
	if got := strings.Join(said, "\n"); got != "torch is left out: no python3 found" {
		t.Errorf("said %q, want one line about torch", got)
	}
}
