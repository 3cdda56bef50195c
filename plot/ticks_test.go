package plot

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func labels(ticks []tick) []string {
	var out []string
	for _, t := range ticks {
		out = append(out, t.label)
	}
	return out
}

func TestTicksAreRound(t *testing.T) {
	for _, test := range []struct {
		r    Range
		n    int
		want string
	}{
		{Range{0, 10}, 6, "0 2 4 6 8 10"},
		{Range{0, 10}, 5, "0 5 10"},
		{Range{-0.31, 0.27}, 6, "-0.3 -0.2 -0.1 0.0 0.1 0.2"},
		{Range{84.137, 84.219}, 5, "84.14 84.16 84.18 84.20"},
		{Range{0, 3e6}, 4, "0 1e6 2e6 3e6"},
		{Range{1e6, 1.3e6}, 4, "1.0e6 1.1e6 1.2e6 1.3e6"},
		{Range{0, 4e-7}, 5, "0 1e-7 2e-7 3e-7 4e-7"},
		{Range{-1e308, 1e308}, 3, "-1e308 0 1e308"},
		{Range{3.1, 3.9}, 2, "3.2 3.4 3.6 3.8"}, // two at least
		{Range{1, math.Nextafter(1, 2)}, 5, "1 1"},
	} {
		if got := strings.Join(labels(ticksOf(test.r, test.n)), " "); got != test.want {
			t.Errorf("%v in %d: %s, want %s", test.r, test.n, got, test.want)
		}
	}
}

func TestDecades(t *testing.T) {
	for _, test := range []struct {
		r    Range
		n    int
		want string
	}{
		{Range{1e-3, 1e3}, 8, "0.001 0.01 0.1 1 10 100 1000"},
		{Range{1e-3, 1e3}, 4, "0.01 1 100"},
		{Range{1e-6, 3e-4}, 8, "1e-6 1e-5 1e-4"},
		{Range{0.3, 12}, 8, "0.5 1 2 5 10"},
		{Range{1e-300, 1e300}, 5, "1e-200 1 1e200"},
		{Range{84, 90}, 4, "84 86 88 90"}, // no round power: as on a linear axis
	} {
		if got := strings.Join(labels(decades(test.r, test.n)), " "); got != test.want {
			t.Errorf("%v in %d: %s, want %s", test.r, test.n, got, test.want)
		}
	}
}

// drawProper draws a range with a length.
func drawProper(t *rapid.T, positive bool) Range {
	number := rapid.OneOf(rapid.Float64Range(-1000, 1000), rapid.Float64Range(-1e300, 1e300), rapid.Float64Range(0, 1e-300))
	a, b := number.Draw(t, "a"), number.Draw(t, "b")
	if positive {
		a, b = math.Abs(a), math.Abs(b)
	}
	return bounded(min(a, b), max(a, b), positive)
}

// Ticks grow, lie in their range, are about as many as were asked for, and their labels are what they are.
func TestTicksOfAnyRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := rapid.Bool().Draw(t, "log")
		r, n := drawProper(t, log), rapid.IntRange(2, 40).Draw(t, "n")
		ticks := ticksOf(r, n)
		if log {
			ticks = decades(r, n)
		}
		if len(ticks) > max(n, 6)+1 || !log && len(ticks) < 2 {
			t.Fatalf("%d ticks, want about %d", len(ticks), n)
		}
		for i, tick := range ticks {
			if tick.at < r.Lo || tick.at > r.Hi || i > 0 && tick.at <= ticks[i-1].at {
				t.Fatalf("%v in %v", ticks, r)
			}
			v, err := strconv.ParseFloat(tick.label, 64)
			if tolerance := (r.Hi/2 - r.Lo/2) / 100; err != nil || math.Abs(v-tick.at) > tolerance+math.Abs(tick.at)*1e-3 {
				t.Fatalf("%v is labelled %q", tick.at, tick.label)
			}
		}
	})
}

