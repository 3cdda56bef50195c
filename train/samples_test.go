package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/runlog"
)

// Of the files that show a model the newest are kept, their records all. Files of
// steps that a resumption took back go too; what is nobody's samples stays.
func TestTheNewestFilesAreKept(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	dir := filepath.Join(t.TempDir(), "run")
	splits := waveSplits(37, 19, 0, 2, 0)
	splits.Test = nil
	foreign := []string{"00000001-notes.npy", "00000002.npy", "99999999.npy"}
	tag := ""
	if _, err := Run(t.Context(), b, pair(t, "train.max_epochs=23"), splits, RunOptions{Dir: dir, Clock: frozen, Observe: func(r runlog.Record) {
		if v, ok := r.(runlog.Train); ok && v.Step == 1 {
			m, err := runlog.ReadManifest(dir)
			if err != nil {
				t.Error(err)
				return
			}
			tag = "-" + runlog.ConfigHash([]byte(m.ID))[:8]
			for _, name := range append(foreign, "99999999"+tag+".npy", "123456789"+tag+"-density.npy") {
				if err := os.WriteFile(filepath.Join(dir, runlog.SamplesDir, name), nil, 0o644); err != nil {
					t.Error(err)
				}
			}
		}
	}}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, runlog.SamplesDir))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := slices.Clone(foreign)
	for epoch := 4; epoch <= 23; epoch++ {
		want = append(want, fmt.Sprintf("%08d%s.npy", 5*epoch, tag), fmt.Sprintf("%08d%s-density.npy", 5*epoch, tag))
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("files %v\nwant %v", got, want)
	}
	h := loadHistory(t, dir)
	if len(h.Samples) != 23 || len(h.Densities) != 23 {
		t.Errorf("%d records of samples and %d of densities in 23 validations", len(h.Samples), len(h.Densities))
	}
	if s, d := h.Samples[22], h.Densities[22]; s.File != "samples/00000115"+tag+".npy" || d.File != "samples/00000115"+tag+"-density.npy" || s.Step != 115 || d.Step != 115 {
		t.Errorf("the last are %+v and %+v", s, d)
	}
}

// A file that shows a model and cannot be written
// costs a sentence and no training.
func TestSamplesThatCannotBeWritten(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	splits := waveSplits(37, 19, 0, 2, 0)
	splits.Test = nil
	dir := filepath.Join(t.TempDir(), "run")
	s, err := Run(t.Context(), b, pair(t, "train.max_epochs=5"), splits, RunOptions{Dir: dir, Clock: frozen, Observe: func(r runlog.Record) {
		if v, ok := r.(runlog.Train); ok && v.Step == 1 {
			samples := filepath.Join(dir, runlog.SamplesDir)
			if err := errors.Join(os.RemoveAll(samples), os.WriteFile(samples, nil, 0o644)); err != nil {
				t.Error(err)
			}
		}
	}})
	if err != nil || s.Status != runlog.Done || s.Epochs != 5 {
		t.Fatalf("%+v, %v", s, err)
	}
	h := loadHistory(t, dir)
	if len(h.Events) != 1 || !strings.HasPrefix(h.Events[0].What, "showing the model: ") || strings.Contains(h.Events[0].What, "\n") || len(h.Samples)+len(h.Densities) > 0 {
		t.Errorf("events %+v, want one; %d records of samples and %d of densities", h.Events, len(h.Samples), len(h.Densities))
	}
}

// An interruption does not wait until the model is shown. The validation before it
// stands, and is not made again.
func TestAnInterruptionShowsNothing(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	splits := waveSplits(37, 19, 0, 2, 0)
	splits.Test = nil
	dir := filepath.Join(t.TempDir(), "run")
	for i, at := range []int64{10, 0} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Run(ctx, b, pair(t, "train.max_epochs=3"), splits, RunOptions{Dir: dir, Resume: i > 0, Clock: frozen, Observe: func(r runlog.Record) {
			if v, ok := r.(runlog.Valid); ok && v.Step == at {
				cancel()
			}
		}})
		cancel()
		if interrupted := at > 0; errors.Is(err, context.Canceled) != interrupted || !interrupted && err != nil {
			t.Fatalf("process %d ends with %v", i, err)
		}
		h := loadHistory(t, dir)
		if want := []int{2, 3}[i]; len(h.Valid) != want || h.Revision != 0 {
			t.Errorf("process %d leaves %d validations, not %d, in revision %d", i, len(h.Valid), want, h.Revision)
		}
		var shown []int64
		for k, v := range h.Samples {
			if shown = append(shown, v.Step); h.Densities[k].Step != v.Step {
				t.Errorf("samples of step %d, and a density of step %d", v.Step, h.Densities[k].Step)
			}
		}
		if want := [][]int64{{5}, {5, 15}}[i]; !slices.Equal(shown, want) {
			t.Errorf("process %d leaves samples of %v, not %v", i, shown, want)
		}
	}
}
