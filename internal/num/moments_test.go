package num_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/internal/num"
)

func near(got, want, tolerance float64) bool {
	if !num.Finite(want) {
		return got == want || math.IsNaN(got) && math.IsNaN(want)
	}
	return math.Abs(got-want) <= tolerance*max(1, math.Abs(want))
}

// Blocks of rows that are summed side by side make the moments of all of them.
func TestMomentsOfManyRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 0))
	for _, rows := range []int{1, 2, 4095, 4096, 4097, 10_001} {
		x, columns := make([]float32, 3*rows), make([][]float64, 3)
		for i := range x {
			x[i] = float32(1000 + rng.NormFloat64()) // far from zero: squares lose what the variance is made of
			columns[i%3] = append(columns[i%3], float64(x[i]))
		}
		mean, variance := num.Moments(x, 3)
		for d, c := range columns {
			wantMean, wantVariance := stat.PopMeanVariance(c, nil)
			if !near(mean[d], wantMean, 1e-12) || !near(variance[d], wantVariance, 1e-9) {
				t.Errorf("%d rows: column %d has mean %v and variance %v, want %v and %v", rows, d, mean[d], variance[d], wantMean, wantVariance)
			}
		}
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		values []float64
		q      float64
		want   float64
	}{
		{[]float64{7}, 0.25, 7},
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{4, 1, 3, 2}, 0.5, 2.5},
		{[]float64{5, 1, 4, 2, 3}, 0.25, 2},
		{[]float64{5, 1, 4, 2, 3}, 0.75, 4},
		{[]float64{0, 10}, 0.25, 2.5},
		{[]float64{2, 1}, 0, 1},
		{[]float64{2, 1}, 1, 2},
	} {
		if got := num.Quantile(c.values, c.q); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("quantile(%v, %v) = %v, want %v", c.values, c.q, got, c.want)
		}
	}
	if got := num.Median(nil); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v, want NaN", got)
	}
}
