// Consumer is a program of another module: it trains a MADE on the positions of
// Connect-4, tests it and draws a sample.
package main

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

func main() {
	backend.ProbeMain() // a plugin is first tried in a child process
	ctx := context.Background()
	b := must.M1(backend.Open(ctx, "", backend.Options{})) // $MASKFLOW_BACKEND, else auto
	defer b.Close()
	rows := must.M1(source.Load(ctx, data.Options{Source: "connect4"}))
	d := must.M1(made.New(made.Options{Dim: rows.Dim, Hidden: []int{32}, Direct: true}))
	m := must.M1(train.Fit(ctx, b, d, rows, train.Options{MaxSteps: 150}))
	defer m.Close()
	e := must.M1(m.EvaluateOf(ctx, rows.Test, maskflow.EvalOptions{}))
	fmt.Printf("%.2f ± %.2f nats on %d rows\n", e.NLL, e.NLL2SE, e.Rows)
	fmt.Println(must.M1(m.Sample(ctx, 1, maskflow.SampleOptions{Seed: 1})).Row(nil, 0))
}
