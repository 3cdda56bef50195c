package num_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/internal/num"
)

func meanOf(v, weights []float64) (m num.Mean) {
	for i := range v {
		m.Add(v[i], weights[i])
	}
	return m
}

// In means weight 2 is the value twice; in errors, too, 0 is its absence, and ×10 changes nothing: they are those of
// (Σ w)²/Σ w² values.
func TestMeanOfWeights(t *testing.T) {
	v, w := []float64{3, -1, 4, 1, -5, 9}, []float64{1, 2, 1, 2, 1, 1}
	m, plain := meanOf(v, w), meanOf(append(v, -1, 1), []float64{1, 1, 1, 1, 1, 1, 1, 1})
	if !near(m.Value(), plain.Value(), 1e-14) {
		t.Errorf("the mean is %v by weights, %v of repeated values", m.Value(), plain.Value())
	}
	mean, variance := stat.PopMeanVariance(v, w)
	n := num.EffectiveNumber(w)
	if !near(n, 64.0/12, 1e-14) || !near(m.Value(), mean, 1e-14) || !near(m.StandardError(), math.Sqrt(variance*n/(n-1)/n), 1e-14) {
		t.Errorf("%v ± %v of %v values, want %v ± %v", m.Value(), m.StandardError(), n, mean, math.Sqrt(variance/(n-1)))
	}
	if want := stat.StdErr(stat.StdDev(v, nil), 6); !near(plainError(v, 1), want, 1e-14) || !near(plainError(v, 0.3), want, 1e-14) {
		t.Errorf("the error is %v and %v of equal weights, want %v", plainError(v, 1), plainError(v, 0.3), want)
	}
	for name, other := range map[string]num.Mean{
		"with values of weight 0": meanOf(append([]float64{1e9, math.Inf(1), math.NaN()}, v...), append([]float64{0, 0, 0}, w...)),
		"×10":                     meanOf(v, []float64{10, 20, 10, 20, 10, 10}),
	} {
		if !near(other.Value(), m.Value(), 1e-14) || !near(other.StandardError(), m.StandardError(), 1e-14) {
			t.Errorf("%s: %v ± %v, want %v ± %v", name, other.Value(), other.StandardError(), m.Value(), m.StandardError())
		}
	}
	for name, m := range map[string]num.Mean{"none": {}, "one": meanOf([]float64{3}, []float64{0.3}), "infinite": meanOf([]float64{math.Inf(-1), 3}, []float64{1, 1})} {
		if !math.IsNaN(m.StandardError()) {
			t.Errorf("%s: the error is %v", name, m.StandardError())
		}
	}
	for n, w := range map[float64][]float64{0: {0, 0}, 1: {1e-90, 0}, 3: {0.3, 0.3, 0, 0.3}} {
		if got := num.EffectiveNumber(w); got != n {
			t.Errorf("%v are %v values, want %v", w, got, n)
		}
	}
}

func plainError(v []float64, weight float64) float64 {
	w := make([]float64, len(v))
	for i := range w {
		w[i] = weight
	}
	m := meanOf(v, w)
	return m.StandardError()
}
