package config

import (
	"fmt"
	"math"
	"strconv"
)

// interval is what a number may be. Real numbers become float32 in a model, so both the number and what it rounds to have to lie
// in it. The zero value has no limits.
type interval struct {
	low, high         float64
	openLow, openHigh bool
}

func between(low, high float64) interval { return interval{low: low, high: high} }

// insideUnit is (0, 1).
func insideUnit() interval {
	return interval{high: 1, openLow: true, openHigh: true}
}
func below(low, high float64) interval { return interval{low: low, high: high, openHigh: true} }
func positive() interval               { return interval{high: math.MaxFloat32, openLow: true} }
func atLeast(low float64) interval     { return interval{low: low, high: math.MaxFloat32} }

func (in interval) contains(x float64) bool {
	return (x > in.low || x == in.low && !in.openLow) && (x < in.high || x == in.high && !in.openHigh)
}

// String says where the numbers of the interval lie, as the end of a sentence that begins with "must be".
func (in interval) String() string {
	low := "at least " + realText(in.low)
	if in.openLow {
		low = "above " + realText(in.low)
	}
	switch {
	case in.high >= maxSize:
		return low
	case in.openHigh:
		return low + " and below " + realText(in.high)
	default:
		return low + " and at most " + realText(in.high)
	}
}

// checkWhole returns what is wrong with a whole number, "" when nothing is.
func (in interval) checkWhole(n int) string {
	switch {
	case in == interval{} || in.contains(float64(n)):
		return ""
	case float64(n) > in.high:
		return fmt.Sprintf("must be at most %s, got %d", strconv.FormatFloat(in.high, 'f', -1, 64), n)
	}
	return fmt.Sprintf("must be %s, got %d", in, n)
}

// checkReal returns what is wrong with a real number, "" when nothing is.
func (in interval) checkReal(x float64) string {
	const smallest = 0x1p-126 // of float32 with its full precision
	single := float64(float32(x))
	switch {
	case math.IsNaN(x):
		return "must be a finite number, got NaN"
	case math.IsInf(x, 0):
		return "must be a finite number, got an infinite one"
	case in == interval{}:
		return ""
	case !in.contains(x) && (x < in.low || in.high < math.MaxFloat32 || x == in.low):
		return fmt.Sprintf("must be %s, got %s", in, realText(x))
	case math.Abs(x) > math.MaxFloat32:
		return fmt.Sprintf("is too large for float32: %s", realText(x))
	case x != 0 && math.Abs(x) < smallest:
		return fmt.Sprintf("is too small for float32: %s", realText(x))
	case !in.contains(single):
		return fmt.Sprintf("must be %s, but %s is %s in float32", in, realText(x), realText(single))
	}
	return ""
}
