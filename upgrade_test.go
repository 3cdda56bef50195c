package maskflow_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data/format"
)

// Runs of version 0.1.0, which kept the scale as a layer and no preparation, give the
// log-densities that it printed.
func TestRunsOfVersion010(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for _, name := range []string{"made", "orders", "maf", "spline", "mog"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(os.Getenv("MASKFLOW_DATA"), "runs-0.1.0", name)
			if _, err := os.Stat(dir); err != nil || os.Getenv("MASKFLOW_DATA") == "" {
				t.Skip("runs-0.1.0 is missing from the data folder MASKFLOW_DATA")
			}
			r, err := maskflow.Open(b, dir)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			rows, err := format.ReadFile(t.Context(), filepath.Join(dir, "rows.csv"), format.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			want, err := format.ReadFile(t.Context(), filepath.Join(dir, "logprob.csv"), format.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.LogProb(t.Context(), rows)
			if err != nil || len(got) != want.Rows() {
				t.Fatalf("%d densities of %d: %v", len(got), want.Rows(), err)
			}
			for i, v := range got {
				if math.Abs(v-want.At(i, 0)) > 1e-3 {
					t.Errorf("row %d: ln p %v, was %v", i, v, want.At(i, 0))
				}
			}
		})
	}
}
