package main

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

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
	n, k := len(values), 0
	coins := distuv.Binomial{N: float64(n), P: 0.5}
	for coins.CDF(float64(k)) <= 0.025 { // the probability that the median is below the value at index k
		k++
	}
	if k == 0 {
		return math.NaN(), math.NaN(), false
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[k-1], sorted[n-k], true
}
