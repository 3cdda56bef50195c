package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
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
	python, ok := jaxEnvironment.installed()
	if !ok {
		t.Skip("the Python environment of the peers is not installed; go run ./internal/bench installs it")
	}
	p, err := startScript(t, python, ways)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	s, err := p.side("x", request{Kind: "fastest"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Variant != "quick" || len(s.Variants) != 3 || s.Variants[1].Error != "ValueError: no compiler" || s.Variants[0].MS < 50 || s.Variants[2].MS < 10 {
		t.Errorf("chose %q of %+v, want the quick one, and the others noted", s.Variant, s.Variants)
	}
	for kind, want := range map[string]string{
		"falls": "", "none": "broken: ValueError: no compiler", "shape": "shapes [(3, 2)]",
		"rises": "does not fall", "stays": "does not fall", "lost": "does not fall",
	} {
		_, err := p.side(kind, request{Kind: kind})
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
	l := &lab{main: backendtest.Open(t, backend.KindGo), dir: t.TempDir(), say: func(s string) { t.Log(s) },
		jax: &interpreter{environment: jaxEnvironment}, torch: &interpreter{environment: torchEnvironment}}
	if err := os.CopyFS(l.dir, scripts); err != nil {
		t.Fatal(err)
	}
	maf, iaf := tinyMAF, tinyIAF
	maf.rows = 32 * maf.batch // enough for the longest scan
	for _, c := range []comparison{
		{name: "train a MAF", of: maf, sides: besides(trainSide, "flow_train")},
		{name: "density of a MAF", of: maf, sides: besides(densitySide, "flow_density")},
		{name: "sample a MAF", of: maf, sides: besides(sampleSide, "flow_sample")},
		{name: "train an IAF", of: iaf, sides: besides(trainSide, "flow_train")},
		{name: "sample an IAF", of: iaf, sides: besides(sampleSide, "flow_sample")},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := c.run(ctx, l, 3, 10*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Sides) != 1+len(libraries) {
				t.Errorf("%d sides were measured, want maskflow's and those of %d libraries", len(r.Sides), len(libraries))
			}
			for _, s := range r.Sides[1:] {
				for _, v := range s.Variants {
					if v.Error != "" {
						t.Errorf("%s, %s: %s", s.Name, v.Name, v.Error)
					}
				}
			}
		})
	}
}