// The labels of x do not touch, lie in the drawing, and stand under their values.
func TestLabelsOfXStandApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Frame{Left: rapid.IntRange(1, 10).Draw(t, "left"), Width: rapid.IntRange(leastWidth, 240).Draw(t, "width"), X: drawProper(t, false)}
		c := Chart{XSeconds: rapid.Bool().Draw(t, "seconds")}
		width := f.Left + f.Width
		placed := c.xTicks(f, width)
		for i, p := range placed {
			end := p.from + columns(p.label)
			if p.from < 0 || end > width || p.column < p.from-1 || p.column > end {
				t.Fatalf("%q from %d on for column %d of %d", p.label, p.from, p.column, width)
			}
			if i > 0 && p.from < placed[i-1].from+columns(placed[i-1].label)+apart {
				t.Fatalf("%q and %q do not stand apart", placed[i-1].label, p.label)
			}
		}
		simple := f.X.Lo > -1000 && f.X.Hi < 1000 && f.X.Hi-f.X.Lo > 1
		if simple && f.Width >= 40 && len(placed) < 2 {
			t.Fatalf("%d labels in %d columns", len(placed), f.Width)
		}
	})
}

// No two ticks of y share a row, and each stands in the row of its value.
func TestTicksOfYHaveTheirRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo, length := rapid.Float64Range(-100, 100).Draw(t, "lo"), rapid.Float64Range(0.01, 1000).Draw(t, "length")
		c := Chart{Lines: []Line{{Points: XY{[]float64{0, 1}, []float64{lo, lo + length}}}}}
		lines, f := c.Draw(rapid.IntRange(30, 60).Draw(t, "width"), rapid.IntRange(axesHeight, 40).Draw(t, "height"), braille)
		found := 0
		for row := range f.Height {
			label, _, ok := strings.Cut(lines[f.Top+row], "┤")
			if !ok {
				continue
			}
			found++
			v, err := strconv.ParseFloat(strings.TrimSpace(label), 64)
			top, bottom := f.Y.Hi-float64(row)/float64(f.Height)*length, f.Y.Hi-float64(row+1)/float64(f.Height)*length
			if tolerance := length * 1e-6; err != nil || v > top+tolerance || v < bottom-tolerance {
				t.Fatalf("%q is in the row from %v to %v", label, bottom, top)
			}
		}
		if found < 2 {
			t.Fatalf("%d ticks in %d rows of %v", found, f.Height, f.Y)
		}
	})
}

func TestClockTicks(t *testing.T) {
	for _, test := range []struct {
		x     Range
		width int
		want  string
	}{
		{Range{0, 100}, 60, "0s 15s 30s 45s 1m 1m15s 1m30s"},
		{Range{0, 3600}, 60, "0s 10m 20m 30m 40m 50m 1h"},
		{Range{0, 3600}, 30, "0s 15m 30m 45m 1h"},
		{Range{0, 86400 * 2}, 50, "0s 12h 24h 36h 48h"},
		{Range{0, 1}, 30, "0s 500ms 1s"},
	} {
		var got []string
		for _, p := range (Chart{XSeconds: true}).xTicks(Frame{Left: 5, Width: test.width, X: test.x}, test.width+5) {
			got = append(got, p.label)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%v in %d: %s, want %s", test.x, test.width, strings.Join(got, " "), test.want)
		}
	}
}

// The names of the axes are written where there is room, and take it from nothing else.
func TestNamesOfAxes(t *testing.T) {
	c := Chart{Lines: []Line{{Points: XY{[]float64{0, 10}, []float64{1, 2}}}}, XName: "step", YName: "nats"}
	lines, f := c.Draw(60, 12, Style{})
	if strings.TrimSpace(lines[0]) != "nats" || f.Top != 1 || !strings.HasSuffix(lines[11], "step") || len(lines[11]) != 60 {
		t.Errorf("%q", lines)
	}
	lines, f = c.Draw(20, 5, Style{})
	if strings.Contains(strings.Join(lines, ""), "nats") || strings.Contains(strings.Join(lines, ""), "step") || f.Top != 0 {
		t.Errorf("%q", lines)
	}
}
