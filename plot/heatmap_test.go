package plot

import (
	"math"
	"strings"
	"testing"
)

// ascending is a grid of values 0, 1, 2, … in its sequence.
func ascending(rows, cols int) Grid {
	g := Grid{Rows: rows, Cols: cols, Values: make([]float64, rows*cols)}
	for i := range g.Values {
		g.Values[i] = float64(i)
	}
	return g
}

// A grid of as many rows as there are half lines, too small for axes: every value can be read back, row 0 from the bottom.
func TestPixelsOfAHeatmap(t *testing.T) {
	const rows, cols = 10, 7
	g := ascending(rows, cols)
	lines := Heatmap(g, cols, rows/2, full)
	for y, line := range lines {
		glyphs := read(t, line)
		if len(glyphs) != cols {
			t.Fatalf("line %d has %d columns, want %d", y, len(glyphs), cols)
		}
		for x, glyph := range glyphs {
			upper, lower := glyph.halves(t)
			row := rows - 1 - 2*y
			for half, got := range map[int]any{row: upper, row - 1: lower} {
				if want := Ramp(g.Values[half*cols+x] / (rows*cols - 1)); got != want {
					t.Errorf("row %d, column %d: %v, want %v", half, x, got, want)
				}
			}
		}
	}
	for y, line := range Heatmap(g, cols, rows, Style{})[:2] {
		for x := 1; x < cols; x++ {
			if strings.IndexByte(asciiShades, line[x]) < strings.IndexByte(asciiShades, line[x-1]) {
				t.Errorf("line %d in ASCII loses ink from column %d to %d: %q", y, x-1, x, line)
			}
		}
	}
}

// One value of a million is seen where it is.
func TestAPeakIsNotLost(t *testing.T) {
	const side = 1000
	g := Grid{Rows: side, Cols: side, Values: make([]float64, side*side)}
	g.Values[250*side+777] = 1
	// Rows 200 to 299 are the third half line from below: the lower half of line 3.
	for style, want := range map[Style]string{{}: "     +", {Unicode: true}: "     ▄"} {
		for y, line := range Heatmap(g, 7, 5, style) {
			if y != 3 && line != "" || y == 3 && line != want {
				t.Errorf("%+v, line %d: %q", style, y, line)
			}
		}
	}
}

func TestValuesThatAreNoNumbers(t *testing.T) {
	inf := math.Inf(1)
	g := Grid{Rows: 2, Cols: 4, Values: []float64{-inf, 0, 1, inf, math.NaN(), 0, 1, inf}}
	line := Heatmap(g, 4, 1, full)[0]
	glyphs := read(t, line)
	if glyphs[0].r != '?' {
		t.Errorf("not-a-number is drawn as %q", glyphs[0].r)
	}
	for x, want := range map[int]float64{1: 0, 2: 1, 3: 1} {
		if upper, lower := glyphs[x].halves(t); upper != Ramp(want) || lower != Ramp(want) {
			t.Errorf("column %d: %v and %v, want %v", x, upper, lower, Ramp(want))
		}
	}
	g = Grid{Rows: 2, Cols: 2, Values: []float64{-inf, -inf, -3, -inf}} // uniform on a quarter
	if got, want := Heatmap(g, 2, 2, Style{}), []string{"@", ""}; got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestDepthCutsTheLowest(t *testing.T) {
	g := Grid{Rows: 1, Cols: 3, Values: []float64{-1000, -5, 0}, Depth: 10}
	if scale, deeper := g.Scale(); scale != (Range{-10, 0}) || !deeper {
		t.Errorf("scale %v, deeper %v", scale, deeper)
	}
	if got := g.Values[1]; (Range{-10, 0}).Level(got) != 0.5 {
		t.Errorf("%v is not in the middle", got)
	}
	g.Depth = 2000
	if scale, deeper := g.Scale(); scale != (Range{-1000, 0}) || deeper {
		t.Errorf("scale %v, deeper %v", scale, deeper)
	}
}

func TestAxesAndLegend(t *testing.T) {
	g := ascending(30, 30)
	g.X, g.Y, g.Name = Range{-4, 4.5}, Range{-1, 1}, "log p(x), nats\x1b[2J漢"
	page := plain(t, Heatmap(g, 60, 12, full))
	if len(page) != 12 {
		t.Fatalf("%d lines", len(page))
	}
	for y, want := range map[int]string{8: "-1┤", 9: "  └┬─", 10: "   -4 ", 11: "log p(x), nats?[2J?  0 "} {
		if !strings.HasPrefix(page[y], want) {
			t.Errorf("line %d: %q, want %q at the start", y, page[y], want)
		}
	}
	if !strings.HasSuffix(page[10], "  4") || !strings.HasSuffix(page[11], " 899") {
		t.Errorf("ends: %q, %q", page[10], page[11])
	}
}

func TestGridsThatDoNotFit(t *testing.T) {
	for _, g := range []Grid{
		{}, {Rows: 2, Cols: 3, Values: make([]float64, 5)}, {Rows: -1, Cols: -1, Values: make([]float64, 1)},
		{Rows: math.MaxInt, Cols: math.MaxInt, Values: make([]float64, 1)}, {Rows: 3}, {Cols: 3},
	} {
		if got := Heatmap(g, 80, 24, full); len(got) != 1 || got[0] != "no values" {
			t.Errorf("%d x %d with %d values: %q", g.Rows, g.Cols, len(g.Values), got)
		}
	}
	if g := (Grid{Rows: 3, Cols: 0}); !g.Fits() {
		t.Error("three empty rows do not fit")
	}
}
