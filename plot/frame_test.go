package plot

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The x in the middle of a column is in that column, and a column's x is within half a column of the x it was asked for.
func TestFrameThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e6, 1e6).Draw(t, "lo")
		f := Frame{Left: rapid.IntRange(0, 12).Draw(t, "left"), Width: rapid.IntRange(1, 250).Draw(t, "width")}
		f.X = Range{lo, lo + rapid.Float64Range(1e-3, 1e6).Draw(t, "length")}
		column := f.Left + rapid.IntRange(0, f.Width-1).Draw(t, "column")
		if got, ok := f.ColumnAt(f.XAt(float64(column))); got != column || !ok {
			t.Fatalf("column %d, came back as %d, %v", column, got, ok)
		}
		x := f.X.value(rapid.Float64Range(0, 1).Draw(t, "place"))
		x = min(max(x, f.X.Lo), f.X.Hi)
		at, ok := f.ColumnAt(x)
		if length := f.X.Hi - f.X.Lo; !ok || math.Abs(f.XAt(float64(at))-x) > length/float64(f.Width)*0.5001 {
			t.Fatalf("%v is in column %d, whose middle is %v", x, at, f.XAt(float64(at)))
		}
	})
}

func TestFrameEnds(t *testing.T) {
	f := Frame{Left: 5, Width: 10, X: Range{2, 4}}
	if f.XAt(-100) != 2 || f.XAt(100) != 4 {
		t.Errorf("%v, %v are outside of the window", f.XAt(-100), f.XAt(100))
	}
	for x, want := range map[float64]int{2: 5, 4: 14, 1.99: -1, 4.01: -1, math.NaN(): -1, math.Inf(1): -1} {
		if got, ok := f.ColumnAt(x); ok != (want >= 0) || ok && got != want {
			t.Errorf("%v is in column %d, %v", x, got, ok)
		}
	}
	if _, ok := (Frame{}).ColumnAt(0); ok || (Frame{}).XAt(3) != 0 {
		t.Error("the zero frame has columns")
	}
}

// The frame says where the pixels are: a point is in the column and the row that it computes.
func TestFrameIsWhereTheDataAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.Float64Range(0, 1).Draw(t, "x"), rapid.Float64Range(0, 1).Draw(t, "y")
		c := Chart{Lines: []Line{{Points: XY{[]float64{x}, []float64{y}}}}, X: Range{0, 1}, Y: Range{0, 1}}
		inked, f := drawn(t, c, rapid.IntRange(axesWidth, 200).Draw(t, "width"), rapid.IntRange(axesHeight, 50).Draw(t, "height"))
		column, _ := f.ColumnAt(x)
		row := min(int((1-y)*float64(4*f.Height)), 4*f.Height-1)
		if c := 2 * (column - f.Left); !inked[row][c] && !inked[row][c+1] {
			t.Fatalf("%v, %v is not in column %d, pixel row %d", x, y, column, row)
		}
	})
}
