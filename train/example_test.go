package train_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/train"
)

// pairs are rows in memory whose second value is near the square of the first, in
// training, validation and test rows, with a small flow over them.
func pairs() (models.Density, *data.Splits) {
	rng := rand.New(rand.NewPCG(1, 2))
	var rows [][]float64
	for range 1000 {
		x := rng.NormFloat64()
		rows = append(rows, []float64{x, x*x + 0.5*rng.NormFloat64()})
	}
	splits := must.M1(data.Split(must.M1(data.FromRows(rows)), data.Options{}))
	return must.M1(maf.New(maf.Options{Dim: splits.Dim, Hidden: []int{16}, Layers: 2, Activation: "tanh"})), splits
}

// Fit reports its progress to a hook. must.M1 panics on an error.
func ExampleFit() {
	ctx := context.Background()
	b := must.M1(backend.Open(ctx, "go", backend.Options{}))
	defer b.Close()
	d, splits := pairs()
	r := must.M1(train.Fit(ctx, b, d, splits, train.Options{MaxEpochs: 3, Optimizer: &train.Adam{LearningRate: 0.01},
		Hooks: []train.Hook{func(_ context.Context, _ *train.Trainer, e train.Event) error {
			if v, ok := e.(train.Validation); ok {
				fmt.Println("epoch", v.Epoch, "is the best so far:", v.Best)
			}
			return nil
		}}}))
	defer r.Close()
	fmt.Println(len(r.Losses) > 0, len(r.Validations), r.Ended)
	// Output:
	// epoch 1 is the best so far: true
	// epoch 2 is the best so far: true
	// epoch 3 is the best so far: true
	// true 3 <nil>
}

// signs steps by the sign of the gradient alone.
type signs struct{ rate float64 }

func (s signs) Rate() float64                         { return s.rate }
func (signs) Slots() int                              { return 0 }
func (signs) Scalars(_ int64, rate float64) []float64 { return []float64{rate} }
func (signs) Update(param, gradient *graph.Node, _, scalars []*graph.Node, _ train.Settle) (*graph.Node, []*graph.Node) {
	return graph.Sub(param, graph.Mul(graph.Sign(gradient), scalars[0])), nil
}

// An optimiser of one's own is a value.
func ExampleOptimizer() {
	ctx := context.Background()
	b := must.M1(backend.Open(ctx, "go", backend.Options{}))
	defer b.Close()
	d, splits := pairs()
	r := must.M1(train.Fit(ctx, b, d, splits, train.Options{MaxEpochs: 5, Optimizer: signs{rate: 0.002}}))
	defer r.Close()
	first, last := r.Validations[0].NLL, r.Validations[4].NLL
	fmt.Println("a smaller negative log-likelihood:", last < first)
	// Output: a smaller negative log-likelihood: true
}

// decay divides the rate by the root of the number of validations.
type decay struct{ Validations int }

func (d *decay) Factor(int64) float64 { return 1 / math.Sqrt(float64(d.Validations+1)) }
func (d *decay) Validated(bool)       { d.Validations++ }

// A schedule of one's own is a value; its exported fields are saved and restored.
func ExampleSchedule() {
	ctx := context.Background()
	b := must.M1(backend.Open(ctx, "go", backend.Options{}))
	defer b.Close()
	d, splits := pairs()
	rate := 0.0
	r := must.M1(train.Fit(ctx, b, d, splits, train.Options{MaxEpochs: 4,
		Optimizer: &train.SGD{LearningRate: 0.01},
		Schedule:  train.ScheduleOptions{Own: &decay{}},
		Hooks: []train.Hook{func(_ context.Context, _ *train.Trainer, e train.Event) error {
			if steps, ok := e.(train.Steps); ok {
				rate = steps[len(steps)-1].LearningRate
			}
			return nil
		}}}))
	defer r.Close()
	fmt.Println(rate)
	// Output: 0.005
}

// enough stops at a negative log-likelihood.
type enough float64

func (n enough) Stop(at train.Progress) bool { return float64(at.Best) < float64(n) }

// A stopping rule of one's own is a value, too.
func ExampleStoppingRule() {
	ctx := context.Background()
	b := must.M1(backend.Open(ctx, "go", backend.Options{}))
	defer b.Close()
	d, splits := pairs()
	r := must.M1(train.Fit(ctx, b, d, splits, train.Options{MaxEpochs: 100, Stop: enough(2.9),
		Optimizer: &train.Adam{LearningRate: 0.01}}))
	defer r.Close()
	last := r.Validations[len(r.Validations)-1]
	fmt.Println(last.NLL < 2.9, last.Epoch < 100, r.Ended)
	// Output: true true <nil>
}
