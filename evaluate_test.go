package maskflow_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/modeltest"
)

// bothOrders is a MADE of two variables without hidden units whose two mask sets
// are the two orders: logits (0, 4·x₁) and (4·x₂, 0).
func bothOrders(t *testing.T) (*made.Model, models.Weights) {
	t.Helper()
	for seed := range uint64(100) {
		m := newMADE(t, made.Options{Dim: 2, Masks: 2, Resample: masks.ResampleOrder, Seed: seed, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
		if !slices.Equal(m.Cycle().At(0).Order, m.Cycle().At(1).Order) {
			return m, models.Weights{{0, 4, 4, 0}, {0, 0}}
		}
	}
	t.Fatal("no seed gives two orders")
	return nil, nil
}

// The mean of two densities is a density. With the mean of their logits, which
// is what some published code evaluates, the "probabilities" of this example sum
// to ¼ + σ(−2) + σ(2)² = 1.145, and with the mean of their log-likelihoods to
// less than one.
func TestTheEnsembleIsADensity(t *testing.T) {
	m, w := bothOrders(t)
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	want := []float64{ // of 00, 10, 01, 11
		0.25, (0.25 + sigmoid(-4)/2) / 2, (0.25 + sigmoid(-4)/2) / 2, sigmoid(4) / 2,
	}
	wrong := 0.25 + sigmoid(-2) + square(sigmoid(2))
	if math.Abs(wrong-1.1450064) > 1e-7 {
		t.Fatalf("averaged logits sum to %v", wrong)
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		model := newModel(t, b, m, w, maskflow.Options{Batch: 4})
		logp, err := model.Core.LogProb(t.Context(), states(2), nil)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for i, l := range logp {
			sum += math.Exp(l)
			if !near(math.Exp(l), want[i], 1e-6) {
				t.Errorf("state %d has probability %v, want %v", i, math.Exp(l), want[i])
			}
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("the probabilities sum to %v", sum)
		}
	})
}

func square(v float64) float64 { return v * v }

// Evaluate against the formulas, from the log-likelihoods of the single orders
// and sums without any care for overflow.
func TestEvaluateAgainstTheFormulas(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, tt := range []struct {
			name  string
			model made.Options
			rows  int
			batch int
		}{
			{"five orders", made.Options{Dim: 7, Hidden: []int{11}, Degrees: masks.SampledDegrees, Masks: 5, ContextDim: 3, Start: "natural"}, 53, 8},
			{"one order", made.Options{Dim: 7, Hidden: []int{11}, Degrees: "sequential", Start: "natural"}, 53, 53},
			{"unlimited", made.Options{Dim: 7, Hidden: []int{11}, Degrees: masks.SampledDegrees, Masks: masks.Unlimited, Start: "natural"}, 53, 100},
		} {
			if b.Kind != backend.KindGo && tt.model.ContextDim == 0 {
				continue // compiling takes XLA long
			}
			t.Run(tt.name, func(t *testing.T) {
				d := newMADE(t, tt.model)
				m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{Batch: tt.batch, EvalSets: 4})
				set := randomSet(3, tt.rows, 7, tt.model.ContextDim)
				e, err := m.EvaluateOf(t.Context(), set, maskflow.EvalOptions{})
				if err != nil {
					t.Fatal(err)
				}
				checkEvaluation(t, e, single(t, m, set, m.Sets(0)), 7)
				if k := d.Cycle().Len(); k > 1 {
					checkPermutation(t, m, set, e)
				}
			})
		}
	})
}

// single returns the log-likelihoods of the rows under each set by itself.
func single(t *testing.T, m *maskflow.Model, s *data.Prepared, sets []*masks.Set) [][]float64 {
	t.Helper()
	var perSet [][]float64
	for _, set := range sets {
		logp, err := m.Core.LogProbSets(t.Context(), s.X, s.Context, []*masks.Set{set})
		if err != nil {
			t.Fatal(err)
		}
		perSet = append(perSet, logp)
	}
	return perSet
}

