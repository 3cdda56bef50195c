package main

import (
	"math"
	"testing"
)

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		values []float64
		q      float64
		want   float64
	}{
		{[]float64{7}, 0.25, 7},
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{4, 1, 3, 2}, 0.5, 2.5},
		{[]float64{5, 1, 4, 2, 3}, 0.25, 2},
		{[]float64{5, 1, 4, 2, 3}, 0.75, 4},
		{[]float64{0, 10}, 0.25, 2.5},
		{[]float64{2, 1}, 0, 1},
		{[]float64{2, 1}, 1, 2},
	} {
		if got := quantile(c.values, c.q); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("quantile(%v, %v) = %v, want %v", c.values, c.q, got, c.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v, want NaN", got)
	}
}

// A machine that is ten times slower in two of the rounds slows both sides: the
// ratio of medians would be off, the median of ratios is not.
func TestRatiosIgnoreSlowRounds(t *testing.T) {
	times, others := []float64{3, 30, 3, 30, 3}, []float64{2, 20, 2, 20, 2}
	got := ratios(times, others)
	if got != (spread{Median: 1.5, Lower: 1.5, Upper: 1.5}) {
		t.Errorf("ratios are %+v, want 1.5 throughout", got)
	}
	got = ratios([]float64{1, 2, 3, 4, 5}, []float64{1, 1, 1, 1, 1})
	if got != (spread{Median: 3, Lower: 2, Upper: 4}) {
		t.Errorf("ratios are %+v, want 3 with quartiles 2 and 4", got)
	}
}
