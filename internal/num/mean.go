package num

import "math"

// Mean is a running weighted mean and its error (Welford 1962, West 1979). Infinite values
// have no variance.
type Mean struct {
	n          int     // of values whose weight is positive
	mean, sumW float64 // by the weights
	sumSq      float64 // Σ w²(v − centre)²
	centre     float64 // by the squares of the weights
	sumW2      float64
	infinite   float64 // 0 for none
}

// Add takes a value; one whose weight is not positive counts for nothing.
func (m *Mean) Add(v, weight float64) {
	if weight <= 0 {
		return
	}
	m.n++
	if math.IsInf(v, 0) {
		m.infinite = v
		return
	}
	m.sumW += weight
	m.mean += weight * (v - m.mean) / m.sumW
	d, w2 := v-m.centre, weight*weight
	m.sumW2 += w2
	m.centre += w2 * d / m.sumW2
	m.sumSq += w2 * d * (v - m.centre)
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

// StandardError is that of the mean, NaN where it has none: of fewer than two values, or
// of infinite ones.
func (m *Mean) StandardError() float64 {
	if m.n < 2 || m.infinite != 0 {
		return math.NaN()
	}
	off := m.centre - m.mean
	return math.Sqrt((m.sumSq+m.sumW2*off*off)*float64(m.n)/float64(m.n-1)) / m.sumW
}
