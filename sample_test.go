package maskflow_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/janpfeifer/must"

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

func sample(t *testing.T, m *maskflow.Model, n int, o maskflow.SampleOptions) []float32 {
	t.Helper()
	x, err := m.Core.Sample(t.Context(), n, o)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestSamplesFollowFromTheSeed(t *testing.T) {
	d := newMADE(t, made.Options{Dim: 11, Hidden: []int{13}, Degrees: masks.SampledDegrees, Masks: 3, ContextDim: 2, Start: "natural"})
	w := modeltest.Strong(d, 1)
	cond := randomSet(1, 17, 11, 2).Context
	o := maskflow.SampleOptions{Seed: 5, Context: contextRows(cond, 17)}
	var first []float32
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		m := newModel(t, b, d, w, maskflow.Options{})
		x := sample(t, m, 17, o)
		if first == nil {
			first = x
		}
		if !slices.Equal(x, first) {
			t.Error("another backend gives other samples")
		}
		if !slices.Equal(sample(t, m, 17, o), x) {
			t.Error("the same call gives other samples")
		}
		other := o
		other.Seed++
		if slices.Equal(sample(t, m, 17, other), x) {
			t.Error("another seed gives the same samples")
		}
		for _, v := range x {
			if v != 0 && v != 1 {
				t.Fatalf("a sample holds %v", v)
			}
		}
		// The first rows do not depend on how many are drawn.
		for _, n := range []int{0, 1, 5, 16} {
			few := o
			few.Context = contextRows(cond[:2*n], n)
			if got := sample(t, m, n, few); !slices.Equal(got, x[:n*11]) {
				t.Errorf("%d samples are not the first of 17", n)
			}
		}
		for _, method := range []models.Method{models.Sequential, models.Jacobi} {
			how := o
			how.Method = method
			if got := sample(t, m, 17, how); !slices.Equal(got, x) {
				t.Errorf("method %d gives other samples", method)
			}
		}
	})
}

// A sample of the ensemble is, in its row, what one of the orders draws there by
// itself: it has its own noise and its own context.
func TestEachSampleIsOfOneOrder(t *testing.T) {
	const dim, rows = 11, 60
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: dim, Hidden: []int{13}, Degrees: masks.SampledDegrees, Masks: 3, ContextDim: 2, Start: "natural"})
	m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{})
	o := maskflow.SampleOptions{Seed: 5, Context: contextRows(randomSet(1, rows, dim, 2).Context, rows)}
	ensemble := sample(t, m, rows, o)
	alone := make([][]float32, 3)
	for k := range alone {
		o.Order = k + 1
		alone[k] = sample(t, m, rows, o)
	}
	drawn := make([]int, 3)
	for i := range rows {
		row := func(x []float32) []float32 { return x[i*dim : (i+1)*dim] }
		found := false
		for k := range alone {
			if slices.Equal(row(ensemble), row(alone[k])) {
				drawn[k]++
				found = true
			}
		}
		if !found {
			t.Errorf("sample %d is of no order", i)
		}
	}
	if slices.Min(drawn) < 10 {
		t.Errorf("of %d samples the orders drew %v", rows, drawn)
	}
}

// Samples of three strongly dependent bits are as frequent as their
// probabilities: of the ensemble, of each order by itself, and for a context.
func TestFrequenciesOfSamples(t *testing.T) {
	const dim, n = 3, 20_000
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: dim, Hidden: []int{7}, Degrees: masks.SampledDegrees, Masks: 3, ContextDim: 1, Start: masks.RandomOrder})
	w := modeltest.Strong(d, 6)
	m := newModel(t, b, d, w, maskflow.Options{})
	for _, c := range []float32{-1, 1.5} {
		one := []float32{c}
		for order := range 4 {
			x := sample(t, m, n, maskflow.SampleOptions{Seed: 9, Order: order, Context: contextRows(one, 1)})
			sets := m.Sets(0)
			if order > 0 {
				sets = sets[order-1 : order]
			}
			if got := chiSquare(t, m, x, one, sets); got > quantile7 {
				t.Errorf("context %v, order %d: χ² is %.1f, want less than %v", c, order, got, quantile7)
			}
			// The test can tell: samples of one order are not those of another.
			for k, other := range m.Sets(0) {
				if order > 0 && k != order-1 {
					if got := chiSquare(t, m, x, one, []*masks.Set{other}); got < quantile7 {
						t.Errorf("context %v: samples of order %d pass for order %d (χ² %.1f)", c, order, k+1, got)
					}
				}
			}
		}
	}
}

// quantile7 is exceeded by χ² of 7 degrees of freedom once in a million times.
const quantile7 = 40.5

