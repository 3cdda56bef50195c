package plot

import (
	"math"
	"regexp"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// anyValue draws numbers, with those that break charts.
func anyValue() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Float64Range(-10, 10), rapid.Float64(),
		rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, 5e-324, 1e-9}),
	)
}

func drawValues(t *rapid.T, n int, label string) []float64 {
	n = max(n+rapid.SampledFrom([]int{0, 0, 0, 0, -1, 1}).Draw(t, "wrong"), 0)
	return rapid.SliceOfN(anyValue(), n, n).Draw(t, label)
}

func drawRange(t *rapid.T, label string) Range {
	return Range{anyValue().Draw(t, label+" from"), anyValue().Draw(t, label+" to")}
}

// drawPoints draws points whose x mostly do not decrease.
func drawPoints(t *rapid.T, label string) Points {
	n := rapid.SampledFrom([]int{0, 1, 2, 17, 300}).Draw(t, label+" points")
	p := XY{X: make([]float64, n), Y: rapid.SliceOfN(anyValue(), n, n).Draw(t, label+" y")}
	for i := range p.X {
		p.X[i] = float64(i)
	}
	if rapid.IntRange(0, 3).Draw(t, label+" any x") == 0 {
		p.X = rapid.SliceOfN(anyValue(), n, n).Draw(t, label+" x")
	}
	if rapid.Bool().Draw(t, label+" indexed") {
		return NewCurve(p)
	}
	return p
}

func drawChart(t *rapid.T) Chart {
	c := Chart{
		X: drawRange(t, "x"), Y: drawRange(t, "y"), LogY: rapid.Bool().Draw(t, "log"), Robust: rapid.Bool().Draw(t, "robust"),
		Cursor: anyValue().Draw(t, "cursor"), HasCursor: rapid.Bool().Draw(t, "has cursor"), XSeconds: rapid.Bool().Draw(t, "seconds"), XDates: drawDates(t),
		XName: rapid.String().Draw(t, "x name"), YName: rapid.String().Draw(t, "y name"),
		Marks: []Mark{{X: anyValue().Draw(t, "mark x"), Y: anyValue().Draw(t, "mark y"), Rune: rapid.Rune().Draw(t, "mark")}},
	}
	for range rapid.IntRange(0, 3).Draw(t, "lines") {
		c.Lines = append(c.Lines, Line{Points: drawPoints(t, "line"), Faint: rapid.Bool().Draw(t, "faint"), Mark: rapid.Rune().Draw(t, "character")})
	}
	if rapid.Bool().Draw(t, "band") {
		c.Bands = []Band{{Lo: drawPoints(t, "lower"), Hi: drawPoints(t, "upper")}}
	}
	return c
}

func drawDates(t *rapid.T) float64 { return rapid.SampledFrom([]float64{0, 1, day}).Draw(t, "dates") }

func drawDots(t *rapid.T) DotRow {
	d := DotRow{Values: drawValues(t, rapid.IntRange(0, 200).Draw(t, "values"), "values")}
	for range rapid.IntRange(0, 6).Draw(t, "marks") {
		x := anyValue()
		if len(d.Values) > 0 {
			x = rapid.OneOf(x, rapid.SampledFrom(d.Values))
		}
		d.Marks = append(d.Marks, Label{X: x.Draw(t, "mark"), Text: rapid.StringN(0, 20, -1).Draw(t, "text"), Rune: rapid.Rune().Draw(t, "caret")})
	}
	return d
}

