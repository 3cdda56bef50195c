// Package num has the small numerical helpers that several packages share: conversions between float32 and float64,
// order statistics, means in log space, moments of columns, and the Kolmogorov–Smirnov statistic.
package num

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Finite reports whether v is neither infinite nor NaN.
func Finite(v float64) bool { return v-v == 0 }

// Convert returns the numbers as those of another type.
func Convert[To, From int | int32 | float32 | float64](v []From) []To {
	r := make([]To, len(v))
	for i, x := range v {
		r[i] = To(x)
	}
	return r
}

// Quantile returns the q-quantile of values that need not be sorted, interpolated linearly between neighbours; NaN for
// no values.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	below := int(at)
	if part := at - float64(below); part > 0 {
		return (1-part)*sorted[below] + part*sorted[below+1]
	}
	return sorted[below]
}

// Median returns the middle one of the values, or the mean of the two in the middle; NaN for no values.
func Median(values []float64) float64 { return Quantile(values, 0.5) }

// LogMeanExp returns ln(1/K Σ_k exp v_k), computed so that it neither underflows nor overflows: the log-likelihood of a
// mixture of K equally likely models. It is NaN for no values or when one is NaN, and −Inf when all are.
func LogMeanExp(v []float64) float64 {
	if len(v) == 0 || floats.HasNaN(v) {
		return math.NaN()
	}
	return floats.LogSumExp(v) - math.Log(float64(len(v)))
}
