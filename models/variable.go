package models

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/num"
)

// Variable is what a model knows of one of its variables. The zero value is a real number.
//
// A row gives a variable one float32. It is a value of Support, or the code of a state that
// stands in the place of a value: a hole, or an atom (a number so frequent that it has a
// probability and not a density). Of a variable with a Grid the value is the middle of a cell,
// and the row has the width of that cell too: such widths follow the values of all variables, in
// the order of the variables (see [Width]).
type Variable struct {
	// Name is that of its column, "" where it has none.
	Name string
	// Support is the set of its values.
	Support Support
	// States is the number of states besides values. Where Hole is true, state 0 is a hole.
	States int
	Hole   bool
	// Unknown is true where rows may have NotKnown, in training too.
	Unknown bool
	// Grid rounds its values to cells, which have probabilities; nil where they have a density.
	Grid Grid
}

// Smooth reports whether the variable has a density over the real numbers and nothing else.
func (v Variable) Smooth() bool {
	return v.Support.Kind == RealValues && v.Grid == nil && v.States == 0
}

// Bit reports whether the variable is 0 or 1 and nothing else.
func (v Variable) Bit() bool { return v.Support == Bits() && v.States == 0 }

// Discrete reports whether its values can be counted, so that they have probabilities and not densities.
func (v Variable) Discrete() bool { return v.Grid != nil || v.Support.Discrete() }

// Label names the variable, number d of its model, by its column or its number from 1.
func (v Variable) Label(d int) string { return cmp.Or(v.Name, fmt.Sprintf("variable %d", d+1)) }

// Binary reports whether all variables of a model are bits.
func Binary(m Definition) bool {
	return m != nil && !slices.ContainsFunc(VariablesOf(m), func(v Variable) bool { return !v.Bit() })
}

// Smooth reports whether all variables of a model are.
func Smooth(m Definition) bool {
	return m != nil && !slices.ContainsFunc(VariablesOf(m), func(v Variable) bool { return !v.Smooth() })
}

// Grid is cells that tile the numbers of a variable whose values are rounded. Cells may have any
// widths; the first reaches to −∞ and the last to +∞, where there are such. On a circle all have one
// width, the middle of the first is 0, and its cell begins below.
type Grid interface {
	// Round is the middle of the cell of a number, as rows have it.
	Round(y float64) float64
	// Cell are the ends of the cell of a number, −Inf and +Inf at the ends of the grid.
	Cell(y float64) (low, high float64)
	// Width is the width of the cell of a number as rows have it, finite at the ends of the grid too.
	Width(y float64) float64
	// Ends are the middles of the first and the last cell, −Inf and +Inf where there is none.
	Ends() (first, last float64)
}

// StateCode is the number that a row has for a state, counted from 0.
func StateCode(state int) float32 { return num.StateCode(state) }

// StateOf is the state that a number of a row is the code of, −1 for a value.
func StateOf(v float32) int { return num.StateOf(v) }

// MaxStates bounds the states of a variable.
const MaxStates = num.MaxStates

// NotKnown is the number that a row has for a value that is not known: it is summed out.
const NotKnown = num.NotKnown

// IsNotKnown reports whether a number of a row is that of a value that is not known.
func IsNotKnown(v float32) bool { return v == NotKnown }

// Check returns an error that names what is wrong with a number of a row: it is neither a value
// nor the code of a state, and known.
func (v Variable) Check(x float32) error {
	if k := StateOf(x); k >= 0 && k < v.States || IsNotKnown(x) {
		return nil
	}
	return v.Support.Check(float64(x))
}

// Tabular is a model whose variables may have states and grids.
type Tabular interface {
	Definition
	// Variable is what variable d is, counted from 0.
	Variable(d int) Variable
}

// VariableOf is what a variable of a model is.
func VariableOf(m Definition, d int) Variable {
	if t, ok := m.(Tabular); ok {
		return t.Variable(d)
	}
	return Variable{Support: m.Support(d)}
}

// VariablesOf are all variables of a model.
func VariablesOf(m Definition) []Variable {
	if m == nil {
		return nil
	}
	all := make([]Variable, m.Dim())
	for d := range all {
		all[d] = VariableOf(m, d)
	}
	return all
}

// Width is the number of values of a row of a model: one for each variable, and one more for
// each that has a grid.
func Width(m Definition) int {
	n := 0
	for _, v := range VariablesOf(m) {
		if n++; v.Grid != nil {
			n++
		}
	}
	return n
}

// Widen makes whole rows of the values of all variables, [n, dim], as samples are: it adds the
// widths of their cells. Rows of a model without grids are returned as they are.
func Widen(m Definition, x []float32) []float32 {
	variables, width := VariablesOf(m), Width(m)
	dim := len(variables)
	if width == dim {
		return x
	}
	wide := make([]float32, 0, len(x)/dim*width)
	for ; len(x) >= dim; x = x[dim:] {
		wide = append(wide, x[:dim]...)
		for d, v := range x[:dim] {
			grid := variables[d].Grid
			if grid == nil {
				continue
			}
			w := 1.0 // of what has no cell
			if StateOf(v) < 0 && !IsNotKnown(v) && !math.IsNaN(float64(v)) {
				w = grid.Width(float64(v))
			}
			wide = append(wide, float32(w))
		}
	}
	return wide
}
