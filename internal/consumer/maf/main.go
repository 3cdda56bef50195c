// Maf is a program of another module: a flow learns two moons, is sampled and inverted.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/train"
)

func main() {
	backend.ProbeMain() // a plugin is first tried in a child process
	ctx := context.Background()
	b := try(backend.Open(ctx, "", backend.Options{})) // $MASKFLOW_BACKEND, else auto
	defer b.Close()
	rows := try(source.Load(ctx, data.Options{Source: "moons", Standardise: true}))
	flow := try(maf.New(maf.Options{Dim: rows.Dim, Hidden: []int{32}, Layers: 3, Activation: "tanh"}))
	m := try(train.Fit(ctx, b, flow, rows, train.Options{MaxSteps: 400, Optimizer: &train.Adam{LearningRate: 0.01}}))
	defer m.Close()
	e := try(m.Evaluate(ctx, rows.Test, maskflow.EvalOptions{}))
	fmt.Printf("%.3f ± %.3f nats on %d rows\n", e.NLL, e.NLL2SE, e.Rows)
	x := try(m.Sample(ctx, 3, maskflow.SampleOptions{Seed: 1}))
	z := try(m.Latent(ctx, x))
	back, _, err := m.FromLatent(ctx, z, models.Solver{})
	fmt.Println(x.Float64(), z.Float32(), try(back, err).Float64())
}

func try[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
