package maskflow_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/train"
)

// Rows in memory, a fitted flow, what it can do, and a file that other programs and
// the command open. must.M1 panics on an error.
func Example() {
	ctx := context.Background()
	rows := must.M1(data.FromRows(correlated(2000)))                         // [][]float64
	splits := must.M1(data.Split(rows, data.Options{Standardise: true}))     // train, valid, test
	d := must.M1(maf.New(maf.Options{Dim: 2, Layers: 2, Hidden: []int{16}})) // a graph, no weights yet
	progress := func(_ context.Context, _ *train.Trainer, e train.Event) error {
		if v, ok := e.(train.Validation); ok && v.Step == 400 {
			fmt.Printf("step %d, %.1f nats a row\n", v.Step, v.NLL)
		}
		return nil
	}
	m := must.M1(train.Fit(ctx, nil, d, splits, train.Options{ // nil: XLA where it is installed, else Go
		MaxSteps: 400, Optimizer: &train.Adam{LearningRate: 0.01}, Hooks: []train.Hook{progress}}))
	defer m.Close()

	logp := must.M1(m.LogProb(ctx, rows))                              // nats, in the units of the rows
	x := must.M1(m.Sample(ctx, 1000, maskflow.SampleOptions{Seed: 1})) // a table like rows
	z := must.M1(m.Latent(ctx, x))                                     // to the noise
	back, _, err := m.FromLatent(ctx, z, models.Solver{})              // and back
	fmt.Println(len(logp), x.Rows(), z.Rows(), back.Rows(), err)

	file := filepath.Join(os.TempDir(), "example.safetensors")
	defer func() { _ = os.Remove(file) }()
	must.M(m.Save(file))
	again := must.M1(maskflow.Open(nil, file))
	defer again.Close()
	fmt.Println(len(must.M1(again.LogProb(ctx, x))))
	// Output:
	// step 400, 1.7 nats a row
	// 2000 1000 1000 1000 <nil>
	// 1000
}

// Networks that differ by their seeds, and their ensemble: the mean of their probabilities, which is never
// worse than they are on average.
func ExampleNewEnsemble() {
	ctx := context.Background()
	b := must.M1(backend.Open(ctx, "go", backend.Options{}))
	defer b.Close()
	rows := must.M1(data.FromRows(correlated(500)))
	splits := must.M1(data.Split(rows, data.Options{Standardise: true}))
	var members []*maskflow.Model
	for seed := range uint64(3) {
		d := must.M1(made.New(made.Options{Dim: 2, Hidden: []int{8}, Output: "mog", Components: 2, Seed: seed, Degrees: "sequential"}))
		members = append(members, must.M1(train.Fit(ctx, b, d, splits, train.Options{Seed: seed, MaxSteps: 100, Optimizer: &train.Adam{LearningRate: 0.01}})).Model)
	}
	e := must.M1(maskflow.NewEnsemble(members...))
	defer e.Close()

	found := must.M1(e.Evaluate(ctx, rows, maskflow.EvalOptions{}))
	fmt.Println(len(found.Mixture.Members), found.NLL <= found.Mixture.Mean, found.Mixture.ESS > 1)
	x := must.M1(e.Sample(ctx, 100, maskflow.SampleOptions{Seed: 1})) // each row from one of them
	fmt.Println(len(must.M1(e.LogProb(ctx, x))))
	// Output:
	// 3 true true
	// 100
}

