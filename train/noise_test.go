package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// drift has the objective −½·Σ (w − ε)² + β·Σ w, of noise ε alone: plain descent
// with the rate 1 goes to the mean of the noise plus β in every step, which so
// tells what it was given.
type drift struct{ dim int }

func (d drift) Dim() int      { return d.dim }
func (drift) ContextDim() int { return 0 }
func (d drift) NoiseDim() int { return d.dim }
func (d drift) Specs() []models.Spec {
	return []models.Spec{{Name: "w", Shape: []int{1, d.dim}}}
}

func (drift) Support(int) models.Support { return models.Reals() }
func (drift) Stages() []models.Stage     { return nil }

// Objective is that of models which are fitted without data.
func (drift) Objective() models.Objective { return models.Objective{Kind: models.Divergence} }

func (d drift) Value(p models.Params, b models.Batch) *Node {
	w := p.Get("w")
	pull := MulScalar(ReduceSum(Square(Sub(w, b.Noise)), -1), -0.5)
	return Add(pull, Mul(ReduceAllSum(w), b.Beta))
}

// Bound is as far from the noise as the weights are.
func (d drift) Bound(p models.Params, _, _, noise *Node) *Node {
	return Neg(ReduceSum(Square(Sub(p.Get("w"), noise)), -1))
}

// Each step gets standard normal noise of its own, which follows from the seed
// and its number alone, and the β of its number.
func TestNoiseAndAnnealingOfAStep(t *testing.T) {
	const dim, batch, last = 3, 5, 13
	anneal := AnnealOptions{From: 0.25, Steps: 6}
	wantBeta := func(step int) float64 { return math.Min(1, 0.25+0.75*float64(step-1)/6) }
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		o := Options{Seed: 7, Batch: batch, MaxSteps: last, LookAhead: -1, Anneal: anneal, Optimizer: &SGD{LearningRate: 1}}
		fresh := newTrainer(t, b, drift{dim}, points(20, 4, dim), o)
		for steps := 1; steps <= last; steps += 3 {
			tr := newTrainer(t, b, drift{dim}, points(20, 4, dim), o)
			tr.o.MaxSteps = steps
			if steps == last {
				chunked(t, tr, longest(b, 4))
			}
			toEnd(t, tr)
			w := tensor(t, stateOf(t, tr), "params/w")
			noise := fresh.next(int64(steps), 0).Noise
			for d := range dim {
				want := wantBeta(steps)
				for i := range batch {
					want += float64(noise[i*dim+d]) / batch
				}
				if !near(float64(w[d]), want, 1e-5) {
					t.Errorf("after step %d weight %d is %v, want %v", steps, d, w[d], want)
				}
			}
		}
	})
}

// The noise of two steps, and of two seeds, is not the same; all of it is
// standard normal.
func TestNoiseIsDrawnAnew(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	trainer := func(seed uint64) *Trainer {
		return newTrainer(t, b, drift{11}, points(100, 4, 11), Options{Seed: seed, Batch: 100, MaxSteps: 1})
	}
	one, other := trainer(1), trainer(2)
	if slices.Equal(one.next(1, 0).Noise, other.next(1, 0).Noise) {
		t.Error("two seeds draw the same noise")
	}
	seen := map[float32]bool{}
	mean, square, n := 0.0, 0.0, 0.0
	for step := int64(1); step <= 20; step++ {
		for _, v := range one.next(step, 0).Noise {
			seen[v] = true
			mean, square, n = mean+float64(v), square+float64(v)*float64(v), n+1
		}
	}
	if len(seen) < 21_000 { // a few of 22 000 float32 numbers meet by chance
		t.Errorf("only %d of %v numbers are different", len(seen), n)
	}
	if mean, variance := mean/n, square/n; math.Abs(mean) > 5/math.Sqrt(n) || math.Abs(variance-1) > 5*math.Sqrt(2/n) {
		t.Errorf("mean %v and mean square %v of %v numbers", mean, variance, n)
	}
}

func TestBetaWithoutAnnealing(t *testing.T) {
	for _, o := range []AnnealOptions{{}, {From: 0.5}} {
		for _, step := range []int64{1, 2, 1000} {
			if got := o.beta(step); got != 1 {
				t.Errorf("%+v: β is %v at step %d, want 1", o, got, step)
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		o := AnnealOptions{From: rng.Float64(), Steps: 1 + rng.IntN(100)}
		if first, end := o.beta(1), o.beta(int64(o.Steps)+1); first != o.From || end != 1 {
			t.Errorf("%+v goes from %v to %v", o, first, end)
		}
	}
}
