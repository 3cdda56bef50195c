package main

import (
	"context"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/internal/python"
)

// What cannot be installed is said once and not tried again.
func TestEnvironmentThatCannotBeMade(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, home)
	}
	t.Setenv("PATH", "")
	var said []string
	l := &lab{dir: home, torch: environment{Environment: python.Torch}, say: func(s string) { said = append(said, s) }}
	for range 2 {
		if s, err := peerMaker("zuko", true, tinyRequest, "flows.py", "zuko")(context.Background(), l, row{}); s != nil || err != nil {
			t.Errorf("got %v, %v; want neither a side nor an error", s, err)
		}
	}
	if got := strings.Join(said, "\n"); got != "torch is left out: no python3 found" {
		t.Errorf("said %q, want one line about torch", got)
	}
}

func tinyRequest(task, string) (request, error) { return request{Kind: "flow_train"}, nil }