func checkEvaluation(t *testing.T, e maskflow.Evaluation, perSet [][]float64, dim int) {
	t.Helper()
	k, n := float64(len(perSet)), float64(len(perSet[0]))
	var joint, gain []float64
	ess, orderMean := 0.0, 0.0
	for i := range perSet[0] {
		sum, squares, mean := 0.0, 0.0, 0.0
		for _, logp := range perSet {
			p := math.Exp(logp[i])
			sum, squares, mean = sum+p, squares+p*p, mean+logp[i]/k
		}
		joint, gain = append(joint, math.Log(sum/k)), append(gain, math.Log(sum/k)-mean)
		ess += sum * sum / squares / n
		orderMean -= mean / n
	}
	meanJoint, seJoint := meanAndError(joint)
	meanGain, seGain := meanAndError(gain)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"nll", e.NLL, -meanJoint}, {"nll_2se", e.NLL2SE, 2 * seJoint}, {"nll_order_mean", e.OrderMean, orderMean},
		{"gain", e.Gain, meanGain}, {"gain_2se", e.Gain2SE, 2 * seGain}, {"ess", e.ESS, ess},
		{"rows", float64(e.Rows), n}, {"dim", float64(e.Dim), float64(dim)}, {"orders", float64(e.Orders), k},
		{"gain from the others", e.Gain, e.OrderMean - e.NLL},
	} {
		if !near(c.got, c.want, 1e-9) {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	if len(e.PerOrder) != len(perSet) {
		t.Fatalf("%d likelihoods of orders, want %d", len(e.PerOrder), len(perSet))
	}
	for i, logp := range perSet {
		if mean, _ := meanAndError(logp); !near(e.PerOrder[i], -mean, 1e-9) {
			t.Errorf("order %d scores %v, want %v", i+1, e.PerOrder[i], -mean)
		}
	}
}

func meanAndError(v []float64) (mean, standardError float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	variance := 0.0
	for _, x := range v {
		variance += square(x-mean) / float64(len(v)-1)
	}
	return mean, math.Sqrt(variance / float64(len(v)))
}

// Another sequence of the orders changes nothing; the first n of them are an
// ensemble of their own, and one is the plain density.
func checkPermutation(t *testing.T, m *maskflow.Model, set *data.Prepared, all maskflow.Evaluation) {
	t.Helper()
	sets := m.Sets(0)
	forward, err := m.Core.LogProbSets(t.Context(), set.X, set.Context, sets)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(sets)
	backward, err := m.Core.LogProbSets(t.Context(), set.X, set.Context, sets)
	if err != nil {
		t.Fatal(err)
	}
	for i := range forward {
		if !near(forward[i], backward[i], 1e-14) {
			t.Errorf("row %d: %v, and %v with the orders reversed", i, forward[i], backward[i])
		}
	}
	for n := 1; n <= len(sets); n++ {
		e, err := m.EvaluateOf(t.Context(), set, maskflow.EvalOptions{Orders: n})
		if err != nil {
			t.Fatal(err)
		}
		if e.Orders != n || !slices.Equal(e.PerOrder, all.PerOrder[:n]) {
			t.Errorf("the first %d orders score %v, want %v", n, e.PerOrder, all.PerOrder[:n])
		}
		if n == 1 && (!near(e.NLL, e.PerOrder[0], 1e-12) || math.Abs(e.Gain) > 1e-12 || !near(e.ESS, 1, 1e-12)) {
			t.Errorf("one order: %+v", e)
		}
	}
	if e, err := m.EvaluateOf(t.Context(), set, maskflow.EvalOptions{Orders: 1000}); err != nil || e.Orders != len(sets) {
		t.Errorf("%d of 1000 orders (%v), the model has %d", e.Orders, err, len(sets))
	}
}

// The rows of padding in the last batch count nowhere: every size of a batch
// gives the same figures.
func TestEvaluateInBatches(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Degrees: masks.SampledDegrees, Masks: 2, ContextDim: 2, Start: "natural"})
	w := modeltest.Strong(d, 4)
	for _, rows := range []int{1, 2, 13} {
		set := randomSet(5, rows, 5, 2)
		var first maskflow.Evaluation
		for _, batch := range []int{1, 2, 3, 13, 20, 0} {
			m := newModel(t, b, d, w, maskflow.Options{Batch: batch})
			e, err := m.EvaluateOf(t.Context(), set, maskflow.EvalOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if first.Rows == 0 {
				first = e
			}
			if !near(e.NLL, first.NLL, 1e-6) || rows > 1 && !near(e.NLL2SE, first.NLL2SE, 1e-6) || !near(e.ESS, first.ESS, 1e-6) || e.Rows != rows {
				t.Errorf("%d rows in batches of %d: %+v, want %+v", rows, batch, e, first)
			}
			if rows == 1 && (!math.IsNaN(e.NLL2SE) || !math.IsNaN(e.Gain2SE)) {
				t.Errorf("one row has the standard errors %v and %v", e.NLL2SE, e.Gain2SE)
			}
		}
	}
}

