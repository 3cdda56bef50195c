package maskflow_test

import (
	"context"
	"fmt"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/train"
)

// An ensemble of two orders for the positions of Connect-4, after 200 steps. It
// scores well below independent columns already. must.M1 panics on an error.
func Example() {
	ctx := context.Background()
	b := must.M1(backend.Open(ctx, "go", backend.Options{})) // "auto" takes XLA where it is installed
	defer b.Close()
	rows := must.M1(source.Load(ctx, data.Options{Source: "connect4"}))
	d := must.M1(made.New(made.Options{Dim: rows.Dim, Hidden: []int{64}, Masks: 2, Seed: 4, Start: "natural"}))
	m := must.M1(train.Fit(ctx, b, d, rows, train.Options{
		MaxSteps: 200, Optimizer: &train.Adam{LearningRate: 0.02}}))
	defer m.Close()
	e := must.M1(m.Evaluate(ctx, rows.Test, maskflow.EvalOptions{}))
	fmt.Printf("%.0f nats on %d test rows, independent columns %.0f\n", e.NLL, e.Rows, data.Describe(rows).IndependentNLL)
	samples := must.M1(m.Core.Sample(ctx, 1000, maskflow.SampleOptions{Seed: 1}))
	fmt.Println(len(samples)/rows.Dim, "samples")
	// Output:
	// 20 nats on 47557 test rows, independent columns 35
	// 1000 samples
}
