package models_test

import (
	"context"
	"fmt"
	"log"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
)

// A density as a part of a program that trains with GoMLX's own Store and
// optimisers: two bits that are always equal, so that ln p = −ln 2 at best.
func ExampleInScope() {
	density, err := made.New(made.Options{Dim: 2, Hidden: []int{8}, Activation: "tanh", Degrees: "sequential", Start: "natural"})
	if err != nil {
		log.Fatal(err)
	}
	b, err := backend.Open(context.Background(), "go", backend.Options{})
	if err != nil {
		log.Fatal(err)
	}
	store, adam := model.NewStore(), optimizer.Adam().LearningRate(0.1).Done()
	step, err := model.NewExec(b.Compute, store, func(scope *model.Scope, x *Node) *Node {
		g := x.Graph()
		store.SetTraining(g, true)
		p := models.InScope(scope.At("density"), g, density, 1)
		loss := Neg(ReduceAllMean(density.LogProb(p, x, nil)))
		adam.UpdateGraph(scope, g, loss)
		return loss
	})
	if err != nil {
		log.Fatal(err)
	}
	for range 200 {
		out, err := step.Call([][]float32{{0, 0}, {1, 1}})
		if err != nil {
			log.Fatal(err)
		}
		out[0].MustFinalizeAll()
	}
	loss, err := step.Call1([][]float32{{0, 0}, {1, 1}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.2f nats\n", loss.Value())
	loss.MustFinalizeAll()
	step.Finalize()
	b.Close()
	// Output: 0.69 nats
}
