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
	i = after(p, x, 0, p.Len()/2) - 1
	return max(i, 0), i >= 0
}

// after returns the first point from i on that lies beyond x, or the number of points. It looks around the guess first,
// so that a good one costs a few calls of At.
func after(p Points, x float64, i, guess int) int {
	lo, hi := i, p.Len() // the answer is one of lo, …, hi
	for step := 1; lo < hi; step *= 4 {
		probe := min(max(guess, lo), hi-1)
		if beyond(p, probe, x) {
			hi, guess = probe, probe-step
			if guess < lo {
				break
			}
		} else {
			lo, guess = probe+1, probe+step
			if guess >= hi {
				break
			}
		}
	}
	for lo < hi {
		middle := int(uint(lo+hi) >> 1)
		if beyond(p, middle, x) {
			hi = middle
		} else {
			lo = middle + 1
		}
	}
	return lo
}

func beyond(p Points, i int, x float64) bool {
	v, _ := p.At(i)
	return v > x
}

// finite says whether v is a number that can be drawn.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
