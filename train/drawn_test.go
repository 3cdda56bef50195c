package train

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/toy"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/maf"
)

// The same layers over a NADE of any order, trained by its one-pass loss, are a better density of the squares of a board than
// over a normal one. Training ends with the number of orders, which the weights have.
func TestAFlowOverANADEIsTrained(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	board, _ := toy.ByName("checkerboard")
	rows := func(name string, seed uint64, n int) *data.Prepared {
		s, rng := &data.Prepared{Name: name, Rows: n, Dim: 2}, rand.New(rand.NewPCG(seed, 4))
		for range n {
			x, y := board.Sample(rng)
			s.X = append(s.X, float32(x/2), float32(y/2))
		}
		return s
	}
	splits := realSplits(rows("train", 1, 2000), rows("valid", 2, 1000), nil)
	stack := stackOf(2, 0, 2)
	stack.Hidden, stack.Components = []int{32}, 8
	var chosen Chosen
	trained := func(d models.Definition) *Trainer {
		tr := newTrainer(t, b, d, splits, Options{Seed: 1, Batch: 100, Optimizer: &Adam{LearningRate: 0.01}, MaxSteps: 500, LookAhead: Never,
			Hooks: []Hook{func(_ context.Context, _ *Trainer, e Event) error {
				if c, ok := e.(Chosen); ok {
					chosen = c
				}
				return nil
			}}})
		toEnd(t, tr)
		return tr
	}
	normal := float64(trained(must(maf.New(maf.Options(stack)))).Progress().Best)
	m := must(maf.NewDrawn(maf.Options(stack)))
	tr := trained(m)
	if estimate := float64(tr.Progress().Best); !(chosen.NLL < normal-0.1) || math.Abs(estimate-chosen.OrderMean) > 0.03 {
		t.Errorf("over a nade %v nats in %d orders, each alone %v (estimated %v), over a normal base %v", chosen.NLL, chosen.Orders, chosen.OrderMean, estimate, normal)
	}
	w, err := tr.BestWeights()
	if err != nil {
		t.Fatal(err)
	}
	if n := m.Ensemble(w); chosen.Ensemble < 2 || n != chosen.Ensemble {
		t.Errorf("the weights have %d orders, training chose %d (%v)", n, chosen.Ensemble, chosen)
	}
}
