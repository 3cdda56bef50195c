package train

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/runlog"
)

// Each network of an ensemble is the one that a run with its seed trains, on rows with noise of their own, too.
func TestRunSeedsTrainsRunsWithThoseSeeds(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		table := func() *data.Splits { return noisySplits(t) }
		c := parse(t, small, "data.source=(memory)", "model={type: maf, hidden: [5], layers: 1}")
		dir := filepath.Join(t.TempDir(), "all")
		var begun []Member
		s, err := RunSeeds(t.Context(), b, c, table(), SeedsOptions{RunOptions: RunOptions{Dir: dir}, Seeds: 2,
			Around: func(m Member, run func() (*Summary, error)) (*Summary, error) {
				begun = append(begun, m)
				return run()
			}})
		if err != nil {
			t.Fatal(err)
		}
		if len(begun) != 2 || begun[1].Seed != 4 || begun[1].Dir != filepath.Join(dir, "seed-4") || begun[1].Resume {
			t.Errorf("the runs are %+v", begun)
		}
		alone := filepath.Join(t.TempDir(), "alone")
		want, err := Run(t.Context(), b, parse(t, small, "seed=4", "data.source=(memory)", "model={type: maf, hidden: [5], layers: 1}"), table(), RunOptions{Dir: alone})
		if err != nil {
			t.Fatal(err)
		}
		sameBest(t, filepath.Join(dir, "seed-4"), alone)
		m := s.Test.Mixture
		if s.Status != runlog.Done || len(s.Members) != 2 || s.Members[1].Status != runlog.Done || m.Members[1].NLL != want.Test.NLL {
			t.Errorf("%+v, want the member %v", s, want.Test.NLL)
		}
		if s.Test.NLL > m.Mean || !(m.Gain > 0) || len(s.Baselines) == 0 {
			t.Errorf("the ensemble has %v, its members %v: %+v", s.Test.NLL, m.Mean, m)
		}
		e := must(maskflow.OpenEnsemble(b, dir))
		defer e.Close()
		if again := must(e.EvaluateOf(t.Context(), slices.Repeat([]*data.Prepared{table().Test}, 2), maskflow.EvalOptions{})); again.NLL != s.Test.NLL {
			t.Errorf("the ensemble has %v when it is opened, %v after its training", again.NLL, s.Test.NLL)
		}
		_, err = maskflow.Open(b, dir)
		datatest.WantError(t, err, "ensemble of 2 runs", filepath.Join(dir, "seed-3"))
	})
}

// noisySplits are of whole numbers, which get noise for a flow.
func noisySplits(t *testing.T) *data.Splits {
	t.Helper()
	var rows [][]float64
	for i := range 60 {
		rows = append(rows, []float64{float64(i % 7), float64(i * i % 11)})
	}
	s := must(data.Split(must(data.FromRows(rows)), data.Options{Typed: true, Noise: true, Columns: data.Schema{{Name: "0", Kind: data.Integer}, {Name: "1", Kind: data.Integer}}}))
	if !s.Noisy() {
		t.Fatal("the rows have no noise")
	}
	return s
}

// sameBest compares the best weights of two runs.
func sameBest(t *testing.T, a, b string) {
	t.Helper()
	x := must(checkpoint.Load(filepath.Join(a, runlog.CheckpointsDir, checkpoint.Best)))
	y := must(checkpoint.Load(filepath.Join(b, runlog.CheckpointsDir, checkpoint.Best)))
	if len(x.Tensors) == 0 || len(x.Tensors) != len(y.Tensors) {
		t.Fatalf("%d and %d tensors", len(x.Tensors), len(y.Tensors))
	}
	for i := range x.Tensors {
		if !slices.Equal(x.Tensors[i].Data, y.Tensors[i].Data) {
			t.Errorf("%s and %s differ in %s", a, b, x.Tensors[i].Name)
		}
	}
}

