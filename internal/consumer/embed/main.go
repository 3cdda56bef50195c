// Embed is a program of another module with a GoMLX graph of its own: in it a MAF
// learns rows, and an IAF to draw what the MAF has learnt.
package main

import (
	"context"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/maf"
)

func main() {
	backend.ProbeMain() // a plugin is first tried in a child process
	b := must.M1(backend.Open(context.Background(), "", backend.Options{}))
	defer b.Close()
	layers := flow.StackOptions{Dim: 2, Hidden: []int{8}, Layers: 1}
	density, sampler := must.M1(maf.New(maf.Options(layers))), must.M1(iaf.New(iaf.Options(layers)))
	store, adam := model.NewStore(), optimizer.Adam().LearningRate(0.02).Done()
	step := must.M1(model.NewExec(b.Compute, store, func(scope *model.Scope, g *Graph) []*Node {
		store.SetTraining(g, true)
		normal := func(columns int) *Node { return scope.RandomNormal(g, shapes.Make(dtypes.Float32, 1000, columns)) }
		first := normal(1)
		rows := Concatenate([]*Node{first, Add(first, MulScalar(normal(1), 0.5))}, -1)
		p := models.InScope(scope.At("maf"), g, density, 1)
		nll := Neg(ReduceAllMean(density.LogProb(p, rows, nil)))
		drawn, logq := sampler.SampleAndLogProb(models.InScope(scope.At("iaf"), g, sampler, 2), normal(2), nil)
		taught := density.LogProb(p.Map(StopGradient), drawn, nil) // the MAF learns from the rows alone
		divergence := ReduceAllMean(Sub(logq, taught))
		adam.UpdateGraph(scope, g, Add(nll, divergence))
		return []*Node{nll, divergence}
	}))
	defer step.Finalize()
	for i := range 400 {
		for k, v := range must.M1(step.Call()) {
			if i == 399 {
				fmt.Printf("%s %.3f nats\n", []string{"negative log-likelihood", "divergence"}[k], v.Value())
			}
			v.MustFinalizeAll()
		}
	}
}
