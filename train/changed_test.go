package train

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models/made"
)

// A training that goes on with other rows begins its epoch anew, forgets what was best on
// the rows before, and never calls rows of its source test rows again.
func TestOnOtherRows(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	build := func(rows, maxSteps int) *Trainer {
		return newTrainer(t, b, newMADE(t, made.Options{Dim: 5, Hidden: []int{7}}), bitSplits(rows, 11, 13, 5, 0),
			Options{Batch: 4, MaxSteps: maxSteps, Optimizer: &Adam{}, Seed: 1})
	}
	first := build(23, 9)
	toEnd(t, first)
	saved := stateOf(t, first)
	other := build(17, 12)
	changed := (*data.ChangedError)(nil)
	if err := other.Restore(saved); !errors.As(err, &changed) || !changed.Concerns("train") || changed.Concerns("test") {
		t.Fatalf("restored on other rows: %v", err)
	}
	if err := other.restore(saved, true); err != nil {
		t.Fatal(err)
	}
	if p := other.p; p.Step != 9 || p.Epoch != first.p.Epoch || p.Cursor != 0 || !math.IsNaN(float64(p.Best)) || other.best != nil {
		t.Errorf("it goes on at %+v", p)
	}
	other.rewind() // as after a divergence before a validation
	if p := other.p; p.Step != 9 || p.Epoch != first.p.Epoch || !reflect.DeepEqual(must(exec.HostWeights(other.evaluated())), must(exec.HostWeights(first.evaluated()))) {
		t.Errorf("after a divergence it goes on at %+v, from other weights than those that it began with", p)
	}
	toEnd(t, other)
	if want := []string{"train has 17 rows, 23 then"}; !reflect.DeepEqual(other.data.Changed, want) {
		t.Errorf("changed are %q, want %q", other.data.Changed, want)
	}
	again := build(17, 15)
	if err := again.Restore(stateOf(t, other)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again.data.Changed, other.data.Changed) {
		t.Errorf("after another resumption %q have changed", again.data.Changed)
	}
}

// A run that is resumed prepares its rows as it did before, whatever they have become.
func TestResumedRunKeepsItsPreparation(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	lines := strings.Repeat("0,3\n2,1\n1,1\n", 20)
	source := datatest.Temp(t, "levels.csv", []byte(lines))
	c := parse(t, "data: {source: "+source+", dequantise: 4, standardise: true}\nmodel: {type: maf, hidden: [3]}\ntrain: {max_steps: 2}")
	splits := must(c.LoadData(t.Context(), ""))
	dir := filepath.Join(t.TempDir(), "run")
	must(Run(t.Context(), b, c, splits, RunOptions{Dir: dir}))
	same := must(LoadData(t.Context(), dir, c, ""))
	if !reflect.DeepEqual(same, splits) {
		t.Error("the same source gives other rows to a run that is resumed")
	}
	if err := os.WriteFile(source, []byte(lines+strings.Repeat("3,3\n", 20)), 0o600); err != nil {
		t.Fatal(err)
	}
	other := must(LoadData(t.Context(), dir, c, ""))
	if !reflect.DeepEqual(other.Prep.Steps, splits.Prep.Steps) {
		t.Errorf("other rows have the steps %v, those of the run are %v", other.Prep.Steps, splits.Prep.Steps)
	}
	changed := (*data.ChangedError)(nil)
	if err := splits.Identity.Check(other.Identity, source); !errors.As(err, &changed) || len(changed.Differences) != 3 {
		t.Errorf("the difference is %v", err)
	}
}

// A run that version 0.1.0 began keeps the noise that it had by place.
func TestResumedRunOfVersion010(t *testing.T) {
	dir := filepath.Dir(datatest.File(t, "runs-0.1.0/mog/run.json"))
	c := must(LoadConfig(filepath.Join(dir, "config.yaml"), nil))
	if s := must(LoadData(t.Context(), dir, c, os.Getenv("MASKFLOW_DATA"))); !s.Prep.NoiseByPlace {
		t.Error("its noise does not follow from places")
	}
}
