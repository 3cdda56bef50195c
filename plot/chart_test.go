package plot

import (
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
)

// drawn returns the pixels of a chart.
// perColumn returns how many pixels every column has.
// Whatever a line does in between, the lowest and the highest point of every pixel column are inked.
// Neighbouring columns of a line without gaps touch: no column is empty, and their pixels are at most a row apart.
// A gap is a gap: nothing is drawn between the neighbours of what is no number, nor of what has no logarithm.
// Of a column with a gap inside, what can be drawn is drawn, and not what lies across the gap.
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

// The smallest charts have no axes.
func TestSmallestCharts(t *testing.T) {
	x := []float64{0, 1, 2, 3, 4, 5, 6, 7}
	c := Chart{Lines: []Line{{Points: XY{x, x}}}}
	lines, f := c.Draw(15, 4, braille)
	if len(lines) != 4 || f != (Frame{}) || strings.ContainsAny(strings.Join(lines, ""), "│┤0123456789") {
		t.Errorf("axes in 15 x 4: %q", lines)
	}
	if _, f := c.Draw(16, 4, braille); f.Width < leastWidth || f.Height != 3 {
		t.Errorf("no axes in 16 x 4: %+v", f)
	}
}
