package picture

import (
	"math"
	"testing"

	"gonum.org/v1/plot/plotter"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/plot"
)

// over is a function on a grid of [-2, 2] x [-1, 1].
func over(rows, cols int, f func(x, y float64) float64) plot.Grid {
	g := plot.Grid{Rows: rows, Cols: cols, X: plot.Range{Lo: -2, Hi: 2}, Y: plot.Range{Lo: -1, Hi: 1}}
	for r := range rows {
		for c := range cols {
			g.Values = append(g.Values, f(-2+4*(float64(c)+0.5)/float64(cols), -1+2*(float64(r)+0.5)/float64(rows)))
		}
	}
	return g
}

// area is that within a closed line, negative where it runs clockwise.
func area(line plotter.XYs) (sum float64) {
	for i, a := range line {
		b := line[(i+1)%len(line)]
		sum += (a.X*b.Y - b.X*a.Y) / 2
	}
	return sum
}

// A disc has one line, counterclockwise and where its edge is; a ring has another one around its hole, clockwise.
func TestContoursOfDiscAndRing(t *testing.T) {
	cone := func(x, y float64) float64 { return 1 - math.Hypot(x-0.3, y) }
	disc := contours(over(90, 170, cone), 0.4)
	if len(disc) != 1 || math.Abs(area(disc[0])/(math.Pi*0.36)-1) > 0.01 {
		t.Fatalf("%d lines around a disc", len(disc))
	}
	for _, at := range disc[0] {
		if math.Abs(cone(at.X, at.Y)-0.4) > 0.003 {
			t.Errorf("the line is at %v, where the function is %v", at, cone(at.X, at.Y))
		}
	}
	ring := contours(over(90, 170, func(x, y float64) float64 { return 0.5 - math.Abs(math.Hypot(x, y)-0.6) }), 0.3)
	if len(ring) != 2 || math.Abs(area(ring[0])-math.Pi*0.64) > 0.02 || math.Abs(area(ring[1])+math.Pi*0.16) > 0.02 {
		t.Errorf("%d lines around a ring", len(ring))
	}
}

// What is above a level at the edge of a grid ends there.
func TestContoursAtEdges(t *testing.T) {
	lines := contours(over(5, 7, func(_, _ float64) float64 { return 1 }), 1e-12)
	if len(lines) != 1 || math.Abs(area(lines[0])-8) > 0.2 {
		t.Fatalf("%v around a whole grid", lines)
	}
	for _, at := range lines[0] {
		if math.Abs(at.X) > 2 || math.Abs(at.Y) > 1 {
			t.Errorf("the line is at %v", at)
		}
	}
	if lines := contours(over(5, 7, func(_, _ float64) float64 { return 1 }), 1); len(lines) != 0 {
		t.Errorf("%d lines around nothing", len(lines))
	}
}

// Two cells that touch at a corner are joined where the middle is above the level.
func TestContoursOfSaddles(t *testing.T) {
	g := plot.Grid{Rows: 2, Cols: 2, Values: []float64{9, 0, 0, 9}}
	for level, want := range map[float64]int{5: 2, 4: 1} {
		if got := len(contours(g, level)); got != want {
			t.Errorf("%d lines at level %v, want %d", got, level, want)
		}
	}
}

// Around any grid lines are closed, cross nothing twice, and have within them what is above.
func TestContoursOfAnyGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 7).Draw(t, "rows"), rapid.IntRange(1, 7).Draw(t, "cols")
		g := plot.Grid{Rows: rows, Cols: cols}
		for range rows * cols {
			g.Values = append(g.Values, float64(rapid.IntRange(0, 3).Draw(t, "value")))
		}
		level := rapid.SampledFrom([]float64{0.5, 1.5, 2.5, 3.5}).Draw(t, "level")
		lines := contours(g, level)
		seen := map[plotter.XY]bool{}
		for _, line := range lines {
			for _, at := range line {
				if seen[at] || len(line) < 3 {
					t.Fatalf("a line of %d points crosses at %v", len(line), at)
				}
				seen[at] = true
			}
		}
		for i, v := range g.Values {
			x, y, turns := float64(i%cols)+0.5, float64(i/cols)+0.5, 0
			for _, line := range lines { // how often each goes around the middle of the cell
				for k, a := range line {
					b := line[(k+1)%len(line)]
					if a.Y <= y && b.Y > y && (b.X-a.X)*(y-a.Y)-(x-a.X)*(b.Y-a.Y) > 0 {
						turns++
					}
					if a.Y > y && b.Y <= y && (b.X-a.X)*(y-a.Y)-(x-a.X)*(b.Y-a.Y) < 0 {
						turns--
					}
				}
			}
			if want := map[bool]int{true: 1}[v > level]; turns != want {
				t.Fatalf("lines go %d times around cell %d of value %v", turns, i, v)
			}
		}
	})
}
