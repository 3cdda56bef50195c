package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/python"
)

// ways is a program with ways of its own, for what flows.py does with those of a
// library.
const ways = `
from protocol import serve
import time
import numpy as np
import flows
def asleep(seconds):
    return lambda: lambda *rows: time.sleep(seconds) or [np.random.normal(size=(3, 2)).astype(np.float32)]
def fails():
    raise ValueError("no compiler\nat all")
class Losses:
    def __init__(self, by): self.by, self.at = by, 0.0
    def __call__(self, rows):
        self.at += self.by
        return np.float32(self.at)
three = flows.Flow(2, 1, [4], False)
def prepare(r):
    if r["kind"] == "fastest":
        found = [("slow", asleep(0.05)), ("broken", fails), ("quick", asleep(0.01))]
        return flows.fastest(found, lambda way: flows.sample(way, three, 3))
    if r["kind"] == "none":
        return flows.fastest([("broken", fails)], lambda way: flows.sample(way, three, 3))
    if r["kind"] == "shape":
        return flows.sample(flows.Way("quick", asleep(0)), three, 4)
    return flows.train(flows.Way(r["kind"], lambda: Losses({"falls": -1, "rises": 1, "stays": 0, "lost": np.nan}[r["kind"]])), None, 1)
serve("ways", prepare)
`

func TestFastestWay(t *testing.T) {
	python := python.JAX.Installed()
	if python == "" {
		t.Skip("the Python environment of the peers is not installed; go run ./internal/bench installs it")
	}
	s, err := startScript(t, python, ways, request{Kind: "fastest"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var slow, quick float64
	if len(s.Tried) == 3 {
		_, _ = fmt.Sscanf(s.Tried[0], "slow: %f ms", &slow)
		_, _ = fmt.Sscanf(s.Tried[2], "quick: %f ms", &quick)
	}
	if s.Variant != "quick" || slow < 50 || quick < 10 || s.Tried[1] != "broken: failed: ValueError: no compiler" {
		t.Errorf("chose %q of %q, want the quick one, and the others noted", s.Variant, s.Tried)
	}
	for kind, want := range map[string]string{
		"falls": "", "none": "broken: failed: ValueError: no compiler", "shape": "shapes [(3, 2)]",
		"rises": "does not fall", "stays": "does not fall", "lost": "does not fall",
	} {
		s, err := startScript(t, python, ways, request{Kind: kind})
		if err == nil {
			s.close()
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want %q", kind, err, want)
		}
	}
}

// Every library does every kind of work, on small flows. It takes minutes.
func TestLibraries(t *testing.T) {
	if os.Getenv("MASKFLOW_TEST_PEERS") == "" {
		t.Skip("set MASKFLOW_TEST_PEERS=1 to install and try the libraries of flows")
	}
	ctx := context.Background()
	l := &lab{options: options{rounds: 3, seconds: 0.01}, main: backendtest.Open(t, backend.KindGo), dir: t.TempDir(),
		say: func(s string) { t.Log(s) }, jax: environment{Environment: python.JAX}, torch: environment{Environment: python.Torch}}
	if err := os.CopyFS(l.dir, scripts); err != nil {
		t.Fatal(err)
	}
	maf, iaf := tinyMAF, tinyIAF
	maf.rows = 32 * maf.batch // enough for the longest scan
	for _, c := range []row{
		{target: 1, name: "train a MAF", of: maf, sides: besides(trainSide, "flow_train")},
		{target: 1, name: "density of a MAF", of: maf, sides: besides(densitySide, "flow_density")},
		{target: 1, name: "sample a MAF", of: maf, sides: besides(sampleSide, "flow_sample")},
		{target: 1, name: "train an IAF", of: iaf, sides: besides(trainSide, "flow_train")},
		{target: 1, name: "sample an IAF", of: iaf, sides: besides(sampleSide, "flow_sample")},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := c.compare(ctx, l)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.measured) != 1+len(libraries) {
				t.Errorf("%d sides were measured, want maskflow's and those of %d libraries", len(r.measured), len(libraries))
			}
			for _, s := range r.measured[1:] {
				for _, way := range s.Tried {
					if strings.Contains(way, ": failed: ") {
						t.Errorf("%s, %s", s.name, way)
					}
				}
			}
		})
	}
}