// A table with texts, dates and holes, of which one column is declared and the others are guessed: rows
// of the model are such a table again.
func Example_table() {
	ctx := context.Background()
	people := must.M1(format.ReadCSV(strings.NewReader(people(500)), "people", format.ReadOptions{}))
	c := must.M1(train.SourceConfig(data.InMemory, []string{"train.max_steps=50"}))
	c.Data.Columns = data.Schema{{Name: "age", Kind: data.Integer, Min: new(18.0)}}
	m, splits, err := train.FitTable(ctx, nil, people, c)
	must.M(err)
	defer m.Close()

	fmt.Print(splits.Prep.Schema())
	rows := must.M1(m.Sample(ctx, 100, maskflow.SampleOptions{Seed: 1, Complete: true}))
	logp := must.M1(m.LogProb(ctx, rows)) // of tables with these columns, in any order
	_, city := rows.Text(0, 2)
	fmt.Println(rows.Columns, rows.At(0, 1) >= 18, city, len(logp))
	// Output:
	// column  role      kind
	// income  variable  real         may be missing; step 0.1
	// age     variable  integer      at least 18
	// city    variable  categorical  3 levels: Bern, Oslo, Rome
	// joined  variable  date         written like 2006-01-02
	// [income age city joined] true true 100
}

// people is a table of n rows as text.
func people(n int) string {
	rng, b := rand.New(rand.NewPCG(1, 2)), strings.Builder{}
	b.WriteString("income,age,city,joined\n")
	for range n {
		age, income := 18+rng.IntN(50), ""
		if rng.IntN(10) > 0 {
			income = fmt.Sprintf("%.1f", float64(age)/10+rng.ExpFloat64())
		}
		fmt.Fprintf(&b, "%s,%d,%s,2024-%02d-%02d\n", income, age, []string{"Bern", "Oslo", "Rome"}[rng.IntN(3)], 1+rng.IntN(12), 1+rng.IntN(28))
	}
	return b.String()
}

// Samples that are written as they are drawn.
func ExampleModel_SampleBlocks() {
	ctx := context.Background()
	d := must.M1(maf.New(maf.Options{Dim: 2, Layers: 2, Hidden: []int{16}}))
	m := must.M1(maskflow.New(nil, d, models.Initialize(d, 1), maskflow.Options{}))
	defer m.Close()

	file := filepath.Join(os.TempDir(), "samples.csv")
	defer func() { _ = os.Remove(file) }()
	const n = 200_000
	must.M(format.WriteRows(file, n, func(write func(*data.Table) error) error {
		_, err := m.SampleBlocks(ctx, n, maskflow.SampleOptions{Seed: 1}, write)
		return err
	}))
	rows, columns := must.M1(format.ReadFile(ctx, file, format.ReadOptions{})).Dims()
	fmt.Println(rows, "rows of", columns)
	// Output: 200000 rows of 2
}

// Likelihoods of the rows of a file, of which a page is held at a time.
func ExampleModel_LogProbBlocks() {
	ctx := context.Background()
	d := must.M1(maf.New(maf.Options{Dim: 2, Layers: 2, Hidden: []int{16}}))
	m := must.M1(maskflow.New(nil, d, models.Initialize(d, 1), maskflow.Options{}))
	defer m.Close()

	in, out := filepath.Join(os.TempDir(), "rows.parquet"), filepath.Join(os.TempDir(), "log_prob.csv")
	defer func() { _, _ = os.Remove(in), os.Remove(out) }()
	must.M(format.WriteFile(in, must.M1(m.Sample(ctx, 50_000, maskflow.SampleOptions{}))))
	pages := format.Pages(ctx, in, format.ReadOptions{})
	must.M(format.WriteRows(out, format.AnyRows, func(write func(*data.Table) error) error {
		return m.LogProbBlocks(ctx, pages, nil, func(_ *data.Prepared, logp []float64, _ [][]float64) error {
			return write(must.M1(data.FromFlat(logp, 1, "log_prob")))
		})
	}))
	fmt.Println(must.M1(format.ReadFile(ctx, out, format.ReadOptions{})).Rows(), "log-likelihoods")
	// Output: 50000 log-likelihoods
}

// correlated are rows of two Gaussian variables with an entropy of ln 2πe + ln 0.3 = 1.63 nats.
func correlated(n int) [][]float64 {
	rng, rows := rand.New(rand.NewPCG(1, 2)), make([][]float64, n)
	for i := range rows {
		a := rng.NormFloat64()
		rows[i] = []float64{10 + a, 0.3*rng.NormFloat64() - a}
	}
	return rows
}
