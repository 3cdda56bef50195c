package main

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/train"
)

// kept is a search that reads the trainings that are on record, and trains nothing.
func kept(t *testing.T) *lab {
	t.Helper()
	dir := t.TempDir()
	must.M(os.WriteFile(filepath.Join(dir, "records.jsonl"), must.M1(os.ReadFile("records.jsonl")), 0o644))
	l := newLab(t, dir, new(int), false)
	l.time = time.Nanosecond
	return l
}

// What the search chose is what a training does by default, and the page is that of the records.
func TestDefaultsAreChosen(t *testing.T) {
	l := kept(t)
	if err := l.choose(t.Context(), every); err != nil && !errors.Is(err, errTime) {
		t.Fatal(err)
	}
	if written := must.M1(os.ReadFile(filepath.Join("..", "..", "docs", "defaults.md"))); string(written) != string(must.M1(os.ReadFile(l.page))) {
		t.Error("docs/defaults.md is not that of the records: run make tables")
	}
	for k, of := range choices {
		few, numbers := k < 2, k%2 == 1
		rows := 2 * data.FewRows
		if few {
			rows = data.FewRows / 2
		}
		rng := rand.New(rand.NewPCG(1, 2))
		table := must.M1(data.FromFlat(make([]float64, 2*rows), 2, "a", "b"))
		for i := range rows {
			table.Set(i, 0, rng.NormFloat64())
			if table.Set(i, 1, rng.NormFloat64()); !numbers {
				table.SetText(i, 1, string(rune('a'+rng.IntN(3))))
			}
		}
		played, err := l.search(t.Context(), of, every)
		if errors.Is(err, errTime) {
			t.Logf("%s: the search is not on record whole: make tables goes on", of.name)
			continue
		}
		must.M(err)
		chosen, _, _ := of.chosen(played[len(played)-1])
		configs := [2]*train.Config{}
		for i, sets := range [][]string{chosen.sets(), nil} {
			c := must.M1(train.SourceConfig(data.InMemory, sets))
			must.M1(c.Split(table))
			configs[i] = c
		}
		resolved := map[string]string{"train.batch": "200", "data.marginal": "spline", "train.optimizer.weight_decay": "0.03"} // what auto comes to
		if few {
			resolved = map[string]string{"train.batch": "50", "train.optimizer.weight_decay": "0.1"}
		}
		for _, d := range config.Diff(configs[0].Table(), configs[1].Table()) {
			if d.Path == "train.max_steps" || d.B == "auto" && d.A == resolved[d.Path] {
				continue
			}
			t.Errorf("%s: chosen and default: %v", of.name, d)
		}
	}
}
