package exec_test

import (
	"math"
	"slices"
	"testing"

	"github.com/maskflow/maskflow/internal/exec"
)

// Half a percent of the values at each end may be anywhere.
func TestGridOf(t *testing.T) {
	var rows []float32
	for i := range 1001 {
		rows = append(rows, float32(i), -2*float32(i))
	}
	rows[2*0], rows[2*1000] = -1e6, 1e6
	g := exec.GridOf(rows, 3)
	if g.Cells != 3 || !near(g.X[0], 5-99, 1e-12) || !near(g.X[1], 995+99, 1e-12) || !near(g.Y[0], -1990-198, 1e-12) || !near(g.Y[1], -10+198, 1e-12) {
		t.Errorf("%+v", g)
	}
	if g := exec.GridOf([]float32{7, -2, 7, -2}, 5); g.X != [2]float64{6, 8} || g.Y != [2]float64{-3, -1} {
		t.Errorf("%+v around rows that are equal", g)
	}
}

func TestMiddlesOfAGrid(t *testing.T) {
	g := exec.Grid{X: [2]float64{0, 2}, Y: [2]float64{-4, 4}, Cells: 2}
	if got, want := g.Middles(), []float32{0.5, -2, 1.5, -2, 0.5, 2, 1.5, 2}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// A density at the middles adds up to its integral.
	g = exec.Grid{X: [2]float64{-6, 6}, Y: [2]float64{-5, 7}, Cells: 40}
	sum := 0.0
	for row := range slices.Chunk(g.Middles(), 2) {
		x, y := float64(row[0]), float64(row[1])
		sum += math.Exp(-x*x/2-y*y/2) / (2 * math.Pi)
	}
	if mass := sum * 0.3 * 0.3; !near(mass, 1, 1e-6) {
		t.Errorf("a standard normal density integrates to %v", mass)
	}
}

func near(got, want, tolerance float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) {
		return got == want || math.IsNaN(got) && math.IsNaN(want)
	}
	return math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))
}
