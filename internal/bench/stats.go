package main

import (
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
)

// spread is a median with the quartiles around it.
type spread struct {
	Median float64 `json:"median"`
	Lower  float64 `json:"lower_quartile"`
	Upper  float64 `json:"upper_quartile"`
}

// ratios compares two sides round by round: the sides of one round saw the same
// machine, so the ratio of a round is steadier than either of its times.
func ratios(times, others []float64) spread {
	r := make([]float64, min(len(times), len(others)))
	for i := range r {
		r[i] = times[i] / others[i]
	}
	return spread{Median: num.Median(r), Lower: num.Quantile(r, 0.25), Upper: num.Quantile(r, 0.75)}
}

// signInterval is where the median of what the values were drawn from lies with a
// probability of 95 % or a little more, whatever its distribution: between two of the
// sorted values, by the sign test. Fewer than six values have none.
func signInterval(values []float64) (lower, upper float64, ok bool) {
	n := len(values)
	// outside is the probability that at most k of n fair coins show heads: that the
	// median is below the value at index k.
	outside, choose, k := 0.0, math.Exp2(-float64(n)), 0
	for ; ; k++ {
		outside += choose
		if outside > 0.025 {
			break
		}
		choose *= float64(n-k) / float64(k+1)
	}
	if k == 0 {
		return math.NaN(), math.NaN(), false
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[k-1], sorted[n-k], true
}
