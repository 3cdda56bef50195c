package main

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/internal/num"
)

// spread is a median with the quartiles around it, or with an interval of confidence.
type spread struct{ median, lower, upper float64 }

var none = spread{math.NaN(), math.NaN(), math.NaN()}

// ratios compares two sides round by round: the sides of one round saw the same
// machine, so the ratio of a round is steadier than either of its times.
func ratios(times, others []float64) spread {
	r := make([]float64, min(len(times), len(others)))
	for i := range r {
		r[i] = times[i] / others[i]
	}
	return spread{num.Median(r), num.Quantile(r, 0.25), num.Quantile(r, 0.75)}
}

// signInterval is the median of the values, and where that of what they were drawn from
// lies with a probability of 95 % or a little more, whatever its distribution: between two
// of the sorted values, by the sign test. Fewer than six values have none.
func signInterval(values []float64) spread {
	n, k := len(values), 0
	coins := distuv.Binomial{N: float64(n), P: 0.5}
	for coins.CDF(float64(k)) <= 0.025 { // the probability that the median is below the value at index k
		k++
	}
	s := spread{num.Median(values), math.NaN(), math.NaN()}
	if k > 0 {
		sorted := slices.Sorted(slices.Values(values))
		s.lower, s.upper = sorted[k-1], sorted[n-k]
	}
	return s
}
