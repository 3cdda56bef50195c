package main

import (
	"math"
	"slices"
)

// quantile of values that need not be sorted, interpolated linearly between
// neighbours; NaN for none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	below := int(at)
	if below == len(sorted)-1 {
		return sorted[below]
	}
	part := at - float64(below)
	return (1-part)*sorted[below] + part*sorted[below+1]
}

func median(values []float64) float64 { return quantile(values, 0.5) }

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
	return spread{Median: median(r), Lower: quantile(r, 0.25), Upper: quantile(r, 0.75)}
}
