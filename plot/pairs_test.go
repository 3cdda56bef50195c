package plot

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// pairsOf are samples of variables that are independent normals around 0, 10, 20, ….
func pairsOf(names ...string) Pairs {
	p := Pairs{Names: names, Samples: Samples{Name: "samples"}}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		for d := range names {
			p.Samples.Values = append(p.Samples.Values, float32(10*d)+float32(rng.NormFloat64()))
		}
	}
	return p
}

func TestPairsAreChecked(t *testing.T) {
	for want, change := range map[string]func(p *Pairs){
		"1 variables":                       func(p *Pairs) { p.Names = p.Names[:1] },
		"9 variables":                       func(p *Pairs) { p.Names = make([]string, 9) },
		"no samples":                        func(p *Pairs) { p.Samples.Values = nil },
		"3 values are not rows":             func(p *Pairs) { p.Beside.Values = make([]float32, 3) },
		"1 weights for 2000 rows":           func(p *Pairs) { p.Samples.Weights = []float64{1} },
		"3 true values for 2 variables":     func(p *Pairs) { p.Marks = make([]float64, 3) },
		"":                                  func(p *Pairs) { p.Marks = []float64{math.NaN(), 1} },
		"2 weights for 0 rows: give one of": func(p *Pairs) { p.Beside.Weights = []float64{1, 1} },
	} {
		p := pairsOf("a", "b")
		change(&p)
		if err := p.Check(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if lines := p.Draw(80, 24, Style{}); (lines[0] == "no pairs") != (want != "") {
			t.Errorf("%q: drawn as %q", want, lines[0])
		}
	}
}

// An axis has the second set and a mark near by, but neither far values that are rare nor a mark that is far off.
func TestAxesOfPairs(t *testing.T) {
	p := pairsOf("a", "b")
	p.Samples.Values[0], p.Samples.Values[1] = 1e6, float32(math.Inf(-1))
	plain := p.Axis(0)
	if plain.Lo > -2.5 || plain.Lo < -5 || plain.Hi < 2.5 || plain.Hi > 5 {
		t.Errorf("an axis of %v", plain)
	}
	p.Beside.Values = []float32{-7, 10}
	if got := p.Axis(0); got != (Range{-7, plain.Hi}) {
		t.Errorf("beside −7 an axis of %v", got)
	}
	p.Beside.Values = nil
	for mark, want := range map[float64]Range{7: {plain.Lo, 7}, 1e6: plain, math.NaN(): plain, math.Inf(1): plain, 0: plain} {
		p.Marks = []float64{mark, 0}
		if got := p.Axis(0); got != want {
			t.Errorf("with a mark at %v an axis of %v, want %v", mark, got, want)
		}
	}
	nan := float32(math.NaN())
	p = Pairs{Names: []string{"a", "b"}, Samples: Samples{Values: []float32{nan, 5, nan, 5}}, Marks: []float64{3, math.NaN()}}
	if a, b := p.Axis(0), p.Axis(1); !(a.Lo < 3 && 3 < a.Hi) || !(b.Lo < 5 && 5 < b.Hi) {
		t.Errorf("of one value axes of %v and %v", a, b)
	}
}

// Kernels reach beyond a thin tail, and not beyond an end of many values.
func TestReachOfKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	p := Pairs{Names: []string{"waiting time", "share"}}
	for range 1000 {
		p.Samples.Values = append(p.Samples.Values, float32(rng.ExpFloat64()), float32(rng.Float64()))
	}
	_, waiting := p.span(p.Samples, 0)
	_, share := p.span(p.Samples, 1)
	if waiting.Lo < 0 || waiting.Hi < 1.2*p.Axis(0).Hi {
		t.Errorf("kernels of an exponential density reach from %v to %v", waiting.Lo, waiting.Hi)
	}
	if share.Lo < 0 || share.Hi > 1 {
		t.Errorf("kernels of a uniform density reach from %v to %v", share.Lo, share.Hi)
	}
}

