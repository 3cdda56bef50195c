package modeltest

import (
	"math"

	"github.com/maskflow/maskflow/models"
)

// Lattice is the multiples of a step between two of them, the cells of which are alike.
type Lattice struct{ Step, Low, High float64 }

var _ models.Grid = Lattice{}

// Round implements [models.Grid].
func (l Lattice) Round(y float64) float64 {
	return l.Step * math.Round(math.Min(math.Max(y, l.Low), l.High)/l.Step)
}

// Cell implements [models.Grid].
func (l Lattice) Cell(y float64) (low, high float64) {
	low, high = y-l.Step/2, y+l.Step/2
	if y <= l.Low {
		low = math.Inf(-1)
	}
	if y >= l.High {
		high = math.Inf(1)
	}
	return low, high
}

// Width implements [models.Grid].
func (l Lattice) Width(float64) float64 { return l.Step }

// Ends implements [models.Grid].
func (l Lattice) Ends() (first, last float64) { return l.Low, l.High }

// Circle is a grid of so many angles.
type Circle int

// Round implements [models.Grid].
func (c Circle) Round(y float64) float64 {
	n := float64(c)
	k := math.Round(y * n / (2 * math.Pi))
	return (k - n*math.Floor(k/n)) * 2 * math.Pi / n
}

// Cell implements [models.Grid].
func (c Circle) Cell(y float64) (low, high float64) { return y - c.Width(y)/2, y + c.Width(y)/2 }

// Width implements [models.Grid].
func (c Circle) Width(float64) float64 { return 2 * math.Pi / float64(c) }

// Ends implements [models.Grid].
func (Circle) Ends() (first, last float64) { return math.Inf(-1), math.Inf(1) }

// Kinds are variables of every kind: bits, levels, rounded numbers without and between bounds, with holes and atoms, real
// numbers with these, and angles. Those with holes come last.
func Kinds() []models.Variable {
	inf := math.Inf(1)
	return []models.Variable{
		{Name: "bit", Support: models.Bits()}, {Name: "level", Support: models.Categories(5)},
		{Name: "count", Support: models.GridCells(), Grid: Lattice{0.5, -1, inf}, States: 1},
		{Name: "angle", Support: models.Circle(2 * math.Pi)}, {Name: "hour", Support: models.Circle(2 * math.Pi), Grid: Circle(24)},
		{Name: "number", Support: models.Reals()},
		{Name: "many levels", Support: models.Categories(40)},
		{Name: "level or hole", Support: models.Categories(3), Hole: true, States: 1},
		{Name: "score or hole", Support: models.GridCells(), Grid: Lattice{0.25, -1, 1}, Hole: true, States: 1},
		{Name: "number, hole or atom", Support: models.Reals(), Hole: true, States: 3},
	}
}
