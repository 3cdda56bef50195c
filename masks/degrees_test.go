package masks

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestConnects(t *testing.T) {
	for _, c := range []struct {
		from, to      int
		plain, strict bool
	}{
		{0, 0, true, false}, {0, 1, true, true}, {1, 0, false, false},
		{3, 2, false, false}, {3, 3, true, false}, {3, 4, true, true},
	} {
		if got := Connects(c.from, c.to, false); got != c.plain {
			t.Errorf("degree %d to %d: %v, want %v", c.from, c.to, got, c.plain)
		}
		if got := Connects(c.from, c.to, true); got != c.strict {
			t.Errorf("degree %d to %d, strict: %v, want %v", c.from, c.to, got, c.strict)
		}
	}
}

// The mask that FlowJAX's tests state for ranks 0, 1 into 0, 1, 1, 2 by the strict rule; there a row is what is fed.
func TestConnectsGivesTheMaskOfRanks(t *testing.T) {
	in, out := []int{0, 1}, []int{0, 1, 1, 2}
	want := [][]bool{{false, false}, {true, false}, {true, false}, {true, true}}
	for r, to := range out {
		for c, from := range in {
			if got := Connects(from, to, true); got != want[r][c] {
				t.Errorf("rank %d to rank %d: %v, want %v", from, to, got, want[r][c])
			}
		}
	}
}

func TestSequential(t *testing.T) {
	for _, c := range []struct {
		width, lo, hi int
		want          []int
	}{
		{4, 1, 2, []int{1, 1, 2, 2}},
		{6, 0, 2, []int{0, 0, 1, 1, 2, 2}},
		{3, 1, 3, []int{1, 2, 3}},
		{3, 1, 5, []int{1, 3, 5}},
		{2, 1, 783, []int{1, 783}},
		{1, 0, 7, []int{0}},
		{3, 0, 0, []int{0, 0, 0}},
		{0, 1, 4, []int{}},
	} {
		if got := Sequential(c.width, c.lo, c.hi); !slices.Equal(got, c.want) {
			t.Errorf("Sequential(%d, %d, %d) = %v, want %v", c.width, c.lo, c.hi, got, c.want)
		}
	}
}

func TestSequentialIsEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 200).Draw(t, "width")
		lo := rapid.IntRange(0, 1).Draw(t, "lo")
		hi := lo + rapid.IntRange(0, 200).Draw(t, "degrees")
		got := Sequential(width, lo, hi)
		if !slices.IsSorted(got) || got[0] != lo || (width > 1 && hi-lo < width && got[width-1] != hi) {
			t.Fatalf("%v is not sorted from %d to %d", got, lo, hi)
		}
		if width > hi-lo {
			counts := make([]int, hi-lo+1)
			for _, degree := range got {
				counts[degree-lo]++
			}
			if slices.Max(counts)-slices.Min(counts) > 1 {
				t.Fatalf("%v has degrees with %d and with %d units", got, slices.Min(counts), slices.Max(counts))
			}
			return
		}
		var steps []int
		for k := 1; k < width; k++ {
			steps = append(steps, got[k]-got[k-1])
		}
		if got[width-1] != hi || slices.Max(steps)-slices.Min(steps) > 1 {
			t.Fatalf("%v is not spread evenly over %d..%d", got, lo, hi)
		}
	})
}

func TestSampledIsUniform(t *testing.T) {
	const lo, hi = 3, 7
	degrees := Sampled(5000, lo, hi, rng(1))
	if slices.Min(degrees) != lo || slices.Max(degrees) != hi {
		t.Fatalf("degrees from %d to %d, want %d to %d", slices.Min(degrees), slices.Max(degrees), lo, hi)
	}
	for k := range degrees {
		degrees[k] -= lo - 1
	}
	if x := chiSquare(tally(t, degrees, hi-lo+1)); x > 18.47 { // 0.1 % of 4 degrees of freedom
		t.Errorf("chi-square %.1f", x)
	}
}
