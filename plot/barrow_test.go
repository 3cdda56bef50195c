package plot

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// The longest bar is that of the largest value, and bars of values that are not close together are in proportion.
func TestBarRow(t *testing.T) {
	got := BarRow([]float64{1, 2, 4, math.NaN()}, []string{"a", "bb", "c"}, 27, 4, Style{})
	want := []string{
		" a #####                1.00",
		"bb ##########           2.00",
		" c ###################  4.00",
		" 3                       NaN",
	}
	for i := range got {
		if bars, name := strings.Count(got[i], "#"), strings.Fields(got[i])[0]; bars != strings.Count(want[i], "#") || name != strings.Fields(want[i])[0] || len(got[i]) != 27 {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}

// Bars of values that are close together differ all the same, and their numbers tell by how much.
func TestBarsOfCloseValues(t *testing.T) {
	lines := BarRow([]float64{84.10, 84.11, 84.15}, nil, 60, 3, Style{})
	var lengths []int
	for i, number := range []string{"84.1000", "84.1100", "84.1500"} {
		lengths = append(lengths, strings.Count(lines[i], "#"))
		if !strings.HasSuffix(lines[i], " "+number) {
			t.Errorf("%q, want %s", lines[i], number)
		}
	}
	if lengths[0] < 5 || lengths[1] <= lengths[0] || lengths[2] < 2*lengths[1] {
		t.Errorf("lengths %v", lengths)
	}
	negative := BarRow([]float64{-3, -1}, nil, 40, 2, Style{})
	if a, b := strings.Count(negative[0], "#"), strings.Count(negative[1], "#"); a < 1 || b <= a {
		t.Errorf("%q", negative)
	}
}

// With fewer lines than values a line is the mean of those it names.
func TestMergedBars(t *testing.T) {
	lines := BarRow([]float64{1, 3, 5, 7, 9}, nil, 40, 3, braille)
	want := [][]string{{"0–1", "2.00"}, {"2–3", "6.00"}, {"4", "9.00"}}
	for i, line := range lines {
		fields := strings.Fields(line)
		if got := []string{fields[0], fields[len(fields)-1]}; !slices.Equal(got, want[i]) {
			t.Errorf("%q, want %q", got, want[i])
		}
	}
	if len(lines) != 3 || BarRow(nil, nil, 40, 3, braille) != nil {
		t.Errorf("%q", lines)
	}
}
