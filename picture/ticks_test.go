package picture

import (
	"math"
	"slices"
	"testing"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"
)

func TestTicksOfKnownAxes(t *testing.T) {
	for _, test := range []struct {
		lo, hi float64
		n      ticks
		want   []string
	}{
		{0, 1, 3, []string{"0.0", "0.5", "1.0"}},
		{-4, 4, 4, []string{"−4", "−2", "0", "2", "4"}},
		{-0.042, 0.042, 3, []string{"−0.04", "−0.02", "0.00", "0.02", "0.04"}},
		{0, 40_000, 4, []string{"0", "10000", "20000", "30000", "40000"}},
		{0, 2e6, 4, []string{"0", "5.0e5", "1.0e6", "1.5e6", "2.0e6"}},
		{1e9, 1e9 + 1e-6, 4, []string{"1e+09", "1e+09"}},
		{0, 4e-7, 4, []string{"0", "1e−7", "2e−7", "3e−7", "4e−7"}},
	} {
		var got []string
		for _, mark := range test.n.Ticks(test.lo, test.hi) {
			got = append(got, mark.Label)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v to %v: %q, want %q", test.lo, test.hi, got, test.want)
		}
	}
}

// Marks are on the axis, rise, are not too many, and on the narrowest axis of each kind no two numbers touch.
func TestTicksOfAnyAxis(t *testing.T) {
	style := letters(tickSize, black)
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.OneOf(rapid.Float64Range(-1000, 1000), rapid.Float64Range(-1e300, 1e300)).Draw(t, "lo")
		hi := lo + math.Pow(10, rapid.Float64Range(-12, 300).Draw(t, "length"))
		if hi == lo || math.IsInf(hi-lo, 0) {
			t.Skip("no axis")
		}
		marks := ticks(4).Ticks(lo, hi)
		if len(marks) < 2 || len(marks) > 11 {
			t.Fatalf("%d marks: %v", len(marks), marks)
		}
		const axis = 2.8 * vg.Inch
		place := func(m gonum.Tick) vg.Length { return vg.Length((m.Value-lo)/(hi-lo)) * axis }
		for i, mark := range marks {
			if mark.Value < lo || mark.Value > hi {
				t.Fatalf("%v is not from %v to %v", mark.Value, lo, hi)
			}
			if i == 0 {
				continue
			}
			room := place(mark) - place(marks[i-1])
			if taken := (style.Width(mark.Label) + style.Width(marks[i-1].Label)) / 2; taken >= room {
				t.Fatalf("%q and %q touch: they take %v of %v", marks[i-1].Label, mark.Label, taken, room)
			}
		}
	})
}
