package train

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
