package nade_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/train"
)

// A model of one column given the others: it is evaluated by the conditional likelihood of that column, here ln 2 in the half
// of the rows in which the others leave it open.
func Example_targets() {
	ctx := context.Background()
	rng, values := rand.New(rand.NewPCG(1, 2)), []float64(nil)
	for range 2000 {
		seen, left := rng.IntN(2), rng.IntN(2)
		values = append(values, float64(seen), float64(left), float64(seen*left))
	}
	rows := must.M1(data.FromFlat(values, 3, "seen", "left", "signal"))
	c := must.M1(train.SourceConfig(data.InMemory, []string{"model={type: nade, targets: [left], hidden: [16]}",
		"train.max_steps=600"}))
	b := must.M1(backend.Open(ctx, "go", backend.Options{}))
	defer b.Close()
	m, splits, err := train.FitTable(ctx, b, rows, c)
	must.M(err)
	defer m.Close()

	e := must.M1(m.EvaluateOf(ctx, splits.Test, maskflow.EvalOptions{}))
	fmt.Printf("%v given the others: about %.1f nats a row\n", e.Targets, e.NLL)
	some := must.M1(data.FromFlat([]float64{1, 1, 0, 0}, 2, "seen", "signal"))
	for i, p := range must.M1(m.Conditional(ctx, some, "left")) {
		fmt.Printf("seen %v, signal %v: P(left) = %.1f\n", some.At(i, 0), some.At(i, 1), math.Exp(p.LogProb(1)))
	}
	_, err = m.LogProb(ctx, rows)
	fmt.Println("it has no likelihood of rows:", err != nil)
	// Output:
	// [left] given the others: about 0.3 nats a row
	// seen 1, signal 1: P(left) = 1.0
	// seen 0, signal 0: P(left) = 0.5
	// it has no likelihood of rows: true
}

// A table of three bits, of which the third is 1 where the first two differ: the network is asked for the third
// given the others, for the first given the third alone, and for rows that are completed.
func Example() {
	ctx := context.Background()
	rng, values := rand.New(rand.NewPCG(1, 2)), []float64(nil)
	for range 2000 {
		a, b := rng.IntN(2), rng.IntN(2)
		values = append(values, float64(a), float64(b), float64(a^b))
	}
	rows := must.M1(data.FromFlat(values, 3, "left", "right", "differ"))
	c := must.M1(train.SourceConfig(data.InMemory, []string{"model={type: nade, hidden: [32]}",
		"train.max_steps=1000"}))
	b := must.M1(backend.Open(ctx, "go", backend.Options{}))
	defer b.Close()
	m, _, err := train.FitTable(ctx, b, rows, c)
	must.M(err)
	defer m.Close()

	some := must.M1(data.FromFlat([]float64{1, 0, 1, 1}, 2, "left", "right"))
	for i, p := range must.M1(m.Conditional(ctx, some, "differ")) {
		fmt.Printf("left %v, right %v: P(differ) = %.1f\n", some.At(i, 0), some.At(i, 1), math.Exp(p.LogProb(1)))
	}
	differ := must.M1(data.FromFlat([]float64{1}, 1, "differ"))
	fmt.Printf("they differ: P(left) = %.1f\n", math.Exp(must.M1(m.Conditional(ctx, differ, "left"))[0].LogProb(1)))
	drawn := must.M1(m.Sample(ctx, 500, maskflow.SampleOptions{Seed: 1, Given: differ}))
	different := 0
	for i := range drawn.Rows() {
		if drawn.At(i, 0) != drawn.At(i, 1) {
			different++
		}
	}
	fmt.Println("of rows that are drawn so, nearly all do:", different > 480)
	// Output:
	// left 1, right 0: P(differ) = 1.0
	// left 1, right 1: P(differ) = 0.0
	// they differ: P(left) = 0.5
	// of rows that are drawn so, nearly all do: true
}
