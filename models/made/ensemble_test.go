package made

import (
	"math"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// oneWeightTwoOrders is a model of two variables without hidden units whose
// logits are (0, 4·x₁) in the first set's order and (4·x₂, 0) in the second's,
// by the same weights. An ensemble that averages logits instead of
// probabilities is not a density on it.
func oneWeightTwoOrders(t testing.TB) (*Model, models.Weights, [2]*masks.Set) {
	t.Helper()
	m := mustNew(t, Options{Dim: 2, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	w := models.Weights{
		{0, 4, 4, 0}, // output.weights [from, to]
		{0, 0},       // output.bias
	}
	var both [2]*masks.Set
	for i, order := range []masks.Order{masks.Natural(2), masks.Reversed(2)} {
		set, err := masks.NewSet(order, nil, false, false)
		if err != nil {
			t.Fatal(err)
		}
		both[i] = set
	}
	return m, w, both
}

func TestEnsembleAveragesProbabilities(t *testing.T) {
	m, w, both := oneWeightTwoOrders(t)
	x := states(2)
	sigma := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		c := compile(t, b, m, 4)
		first, second := c.run(t, w, both[0], batch{x: x}), c.run(t, w, both[1], batch{x: x})
		mixture, averaged := 0.0, 0.0
		for i := range 4 {
			x1, x2 := float64(x[2*i]), float64(x[2*i+1])
			if first.conditionals[2*i] != 0 || first.conditionals[2*i+1] != float32(4*x1) || second.conditionals[2*i] != float32(4*x2) || second.conditionals[2*i+1] != 0 {
				t.Fatalf("the logits of (%v, %v) are %v and %v", x1, x2, first.conditionals[2*i:2*i+2], second.conditionals[2*i:2*i+2])
			}
			mixture += (math.Exp(float64(first.logp[i])) + math.Exp(float64(second.logp[i]))) / 2
			p := 1.0
			for d := range 2 {
				sign := float64(2*x[2*i+d] - 1)
				p *= sigma(sign * float64(first.conditionals[2*i+d]+second.conditionals[2*i+d]) / 2)
			}
			averaged += p
		}
		if math.Abs(mixture-1) > 1e-6 {
			t.Errorf("the mixture of the orders sums to %v", mixture)
		}
		// What the mixture must not be: ¼ + 2·½·σ(−2) + σ(2)².
		if want := 0.25 + sigma(-2) + sigma(2)*sigma(2); math.Abs(want-1.1450064) > 1e-7 || math.Abs(averaged-want) > 1e-6 {
			t.Errorf("averaged logits sum to %v, want %v", averaged, want)
		}
	})
}
