package main

import (
	"math"
	"testing"
)

// A machine that is ten times slower in two of the rounds slows both sides: the
// ratio of medians would be off, the median of ratios is not.
func TestRatiosIgnoreSlowRounds(t *testing.T) {
	times, others := []float64{3, 30, 3, 30, 3}, []float64{2, 20, 2, 20, 2}
	got := ratios(times, others)
	if got != (spread{1.5, 1.5, 1.5}) {
		t.Errorf("ratios are %+v, want 1.5 throughout", got)
	}
	got = ratios([]float64{1, 2, 3, 4, 5}, []float64{1, 1, 1, 1, 1})
	if got != (spread{3, 2, 4}) {
		t.Errorf("ratios are %+v, want 3 with quartiles 2 and 4", got)
	}
}

// The ranks of the sign test's interval are in every table of it.
func TestSignInterval(t *testing.T) {
	for _, c := range []struct{ n, lower, upper int }{{6, 1, 6}, {8, 1, 8}, {9, 2, 8}, {12, 3, 10}, {20, 6, 15}, {25, 8, 18}} {
		values := make([]float64, c.n)
		for i := range values {
			values[i] = float64(c.n - i)
		}
		if s := signInterval(values); s.lower != float64(c.lower) || s.upper != float64(c.upper) {
			t.Errorf("of %d values: %v to %v, want those of ranks %d and %d", c.n, s.lower, s.upper, c.lower, c.upper)
		}
	}
	if s := signInterval([]float64{1, 2, 3, 4, 5}); s.median != 3 || !math.IsNaN(s.lower) || !math.IsNaN(s.upper) {
		t.Error("five values have an interval: all of them are above the median once in 32 times")
	}
}
