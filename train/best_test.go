package train

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// overshoot has its minimum at 1 on the training rows, at 0.6 on the validation
// rows and at 1 on the test rows. Plain descent with the rate 1/4 goes through
// 1 − (3/4)ⁿ after n epochs of one step: 0.25, 0.44, 0.58, 0.68, 0.76, … So the
// third epoch is the best on validation rows, while training and test rows like
// each later one better.
func overshoot() (*data.Splits, Options) {
	at := func(name string, v float32) *data.Prepared { return reals(name, []float32{v, 0}, []float32{v, 0}) }
	return realSplits(at("train", 1), at("valid", 0.6), at("test", 1)), Options{Batch: 2, EvalBatch: 2, LookAhead: 4, MaxEpochs: 50,
		Optimizer: &SGD{LearningRate: 0.25}}
}

// afterThree is the first weight after three epochs of overshoot.
const afterThree = 1 - 0.75*0.75*0.75

func TestTheBestEpochIsTheBestOnValidationRows(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		splits, o := overshoot()
		j := &journal{}
		o.Hooks = []Hook{Records(j.record)}
		weights := map[int]float32{}
		o.Hooks = append([]Hook{between(func(tr *Trainer) (bool, error) {
			weights[tr.p.Epoch] = tensor(t, stateOf(t, tr), "params/left")[0]
			return false, nil
		})}, o.Hooks...)
		tr := newTrainer(t, b, point(), splits, o)
		toEnd(t, tr)

		const bestEpoch = 3
		if nll, epoch := float64(tr.p.Best), tr.p.BestEpoch; epoch != bestEpoch || !near(nll, square(afterThree-0.6)/2, 1e-5) {
			t.Errorf("best %v in epoch %d, want epoch %d", nll, epoch, bestEpoch)
		}
		// The look-ahead counts epochs without a better one exactly.
		if tr.p.Epoch != bestEpoch+o.LookAhead {
			t.Errorf("training ended after epoch %d, want %d", tr.p.Epoch, bestEpoch+o.LookAhead)
		}
		w, err := tr.BestWeights()
		if err != nil {
			t.Fatal(err)
		}
		if w[0][0] != weights[bestEpoch] || !near(float64(w[0][0]), afterThree, 1e-6) {
			t.Errorf("the best weight is %v, want that after epoch %d, %v", w[0][0], bestEpoch, weights[bestEpoch])
		}
		best, err := tr.BestState()
		if err != nil {
			t.Fatal(err)
		}
		if v := tensor(t, best, "params/left")[0]; v != w[0][0] || best.Step != bestEpoch {
			t.Errorf("the best state has the weight %v of step %d, want %v of step %d", v, best.Step, w[0][0], bestEpoch)
		}
		for i, v := range recordsOf[runlog.Valid](j) {
			want := square(1-math.Pow(0.75, float64(i+1))-0.6) / 2
			if v.Epoch != i+1 || v.Step != int64(i+1) || v.Best != (i < bestEpoch) || !near(float64(v.NLL), want, 1e-5) || v.NLL2SE != 0 {
				t.Errorf("validation %d: %+v, want the likelihood %v", i+1, v, want)
			}
		}
	})
}

func square(v float64) float64 { return v * v }

// Equal is not better.
func TestLookAheadFromAConstantLikelihood(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for _, lookAhead := range []int{1, 3} {
		still := reals("still", []float32{0, 0}, []float32{0, 0})
		tr := newTrainer(t, b, point(), realSplits(still, still, nil), Options{LookAhead: lookAhead, MaxEpochs: 50})
		toEnd(t, tr)
		if epoch := tr.p.BestEpoch; epoch != 1 || tr.p.Epoch != 1+lookAhead {
			t.Errorf("best epoch %d of %d, want 1 of %d", epoch, tr.p.Epoch, 1+lookAhead)
		}
	}
	still := reals("still", []float32{0, 0}, []float32{0, 0})
	tr := newTrainer(t, b, point(), realSplits(still, still, nil), Options{MaxEpochs: 50})
	toEnd(t, tr)
	if tr.p.Epoch != 31 {
		t.Errorf("unless told, training ends after epoch %d, want 31", tr.p.Epoch)
	}
}

