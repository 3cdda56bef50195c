package num

import "math"

// Mean is a running weighted mean and its error (West 1979). Infinite values have no variance.
type Mean struct {
	n           int     // of values whose weight is positive
	mean, sumSq float64 // sumSq is Σ w(v − mean)²
	sumW, sumW2 float64
	infinite    float64 // 0 for none
}

// Add takes a value; one whose weight is not positive counts for nothing.
func (m *Mean) Add(v, weight float64) {
	if !(weight > 0) {
		return
	}
	m.n++
	if math.IsInf(v, 0) {
		m.infinite = v
		return
	}
	m.sumW += weight
	m.sumW2 += weight * weight
	d := v - m.mean
	m.mean += weight * d / m.sumW
	m.sumSq += weight * d * (v - m.mean)
}

// Value is the mean, NaN of no values.
func (m *Mean) Value() float64 {
	switch {
	case m.n == 0:
		return math.NaN()
	case m.infinite != 0:
		return m.infinite
	}
	return m.mean
}

// StandardError is that of the mean, s/√n with the variance s² = Σ w(v − mean)²/Σ w · n/(n − 1) and n = (Σ w)²/Σ w², which
// has no bias where weights do not depend on values. It is NaN where there is none: of fewer than two values, or of infinite
// ones.
func (m *Mean) StandardError() float64 {
	if m.n < 2 || m.infinite != 0 {
		return math.NaN()
	}
	return math.Sqrt(m.sumSq / m.sumW / (m.sumW*m.sumW/m.sumW2 - 1))
}

// EffectiveNumber is (Σ w)²/Σ w² of weights: their number where all are equal; 0 of none that is positive. Where a number of rows decides, it is
// that.
func EffectiveNumber(weights []float64) float64 {
	top := 0.0
	for _, w := range weights {
		top = max(top, w)
	}
	if top == 0 {
		return 0
	}
	sum, squares := 0.0, 0.0
	for _, w := range weights {
		w /= top // equal weights are 1, whose sums are exact
		sum, squares = sum+w, squares+w*w
	}
	return sum * sum / squares
}
