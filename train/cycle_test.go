package train

import (
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/runlog"
)

// informer is a masked density whose log-density names the mask set that the
// graph was given: the degrees as the digits of a number, so that losses and
// likelihoods tell what was trained and evaluated.
type informer struct{ *made.Model }

const digit = 7 // above every degree; eight digits are exact in float32

func (i informer) LogProb(p models.Params, x, _ *Node) *Node {
	number := Const(x.Graph(), float32(0))
	for _, s := range i.DegreeSpecs() {
		degrees := ConvertDType(p.Get(s.Name), x.DType())
		for k := range s.Length {
			number = Add(Mul(number, Const(x.Graph(), float32(digit))), Reshape(Slice(degrees, AxisElem(k))))
		}
	}
	rows := Mul(ReduceSum(x, -1), Const(x.Graph(), float32(0)))
	return Neg(Add(rows, number))
}

func numberOf(s *masks.Set) float64 {
	number := 0.0
	for l := range s.Layers() {
		for _, d := range s.In(l) {
			number = digit*number + float64(d)
		}
	}
	return number
}

// What the published code of MADE got wrong: the sets that are evaluated are
// those that were trained, each of them, and step u takes set u−1 of the cycle.
func TestTheSetsThatAreTrainedAreEvaluated(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      made.Options
		onlyGo bool // compiling takes XLA long
	}{
		{"one", made.Options{Masks: 1}, true},
		{"three", made.Options{Masks: 3}, false},
		{"three orders", made.Options{Masks: 3, Resample: masks.ResampleOrder}, true},
		{"three connectivities", made.Options{Masks: 3, Resample: masks.ResampleConnectivity}, true},
		{"unlimited", made.Options{Masks: masks.Unlimited}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := tt.o
			o.Dim, o.Hidden, o.Start, o.Degrees, o.Seed = 4, []int{4}, masks.RandomOrder, masks.SampledDegrees, 5
			m := newMADE(t, o)
			backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
				if tt.onlyGo && b.Kind != backend.KindGo {
					return
				}
				const freshOrders = 4
				j := &journal{}
				// Five steps an epoch, so that epochs begin at other places of the cycle.
				tr := newTrainer(t, b, informer{m}, bitSplits(20, 2, 0, 4, 0), Options{Batch: 4, MaxEpochs: 3, LogEvery: 1, EvalBatch: 2,
					ValidOrders: freshOrders, Hooks: []Hook{Records(j.record)}, Clock: frozen})
				toEnd(t, tr)
				checkTrainedSets(t, m.Cycle(), j, freshOrders)
				testEvaluatedSets(t, b, informer{m}, tr, freshOrders)
			})
		})
	}
}

func checkTrainedSets(t *testing.T, c *masks.Cycle, j *journal, freshOrders int) {
	t.Helper()
	var trained []float64
	for _, r := range recordsOf[runlog.Train](j) {
		index := int(r.Step - 1)
		if c.Len() != masks.Unlimited {
			index %= c.Len()
		}
		if want := numberOf(c.At(index)); float64(r.Loss) != want || int(r.Mask) != index {
			t.Errorf("step %d takes the set %v, said to be %d; want %v", r.Step, r.Loss, r.Mask, want)
		}
		trained = append(trained, float64(r.Loss))
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(trained)))
	if c.Len() != masks.Unlimited && len(distinct) != c.Len() {
		t.Fatalf("%d different sets, want %d: the test needs another seed", len(distinct), c.Len())
	}
	for _, v := range recordsOf[runlog.Valid](j) {
		if c.Len() == 1 && float64(v.NLL) != trained[0] {
			t.Errorf("the set %v is evaluated, %v was trained", v.NLL, trained[0])
		}
	}
	orders := recordsOf[runlog.Orders](j)
	if want := 3; c.Len() != 1 && len(orders) != want {
		t.Fatalf("%d records of orders, want one a validation, %d", len(orders), want)
	}
	for _, r := range orders {
		evaluated := float64s(r.PerOrder)
		slices.Sort(evaluated)
		if c.Len() != masks.Unlimited {
			if !slices.Equal(evaluated, distinct) {
				t.Errorf("the sets %v are evaluated, %v were trained", evaluated, distinct)
			}
			for k, loss := range r.MaskLoss {
				if want := numberOf(c.At(k)); !near(float64(loss), want, 1e-9) {
					t.Errorf("the loss of set %d is %v, want %v", k, loss, want)
				}
			}
			continue
		}
		if slices.ContainsFunc(evaluated, func(v float64) bool { return slices.Contains(trained, v) }) {
			t.Errorf("of the fresh sets %v some were trained, %v", evaluated, trained)
		}
		if len(evaluated) != freshOrders || r.MaskLoss != nil {
			t.Errorf("%d fresh orders and the mask losses %v, want %d and none", len(evaluated), r.MaskLoss, freshOrders)
		}
		if r0 := float64s(orders[0].PerOrder); !slices.Equal(float64s(r.PerOrder), r0) {
			t.Errorf("another validation takes other orders: %v and %v", r.PerOrder, r0)
		}
	}
}

