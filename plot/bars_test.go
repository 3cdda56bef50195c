package plot

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestBins(t *testing.T) {
	if counts := Bins([]float64{0, 0.25, 0.5, 0.5, 1, -0.1, 1.1, math.NaN()}, nil, Range{0, 1}, 4); !slices.Equal(counts, []float64{1, 1, 2, 1}) {
		t.Errorf("%v", counts)
	}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(anyValue()).Draw(t, "values")
		sum, inside := 0, 0
		for _, count := range Bins(values, nil, Range{-1, 2}, rapid.IntRange(1, 30).Draw(t, "n")) {
			sum += int(count)
		}
		for _, v := range values {
			if v >= -1 && v <= 2 {
				inside++
			}
		}
		if sum != inside {
			t.Fatalf("%d of %d values", sum, inside)
		}
	})
}

// Bars of 1, 2, … 7 eighths of the height, or as many lines.
func TestHeightsOfBars(t *testing.T) {
	counts := []float64{1, 2, 3, 4, 5, 6, 7, 8}
	if got, want := Histogram(Bars{Counts: counts}, 8, 1, Style{Unicode: true})[0], "▁▂▃▄▅▆▇█"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	lines := Histogram(Bars{Counts: counts}, 8, 8, Style{})
	for i, count := range counts {
		got := 0
		for _, line := range lines {
			if len(line) > i && line[i] == '#' {
				got++
			}
		}
		if got != int(count) {
			t.Errorf("bar %d is %d lines high, want %v: %q", i, got, count, lines)
		}
	}
}

func TestExpectedCountIsALine(t *testing.T) {
	b := Bars{Counts: []float64{10, 2}, X: Range{0, 1}, Expected: 5}
	for style, want := range map[Style][]string{
		{}: {
			"10+#######",
			"  |#######",
			" 5+=======---------",
			"  |#######",
			" 0+####### #######",
			"  0.0     0.5   1.0",
		},
		{Unicode: true}: {
			"10┤███████",
			"  │███████",
			" 5┤▓▓▓▓▓▓▓┄┄┄┄┄┄┄┄┄",
			"  │███████",
			" 0┤███████ ███████",
			"  0.0     0.5   1.0",
		},
	} {
		if got := Histogram(b, 19, 6, style); !slices.Equal(got, want) {
			t.Errorf("%+v:\n%s\nwant\n%s", style, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestBinsThatAreNoNumbers(t *testing.T) {
	got := Histogram(Bars{Counts: []float64{math.NaN(), math.Inf(1), -1, 2}}, 4, 2, Style{})
	if got[0] != " # #" || got[1] != "?# #" {
		t.Errorf("%q", got)
	}
	if got := Histogram(Bars{}, 80, 24, full); len(got) != 1 || got[0] != "no bins" {
		t.Errorf("%q", got)
	}
}

// More bins than columns: each column is the mean of several.
func TestMergedBins(t *testing.T) {
	got := Histogram(Bars{Counts: []float64{8, 0, 2, 6, 8, 8, 0, 0}}, 4, 1, Style{Unicode: true})
	if got[0] != "▄▄█" {
		t.Errorf("%q", got)
	}
}
