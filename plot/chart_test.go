package plot

import (
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawn returns the pixels of a chart.
func drawn(t failer, c Chart, width, height int) ([][]bool, Frame) {
	t.Helper()
	lines, f := c.Draw(width, height, braille)
	if f.Width == 0 {
		t.Fatalf("no frame: %q", lines)
	}
	return pixels(t, lines, f), f
}

// perColumn returns how many pixels every column has.
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

// Whatever a line does in between, the lowest and the highest point of every pixel column are inked.
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

// Neighbouring columns of a line without gaps touch: no column is empty, and their pixels are at most a row apart.
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

// A gap is a gap: nothing is drawn between the neighbours of what is no number, nor of what has no logarithm.
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

// Of a column with a gap inside, what can be drawn is drawn, and not what lies across the gap.
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

func TestNothingToDraw(t *testing.T) {
	nan := XY{[]float64{1, 2}, []float64{math.NaN(), math.Inf(1)}}
	for words, c := range map[string]Chart{
		"no values yet":  {Lines: []Line{{Points: nan}, {Points: XY{}}, {}}},
		"no values here": {Lines: []Line{{Points: XY{[]float64{1, 2}, []float64{3, 4}}}}, X: Range{5, 6}},
	} {
		lines, f := c.Draw(31, 9, full)
		if f != (Frame{}) || strings.TrimSpace(strings.Join(lines, "")) != words || strings.Index(lines[4], words) != (31-len(words))/2 {
			t.Errorf("%q, %+v", lines, f)
		}
	}
	if lines, f := (Chart{}).Draw(0, 5, full); lines != nil || f != (Frame{}) {
		t.Errorf("%q", lines)
	}
}

// In a window between two points the line that joins them is seen, and the range of y is that of its part.
func TestWindowBetweenPoints(t *testing.T) {
	for _, log := range []bool{false, true} {
		c := Chart{Lines: []Line{{Points: XY{[]float64{0, 100}, []float64{1, 100}}}}, X: Range{49, 51}, LogY: log}
		inked, f := drawn(t, c, 40, 10)
		if slices.Contains(perColumn(inked), 0) {
			t.Errorf("log %v: the line has holes", log)
		}
		want := Range{1 + 99*0.49, 1 + 99*0.51}
		if log {
			want = Range{math.Pow(100, 0.49), math.Pow(100, 0.51)}
		}
		if math.Abs(f.Y.Lo-want.Lo) > 1e-9 || math.Abs(f.Y.Hi-want.Hi) > 1e-9 {
			t.Errorf("log %v: %v, want %v", log, f.Y, want)
		}
	}
}

// One wild value does not flatten a line whose range is robust; a faint line does not count, marks do, and values just
// beyond the others are no outliers.
func TestRobustRange(t *testing.T) {
	p := XY{}
	for i := range 1000 {
		p.X, p.Y = append(p.X, float64(i)), append(p.Y, float64(i%10))
	}
	p.Y[500] = 1e6
	wild := XY{p.X, slices.Repeat([]float64{-500, 500}, 500)}
	c := Chart{Lines: []Line{{Points: p}, {Points: wild, Faint: true}}, Robust: true}
	if _, f := drawn(t, c, 60, 12); f.Y.Lo < -1 || f.Y.Lo > 0 || f.Y.Hi > 10 || f.Y.Hi < 9 {
		t.Errorf("%v", f.Y)
	}
	c.Marks = []Mark{{X: 500, Y: 40}}
	if _, f := drawn(t, c, 60, 12); f.Y.Hi < 40 || f.Y.Hi > 43 {
		t.Errorf("with a mark %v", f.Y)
	}
	p.Y[500] = 9.5
	c.Marks = nil
	if _, f := drawn(t, c, 60, 12); f.Y.Hi < 9.5 {
		t.Errorf("9.5 is cut off at %v", f.Y.Hi)
	}
	c.Robust = false
	if _, f := drawn(t, c, 60, 12); f.Y != (Range{-500, 500}) {
		t.Errorf("not robust: %v", f.Y)
	}
}

// Two lines in a cell: its colour is that of the later one and its dots are those of both, but a faint line leaves the
// cells of others.
func TestLinesOverLines(t *testing.T) {
	flat := func(y float64) Points { return XY{[]float64{0, 10}, []float64{y, y}} }
	c := Chart{Lines: []Line{{Points: flat(0.45)}, {Points: flat(0.55)}}, X: Range{0, 10}, Y: Range{0, 1}}
	for _, faint := range []int{-1, 0, 1} {
		for i := range c.Lines {
			c.Lines[i].Faint = i == faint
		}
		lines, f := c.Draw(40, 4, full) // three rows of data, both lines in the middle one
		want, dots := Series(1), 2*2*f.Width
		if faint >= 0 {
			want, dots = Series(1-faint), 2*f.Width
		}
		total := 0
		for _, n := range perColumn(pixels(t, lines, f)) {
			total += n
		}
		for _, g := range read(t, lines[1])[f.Left:] {
			if g.ink != want {
				t.Fatalf("faint %d: colour %v, want %v", faint, g.ink, want)
			}
		}
		if total != dots {
			t.Errorf("faint %d: %d dots, want %d", faint, total, dots)
		}
	}
}

// Without colour the second of two lines is dashed, but its spikes and its single points are drawn.
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

// Every line has its own character in ASCII, or the one it was given.
func TestASCIILines(t *testing.T) {
	c := Chart{Y: Range{0, 10}}
	for i, mark := range []rune{0, 0, '@', 'é'} {
		y := float64(2 * i)
		c.Lines = append(c.Lines, Line{Points: XY{[]float64{0, 1}, []float64{y, y}}, Mark: mark})
	}
	lines, f := c.Draw(20, 12, Style{})
	for i, want := range []string{".", "o", "@", "+"} {
		row := min(int((10-2*float64(i))/10*float64(f.Height)), f.Height-1)
		if got := lines[f.Top+row][f.Left:]; got != strings.Repeat(want, f.Width) {
			t.Errorf("line %d is %q", i, got)
		}
	}
}

func TestMarksAndCursor(t *testing.T) {
	c := Chart{
		Lines: []Line{{Points: XY{[]float64{0, 10}, []float64{0, 0}}}}, X: Range{0, 10}, Y: Range{0, 10}, Cursor: 5, HasCursor: true,
		Marks: []Mark{{X: 9, Y: 7, Rune: '★', Colour: color.RGBA{R: 1}}, {X: 11, Y: 5, Rune: '★'}, {X: 1, Y: math.NaN(), Rune: '★'}},
	}
	lines, f := c.Draw(40, 12, full)
	if n := strings.Count(strings.Join(lines, ""), "★"); n != 1 {
		t.Errorf("%d stars, want that inside of the window", n)
	}
	column, _ := f.ColumnAt(9)
	if g := read(t, lines[f.Top+int(0.3*float64(f.Height))])[column]; g.r != '★' || g.ink != (color.RGBA{R: 1, A: 0xff}) {
		t.Errorf("%+v is where the star should be", g)
	}
	column, _ = f.ColumnAt(5)
	for row := range f.Height - 1 { // the line is in the last one
		if g := read(t, lines[f.Top+row])[column]; g.r != '│' {
			t.Errorf("%q in row %d of the cursor", g.r, row)
		}
	}
	plainLines, _ := c.Draw(40, 12, Style{})
	if n := strings.Count(strings.Join(plainLines, ""), "*"); n != 1 {
		t.Errorf("%d stars in ASCII", n)
	}
	c.Cursor = 10.1
	lines, _ = c.Draw(40, 12, full)
	if got := strings.Count(strings.Join(lines, ""), "│"); got+strings.Count(strings.Join(lines, ""), "┤") != f.Height {
		t.Errorf("a cursor outside of the window is drawn")
	}
}

// A band covers what is between its edges, also between their points, and nothing else.
func TestBand(t *testing.T) {
	x := []float64{0, 10}
	c := Chart{Bands: []Band{{Lo: XY{x, []float64{2, 2}}, Hi: XY{x, []float64{8, 8}}}}, X: Range{0, 10}, Y: Range{0, 10}}
	for _, style := range []Style{{}, {Unicode: true, Symbols: Block}} {
		lines, f := c.Draw(40, 22, style)
		shade := map[bool]rune{false: ':', true: '░'}[style.Unicode]
		for row := range f.Height {
			y := f.Y.Hi - (float64(row)+0.5)/float64(f.Height)*(f.Y.Hi-f.Y.Lo)
			text := []rune(lines[f.Top+row])[f.Left:]
			covered := len(text) == f.Width && !slices.ContainsFunc(text, func(r rune) bool { return r != shade })
			if inside := y > 2.3 && y < 7.7; inside && !covered || (y < 1.7 || y > 8.3) && len(text) > 0 {
				t.Errorf("%+v: row %d, y = %.2f, is %q", style, row, y, string(text))
			}
		}
	}
	c.Bands[0].Hi = XY{x, []float64{8, math.NaN()}}
	inked, _ := drawn(t, c, 40, 22)
	if n := perColumn(inked); n[0] == 0 || n[len(n)/2] != 0 {
		t.Errorf("a band whose upper edge has a gap: %v", n)
	}
}

// The extremes of float64 are drawn like other numbers.
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

func TestPositive(t *testing.T) {
	for _, points := range []func(XY) Points{func(p XY) Points { return p }, func(p XY) Points { return NewCurve(p) }} {
		p := XY{}
		for i := range 1000 {
			p.X, p.Y = append(p.X, float64(i)), append(p.Y, 1)
		}
		p.Y[10], p.Y[100], p.Y[500], p.Y[800] = math.NaN(), math.Inf(-1), -2, 0
		for window, want := range map[Range]float64{{}: -2, {0, 499}: 1, {501, 799}: 1, {501, 800}: 0} {
			ok, example := Chart{Lines: []Line{{Points: points(p)}, {}}, X: window}.Positive()
			if ok != (want > 0) || !ok && example != want {
				t.Errorf("%v: %v, %v, want %v", window, ok, example, want)
			}
		}
	}
	if ok, _ := (Chart{}).Positive(); !ok {
		t.Error("no value is not above zero")
	}
}