// An ensemble that is interrupted goes on with the run that is not complete, and may get more.
func TestRunSeedsResumes(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	whole, pieces := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "pieces")
	want, err := RunSeeds(t.Context(), b, parse(t, small), smallSplits(), SeedsOptions{RunOptions: RunOptions{Dir: whole}, Seeds: 3})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	starts := 0
	s, err := RunSeeds(ctx, b, parse(t, small), smallSplits(), SeedsOptions{RunOptions: RunOptions{Dir: pieces, Observe: func(r runlog.Record) {
		switch r := r.(type) {
		case runlog.Start:
			starts++
		case runlog.Train:
			if starts == 2 && r.Step == 7 {
				cancel()
			}
		}
	}}, Seeds: 2})
	if !errors.Is(err, context.Canceled) || s.Status != runlog.Stopped || s.Test != nil || len(s.Members) != 2 || s.Ended == nil || s.Ended.Dir != filepath.Join(pieces, "seed-4") {
		t.Fatalf("interrupted: %+v, error %v", s, err)
	}
	oneLine(t, err)
	if status(t, filepath.Join(pieces, "seed-3")) != runlog.Done || status(t, filepath.Join(pieces, "seed-4")) != runlog.Stopped {
		t.Error("the runs are not done and stopped")
	}
	_, err = RunSeeds(t.Context(), b, parse(t, small), smallSplits(), SeedsOptions{RunOptions: RunOptions{Dir: pieces}, Seeds: 2})
	if !errors.Is(err, runlog.ErrExists) {
		t.Errorf("begun again: %v", err)
	}
	_, err = RunSeeds(t.Context(), b, parse(t, small), smallSplits(), SeedsOptions{RunOptions: RunOptions{Dir: pieces, Resume: true}, Seeds: 1})
	datatest.WantError(t, err, "2 runs, not of 1")
	changed := (*ConfigChangedError)(nil)
	if _, err = RunSeeds(t.Context(), b, parse(t, small, "model.hidden=[5]"), smallSplits(), SeedsOptions{RunOptions: RunOptions{Dir: pieces, Resume: true}}); !errors.As(err, &changed) {
		t.Errorf("another model: %v", err)
	}
	var begun []string
	got, err := RunSeeds(t.Context(), b, parse(t, small), smallSplits(), SeedsOptions{RunOptions: RunOptions{Dir: pieces, Resume: true}, Seeds: 3,
		Around: func(m Member, run func() (*Summary, error)) (*Summary, error) {
			begun = append(begun, filepath.Base(m.Dir))
			return run()
		}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(begun, []string{"seed-4", "seed-5"}) {
		t.Errorf("%v are begun or continued", begun)
	}
	if got.Test.NLL != want.Test.NLL || got.Test.Mixture.Gain != want.Test.Mixture.Gain {
		t.Errorf("in pieces %v, at once %v", got.Test.NLL, want.Test.NLL)
	}
	longer, err := RunSeeds(t.Context(), b, parse(t, small, "train.max_epochs=4"), smallSplits(), SeedsOptions{RunOptions: RunOptions{Dir: pieces, Resume: true}})
	if err != nil || longer.Members[0].Steps != 20 || longer.Members[2].Steps != 20 {
		t.Errorf("with more epochs %+v, error %v", longer, err)
	}
}

func TestRunSeedsRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := t.TempDir()
	_, err := RunSeeds(t.Context(), b, parse(t, small), smallSplits(), SeedsOptions{RunOptions: RunOptions{Dir: dir, Resume: true}})
	datatest.WantError(t, err, "holds no ensemble")
	_, err = RunSeeds(t.Context(), b, parse(t, small), smallSplits(), SeedsOptions{RunOptions: RunOptions{Dir: dir}})
	datatest.WantError(t, err, "0 seeds")
	_, err = RunSeeds(t.Context(), b, parse(t, small), smallSplits(), SeedsOptions{RunOptions: RunOptions{Dir: dir}, Seeds: runlog.MostMembers + 1})
	datatest.WantError(t, err, "1000")
	target := parse(t, small, "data.source=u1", "model={type: iaf, hidden: [5]}")
	_, err = RunSeeds(t.Context(), b, target, points(7, 7, 2), SeedsOptions{RunOptions: RunOptions{Dir: dir}, Seeds: 2})
	datatest.WantError(t, err, "fitted to a target")
	bits := smallSplits()
	bits.Valid.X[0] = 0.5 // no bit
	if _, err = RunSeeds(t.Context(), b, parse(t, small), bits, SeedsOptions{RunOptions: RunOptions{Dir: dir}, Seeds: 2}); err == nil {
		t.Error("rows that are no bits pass")
	}
	if entries := must(os.ReadDir(dir)); len(entries) > 0 {
		t.Errorf("what never began leaves %v", entries)
	}
}

// No table has an ensemble that is worse than its members are on average.
func TestEnsemblesOfTablesAreNeverWorseThanTheirMembers(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "..", "shared", "data", "tables", "*.csv.gz"))
	if len(files) == 0 {
		t.Skip("the tables of ../shared/data/tables are not here")
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for i, path := range files {
			if b.Kind != backend.KindGo && i > 0 {
				break // each model compiles long
			}
			name, _, _ := strings.Cut(filepath.Base(path), ".")
			t.Run(name, func(t *testing.T) {
				var members []*maskflow.Model
				var splits *data.Splits
				for k, kind := range []string{"made", "made", "nade"} {
					c := must(SourceConfig(must(filepath.Abs(path)), []string{"data.fractions=[0.97, 0.01, 0.02]", "model={type: " + kind + ", output: mixed, hidden: [16]}"}))
					c.Seed = uint64(k)
					if splits == nil {
						splits = must(c.LoadData(t.Context(), ""))
					}
					r := must(Fit(t.Context(), b, must(c.NewModel(splits.Dim, splits.ContextDim, maskflow.Variables(splits.Prep)...)), splits, Options{Seed: c.Seed, MaxSteps: 3}))
					t.Cleanup(r.Close)
					members = append(members, r.Model)
				}
				found := must(must(maskflow.NewEnsemble(members...)).EvaluateOf(t.Context(), slices.Repeat([]*data.Prepared{splits.Test}, 3), maskflow.EvalOptions{}))
				if m := found.Mixture; found.NLL > m.Mean || m.Gain <= 0 || math.IsNaN(m.Gain) || found.BadRows > 0 {
					t.Errorf("the ensemble has %v, its members %v on average: %+v", found.NLL, m.Mean, m)
				}
			})
		}
	})
}