// Rows as unlikely as images are in nats: e^−800 is no float64.
func TestEvaluateUnlikelyRows(t *testing.T) {
	const dim, logit = 8, 100
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: dim, Masks: 3, Resample: masks.ResampleOrder, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	w := models.Weights{make([]float32, dim*dim), repeat([]float32{logit}, dim)}
	m := newModel(t, b, d, w, maskflow.Options{Batch: 2})
	zeros := &data.Prepared{Name: "zeros", Rows: 3, Dim: dim, X: make([]float32, 3*dim)}
	e, err := m.EvaluateOf(t.Context(), zeros, maskflow.EvalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if e.NLL != dim*logit || e.OrderMean != dim*logit || e.Gain != 0 || e.ESS != 3 {
		t.Errorf("%+v, want %d nats under each of three orders", e, dim*logit)
	}
}

func TestEvaluationTellsItsProgress(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, Masks: 3, Hidden: []int{7}})
	m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{Batch: 2})
	var seen []int
	if _, err := m.EvaluateOf(t.Context(), randomSet(1, 7, 5, 0), maskflow.EvalOptions{Progress: func(rows int) { seen = append(seen, rows) }}); err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 6}; !slices.Equal(seen, want) {
		t.Errorf("rows %v are done, want %v", seen, want)
	}
}

func TestEvaluateRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, ContextDim: 2, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{})
	_, err := m.EvaluateOf(t.Context(), &data.Prepared{Name: "nothing", Dim: 5, ContextDim: 2}, maskflow.EvalOptions{})
	refuses(t, "no rows", err, "nothing has no rows to evaluate")
	_, err = m.EvaluateOf(t.Context(), &data.Prepared{Name: "ragged", Rows: 1, Dim: 5, X: make([]float32, 7)}, maskflow.EvalOptions{})
	refuses(t, "ragged rows", err, "ragged: 7 values")
	_, err = m.EvaluateOf(t.Context(), &data.Prepared{Name: "short", Rows: 3, Dim: 5, X: make([]float32, 10), Context: make([]float32, 4)}, maskflow.EvalOptions{})
	refuses(t, "fewer rows than announced", err, "short: 10 values")
	v := tinyVAE(5, 1)
	_, err = newModel(t, b, v, modeltest.Strong(v, 1), maskflow.Options{}).EvaluateOf(t.Context(), &data.Prepared{Name: "points", Rows: 3}, maskflow.EvalOptions{})
	refuses(t, "points for a VAE", err, "points: 0 rows of 5 variables, but 3 were announced")
	_, err = m.EvaluateOf(t.Context(), randomSet(1, 3, 5, 0), maskflow.EvalOptions{})
	refuses(t, "no context", err, "3 rows need a context of 2 values each, 6 in all, but 0 were given")
}

// What is not known is summed out by the orders that have it last; where none has, the error
// names its place.
func TestWhatIsNotKnownIsSummedOut(t *testing.T) {
	m, w := bothOrders(t)
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		model := newModel(t, b, m, w, maskflow.Options{Batch: 4})
		logp, err := model.Core.LogProb(t.Context(), []float32{models.NotKnown, 1, 1, models.NotKnown, models.NotKnown, models.NotKnown}, nil)
		if err != nil {
			t.Fatal(err)
		}
		// The first variable of an order has probability ½ in both.
		if want := []float64{math.Log(0.5), math.Log(0.5), 0}; !slices.EqualFunc(logp, want, func(a, b float64) bool { return near(a, b, 1e-6) }) {
			t.Errorf("ln p %v, want %v", logp, want)
		}
		alone := m.Cycle().At(0)
		first := slices.Index(alone.Order, 1)
		row := []float32{1, 1}
		row[first] = models.NotKnown
		var lost *exec.NotKnownError
		_, err = model.Core.LogProbSets(t.Context(), append([]float32{0, 0}, row...), nil, []*masks.Set{alone})
		if !errors.As(err, &lost) || lost.Row != 1 || lost.Variable != first || lost.Orders != 1 {
			t.Errorf("a variable before another that is not known: %v", err)
		}
	})
}