// testEvaluatedSets asks the trained model itself.
func testEvaluatedSets(t *testing.T, b *backend.Backend, d informer, tr *Trainer, freshOrders int) {
	t.Helper()
	w, err := tr.BestWeights()
	if err != nil {
		t.Fatal(err)
	}
	m, err := maskflow.New(b, d, w, maskflow.Options{Batch: 2, EvalSets: freshOrders})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	e, err := m.EvaluateOf(t.Context(), tr.splits.Valid, maskflow.EvalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var want []float64
	for _, s := range exec.EvaluationSets(d, nil, 0, freshOrders) {
		want = append(want, numberOf(s))
	}
	if !slices.Equal(e.PerOrder, want) {
		t.Errorf("the model evaluates %v, want %v", e.PerOrder, want)
	}
	if c := d.Cycle(); c.Len() != masks.Unlimited {
		for k := range c.Len() {
			if numberOf(c.At(k)) != e.PerOrder[k] {
				t.Errorf("order %d of the evaluation is %v, that of the training %v", k+1, e.PerOrder[k], numberOf(c.At(k)))
			}
		}
	}
}

func float64s(v []runlog.Float) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

// Every validation by several orders is told in full, and its figures agree
// with each other: the mixture of K orders scores at least their mean, at most
// the best of them, and that less ln K at worst.
func TestRecordsOfOrders(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for _, o := range []made.Options{{Masks: 5}, {Masks: masks.Unlimited}} {
		o.Dim, o.Hidden, o.Degrees = 7, []int{11}, masks.SampledDegrees
		j := &journal{}
		tr := newTrainer(t, b, newMADE(t, o), bitSplits(90, 31, 0, 7, 0), Options{Batch: 10, MaxEpochs: 4, LogEvery: 1, EvalBatch: 10, ValidOrders: 5, Hooks: []Hook{Records(j.record)}})
		toEnd(t, tr)
		valid, orders := recordsOf[runlog.Valid](j), recordsOf[runlog.Orders](j)
		if len(valid) != 4 || len(orders) != 4 {
			t.Fatalf("%d validations and %d records of orders, want 4 of each", len(valid), len(orders))
		}
		for i, r := range orders {
			checkOrders(t, r)
			if v := valid[i]; r.Step != v.Step || r.Split != "valid" || r.NLL != v.NLL || len(r.PerOrder) != 5 {
				t.Errorf("record %+v beside the validation %+v", r, v)
			}
		}
		if o.Masks == masks.Unlimited {
			continue
		}
		// Each mask set has a moving average of the losses of its own steps.
		average := make([]float64, 5)
		for i, r := range recordsOf[runlog.Train](j) {
			if i < 5 {
				average[r.Mask] = float64(r.Loss)
				continue
			}
			average[r.Mask] = 0.9*average[r.Mask] + 0.1*float64(r.Loss)
		}
		for k, v := range orders[3].MaskLoss {
			if !near(float64(v), average[k], 1e-9) {
				t.Errorf("the loss of set %d is %v, want %v", k, v, average[k])
			}
		}
	}
}

func checkOrders(t *testing.T, r runlog.Orders) {
	t.Helper()
	const slack = 1e-9
	per := float64s(r.PerOrder)
	mean := 0.0
	for _, v := range per {
		mean += v / float64(len(per))
	}
	nll, k := float64(r.NLL), float64(len(per))
	best := slices.Min(per)
	switch {
	case !near(float64(r.Mean), mean, slack) || float64(r.BestOrder) != best:
		t.Errorf("mean %v and best %v of %v", r.Mean, r.BestOrder, per)
	case nll > mean+slack:
		t.Errorf("the ensemble, %v, is worse than the mean of its orders, %v", nll, mean)
	case nll > best+math.Log(k)+slack:
		t.Errorf("the ensemble, %v, is worse than its best order, %v, by more than ln %v", nll, best, k)
	case !near(float64(r.Gain), mean-nll, 1e-6) || r.Gain < 0 || float64(r.Gain) > math.Log(k)+mean-best+slack:
		t.Errorf("the gain is %v, want %v", r.Gain, mean-nll)
	case r.ESS < 1-slack || float64(r.ESS) > k+slack:
		t.Errorf("the effective number of %v orders is %v", k, r.ESS)
	case !(r.Gain2SE >= 0):
		t.Errorf("twice the standard error of the gain is %v", r.Gain2SE)
	}
}