// chiSquare compares the frequencies of the 8 states with their probabilities.
func chiSquare(t *testing.T, m *maskflow.Model, x, cond []float32, sets []*masks.Set) float64 {
	t.Helper()
	logp, err := m.Core.LogProbSets(t.Context(), states(3), repeat(cond, 8), sets)
	if err != nil {
		t.Fatal(err)
	}
	var count [8]float64
	for i := 0; i < len(x); i += 3 {
		count[int(x[i])+2*int(x[i+1])+4*int(x[i+2])]++
	}
	sum := 0.0
	for s, l := range logp {
		expected := math.Exp(l) * float64(len(x)/3)
		if expected < 5 {
			t.Fatalf("state %d is expected %v times: the test needs other weights", s, expected)
		}
		sum += square(count[s]-expected) / expected
	}
	return sum
}

// Samples of an unlimited cycle come from orders that are evaluated, none of
// which was trained.
func TestSamplesOfAnUnlimitedCycle(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, Hidden: []int{7}, Degrees: masks.SampledDegrees, Masks: masks.Unlimited, Start: "natural"})
	w := modeltest.Strong(d, 1)
	m := newModel(t, b, d, w, maskflow.Options{EvalSets: 3})
	o := maskflow.SampleOptions{Seed: 2}
	want, _, err := exec.Sample(t.Context(), d, w, m.Sets(0), exec.Draw{N: 50, Seed: o.Seed})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sample(t, m, 50, o), want) {
		t.Error("samples do not come from the sets of the ensemble")
	}
	o.Order = 1000
	want, _, err = exec.Sample(t.Context(), d, w, []*masks.Set{d.Cycle().At(999)}, exec.Draw{N: 50, Seed: o.Seed})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sample(t, m, 50, o), want) {
		t.Error("order 1000 is not the set of step 1000")
	}
}

// Samples by blocks are those of one call, and of one that draws fewer, whatever their
// orders and their context.
func TestSamplesByBlocks(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 3, ContextDim: 2, Masks: 3, Resample: masks.ResampleOrder, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{})
	const n = 100_003
	one := []float32{0.5, -1}
	o := maskflow.SampleOptions{Seed: 7, Context: contextRows(one, 1)}
	var x []float32
	blocks := 0
	_, err := m.SampleBlocks(t.Context(), n, o, func(rows *data.Table) error {
		blocks++
		x = append(x, must.M1(rows.Values())...)
		return nil
	})
	if err != nil || blocks < 2 || len(x) != n*3 {
		t.Fatalf("%d values in %d blocks (%v)", len(x), blocks, err)
	}
	for few, context := range map[int][]float32{n: one, 11: one, 70_001: repeat(one, 70_001)} {
		o.Context = contextRows(context, len(context)/2)
		for i, v := range sample(t, m, few, o) {
			if v != x[i] {
				t.Fatalf("of %d samples, value %d is %v, not %v", few, i, v, x[i])
			}
		}
	}
	o.Context = contextRows(one, 1)
	full := errors.New("full")
	if _, err := m.SampleBlocks(t.Context(), n, o, func(*data.Table) error { return full }); !errors.Is(err, full) {
		t.Errorf("the error of a writer is %v", err)
	}
}

func TestSampleRefuses(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	d := newMADE(t, made.Options{Dim: 5, ContextDim: 2, Masks: 3, Resample: masks.ResampleOrder, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	m := newModel(t, b, d, modeltest.Strong(d, 1), maskflow.Options{})
	for _, tt := range []struct {
		what string
		n    int
		o    maskflow.SampleOptions
		want string
	}{
		{"fewer than none", -1, maskflow.SampleOptions{}, "-1 samples were asked for"},
		{"more than can be, with one context", math.MaxInt, maskflow.SampleOptions{Context: contextRows(make([]float32, 2), 1)}, "are too many at once"},
		{"no context", 2, maskflow.SampleOptions{}, "2 samples need a context of 2 values each"},
		{"an order too high", 2, maskflow.SampleOptions{Order: 4, Context: contextRows(make([]float32, 4), 2)}, "order 4 does not exist: the model has 3"},
		{"an order below", 2, maskflow.SampleOptions{Order: -1, Context: contextRows(make([]float32, 4), 2)}, "order -1 does not exist"},
		{"another method", 2, maskflow.SampleOptions{Method: 7, Context: contextRows(make([]float32, 4), 2)}, "unknown method 7"},
	} {
		x, err := m.Core.Sample(t.Context(), tt.n, tt.o)
		refuses(t, tt.what, err, tt.want)
		if x != nil {
			t.Errorf("%s: samples beside the error", tt.what)
		}
	}
	_, _, err := exec.Sample(t.Context(), d, modeltest.Strong(d, 1), nil, exec.Draw{N: 2, Context: make([]float32, 4)})
	refuses(t, "no mask sets", err, "at least one mask set")
}
