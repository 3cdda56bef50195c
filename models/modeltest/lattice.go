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

// Kinds are variables of every kind: bits, levels, rounded numbers without and between bounds, with holes and atoms, real
// numbers with these, and angles. Those with holes come last.
func Kinds() []models.Variable {
	inf := math.Inf(1)
	return []models.Variable{
		{Name: "bit", Support: models.Bits()}, {Name: "level", Support: models.Categories(5)},
		{Name: "count", Support: models.GridCells(), Grid: Lattice{0.5, -1, inf}, States: 1},
		{Name: "angle", Support: models.Circle(2 * math.Pi)}, {Name: "number", Support: models.Reals()},
		{Name: "many levels", Support: models.Categories(40)},
		{Name: "level or hole", Support: models.Categories(3), Hole: true, States: 1},
		{Name: "score or hole", Support: models.GridCells(), Grid: Lattice{0.25, -1, 1}, Hole: true, States: 1},
		{Name: "number, hole or atom", Support: models.Reals(), Hole: true, States: 3},
	}
}
