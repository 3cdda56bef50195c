package maskflow_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/modeltest"
	"github.com/maskflow/maskflow/verify"
)

func TestLogProbOfAllStates(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	for name, o := range map[string]made.Options{
		"one order":    {Dim: 7, Hidden: []int{11}, Direct: true},
		"five orders":  {Dim: 7, Hidden: []int{11, 5}, Degrees: masks.SampledDegrees, Masks: 5, Start: masks.RandomOrder},
		"unlimited":    {Dim: 7, Hidden: []int{11}, Degrees: masks.SampledDegrees, Masks: masks.Unlimited},
		"one variable": {Dim: 1},
	} {
		d := newMADE(t, o)
		m := newModel(t, b, d, modeltest.Strong(d, 2), maskflow.Options{Batch: 50, EvalSets: 6})
		logp, err := m.Core.LogProb(t.Context(), states(o.Dim), nil)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, l := range logp {
			sum += math.Exp(l)
		}
		if len(logp) != 1<<o.Dim || math.Abs(sum-1) > 1e-5 {
			t.Errorf("%s: the probabilities of %d states sum to %v", name, len(logp), sum)
		}
		if logp, err := m.Core.LogProb(t.Context(), nil, nil); len(logp) != 0 || err != nil {
			t.Errorf("%s: no rows have the log-likelihoods %v, error %v", name, logp, err)
		}
	}
}

// A density without masks is one of its own, whatever sets are asked for.
func TestADensityWithoutMasks(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Degrees: "sequential", Start: "natural"})
	w := modeltest.Strong(d, 1)
	masked, m := newModel(t, b, d, w, maskflow.Options{}), newModel(t, b, plain{d}, w, maskflow.Options{})
	set := randomSet(1, 11, 5, 0)
	got, err := m.EvaluateOf(t.Context(), set, maskflow.EvalOptions{Orders: 3})
	if err != nil {
		t.Fatal(err)
	}
	want, err := masked.EvaluateOf(t.Context(), set, maskflow.EvalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !near(got.NLL, want.NLL, 1e-6) || got.Orders != 1 || m.Sets(3) != nil {
		t.Errorf("%+v with the sets %v, want %+v", got, m.Sets(3), want)
	}
	_, err = m.Core.Sample(t.Context(), 3, maskflow.SampleOptions{})
	refuses(t, "a density without a sampler", err, "cannot be sampled")
	_, err = verify.Model(t.Context(), m, verify.Options{})
	refuses(t, "a density without masks", err, "only masked densities")
}

func TestSetsOfAModel(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	orders := func(sets []*masks.Set) (out []masks.Order) {
		for _, s := range sets {
			out = append(out, s.Order)
		}
		return out
	}
	same := func(a, b []masks.Order) bool { return slices.EqualFunc(a, b, slices.Equal[masks.Order]) }
	fixed := newMADE(t, made.Options{Dim: 11, Masks: 4, Resample: masks.ResampleOrder, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	m := newModel(t, b, fixed, modeltest.Strong(fixed, 1), maskflow.Options{EvalSets: 9})
	var trained []masks.Order
	for k := range 4 {
		trained = append(trained, fixed.Cycle().At(k).Order)
	}
	for n, want := range map[int][]masks.Order{0: trained, 1: trained[:1], 3: trained[:3], 4: trained, 5: trained, -1: trained} {
		if got := orders(m.Sets(n)); !same(got, want) {
			t.Errorf("%d sets of four are %v, want %v", n, got, want)
		}
	}
	unlimited := newMADE(t, made.Options{Dim: 11, Masks: masks.Unlimited, Resample: masks.ResampleOrder, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	m = newModel(t, b, unlimited, modeltest.Strong(unlimited, 1), maskflow.Options{EvalSets: 9})
	all := orders(m.Sets(0))
	if len(all) != 9 || !same(orders(m.Sets(3)), all[:3]) || len(m.Sets(20)) != 20 {
		t.Errorf("unlimited sets: %d, of which three are %v", len(all), orders(m.Sets(3)))
	}
	for k := range 50 { // fresh ones, which training does not see
		if slices.ContainsFunc(all, func(o masks.Order) bool { return slices.Equal(o, unlimited.Cycle().At(k).Order) }) {
			t.Errorf("set %d of the training is evaluated", k)
		}
	}
	m = newModel(t, b, unlimited, modeltest.Strong(unlimited, 1), maskflow.Options{})
	if got := len(m.Sets(0)); got != 300 {
		t.Errorf("unless told, %d sets, want 300", got)
	}
}

// Calls from several goroutines give what they give one after the other.
func TestAModelServesSeveralGoroutines(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		d := newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Degrees: masks.SampledDegrees, Masks: 2, Start: "natural"})
		m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{Batch: 8})
		set := randomSet(1, 19, 5, 0)
		type answer struct {
			logp    []float64
			nll     float64
			samples []float32
			holds   bool
		}
		ask := func() (a answer, err error) {
			var e maskflow.Evaluation
			var r *verify.Report
			var errs [4]error
			a.logp, errs[0] = m.Core.LogProb(t.Context(), set.X, nil)
			e, errs[1] = m.EvaluateOf(t.Context(), set, maskflow.EvalOptions{})
			a.samples, errs[2] = m.Core.Sample(t.Context(), 9, maskflow.SampleOptions{Seed: 4})
			a.nll = e.NLL
			if b.Kind == backend.KindGo { // each compiles anew
				if r, errs[3] = verify.Model(t.Context(), m, verify.Options{}); r != nil {
					a.holds = r.Holds()
				}
			}
			return a, errors.Join(errs[:]...)
		}
		want, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				for range 5 {
					got, err := ask()
					if err != nil || !slices.Equal(got.logp, want.logp) || got.nll != want.nll || !slices.Equal(got.samples, want.samples) || got.holds != want.holds {
						t.Errorf("beside others %+v (%v), alone %+v", got, err, want)
					}
				}
			})
		}
		wg.Wait()
	})
}

