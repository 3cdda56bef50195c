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
say(versions="fake 1")
for line in sys.stdin:
    r = json.loads(line)
    if r["do"] == "prepare" and r["kind"] == "density":
        say(check=[r["batch"], r["steps"]])
    elif r["do"] == "round":
        say(best_ms=1000 * r["seconds"], median_ms=2000 * r["seconds"], calls=5)
    elif r["do"] == "forget":
        say()
    elif r["kind"] == "garbage":
        print("not json", flush=True)
    elif r["kind"] == "death":
        sys.exit("first line\nthe last words")
    else:
        say(error="no such kind")
`

func startFake(t *testing.T, script string) (*peer, error) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 in $PATH")
	}
	return startScript(t, python, script)
}

// startScript starts a program beside those of the peers.
func startScript(t *testing.T, python, script string) (*peer, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, scripts); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "fake.py")
	if err := os.WriteFile(path, []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	return startPeer(context.Background(), python, path)
}

func TestPeerProtocol(t *testing.T) {
	p, err := startFake(t, fake)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if p.versions != "fake 1" {
		t.Errorf("versions %q", p.versions)
	}
	s, err := p.side("fake density", request{Kind: "density", Batch: 11, Steps: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.check) != 2 || s.check[0] != 11 || s.check[1] != 3 {
		t.Errorf("the fake was given batch and steps %v, want 11 and 3", s.check)
	}
	got, err := s.round(context.Background(), 70*time.Millisecond)
	if err != nil || got != (timing{Best: 70, Median: 140, Calls: 5}) {
		t.Errorf("round gave %+v, %v", got, err)
	}
	s.close()
	if _, err := p.side("x", request{Kind: "unknown"}); err == nil || !strings.Contains(err.Error(), "x: the peer failed: no such kind") {
		t.Errorf("error %v, want the peer's own", err)
	}
	if _, err := p.side("x", request{Kind: "garbage"}); err == nil || !strings.Contains(err.Error(), `"not json\n" cannot be read`) {
		t.Errorf("error %v, want one about the answer", err)
	}
	if _, err := p.side("x", request{Kind: "death"}); err == nil || !strings.HasSuffix(err.Error(), "the peer ended: the last words") {
		t.Errorf("error %v, want the last words", err)
	}
	if _, err := p.side("x", request{Kind: "density"}); err == nil {
		t.Error("a dead peer answered")
	}
}

// noisy is a program on protocol.py whose library prints.
const noisy = `
from protocol import serve
import os, time
print("on import")
class Side:
    check, variant, variants, steps = [1.5], "quick", [{"name": "quick", "ms": 2}, {"name": "slow", "error": "too slow"}], 2
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
	p, err := startFake(t, noisy)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if _, err := p.side("x", request{Kind: "unheard of"}); err == nil || !strings.Contains(err.Error(), "KeyError: 'unheard of'") {
		t.Errorf("error %v, want the program's own", err)
	}
	s, err := p.side("x", request{Kind: "known"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Program != "noisy 2" || s.Variant != "quick" || len(s.Variants) != 2 || s.Variants[1].Error != "too slow" || len(s.check) != 1 || s.check[0] != 1.5 {
		t.Errorf("prepared %+v", s)
	}
	// Two steps of 10 ms a call.
	got, err := s.round(context.Background(), 100*time.Millisecond)
	if err != nil || got.Best < 10 || got.Median < got.Best || got.Calls < 1 || got.Calls > 5 {
		t.Errorf("round gave %+v, %v; want at most 5 calls of 10 ms a step or more", got, err)
	}
	s.close()
	if _, err := s.round(context.Background(), time.Millisecond); err == nil {
		t.Error("a forgotten side was measured")
	}
}

func TestPeerThatDoesNotStart(t *testing.T) {
	if _, err := startFake(t, "import maskflow_has_no_such_module"); err == nil || !strings.Contains(err.Error(), "No module named") {
		t.Errorf("error %v, want Python's", err)
	}
	if _, err := startPeer(context.Background(), "/nonexistent/python", "fake.py"); err == nil {
		t.Error("no error without an interpreter")
	}
}

func TestLastLine(t *testing.T) {
	var l lastLine
	for _, s := range []string{"Traceback:\n", "  ...\nValueError: ", "why\n\n"} {
		if _, err := l.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.String(); got != "ValueError: why" {
		t.Errorf("last line %q", got)
	}
}
