package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/train"
)

// Random settings: rates from 1e-4 to 3e-2, widths from 16 to 512, one to three layers, of every kind of network. Fewer than one
// training in a hundred may diverge; MASKFLOW_SOAK runs 20 settings of each table, else there is one.
func TestTrainingsDoNotDiverge(t *testing.T) {
	folder := filepath.Join(os.Getenv("MASKFLOW_DATA"), "tables")
	files, err := filepath.Glob(filepath.Join(folder, "*.csv.gz"))
	must.M(err)
	if len(files) == 0 {
		t.Skipf("no tables in %s (the data folder is MASKFLOW_DATA)", folder)
	}
	settings := 1
	if os.Getenv("MASKFLOW_SOAK") != "" {
		settings = 20
	}
	b := backendtest.Open(t, backend.KindXLA)
	diverged, all := 0, 0
	for _, file := range files {
		table, err := read(t.Context(), file)
		must.M(err)
		if name := strings.TrimSuffix(filepath.Base(file), ".csv.gz"); settings == 1 && table.Rows() > 10_000 {
			t.Logf("%s is left to make soak", name)
			continue
		}
		for k := range settings {
			rng := rand.New(rand.NewPCG(uint64(k), uint64(table.Rows())))
			rate := math.Exp(math.Log(1e-4) + rng.Float64()*math.Log(300))
			hidden := make([]string, 1+rng.IntN(3))
			for i := range hidden {
				hidden[i] = fmt.Sprint(16 << rng.IntN(6))
			}
			sets := []string{fmt.Sprintf("model={type: %s, output: mixed, hidden: [%s], direct: %v}", []string{"made", "nade"}[rng.IntN(2)], strings.Join(hidden, ", "), rng.IntN(2) == 1),
				fmt.Sprintf("data.marginal=%s", []string{"standardise", "spline"}[rng.IntN(2)]), fmt.Sprintf("train.optimizer={name: adam, learning_rate: %.2g}", rate), "train.max_steps=300", fmt.Sprintf("seed=%d", k)}
			of := table
			if strings.Contains(file, "breast") && k%2 == 0 { // a flow
				of = must.M1(reals("breast_cancer", table))
				sets[0] = fmt.Sprintf("model={type: maf, transform: %s, hidden: [%s]}", []string{"affine", "spline"}[rng.IntN(2)], strings.Join(hidden, ", "))
			}
			c := must.M1(train.SourceConfig(data.InMemory, sets))
			r, _, err := train.FitTable(t.Context(), b, of, c)
			if all++; err == nil {
				err = r.Ended
				r.Close()
			}
			if err != nil {
				diverged++
				t.Logf("%s with %v: %v", filepath.Base(file), sets, err)
			}
		}
	}
	if t.Logf("%d of %d trainings diverged", diverged, all); 100*diverged >= all {
		t.Errorf("%d of %d trainings diverged", diverged, all)
	}
}
