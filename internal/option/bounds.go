package option

import (
	"fmt"
	"math"
	"strconv"
)

// Bounds are what a number may be. Real numbers become float32 in a model, so both the number and what it rounds to have to lie
// within them. The zero value has none.
type Bounds struct {
	Low, High         float64
	OpenLow, OpenHigh bool
}

func (b Bounds) contain(x float64) bool {
	return (x > b.Low || x == b.Low && !b.OpenLow) && (x < b.High || x == b.High && !b.OpenHigh)
}

// String returns where the numbers lie, as the end of a sentence that begins with "must be"; "" without bounds.
func (b Bounds) String() string {
	low := "at least " + realText(b.Low)
	if b.OpenLow {
		low = "above " + realText(b.Low)
	}
	switch {
	case b == Bounds{}:
		return ""
	case b.High >= MaxSize:
		return low
	case b.OpenHigh:
		return low + " and below " + realText(b.High)
	default:
		return low + " and at most " + realText(b.High)
	}
}

// checkWhole returns what is wrong with a whole number, "" when nothing is.
func (b Bounds) checkWhole(n int) string {
	switch {
	case b == Bounds{} || b.contain(float64(n)):
		return ""
	case float64(n) > b.High:
		return fmt.Sprintf("must be at most %s, got %d", strconv.FormatFloat(b.High, 'f', -1, 64), n)
	}
	return fmt.Sprintf("must be %s, got %d", b, n)
}

// checkReal returns what is wrong with a real number, "" when nothing is.
func (b Bounds) checkReal(x float64) string {
	const smallest = 0x1p-126 // of float32 with its full precision
	single := float64(float32(x))
	switch {
	case math.IsNaN(x):
		return "must be a finite number, got NaN"
	case math.IsInf(x, 0):
		return "must be a finite number, got an infinite one"
	case b == Bounds{}:
		return ""
	case !b.contain(x) && (x < b.Low || b.High < math.MaxFloat32 || x == b.Low):
		return fmt.Sprintf("must be %s, got %s", b, realText(x))
	case math.Abs(x) > math.MaxFloat32:
		return fmt.Sprintf("is too large for float32: %s", realText(x))
	case x != 0 && math.Abs(x) < smallest:
		return fmt.Sprintf("is too small for float32: %s", realText(x))
	case !b.contain(single):
		return fmt.Sprintf("must be %s, but %s is %s in float32", b, realText(x), realText(single))
	}
	return ""
}
