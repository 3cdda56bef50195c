package plot

import "math"

// Points are the points of a line in the sequence in which they are joined. Their x should not decrease: where it does,
// or is not a number, a point may be drawn in another column than its own or not at all.
//
// A y that is not a number, or infinite, is a gap of the line.
type Points interface {
	// Len is the number of points.
	Len() int
	// At returns point i, counted from 0.
	At(i int) (x, y float64)
}

// XY are points in two slices. Where one is longer than the other, its rest is not used.
type XY struct{ X, Y []float64 }

// Len is the number of points.
func (p XY) Len() int { return min(len(p.X), len(p.Y)) }

// At returns point i.
func (p XY) At(i int) (x, y float64) { return p.X[i], p.Y[i] }

// Find returns the last point at or before x, and whether there is one.
func Find(p Points, x float64) (i int, ok bool) {
	if p == nil || math.IsNaN(x) {
		return 0, false
	}
	s := newSource(p, false)
	i = s.after(x, 0, s.n/2) - 1
	return max(i, 0), i >= 0
}

// length is the number of points, of nil none.
func length(p Points) int {
	if p == nil {
		return 0
	}
	return p.Len()
}

// finite says whether v is a number that can be drawn. The difference is zero but where v is infinite or not a number.
func finite(v float64) bool { return v-v == 0 }
