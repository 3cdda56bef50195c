package main

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/python"
	"github.com/maskflow/maskflow/train"
)

// Differences are paired: of the same rows, all folds of a seed together; a seed that lacks a fold counts for nothing.
func TestComparedIsPaired(t *testing.T) {
	c := &contest{known: map[place][]Scored{}}
	rng := rand.New(rand.NewPCG(1, 1))
	for seed := range uint64(3) {
		for fold := range folds {
			if seed == 2 && fold == 4 {
				continue
			}
			mine, other := make([]float64, 20), make([]float64, 20)
			for i := range mine {
				mine[i] = -10 + 5*rng.NormFloat64()
				other[i] = mine[i] - 0.5*float64(seed+1)
			}
			c.known[place{"x", seed + 1, fold + 1}] = []Scored{{Model: ours, LogProb: mine, Seconds: 1}, {Model: "other", LogProb: other, Seconds: 2}}
		}
	}
	all, seeds := c.compared("x", 3)
	if seeds != 2 || len(all) != 2 || all[0].model != ours || all[1].model != "other" {
		t.Fatalf("got %v of %d seeds", all, seeds)
	}
	if o := all[1]; math.Abs(o.better-0.75) > 1e-9 || o.se > 1e-9 || o.seconds != 2*folds || math.Abs(o.nll-all[0].nll-0.75) > 1e-9 {
		t.Errorf("got %+v, want a difference of 0.75 without an error", o)
	}
}

// The peers score the same rows in the same order and units: a full Gaussian of theirs is that of the rows.
func TestPeersScoreTheSameRows(t *testing.T) {
	interpreter := python.Torch.Installed()
	if interpreter == "" {
		t.Skip("the Python environment of the peers is not installed; make tables-peers installs it")
	}
	rng := rand.New(rand.NewPCG(1, 1))
	values := make([]float64, 2*100)
	for i := range values {
		values[i] = 3 + 7*rng.NormFloat64()
	}
	table := must.M1(data.FromFlat(values, 2, "a", "b"))
	p := place{"x" + realSuffix, 1, 1}
	c := &contest{known: map[place][]Scored{}, python: interpreter, out: io.Discard, file: must.M1(os.Create(filepath.Join(t.TempDir(), "records")))}
	defer c.file.Close()
	config := must.M1(train.SourceConfig("x", []string{"data.folds=10", "data.fold=1"}))
	if err := c.peers(context.Background(), p, table, config); err != nil {
		t.Fatal(err)
	}
	s := data.Source{Train: data.Part{Table: table}}
	must.M(s.Divide(config.DataOptions()))
	if len(c.known[p]) != 4 {
		t.Fatalf("%d models answered", len(c.known[p]))
	}
	for _, scored := range c.known[p] {
		if len(scored.LogProb) != s.Test.Len() {
			t.Fatalf("%s has %d rows of %d", scored.Model, len(scored.LogProb), s.Test.Len())
		}
		for k, i := range s.Test.Rows {
			want := 0.0
			for d := range 2 {
				z := (table.At(i, d) - 3) / 7
				want -= z*z/2 + math.Log(7) + math.Log(2*math.Pi)/2
			}
			if got := scored.LogProb[k]; math.Abs(got-want) > 0.5+0.1*math.Abs(want) {
				t.Errorf("%s: row %d has ln p %v, want about %v", scored.Model, i, got, want)
			}
		}
	}
}

// Whole tables are measured beside the baselines, on the test rows of the training, and what is recorded is not trained again.
func TestCompete(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		folder := t.TempDir()
		must.M(os.Mkdir(filepath.Join(folder, "tables"), 0o755))
		rng := rand.New(rand.NewPCG(1, 1))
		rows := "a,b\n"
		for range rowsOfFolds {
			rows += string('x'+rune(rng.IntN(2))) + "," + string('x'+rune(rng.IntN(2))) + "\n"
		}
		must.M(os.WriteFile(filepath.Join(folder, "tables", "wine.csv.gz"), []byte(rows), 0o644))
		var out strings.Builder
		c := &contest{known: map[place][]Scored{}, backend: b, match: regexp.MustCompile("^wine$"), out: &out, file: must.M1(os.Create(filepath.Join(folder, "records")))}
		defer c.file.Close()
		c.folder, c.seeds = folder, 1
		short := []string{"train.max_steps=5"}
		c.sets = short
		for range 2 {
			must.M(c.all(context.Background()))
		}
		scored := c.known[place{"wine", 1, 0}]
		if n := strings.Count(out.String(), "\n"); n != len(scored) || n < 2 {
			t.Errorf("%d lines for %d models:\n%s", n, len(scored), out.String())
		}
		if !slices.ContainsFunc(scored, func(s Scored) bool { return s.Model == string(baseline.Mixture) && len(s.LogProb) == rowsOfFolds/10 }) {
			t.Errorf("no mixture of products: %s", out.String())
		}
		if page := c.text(); !strings.Contains(page, "| wine | 1 | mixture of products | 1.3") {
			t.Errorf("the page is %s", page)
		}
	})
}