// The moving average of the weights is what is validated, tested and saved.
func TestTheMovingAverageIsValidated(t *testing.T) {
	const decay, rate = 0.5, 0.25
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		splits, o := overshoot()
		j := &journal{}
		o.Hooks, o.EMA, o.MaxEpochs = []Hook{Records(j.record)}, decay, 3
		tr := newTrainer(t, b, point(), splits, o)
		toEnd(t, tr)
		w, average := 0.0, 0.0
		for i, v := range recordsOf[runlog.Valid](j) {
			w += rate * (1 - w)
			average = decay*average + (1-decay)*w
			if want := square(average-0.6) / 2; !near(float64(v.NLL), want, 1e-5) {
				t.Errorf("validation %d: %v, want %v", i+1, v.NLL, want)
			}
		}
		best, err := tr.BestWeights()
		if err != nil {
			t.Fatal(err)
		}
		if !near(float64(best[0][0]), average, 1e-6) {
			t.Errorf("the best weight is %v, want the average %v", best[0][0], average)
		}
	})
}

// fog is a bowl whose log-density is NaN on rows with a second value of 9 while
// its first weight is beyond a limit.
type fog struct {
	bowl
	limit float32
	above bool
}

func (f fog) LogProb(p models.Params, x, context *Node) *Node {
	v := f.bowl.LogProb(p, x, context)
	w := Reshape(p.Get("left"), 1, 1)
	beyond := GreaterThan(w, Const(x.Graph(), [][]float32{{f.limit}}))
	if !f.above {
		beyond = Not(beyond)
	}
	second := Slice(x, AxisRange(), AxisRange(1, 2))
	hidden := And(Equal(second, Const(x.Graph(), [][]float32{{9}})), BroadcastToDims(beyond, second.Shape().Dimensions...))
	return Where(Reshape(hidden, -1), Const(x.Graph(), float32(math.NaN())), v)
}

// Validations are compared by the rows without a likelihood, then by the mean over the
// others; look-ahead follows. One without any mean is never the best.
func TestRowsWithoutALikelihoodOrderEpochs(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		splits, o := overshoot()
		for _, tt := range []struct {
			name              string
			limit             float32
			above             bool
			bestEpoch, epochs int
			lost              int
			second            float32 // value of the other validation row
		}{
			{"from the third on", 0.5, true, 2, 6, 4, 0},
			{"up to the third", 0.6, false, 4, 8, 3, 0},
			{"always", -1, true, 3, 7, 7, 0},
			{"always, and all rows", -1, true, 0, 4, 4, 9},
		} {
			splits.Valid = reals("valid", []float32{0.6, 9}, []float32{0.6, tt.second})
			j := &journal{}
			o.Hooks = []Hook{Records(j.record)}
			tr := newTrainer(t, b, fog{point(), tt.limit, tt.above}, splits, o)
			toEnd(t, tr)
			nll, epoch := float64(tr.p.Best), tr.p.BestEpoch
			if epoch != tt.bestEpoch || math.IsNaN(nll) != (tt.bestEpoch == 0) || tr.p.Epoch != tt.epochs {
				t.Errorf("%s: best %v in epoch %d of %d, want epoch %d of %d", tt.name, nll, epoch, tr.p.Epoch, tt.bestEpoch, tt.epochs)
			}
			valid, lost := recordsOf[runlog.Valid](j), 0
			for _, v := range valid {
				if bad := math.IsInf(float64(v.NLL), 1); bad != (v.BadRows > 0) {
					t.Errorf("%s: %+v", tt.name, v)
				} else if bad {
					lost++
				}
				if v.BadRows == 1 && !finite(float64(v.Others)) || v.BadRows == 2 && (v.Best || finite(float64(v.Others))) {
					t.Errorf("%s: %+v", tt.name, v)
				}
			}
			if len(valid) != tt.epochs || lost != tt.lost {
				t.Errorf("%s: %d of %d validations are recorded as infinite, want %d of %d", tt.name, lost, len(valid), tt.lost, tt.epochs)
			}
			w, err := tr.BestWeights()
			if err != nil {
				t.Fatal(err)
			}
			want := 1 - math.Pow(0.75, float64(tt.bestEpoch))
			if tt.bestEpoch == 0 { // there is no best: the present weights
				want = 1 - math.Pow(0.75, float64(tr.p.Epoch))
			}
			if !near(float64(w[0][0]), want, 1e-6) {
				t.Errorf("%s: the best weight is %v, want %v", tt.name, w[0][0], want)
			}
		}
	})
}

