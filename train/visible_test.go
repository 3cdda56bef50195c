package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/nade"
)

// A 0 that is seen is not an input that is not: x₃ is x₁ and independent of x₂, which a model of
// every order learns of both, each seen without the other.
func TestAVisibleZeroIsNotAnUnseenInput(t *testing.T) {
	bits := slices.Repeat([]models.Variable{{Support: models.Bits()}}, 3)
	t.Run("made", func(t *testing.T) {
		checkVisible(t, newMADE(t, made.Options{Dim: 3, Output: "mixed", Variables: bits,
			Hidden: []int{32}, Degrees: masks.SequentialDegrees, Masks: masks.Unlimited, Resample: masks.ResampleOrder}))
	})
	t.Run("nade", func(t *testing.T) {
		m, err := nade.New(nade.Options{Dim: 3, Variables: bits, Hidden: []int{32}})
		if err != nil {
			t.Fatal(err)
		}
		checkVisible(t, m)
	})
}

func checkVisible(t *testing.T, m models.Masked) {
	b := backendtest.Open(t, backend.KindGo)
	rng := rand.New(rand.NewPCG(5, 0))
	all := func(name string, rows int) *data.Prepared {
		s := &data.Prepared{Name: name, Rows: rows, Dim: 3}
		for range rows / 4 { // each pair of x₁ and x₂ as often as the others
			for _, i := range rng.Perm(4) {
				s.X = append(s.X, float32(i%2), float32(i/2), float32(i%2))
			}
		}
		return s
	}
	tr := newTrainer(t, b, m, realSplits(all("train", 2000), all("valid", 100), nil),
		Options{Seed: 1, Batch: 100, Optimizer: &Adam{LearningRate: 0.01}, MaxSteps: 2500, LookAhead: Never})
	toEnd(t, tr)
	w, err := tr.BestWeights()
	if err != nil {
		t.Fatal(err)
	}
	of, err := maskflow.New(b, m, w, maskflow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer of.Close()
	// one is p(x₃ = 1 | x = 0) for the variable that comes first, by the order of x₃ after it.
	one := func(first int, order masks.Order) float64 {
		set, err := masks.NewSet(order, m.Cycle().At(0).Hidden, false, false)
		if err != nil {
			t.Fatal(err)
		}
		rows := &data.Prepared{Name: "rows", Rows: 4, Dim: 3}
		for i := range 4 {
			row := [3]float32{2: float32(i % 2)}
			row[1-first] = float32(i / 2)
			rows.X = append(rows.X, row[:]...)
		}
		logp, err := of.LogProbOf(t.Context(), rows, []*masks.Set{set})
		if err != nil {
			t.Fatal(err)
		}
		var sum [2]float64
		for i, l := range logp {
			sum[i%2] += math.Exp(l)
		}
		return sum[1] / (sum[0] + sum[1])
	}
	if p := one(0, masks.Order{1, 3, 2}); !(p < 0.02) {
		t.Errorf("p(x₃ = 1 | x₁ = 0) is %.4f", p)
	}
	if p := one(1, masks.Order{3, 1, 2}); !(math.Abs(p-0.5) <= 0.02) {
		t.Errorf("p(x₃ = 1 | x₂ = 0) is %.4f", p)
	}
}
