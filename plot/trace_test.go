package plot

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawn(t failer, c Chart, width, height int) ([][]bool, Frame) {
	t.Helper()
	lines, f := c.Draw(width, height, braille)
	if f.Width == 0 {
		t.Fatalf("no frame: %q", lines)
	}
	return pixels(t, lines, f), f
}

func perColumn(p [][]bool) []int {
	out := make([]int, len(p[0]))
	for _, row := range p {
		for x, inked := range row {
			if inked {
				out[x]++
			}
		}
	}
	return out
}

func TestNoSpikeIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 3000).Draw(t, "points")
		values := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 50).Draw(t, "values")
		p := XY{make([]float64, n), make([]float64, n)}
		for i := range n {
			p.X[i], p.Y[i] = float64(i), values[i*7%len(values)]
		}
		p.Y[rapid.IntRange(0, n-1).Draw(t, "spike")] = 2
		var points Points = p
		if rapid.Bool().Draw(t, "indexed") {
			points = NewCurve(p)
		}
		c := Chart{Lines: []Line{{Points: points}}, X: Range{-0.371, float64(n)}, Y: Range{-0.1, 2.1}}
		inked, f := drawn(t, c, rapid.IntRange(20, 120).Draw(t, "width"), rapid.IntRange(4, 40).Draw(t, "height"))
		extremes := make(map[int]block)
		for i := range n {
			column := int((p.X[i] - f.X.Lo) / (f.X.Hi - f.X.Lo) * float64(2*f.Width))
			b, ok := extremes[column]
			if !ok {
				b = nothing
			}
			extremes[column] = b.with(block{p.Y[i], p.Y[i]})
		}
		for column, b := range extremes {
			for _, y := range []float64{b.lo, b.hi} {
				row := (f.Y.Hi - y) / (f.Y.Hi - f.Y.Lo) * float64(4*f.Height)
				if math.Abs(row-math.Round(row)) > 1e-9 && !inked[int(row)][column] {
					t.Fatalf("y = %v is not in row %d of column %d", y, int(row), column)
				}
			}
		}
	})
}

func TestLinesAreJoined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := XY{Y: rapid.SliceOfN(rapid.Float64Range(0, 1), 2, 40).Draw(t, "y")}
		for i := range p.Y {
			p.X = append(p.X, float64(i))
		}
		c := Chart{Lines: []Line{{Points: p}}, Y: Range{0, 1}}
		inked, _ := drawn(t, c, rapid.IntRange(20, 100).Draw(t, "width"), rapid.IntRange(4, 30).Draw(t, "height"))
		for x := range len(inked[0]) - 1 {
			touch := false
			for y := range inked {
				for other := max(y-1, 0); other <= min(y+1, len(inked)-1); other++ {
					touch = touch || inked[y][x] && inked[other][x+1]
				}
			}
			if !touch {
				t.Fatalf("columns %d and %d do not touch", x, x+1)
			}
		}
	})
}

func TestGaps(t *testing.T) {
	for _, missing := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -3} {
		c := Chart{Lines: []Line{{Points: XY{[]float64{0, 10, 20, 30, 40}, []float64{1, 1, missing, 1, 1}}}}, X: Range{0, 40}, Y: Range{0.1, 2}, LogY: true}
		inked, _ := drawn(t, c, 50, 10)
		n := perColumn(inked)
		width := len(n)
		for x := range n {
			between := x > width/4 && x < 3*width/4
			if between && n[x] != 0 || !between && n[x] != 1 {
				t.Errorf("%v: column %d of %d has %d pixels", missing, x, width, n[x])
			}
		}
	}
}

func TestGapInsideOfAColumn(t *testing.T) {
	p := XY{[]float64{0, 50, 50.01, 50.02, 50.03, 100}, []float64{math.NaN(), 0, 0, math.NaN(), 1, math.NaN()}}
	inked, f := drawn(t, Chart{Lines: []Line{{Points: p}}, Y: Range{-1, 2}}, 40, 12)
	column, _ := f.ColumnAt(50)
	n := perColumn(inked)
	if got := n[2*(column-f.Left)] + n[2*(column-f.Left)+1]; got != 2 {
		t.Errorf("%d pixels, want those of 0 and 1", got)
	}
}

func TestSinglePoint(t *testing.T) {
	for _, p := range []XY{{[]float64{7}, []float64{3}}, {[]float64{math.NaN(), 7, 8}, []float64{1, 3, math.NaN()}}, {[]float64{1e300}, []float64{-1e300}}} {
		inked, f := drawn(t, Chart{Lines: []Line{{Points: p}}}, 30, 8)
		total := 0
		for _, n := range perColumn(inked) {
			total += n
		}
		if total != 1 || !f.X.proper() || !f.Y.proper() {
			t.Errorf("%v: %d pixels in %+v", p, total, f)
		}
	}
}

func TestDashesWithoutColour(t *testing.T) {
	p := XY{}
	for i := range 200 {
		p.X, p.Y = append(p.X, float64(i)), append(p.Y, 0.1)
	}
	for i := 5; i < 200; i += 10 {
		p.Y[i] = 0.4
	}
	c := Chart{Lines: []Line{{Points: XY{p.X, slices.Repeat([]float64{0.9}, 200)}}, {Points: p}}, Y: Range{0, 1}}
	inked, f := drawn(t, c, 60, 12)
	solid, dashed := perColumn(inked[:2*f.Height]), perColumn(inked[2*f.Height:])
	if slices.Contains(solid, 0) || !slices.Contains(dashed, 0) {
		t.Errorf("solid %v, dashed %v", solid, dashed)
	}
	for i := 5; i < 200; i += 10 {
		column := int((p.X[i] - f.X.Lo) / (f.X.Hi - f.X.Lo) * float64(2*f.Width))
		if !inked[int(0.6*float64(4*f.Height))][column] {
			t.Errorf("the spike at %v is not drawn", p.X[i])
		}
	}
	for x := range 20 {
		c.Lines[1].Points = XY{[]float64{float64(x)}, []float64{0.1}}
		inked, f := drawn(t, c, 60, 12)
		if n := perColumn(inked[2*f.Height:]); slices.Max(n) != 1 {
			t.Errorf("the point at %d is not drawn", x)
		}
	}
	c.Lines[1].Points = p
	lines, f := c.Draw(60, 12, full)
	if n := perColumn(pixels(t, lines, f)[2*f.Height:]); slices.Contains(n, 0) {
		t.Errorf("dashes in colour: %v", n)
	}
}

func TestHugeRange(t *testing.T) {
	c := Chart{Lines: []Line{{Points: XY{[]float64{-1e308, 0, 1e308}, []float64{-1e308, 1e308, -1e308}}}}}
	inked, f := drawn(t, c, 60, 12)
	width, height := len(inked[0]), len(inked)
	if !inked[0][width/2] || !inked[height-1][0] || !inked[height-1][width-1] || slices.Contains(perColumn(inked), 0) {
		t.Errorf("no tent in %+v", f)
	}
	lines, _ := c.Draw(60, 12, braille)
	if !strings.Contains(strings.Join(lines, "\n"), "1e308┤") {
		t.Errorf("%s", strings.Join(lines, "\n"))
	}
}
