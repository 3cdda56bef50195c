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
		weights := make([]float64, rows)
		for i := range weights {
			weights[i] = float64((i/4096+i)%3) + 1/float64(rows) // rows of about no weight in any block
		}
		for _, w := range [][]float64{nil, weights} {
			mean, variance := num.Moments(x, 3, w)
			for d, c := range columns {
				wantMean, wantVariance := stat.PopMeanVariance(c, w)
				if !near(mean[d], wantMean, 1e-12) || !near(variance[d], wantVariance, 1e-9) {
					t.Errorf("%d rows: column %d has mean %v and variance %v, want %v and %v", rows, d, mean[d], variance[d], wantMean, wantVariance)
				}
			}
		}
	}
}

// Rows of weight 0, even all of a block, are none.
func TestMomentsOfNoWeight(t *testing.T) {
	x, w := make([]float32, 10_000), make([]float64, 10_000)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	x[4100], w[4100], x[9000], w[9000] = 2, 3, 6, 1
	if mean, variance := num.Moments(x, 1, w); mean[0] != 3 || variance[0] != 3 {
		t.Errorf("the mean is %v, the variance %v, want 3 and 3", mean[0], variance[0])
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
