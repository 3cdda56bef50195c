// Maf is a program of another module: a flow learns the rows of a table, evaluates,
// samples, inverts, and is saved to the file that its argument names.
package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/train"
)

func main() {
	backend.ProbeMain() // a plugin is first tried in a child process
	ctx := context.Background()
	rows := must.M1(data.FromRows(moons(4000)))
	splits := must.M1(data.Split(rows, data.Options{Standardise: true}))
	flow := must.M1(maf.New(maf.Options{Dim: splits.Dim, Hidden: []int{32}, Layers: 3, Activation: "tanh"}))
	m := must.M1(train.Fit(ctx, nil, flow, splits, train.Options{MaxSteps: 400, Optimizer: &train.Adam{LearningRate: 0.01}, Hooks: []train.Hook{progress}}))
	defer m.Close()
	logp := must.M1(m.LogProb(ctx, rows))
	x := must.M1(m.Sample(ctx, 3, maskflow.SampleOptions{Seed: 1}))
	z := must.M1(m.Latent(ctx, x))
	back, _ := must.M2(m.FromLatent(ctx, z, models.Solver{}))
	fmt.Println(len(logp), x.Float64(), z.Float64(), back.Float64(), must.M1(m.LogProb(ctx, x)))
	must.M(m.Save(os.Args[1]))
}

func progress(_ context.Context, _ *train.Trainer, e train.Event) error {
	if v, ok := e.(train.Validation); ok {
		fmt.Printf("step %d: %.3f nats\n", v.Step, v.NLL)
	}
	return nil
}

// moons are two half circles with noise.
func moons(n int) [][]float64 {
	rng, rows := rand.New(rand.NewPCG(1, 2)), make([][]float64, n)
	for i := range rows {
		angle, side := math.Pi*rng.Float64(), float64(i%2)
		rows[i] = []float64{(1-2*side)*math.Cos(angle) + side + 0.1*rng.NormFloat64(), (1-2*side)*math.Sin(angle) + side/2 + 0.1*rng.NormFloat64()}
	}
	return rows
}