func drawStyle(t *rapid.T) Style {
	return Style{
		Colour:  rapid.Bool().Draw(t, "colour"),
		Unicode: rapid.Bool().Draw(t, "unicode"),
		Symbols: Symbols(rapid.IntRange(0, 1).Draw(t, "symbols")),
	}
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Whatever is drawn, with whatever size: no line too many, none too wide, and nothing the terminal has not got.
func TestChartsStayInTheirSize(t *testing.T) {
	charts := map[string]func(*rapid.T, int, int, Style) []string{
		"heatmap": func(t *rapid.T, width, height int, style Style) []string {
			g := Grid{
				Rows: rapid.IntRange(-1, 9).Draw(t, "rows"), Cols: rapid.IntRange(-1, 9).Draw(t, "cols"),
				X: drawRange(t, "x"), Y: drawRange(t, "y"), Depth: anyValue().Draw(t, "depth"), Name: rapid.String().Draw(t, "name"),
			}
			g.Values = drawValues(t, max(g.Rows*g.Cols, 0), "values")
			return Heatmap(g, width, height, style)
		},
		"images": func(t *rapid.T, width, height int, style Style) []string {
			n, h, w := rapid.IntRange(-1, 9).Draw(t, "n"), rapid.IntRange(-1, 12).Draw(t, "h"), rapid.IntRange(-1, 12).Draw(t, "w")
			return Images(drawValues(t, max(n*h*w, 0), "images"), n, h, w, width, height, style)
		},
		"histogram": func(t *rapid.T, width, height int, style Style) []string {
			counts := drawValues(t, rapid.IntRange(0, 60).Draw(t, "bins"), "counts")
			b := Bars{Counts: counts, X: drawRange(t, "x"), Expected: anyValue().Draw(t, "expected"), XDates: drawDates(t)}
			if rapid.Bool().Draw(t, "line") {
				b.Line = drawValues(t, len(counts), "line")
			}
			return Histogram(b, width, height, style)
		},
		"column": func(t *rapid.T, width, height int, style Style) []string {
			c := Column{Dates: drawDates(t)}
			numbers := [2][]float64{drawValues(t, 20, "data"), drawValues(t, 7, "samples")}
			c = c.Number(numbers, [2][]float64{}, [2]float64{20, 7}, rapid.SampledFrom([]float64{0, 0.01, 5, 1e-300, 1e300}).Draw(t, "step"), rapid.IntRange(1, 60).Draw(t, "bins"))
			if c.Bins[0] == nil && height > 0 {
				t.Skip("no numbers are near each other")
			}
			return c.Compare(width, height, style)
		},
		"levels": func(t *rapid.T, width, height int, style Style) []string {
			var c Column
			for range min(rapid.IntRange(1, 30).Draw(t, "levels"), max(height, 1)) {
				c.Levels = append(c.Levels, Level{rapid.String().Draw(t, "name"), [2]float64{anyValue().Draw(t, "data"), anyValue().Draw(t, "samples")}})
			}
			return c.Compare(width, height, style)
		},
		"chart": func(t *rapid.T, width, height int, style Style) []string {
			lines, _ := drawChart(t).Draw(width, height, style)
			return lines
		},
		"dots": func(t *rapid.T, width, height int, style Style) []string {
			return drawDots(t).Draw(width, height, style)
		},
		"pairs": func(t *rapid.T, width, height int, style Style) []string {
			p := Pairs{Names: rapid.SliceOfN(rapid.String(), 0, 9).Draw(t, "names")}
			for _, s := range []*Samples{&p.Samples, &p.Beside} {
				s.Name = rapid.String().Draw(t, "name")
				for _, v := range drawValues(t, len(p.Names)*rapid.IntRange(0, 4).Draw(t, "n"), "values") {
					s.Values = append(s.Values, float32(v))
				}
			}
			if rapid.Bool().Draw(t, "marked") {
				p.Marks = drawValues(t, len(p.Names), "marks")
			}
			return p.Draw(width, height, style)
		},
		"bars": func(t *rapid.T, width, height int, style Style) []string {
			values := drawValues(t, rapid.IntRange(1, 60).Draw(t, "bars"), "values")
			return BarRow(append(values, 1), rapid.SliceOfN(rapid.String(), 0, 60).Draw(t, "names"), width, height, style)
		},
	}
	for name, chart := range charts {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				width, height := rapid.IntRange(-3, 250).Draw(t, "width"), rapid.IntRange(-3, 80).Draw(t, "height")
				style := drawStyle(t)
				lines := chart(t, width, height, style)
				if len(lines) > max(height, 0) || width <= 0 && lines != nil {
					t.Fatalf("%d lines in a height of %d and a width of %d", len(lines), height, width)
				}
				if width > 0 && height > 0 && len(lines) == 0 {
					t.Fatal("no lines")
				}
				for _, line := range lines {
					bare := colours.ReplaceAllString(line, "")
					if got := utf8.RuneCountInString(bare); got > width {
						t.Fatalf("%d columns in a width of %d: %q", got, width, line)
					}
					if !style.Colour && bare != line {
						t.Fatalf("colour in %q", line)
					}
					if found := colours.FindAllString(line, -1); len(found) > 0 && found[len(found)-1] != reset {
						t.Fatalf("the colours of %q go on", line)
					}
					for _, r := range bare {
						if !unicode.IsPrint(r) || !style.Unicode && r > unicode.MaxASCII {
							t.Fatalf("%q in %q", r, line)
						}
					}
				}
			})
		})
	}
}

func first(lines []string, _ Frame) []string { return lines }

// Every small size, and some of the large ones, for one chart of each kind.
func TestChartsOfManySizes(t *testing.T) {
	g := Grid{Rows: 2, Cols: 3, Values: []float64{1, 2, 3, 4, 5, 6}, Name: "p"}
	for width := -3; width <= 250; width += 1 + max(0, width)/20 {
		for height := -3; height <= 80; height += 1 + max(0, height)/10 {
			for name, lines := range map[string][]string{
				"heatmap":   Heatmap(g, width, height, Style{}),
				"images":    Images(g.Values, 1, 2, 3, width, height, Style{}),
				"histogram": Histogram(Bars{Counts: g.Values, Expected: 2}, width, height, Style{}),
				"dots":      DotRow{Values: g.Values, Marks: []Label{{X: 2, Text: "two"}, {X: 2, Text: "three"}}}.Draw(width, height, Style{}),
				"bars":      BarRow(g.Values, nil, width, height, Style{}),
				"chart":     first(Chart{Lines: []Line{{Points: XY{g.Values, g.Values}}}, YName: "y"}.Draw(width, height, Style{})),
			} {
				if len(lines) > max(height, 0) {
					t.Fatalf("%s: %d lines in a height of %d", name, len(lines), height)
				}
				for _, line := range lines {
					if len(line) > width {
						t.Fatalf("%s: %d columns in a width of %d", name, len(line), width)
					}
				}
			}
		}
	}
}