func TestCancelledCalls(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, Masks: 2, Resample: masks.ResampleOrder, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	set := randomSet(1, 3, 5, 0)
	_, logpErr := m.Core.LogProb(ctx, set.X, nil)
	_, evalErr := m.EvaluateOf(ctx, set, maskflow.EvalOptions{})
	_, sampleErr := m.Core.Sample(ctx, 3, maskflow.SampleOptions{})
	_, verifyErr := verify.Model(ctx, m, verify.Options{})
	for name, err := range map[string]error{"LogProb": logpErr, "Evaluate": evalErr, "Sample": sampleErr, "Verify": verifyErr} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want %v", name, err, context.Canceled)
		}
	}
}

func TestNewRefusesOtherWeights(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Degrees: "sequential", Start: "natural"})
	w := modeltest.Strong(d, 1)
	_, err := maskflow.New(b, d, w[:2], maskflow.Options{})
	refuses(t, "too few parameters", err, "the model has 4 parameters, but 2 were given")
	w[1] = w[1][:6]
	_, err = maskflow.New(b, d, w, maskflow.Options{})
	refuses(t, "a parameter of another size", err, `parameter "hidden0.bias" has shape [7], 7 values, but 6 were given`)
}

func TestLogProbRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, ContextDim: 2, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{})
	_, err := m.Core.LogProb(t.Context(), make([]float32, 6), nil)
	refuses(t, "half a row", err, "6 values are not whole rows of 5 variables")
	_, err = m.Core.LogProb(t.Context(), make([]float32, 10), make([]float32, 3))
	refuses(t, "half a context", err, "2 rows need a context of 2 values each, 4 in all, but 3 were given")
	_, err = m.Core.LogProbSets(t.Context(), make([]float32, 5), make([]float32, 2), nil)
	refuses(t, "no mask sets", err, "at least one mask set")
	if _, err = m.Core.LogProb(t.Context(), make([]float32, 10), make([]float32, 4)); err != nil {
		t.Error(err)
	}
}

// broken cannot be built as a graph.
type broken struct{ models.Density }

func (broken) LogProb(models.Params, *graph.Node, *graph.Node) *graph.Node {
	panic(errors.New("no such graph"))
}

// What goes wrong while a graph is built is an error of one line.
func TestAGraphThatCannotBeBuilt(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	m := newModel(t, b, broken{d}, modeltest.Strong(d, 1), maskflow.Options{})
	_, err := m.Core.LogProb(t.Context(), make([]float32, 5), nil)
	refuses(t, "a broken density", err, "no such graph")
}

// Close waits for calls that run; those that come later are refused.
func TestAClosedModelRefusesCalls(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, Hidden: []int{7}})
	m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{Batch: 2})
	x := randomSet(1, 200, 5, 0)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 20 {
				if _, err := m.Core.LogProb(t.Context(), x.X, nil); err != nil && !errors.Is(err, maskflow.ErrClosed) {
					t.Error(err)
				}
			}
		})
	}
	m.Close()
	m.Close()
	wg.Wait()
	if _, err := m.EvaluateOf(t.Context(), x, maskflow.EvalOptions{}); !errors.Is(err, maskflow.ErrClosed) {
		t.Errorf("error %v, want %v", err, maskflow.ErrClosed)
	}
	if _, err := m.Core.Sample(t.Context(), 3, maskflow.SampleOptions{}); err != nil {
		t.Errorf("sampling, which needs no backend: %v", err)
	}
}
