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
	const foreign = "00000001-notes.npy"
	if _, err := Run(t.Context(), b, pair(t, "train.max_epochs=23"), splits, RunOptions{Dir: dir, Clock: frozen, Observe: func(r runlog.Record) {
		if v, ok := r.(runlog.Train); ok && v.Step == 1 {
			for _, name := range []string{"99999999.npy", "123456789-density.npy", foreign} {
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
	want := []string{foreign}
	for epoch := 4; epoch <= 23; epoch++ {
		want = append(want, fmt.Sprintf("%08d.npy", 5*epoch), fmt.Sprintf("%08d-density.npy", 5*epoch))
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("files %v\nwant %v", got, want)
	}
	h := loadHistory(t, dir)
	if len(h.Samples) != 23 || len(h.Densities) != 23 {
		t.Errorf("%d records of samples and %d of densities in 23 validations", len(h.Samples), len(h.Densities))
	}
	if s, d := h.Samples[22], h.Densities[22]; s.File != "samples/00000115.npy" || d.File != "samples/00000115-density.npy" || s.Step != 115 || d.Step != 115 {
		t.Errorf("the last are %+v and %+v", s, d)
	}
}

// A file that shows a model and cannot be written, or one that cannot be removed,
// costs a sentence and no training.
func TestFilesThatCannotBeWrittenOrRemoved(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	splits := waveSplits(37, 19, 0, 2, 0)
	splits.Test = nil
	const epochs = keepFiles + 2
	for name, c := range map[string]struct {
		spoil func(samples string) error
		files int // that are there at the end, beside what spoils them
		drawn int // records
	}{
		"a file in place of the folder": {func(samples string) error {
			return errors.Join(os.RemoveAll(samples), os.WriteFile(samples, nil, 0o644))
		}, 0, 0},
		"a folder in place of a file": {func(samples string) error {
			return os.MkdirAll(filepath.Join(samples, "99999999.npy", "inner"), 0o755)
		}, 2 * keepFiles, epochs},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		s, err := Run(t.Context(), b, pair(t, fmt.Sprint("train.max_epochs=", epochs)), splits, RunOptions{Dir: dir, Clock: frozen, Observe: func(r runlog.Record) {
			if v, ok := r.(runlog.Train); ok && v.Step == 1 {
				if err := c.spoil(filepath.Join(dir, runlog.SamplesDir)); err != nil {
					t.Error(err)
				}
			}
		}})
		if err != nil || s.Status != runlog.Done || s.Epochs != epochs {
			t.Errorf("%s: %+v, %v", name, s, err)
			continue
		}
		h := loadHistory(t, dir)
		if len(h.Events) != 1 || !strings.HasPrefix(h.Events[0].What, "showing the model: ") || strings.Contains(h.Events[0].What, "\n") {
			t.Errorf("%s: events %+v, want one", name, h.Events)
		}
		files, err := filepath.Glob(filepath.Join(dir, runlog.SamplesDir, "00*.npy"))
		if err != nil || len(files) != c.files || len(h.Samples) != c.drawn || len(h.Densities) != c.drawn {
			t.Errorf("%s: %d files, %d records of samples and %d of densities (%v)", name, len(files), len(h.Samples), len(h.Densities), err)
		}
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
