package num

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// KS returns the Kolmogorov–Smirnov statistic of numbers against the uniform distribution of [0, 1], which is the
// largest distance of their empirical distribution function from the identity,
//
//	d = max over u of |F(u) - u|,
//
// and the probability p of a distance as large or larger if they are independent and uniform. Numbers count by weights, nil being
// one each, and n is the [EffectiveNumber] of these. The probability is that of
// Kolmogorov's limit at λ = d·(√n + 0.12 + 0.11/√n) (Stephens, "Use of the Kolmogorov-Smirnov, Cramér-von Mises and
// related statistics without extensive tables", 1970), which is right to 0.003 where p is 0.05 or less, from n = 5 on.
//
// Numbers outside [0, 1] count as its ends. Without numbers, or with one that is not a number, both results are not
// numbers. The numbers need not be sorted, and are left as they are.
func KS(u, weights []float64) (d, p float64) {
	if weights == nil {
		weights = slices.Repeat([]float64{1}, len(u))
	}
	n, sum, below := EffectiveNumber(weights), floats.Sum(weights), 0.0
	if n == 0 || floats.HasNaN(u) {
		return math.NaN(), math.NaN()
	}
	sorted, weights := slices.Clone(u), slices.Clone(weights)
	stat.SortWeighted(sorted, weights)
	for i, u := range sorted {
		u = min(max(u, 0), 1)
		above := below + weights[i]
		d, below = max(d, above/sum-u, u-below/sum), above
	}
	return d, kolmogorov(d * ksScale(n))
}

// ksScale is the factor from the statistic of n numbers to the argument of the limit.
func ksScale(n float64) float64 {
	root := math.Sqrt(n)
	return root + 0.12 + 0.11/root
}

// KSCritical returns the distance that n uniform numbers exceed with probability alpha.
func KSCritical(n, alpha float64) float64 {
	lo, hi := 0.0, 10.0
	for range 60 {
		if mid := (lo + hi) / 2; kolmogorov(mid) > alpha {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi / ksScale(n)
}

// kolmogorov is the probability that the limit of √n·d exceeds lambda. Of the two series for it, each is used where it
// converges within a few terms.
func kolmogorov(lambda float64) float64 {
	switch {
	case math.IsNaN(lambda):
		return lambda
	case lambda <= 0:
		return 1
	}
	sum := 0.0
	if lambda < 1.18 {
		for j := 1.0; j <= 7; j += 2 {
			sum += math.Exp(-j * j * math.Pi * math.Pi / (8 * lambda * lambda))
		}
		return 1 - math.Sqrt(2*math.Pi)/lambda*sum
	}
	sign := 1.0
	for j := 1.0; j <= 5; j++ {
		sum += sign * math.Exp(-2*j*j*lambda*lambda)
		sign = -sign
	}
	return 2 * sum
}