// Rounded numbers are spread over their steps, evenly and whatever the order of the rows, and other numbers stay.
func TestSpread(t *testing.T) {
	nan := float32(math.NaN())
	p := Pairs{Names: []string{"count", "x"}}
	for i := range 900 {
		p.Samples.Values = append(p.Samples.Values, float32(3*(i/300)), float32(i)/7)
	}
	p.Samples.Values = append(p.Samples.Values, nan, 1e4)
	got := p.Spread().Samples.Values
	var cells [9]int
	for i := 0; i < 1800; i += 2 {
		off := float64(got[i] - p.Samples.Values[i])
		if math.Abs(off) > 1.5 || got[i+1] != p.Samples.Values[i+1] {
			t.Fatalf("row %d is at %v, %v", i/2, got[i], got[i+1])
		}
		cells[int(got[i]+1.5)]++
	}
	for i, n := range cells {
		if n < 97 || n > 103 {
			t.Errorf("%d values from %v on, want 100", n, float64(i)-1.5)
		}
	}
	if got[1800] == got[1800] || got[1801] != 1e4 || p.Samples.Values[2] != 0 {
		t.Errorf("the last row is at %v, %v, and the samples have %v", got[1800], got[1801], p.Samples.Values[2])
	}
	p = Pairs{Names: []string{"one", "two"}, Samples: Samples{Values: []float32{5, 1, 5, 1}}}
	if got := p.Spread().Samples.Values; got[0] != 5 || got[2] != 5 {
		t.Errorf("the only value is at %v", got)
	}
}

func TestHistogramOfPairs(t *testing.T) {
	p := pairsOf("a", "b")
	p.Samples.Weights = make([]float64, 2000)
	for i := range p.Samples.Weights {
		if p.Samples.Values[2*i] > 0 {
			p.Samples.Weights[i] = 2
		}
	}
	heights, x := p.Histogram(p.Samples, 0, 24)
	sum, width := 0.0, (x.Hi-x.Lo)/float64(len(heights))
	for i, v := range heights {
		sum += v * width
		if right := x.Lo + float64(i+1)*width; right < 0 && v > 0 || right > 0.5 && right < 1 && v < 0.5 {
			t.Errorf("a height of %v up to %v", v, right)
		}
	}
	if math.Abs(sum-1) > 1e-9 || len(heights) != 24 {
		t.Errorf("%d bins have %v of the samples", len(heights), sum)
	}
}

// As text the mode of a pair is in the brightest colour, what is far from it in none, and true values are marked.
func TestPairsAsText(t *testing.T) {
	p := pairsOf("alpha", "beta", "gamma\x1b[2J")
	p.Marks = []float64{2.5, 10, math.NaN()}
	p.Beside = Samples{Name: "rows", Values: p.Samples.Values[:900]}
	lines := p.Draw(80, 60, full)
	text := strings.Join(plain(t, lines), "\n")
	for _, want := range []string{"alpha", "beta", "gamma?[2J", "50 %", "95 %", "X true values", "rows"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "X") - 1; n != 3 { // in two histograms and one pair
		t.Errorf("%d values are marked in\n%s", n, text)
	}
	width, height := (80-yLabels)/3, (80-yLabels)/3/2+1
	column := func(d int, v float64) int {
		return yLabels + p.Axis(d).cell(v, width-2)
	}
	// The pair of gamma above alpha: rows of its panel are those from the third name on.
	for row, line := range lines[2*height+1 : 3*height-1] {
		glyphs := append(read(t, line), make([]glyph, 80)...)
		if at := glyphs[column(0, 0)]; row == (height-2)/2 && at.ground != Ramp(1) && at.ink != Ramp(1) {
			t.Errorf("the mode is drawn as %+v in\n%s", at, text)
		}
		if at := glyphs[column(0, -3.4)]; at.ground.A != 0 || at.ink.A != 0 {
			t.Errorf("what is far out is drawn as %+v in\n%s", at, text)
		}
	}
	if got := strings.Count(strings.Join(p.Draw(40, 60, Style{}), "\n"), "gamma"); got != 0 {
		t.Error("three variables are drawn in a width of two")
	}
}

// Of two variables the only pair is all of the chart.
func TestTheOnlyPairAsText(t *testing.T) {
	p := pairsOf("alpha", "beta")
	p.Marks = []float64{1, 10}
	lines := plain(t, p.Draw(80, 24, full))
	text := strings.Join(lines, "\n")
	if len(lines) != 24 || !strings.Contains(lines[0], "beta") || !strings.HasSuffix(lines[22], "alpha") || !strings.Contains(lines[23], "X true values") {
		t.Errorf("%d lines:\n%s", len(lines), text)
	}
	if strings.Count(text, "X") != 2 {
		t.Errorf("no mark in\n%s", text)
	}
}
