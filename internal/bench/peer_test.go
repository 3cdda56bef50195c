package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fake speaks the peers' protocol without their libraries.
const fake = `
import json, sys
def say(**reply): print(json.dumps(reply), flush=True)
for line in sys.stdin:
    r = json.loads(line)
    if "seconds" in r:
        say(best_ms=1000 * r["seconds"])
    elif r["kind"] == "density":
        say(versions="fake 1", check=[r["batch"], r["steps"]])
    elif r["kind"] == "garbage":
        print("not json", flush=True)
    elif r["kind"] == "death":
        sys.exit("first line\nthe last words")
    else:
        say(error="no such kind")
`

func startFake(t *testing.T, script string, r request) (*side, error) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 in $PATH")
	}
	return startScript(t, python, script, r)
}

// startScript starts a program beside those of the peers.
func startScript(t *testing.T, python, script string, r request) (*side, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, scripts); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "fake.py")
	if err := os.WriteFile(path, []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	return peerSide(context.Background(), "x", r, python, path)
}

func TestPeerProtocol(t *testing.T) {
	s, err := startFake(t, fake, request{Kind: "density", Batch: 11, Steps: 3})
	if err != nil {
		t.Fatal(err)
	}
	if s.Program != "fake 1" || len(s.check) != 2 || s.check[0] != 11 || s.check[1] != 3 {
		t.Errorf("%q was given batch and steps %v, want 11 and 3", s.Program, s.check)
	}
	if got, err := s.round(context.Background(), 70*time.Millisecond); err != nil || got != 70 {
		t.Errorf("round gave %v, %v", got, err)
	}
	s.close()
	if _, err := s.round(context.Background(), time.Millisecond); err == nil {
		t.Error("a dead peer answered")
	}
	for kind, want := range map[string]string{"unknown": "the peer failed: no such kind", "garbage": `"not json\n" cannot be read`,
		"death": "the peer ended: the last words"} {
		if _, err := startFake(t, fake, request{Kind: kind}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", kind, err, want)
		}
	}
}

// noisy is a program on protocol.py whose library prints.
const noisy = `
from protocol import serve
import os, time
print("on import")
class Side:
    check, variant, tried, steps = [1.5], "quick", ["quick: 2 ms", "slow: failed: too slow"], 2
    def call(self):
        print("a call")
        os.system("echo from a child process")
        time.sleep(0.02)
def prepare(r):
    print("preparing", r["kind"])
    if r["kind"] != "known": raise KeyError(r["kind"])
    return Side()
serve("noisy 2", prepare)
`

func TestProtocol(t *testing.T) {
	if _, err := startFake(t, noisy, request{Kind: "unheard of"}); err == nil || !strings.Contains(err.Error(), "KeyError: 'unheard of'") {
		t.Errorf("error %v, want the program's own", err)
	}
	s, err := startFake(t, noisy, request{Kind: "known"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Program != "noisy 2" || s.Variant != "quick" || len(s.Tried) != 2 || s.Tried[1] != "slow: failed: too slow" || len(s.check) != 1 || s.check[0] != 1.5 {
		t.Errorf("prepared %+v", s)
	}
	// Two steps of 10 ms a call.
	if got, err := s.round(context.Background(), 100*time.Millisecond); err != nil || got < 10 {
		t.Errorf("round gave %v, %v; want 10 ms a step or more", got, err)
	}
	s.close()
	if _, err := s.round(context.Background(), time.Millisecond); err == nil {
		t.Error("a side whose process has ended was measured")
	}
}

func TestPeerThatDoesNotStart(t *testing.T) {
	if _, err := startFake(t, "import maskflow_has_no_such_module", request{}); err == nil || !strings.Contains(err.Error(), "No module named") {
		t.Errorf("error %v, want Python's", err)
	}
	if _, err := peerSide(context.Background(), "x", request{}, "/nonexistent/python", "fake.py"); err == nil {
		t.Error("no error without an interpreter")
	}
}
