package models

import (
	"fmt"
	"math"
)

// Support is the set of values of a variable. The zero value is that of real numbers.
type Support struct {
	// Kind is how the values are told apart.
	Kind SupportKind
	// Low and High are the first and the last of values that can be listed; of numbers with
	// grids they are infinite.
	Low, High float64
	// Period is that of a circle: values are in [0, Period).
	Period float64
}

// SupportKind is a kind of values.
type SupportKind int

// The kinds of values.
const (
	RealValues SupportKind = iota
	BitValues
	CategoryValues
	CircleValues
	GridValues
)

// Reals are the finite numbers.
func Reals() Support { return Support{} }

// Bits are 0 and 1.
func Bits() Support { return Support{Kind: BitValues, High: 1} }

// Categories are the numbers 0 … k−1 of k levels without an order.
func Categories(k int) Support { return Support{Kind: CategoryValues, High: float64(k - 1)} }

// Circle are angles, or whatever returns after a period.
func Circle(period float64) Support { return Support{Kind: CircleValues, Period: period} }

// GridCells are the cells of a [Grid], by the numbers within them: finite numbers that have
// probabilities.
func GridCells() Support {
	return Support{Kind: GridValues, Low: math.Inf(-1), High: math.Inf(1)}
}

// Discrete reports whether the values can be counted, so that they have probabilities
// and not densities.
func (s Support) Discrete() bool { return s.Kind != RealValues && s.Kind != CircleValues }

// Discrete reports whether all variables of a model have values that can be counted.
func Discrete(m Definition) bool {
	if m == nil {
		return false
	}
	for d := range m.Dim() {
		if !m.Support(d).Discrete() {
			return false
		}
	}
	return true
}

// Size is the number of values, 0 where it is infinite.
func (s Support) Size() int {
	if n := s.High - s.Low + 1; s.Discrete() && !math.IsInf(n, 0) {
		return int(n)
	}
	return 0
}

// Check returns an error that names what is wrong with a value.
func (s Support) Check(v float64) error {
	switch {
	case s.Kind == CircleValues && v >= 0 && v < s.Period,
		(s.Kind == RealValues || s.Kind == GridValues) && !math.IsNaN(v) && !math.IsInf(v, 0),
		s.Discrete() && s.Kind != GridValues && v >= s.Low && v <= s.High && v == math.Trunc(v):
		return nil
	}
	return fmt.Errorf("%v is not %v", v, s)
}

// String returns what a value is, such as "0 or 1".
func (s Support) String() string {
	switch s.Kind {
	case BitValues:
		return "0 or 1"
	case CategoryValues:
		return fmt.Sprintf("a whole number from 0 to %v", s.High)
	case CircleValues:
		return fmt.Sprintf("a number from 0 to below %v", s.Period)
	}
	return "a finite number"
}
