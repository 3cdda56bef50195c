package train_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

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
	for _, name := range []string{"biopsy", "breast_cancer", "computers", "diabetes", "diamonds", "flchain", "slid", "survey", "wine"} {
		t.Run(name, func(t *testing.T) {
			file := datatest.File(t, "tables/"+name+".csv.gz")
			if (testing.Short() || raceDetector) && name != "survey" {
				t.Skip("one table is enough for a short test, and for the race detector")
			}
			checkTable(t, must.M1(format.ReadFile(t.Context(), file, format.ReadOptions{})))
		})
	}
}

// The same of tables that are odd in a column or two.
func TestOddTables(t *testing.T) {
	day := func(i int) time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i) }
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprint("level ", i))
	}
	for name, cell := range map[string]func(r *rand.Rand, i int) any{
		"a tiny unit":     func(r *rand.Rand, _ int) any { return 1e-12 * r.NormFloat64() },
		"a huge unit":     func(r *rand.Rand, _ int) any { return 1e15 * r.NormFloat64() },
		"many magnitudes": func(r *rand.Rand, _ int) any { return math.Exp(8 * r.NormFloat64()) },
		"a far origin":    func(r *rand.Rand, _ int) any { return 1e9 + 1e-3*r.NormFloat64() },
		"heavy tails":     func(r *rand.Rand, _ int) any { return r.NormFloat64() / r.NormFloat64() },
		"days":            func(r *rand.Rand, _ int) any { return day(r.IntN(900)).Format("02.01.2006") },
		"times": func(r *rand.Rand, _ int) any {
			return day(r.IntN(900)).Add(time.Duration(r.IntN(1e14))).Format("2006-01-02 15:04:05")
		},
		"hours": func(r *rand.Rand, _ int) any {
			return day(0).Add(time.Duration(r.IntN(1440)) * time.Minute).Format("15:04")
		},
		"other letters": func(r *rand.Rand, _ int) any { return []string{"猫", "犬", "weiß nicht", "🙂"}[r.IntN(4)] },
		"lines, quotes, commas": func(r *rand.Rand, _ int) any {
			return []string{"line\nbreak", `he said "hi"`, "a, b", "tab\tstop"}[r.IntN(4)]
		},
		"a thousand levels":      func(r *rand.Rand, _ int) any { return many[r.IntN(1000)] },
		"no value":               func(*rand.Rand, int) any { return math.NaN() },
		"hardly a value":         func(r *rand.Rand, i int) any { return []float64{r.NormFloat64(), math.NaN()}[min(i%150, 1)] },
		"hardly a hole":          func(r *rand.Rand, i int) any { return []float64{math.NaN(), r.NormFloat64()}[min(i%150, 1)] },
		"a constant":             func(*rand.Rand, int) any { return 7.0 },
		"huge whole numbers":     func(r *rand.Rand, _ int) any { return float64(1e12 + r.IntN(1e12)) },
		"steps below 0":          func(r *rand.Rand, _ int) any { return -25 * float64(r.IntN(30)) },
		"quarters":               func(r *rand.Rand, _ int) any { return float64(r.IntN(40)) / 4 },
		"true and false":         func(r *rand.Rand, _ int) any { return []string{"TRUE", "FALSE"}[r.IntN(2)] },
		"true, false and a hole": func(r *rand.Rand, _ int) any { return []any{"T", "F", math.NaN()}[r.IntN(3)] },
		"many zeros": func(r *rand.Rand, _ int) any {
			return float64(r.IntN(2)) * math.Round(100*math.Exp(3+r.NormFloat64())) / 100
		},
		"a top code":         func(r *rand.Rand, _ int) any { return math.Round(math.Min(math.Exp(4+r.NormFloat64()), 100)) },
		"numbers and a text": func(r *rand.Rand, _ int) any { return []any{1.0, 2.0, 3.0, "unknown"}[r.IntN(4)] },
		"years":              func(r *rand.Rand, _ int) any { return float64(1950 + r.IntN(70)) },
	} {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			checkTable(t, rowsOf(300, []string{"odd, \"column\"", "x"}, func(i int) []any { return []any{cell(r, i), r.NormFloat64()} }))
		})
	}
	t.Run("one column", func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		checkTable(t, rowsOf(100, []string{"x"}, func(int) []any { return []any{float64(r.IntN(2))} }))
	})
	t.Run("three rows", func(t *testing.T) {
		checkTable(t, rowsOf(3, []string{"a", "b"}, func(i int) []any { return []any{float64(i), []string{"x", "y", "x"}[i]} }))
	})
	t.Run("300 columns", func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		var names []string
		for k := range 300 {
			names = append(names, fmt.Sprint("c", k))
		}
		checkTable(t, rowsOf(100, names, func(int) (row []any) {
			for k := range names {
				row = append(row, []any{float64(r.IntN(2)), math.Round(100*r.NormFloat64()) / 100, []string{"a", "b", "c"}[r.IntN(3)]}[k%3])
			}
			return row
		}))
	})
}

// checkTable checks the samples of a model of a table.
func checkTable(t *testing.T, rows *data.Table) {
	t.Helper()
	c := must.M1(train.SourceConfig(data.InMemory, []string{"train.max_steps=5"}))
	m, splits, err := train.FitTable(t.Context(), backendtest.Open(t, backend.KindGo), rows, c)
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
