package data

import (
	"fmt"
	"math"
)

// Dequantize turns whole numbers x from 0 to levels−1 into real ones in [0, 1),
// in place: (x + u)/levels with u uniform on [0, 1), the same for the same
// seed. A density of real vectors that is fitted to whole numbers as they are
// grows without bound on them; with the noise its log likelihood, in units of
// one level, is a lower bound on that of the whole numbers (Theis, van den Oord
// and Bethge 2016, arXiv 1511.01844). LogDet becomes −Dim·ln levels.
//
// It returns an error, and changes nothing, when a value is no such number,
// when a set has a LogDet already, or when levels is below 2 or above 65536.
func Dequantize(levels int, seed uint64, sets ...*Set) error {
	if err := checkLevels(levels); err != nil {
		return err
	}
	for _, s := range sets {
		if err := s.checkWhole(levels); err != nil {
			return err
		}
	}
	for i, s := range sets {
		s.dequantize(levels, newRand(seed, streamDequantize<<32|uint64(i)).Float64)
	}
	return nil
}

func (s *Set) checkWhole(levels int) error {
	if s.LogDet != 0 {
		return fmt.Errorf("%s is scaled already: noise goes to the values of the source", s.Name)
	}
	for k, v := range s.X {
		if !(v >= 0 && v < float32(levels)) || v != float32(int(v)) {
			return fmt.Errorf("%s: %s is %v, not a whole number from 0 to %d (dequantise: %d levels)",
				s.Name, s.place(k/s.Dim, k%s.Dim), v, levels-1, levels)
		}
	}
	return nil
}

func (s *Set) dequantize(levels int, uniform func() float64) {
	for k, v := range s.X {
		s.X[k] = dequantized(float64(v), uniform(), levels)
	}
	s.LogDet = -float64(s.Dim) * math.Log(float64(levels))
}

// dequantized is (x + u)/levels below the next level, to which float32 rounds
// the largest of the noise.
func dequantized(x, u float64, levels int) float32 {
	v, next := float32((x+u)/float64(levels)), float32((x+1)/float64(levels))
	if v >= next {
		return math.Nextafter32(next, 0)
	}
	return v
}

// checkLevels leaves room for noise: float32 has 24 bits for level and noise.
func checkLevels(levels int) error {
	if levels < 2 || levels > 1<<16 {
		return fmt.Errorf("dequantise: %d levels: there must be 2 to %d", levels, 1<<16)
	}
	return nil
}