func TestFitReturnsTheBest(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		splits, o := overshoot()
		m, err := Fit(t.Context(), b, point(), splits, o)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		w := float64(afterThree)
		e, err := m.EvaluateOf(t.Context(), splits.Test, maskflow.EvalOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if want := square(w-1) / 2; !near(e.NLL, want, 1e-5) || e.Orders != 1 {
			t.Errorf("test likelihood %v, want %v of the best weights", e.NLL, want)
		}
	})
}

func TestFitThatIsCutShort(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	splits, o := overshoot()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if m, err := Fit(ctx, b, point(), splits, Options{Batch: -2}); m != nil || err == nil {
		t.Errorf("model %v, error %v for wrong options", m, err)
	}
	o.Hooks = append([]Hook{between(func(tr *Trainer) (bool, error) {
		if tr.p.Epoch == 5 {
			cancel()
		}
		return false, nil
	})}, o.Hooks...)
	m, err := Fit(ctx, b, point(), splits, o)
	if err != nil || !errors.Is(m.Ended, context.Canceled) {
		t.Fatalf("result %v, error %v, want the best so far, ended by %v", m, err, context.Canceled)
	}
	defer m.Close()
	if v := m.Validations; len(v) != 5 || v[2].Epoch != 3 || !v[2].Best || v[4].Best || len(m.Losses) != 6 {
		t.Errorf("the history has %d losses and the validations %+v", len(m.Losses), v)
	}
	if w := float64(m.Weights()[0][0]); !near(w, afterThree, 1e-6) {
		t.Errorf("the weight is %v, want that of the third epoch", w)
	}
	if m, err := Fit(ctx, b, point(), splits, o); !errors.Is(err, context.Canceled) || m != nil {
		t.Errorf("model %v, error %v, want none and %v", m, err, context.Canceled)
	}
	bad := realSplits(reals("train", []float32{math.MaxFloat32, 0}, []float32{0, 0}), splits.Valid, nil)
	var diverged *DivergedError
	if m, err := Fit(t.Context(), b, point(), bad, Options{MaxSteps: 1}); !errors.As(err, &diverged) || m != nil {
		t.Errorf("model %v, error %v, want none and a divergence", m, err)
	}
}

// Validation is the mean over rows, whatever the batches of the evaluation.
func TestValidationOfPaddedBatches(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	valid := reals("valid", []float32{0, 0}, []float32{1, 0}, []float32{2, 0}, []float32{3, 0}, []float32{4, 0})
	train := reals("train", []float32{0, 0}, []float32{0, 0})
	var got []float64
	for _, batch := range []int{1, 2, 3, 5, 7} {
		j := &journal{}
		tr := newTrainer(t, b, point(), realSplits(train, valid, nil), Options{MaxSteps: 1, EvalBatch: batch, Hooks: []Hook{Records(j.record)}})
		toEnd(t, tr)
		v := recordsOf[runlog.Valid](j)[0]
		got = append(got, float64(v.NLL))
		// Rows score 0, ½, 2, 4½ and 8: mean 3, variance of the mean 10.875/5.
		if want := 2 * math.Sqrt(10.875/5); !near(float64(v.NLL2SE), want, 1e-6) {
			t.Errorf("batch %d: twice the standard error is %v, want %v", batch, v.NLL2SE, want)
		}
	}
	if !slices.Equal(got, []float64{3, 3, 3, 3, 3}) {
		t.Errorf("likelihoods %v, want 3", got)
	}
}
