package cli

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/reproduce"
)

func TestWindows(t *testing.T) {
	if !isWindow([]float32{-1, 2.5, 0, 1000}) {
		t.Error("a window is none")
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, bad := range [][]float32{{}, {1, 2, 3}, {1, 2, 3, 4, 5}, {1, 1, 2, 3}, {1, 2, 4, 3}, {nan, 2, 3, 4}, {-inf, 2, 3, 4}, {0, 1, 0, inf}} {
		if isWindow(bad) {
			t.Errorf("%v is taken", bad)
		}
	}
}

// No point is lost between the cells, but those that are far out.
func TestPointGrid(t *testing.T) {
	var points []float32
	for i := range 100 {
		points = append(points, float32(i%10), float32(i/10)*2)
	}
	g := pointGrid(points, 12)
	sum := 0.0
	for _, n := range g.Values {
		sum += n
	}
	if sum != 100 || !g.Fits() || g.X != (plot.Range{Lo: -0.9, Hi: 9.9}) {
		t.Errorf("%v points in %+v", sum, g.X)
	}
	if g.Values[g.Cols] != 0 || g.Values[g.Cols+1] != 1 { // the row of y = 0 begins with x = 0 in its second cell
		t.Errorf("first cells %v", g.Values[:2*g.Cols])
	}
}

// The first steps, which are far above the rest, do not flatten the curves, the best
// validation has a star, and what is not a number is no point.
func TestCurveChart(t *testing.T) {
	var raw, train, valid picture.Series
	for i := range 1000 {
		y := 1 + 100*math.Exp(-float64(i)/2)
		train.X, train.Y = append(train.X, float64(i)), append(train.Y, y)
		raw.X, raw.Y = append(raw.X, float64(i)), append(raw.Y, y+0.1*math.Sin(float64(i)))
	}
	valid.X, valid.Y = []float64{300, 600, 900}, []float64{1.5, 1.25, math.NaN()}
	lines, f := curveChart(raw, train, valid).Draw(80, 20, plot.Style{Unicode: true})
	if f.Y.Hi > 10 || f.Y.Lo > 1 || f.X != (plot.Range{Lo: 0, Hi: 999}) {
		t.Errorf("the window is %+v, %+v", f.X, f.Y)
	}
	stars := 0
	column, _ := f.ColumnAt(600)
	for _, line := range lines {
		before, _, found := strings.Cut(line, "★")
		if !found {
			continue
		}
		if stars++; utf8.RuneCountInString(before) != column {
			t.Errorf("the star is in column %d, want %d", utf8.RuneCountInString(before), column)
		}
	}
	if stars != 1 {
		t.Errorf("%d stars", stars)
	}
	none := picture.Series{X: []float64{1}, Y: []float64{math.NaN()}}
	if c := curveChart(picture.Series{}, picture.Series{}, none); len(c.Marks) != 0 {
		t.Error("what is not a number is the best")
	}
}

// Sources are numbered once, in their sequence, and a quick table says what it is.
func TestComparison(t *testing.T) {
	yes := true
	table := &reproduce.Table{Rows: []reproduce.Row{
		{Figure: reproduce.Figure{What: "a", Unit: "nats", Published: "1.00", Source: "paper A"}, Ours: 1.5, Error: 0.25, Target: "≤ 2", Verdict: "reached", Reached: &yes, Seconds: 90},
		{Figure: reproduce.Figure{What: "b", Unit: "nats", Published: "2.00", Source: "paper B"}, Ours: 3, Error: 0.25, Verdict: "no target"},
		{Figure: reproduce.Figure{What: "c", Unit: "nats", Published: "3.00", Source: "paper A"}, Ours: 3, Error: 0.25, Verdict: "no target"},
		{Figure: reproduce.Figure{What: "d", Unit: "nats"}, Ours: 3, Error: 0.25, Verdict: "no target"},
	}}
	got := comparison(table)
	want := `what  published         ours  target  verdict      time
a      1.00 [1]  1.50 ± 0.25  ≤ 2     reached     1m30s
b      2.00 [2]  3.00 ± 0.25  -       no target  0.00 s
c      3.00 [1]  3.00 ± 0.25  -       no target  0.00 s
d             -  3.00 ± 0.25  -       no target  0.00 s
nats
[1] paper A
[2] paper B
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	table.Quick = true
	if got := comparison(table); !strings.HasPrefix(got, "quick: not a reproduction\n") {
		t.Errorf("%s", got)
	}
}
