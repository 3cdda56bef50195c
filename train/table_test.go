package train_test

import (
	"math"
	"math/rand/v2"
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

// numbers is a table of two real columns and one of whole numbers, which depend on each other; f changes the rows.
func numbers(t *testing.T, f func(row []float64)) *data.Table {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	rows := &data.Table{Name: "numbers", Columns: []string{"a", "b", "given"}}
	for range 400 {
		given := rng.NormFloat64()
		a := given + rng.NormFloat64()
		row := []float64{a, math.Round(3 * (a + rng.NormFloat64())), given}
		f(row)
		rows.Append(row)
	}
	return rows
}

// A row of weight 2 counts as two rows, one of weight 0 as none.
func TestWeightsOfRows(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	var once, twice data.Table
	k := 0
	_ = numbers(t, func(row []float64) {
		k++
		once.Append(append(slices.Clone(row), float64(k%3)))
		for range k % 3 {
			twice.Append(append(slices.Clone(row), 1))
		}
	})
	once.Name, once.Columns = "once", []string{"a", "b", "given", "w"}
	twice.Name, twice.Columns = "twice", once.Columns
	c := must.M1(train.SourceConfig(data.InMemory, []string{"train.max_steps=3", "data.columns={w: weight}", "model={type: made, output: mixed, hidden: [16]}"}))
	m, splits, err := train.FitTable(t.Context(), b, &once, c)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if splits.Train.Weights == nil {
		t.Fatal("no weights")
	}
	weighted, repeated := must.M1(m.Evaluate(t.Context(), &once, maskflow.EvalOptions{})), must.M1(m.Evaluate(t.Context(), &twice, maskflow.EvalOptions{}))
	if math.Abs(weighted.NLL-repeated.NLL) > 1e-9*math.Abs(repeated.NLL) || !(weighted.NLL2SE > repeated.NLL2SE) {
		t.Errorf("NLL %v ± %v by weights, %v ± %v of repeated rows", weighted.NLL, weighted.NLL2SE, repeated.NLL, repeated.NLL2SE)
	}
}

// A flow gets other noise within the steps of its columns in each epoch, and a training that is
// continued the same as one that never stopped.
func TestNoiseOfEpochs(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	start := func(epochs int) (*train.Trainer, *data.Splits) {
		c := must.M1(train.SourceConfig(data.InMemory, []string{"model={type: maf, hidden: [8], layers: 2, normalise: batch}"}))
		splits := must.M1(c.Split(numbers(t, func([]float64) {})))
		d := must.M1(c.NewModel(splits.Dim, splits.ContextDim, maskflow.Variables(splits.Prep)...))
		return must.M1(train.NewTrainer(b, d, splits, train.Options{MaxEpochs: epochs, Optimizer: &train.Adam{}})), splits
	}
	whole, splits := start(4)
	defer whole.Close()
	first := slices.Clone(splits.Train.X)
	must.M(whole.Run(t.Context()))
	if slices.Equal(first, splits.Train.X) {
		t.Error("the noise of an epoch is that of another")
	}
	half, _ := start(2)
	defer half.Close()
	must.M(half.Run(t.Context()))
	rest, _ := start(4)
	defer rest.Close()
	must.M(rest.Restore(must.M1(half.State())))
	must.M(rest.Run(t.Context()))
	want, got := must.M1(whole.BestWeights()), must.M1(rest.BestWeights())
	if !slices.EqualFunc(want, got, slices.Equal) {
		t.Error("a training that was continued has other weights")
	}
}
