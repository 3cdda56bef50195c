package plot

import "testing"

// Where a line is going is no outlier, unless it goes far beyond what it did before.
func TestRobustRangeHasTheEndsOfLines(t *testing.T) {
	falling, leaping := XY{}, XY{}
	for i := range 1000 {
		y := 10.0
		if i >= 990 {
			y = 9
		}
		x := float64(i)
		falling.X, falling.Y = append(falling.X, x), append(falling.Y, y+0.5*float64(i%2))
		if i >= 990 {
			y = 1e9
		}
		leaping.X, leaping.Y = append(leaping.X, x), append(leaping.Y, y+0.5*float64(i%2))
	}
	_, f := Chart{Lines: []Line{{Points: falling}}, Robust: true}.Draw(80, 20, Style{})
	if f.Y.Lo > 9.5 {
		t.Errorf("the last points are below the range %v", f.Y)
	}
	_, f = Chart{Lines: []Line{{Points: leaping}}, Robust: true}.Draw(80, 20, Style{})
	if f.Y.Hi > 15 {
		t.Errorf("a leap at the end leaves nothing of the rest: %v", f.Y)
	}
}
