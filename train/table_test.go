package train_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/train"
)

// Rows of a model of a table have the values that the table may have, and come back from a file as
// they went in.
func TestTablesAsTheyShip(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for _, name := range []string{"biopsy", "breast_cancer", "computers", "diabetes", "diamonds", "flchain", "slid", "survey", "wine"} {
		t.Run(name, func(t *testing.T) {
			file := datatest.File(t, "tables/"+name+".csv.gz")
			if testing.Short() && name != "survey" {
				t.Skip("one table is enough for a short test")
			}
			rows := must.M1(format.ReadFile(t.Context(), file, format.ReadOptions{}))
			c := must.M1(train.SourceConfig(data.InMemory, []string{"train.max_steps=5"}))
			m, splits, err := train.FitTable(t.Context(), b, rows, c)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			drawn := must.M1(m.Sample(t.Context(), 500, maskflow.SampleOptions{Seed: 1}))
			checkRows(t, drawn, splits.Prep.Schema(), true)
			complete := must.M1(m.Sample(t.Context(), 500, maskflow.SampleOptions{Seed: 1, Complete: true}))
			checkRows(t, complete, splits.Prep.Schema(), false)
			logp := must.M1(m.LogProb(t.Context(), drawn))
			for i, v := range logp {
				if math.IsInf(v, 0) || math.IsNaN(v) {
					t.Fatalf("ln p of sample %d is %v", i, v)
				}
			}
			for _, suffix := range []string{".csv", ".parquet", ".npz"} {
				path := filepath.Join(t.TempDir(), "rows"+suffix)
				must.M(format.WriteRows(path, drawn.Rows(), func(write func(*data.Table) error) error { return write(drawn) }))
				again, err := m.LogProb(t.Context(), must.M1(format.ReadFile(t.Context(), path, format.ReadOptions{})))
				if err != nil || !slices.Equal(again, logp) {
					t.Errorf("ln p of samples that were written as %s differs: %v", suffix, err)
				}
			}
		})
	}
}

// checkRows reports cells that their column cannot have.
func checkRows(t *testing.T, rows *data.Table, s data.Schema, holes bool) {
	t.Helper()
	if n, _ := rows.Dims(); n == 0 {
		t.Fatal("no rows")
	}
	for k, name := range rows.Columns {
		c := s[must.M1(s.Find(name))]
		for i := range rows.Rows() {
			v, text, is := rows.At(i, k), "", false
			if text, is = rows.Text(i, k); !is {
				text = data.Number(v)
			}
			step := v / c.Step
			switch missing := math.IsNaN(v) && !is; {
			case missing && holes && c.Missing, !missing && slices.Contains(c.Atoms, v):
			case missing:
				t.Fatalf("row %d: %s is missing", i, name)
			case c.Levels != nil && !slices.Contains(c.Levels, text):
				t.Fatalf("row %d: %s is %s, none of %v", i, name, text, c.Levels)
			case c.Levels != nil || c.Kind == data.Date:
			case c.Min != nil && v < *c.Min, c.Max != nil && v > *c.Max:
				t.Fatalf("row %d: %s is %v, beyond its bounds", i, name, v)
			case c.Step > 0 && math.Abs(step-math.Round(step)) > 1e-9*math.Max(1, math.Abs(step)), c.Step > 0 && len(text) > 18:
				t.Fatalf("row %d: %s is %s, no multiple of %v", i, name, text, c.Step)
			case v == 0 && math.Signbit(v):
				t.Fatalf("row %d: %s is −0", i, name)
			}
		}
	}
}
