package models

import (
	"fmt"

	"github.com/maskflow/maskflow/internal/option"
)

// Kind is a kind of model with its options: a pointer to a struct whose zero fields mean defaults. The list of all kinds is that of
// package maskflow.
type Kind interface {
	// Value has the name of the kind, a line of help and the table of its options.
	option.Value
	// Traits are what the options make of the model.
	Traits() Traits
	// Size is about the number of parameters of the model that Build would make, not more, found without making anything:
	// widths that a file asks for may be any.
	Size(in Input) float64
	// Build makes the model, or returns every problem of its options.
	Build(in Input) (Definition, error)
}

// Traits are what other options depend on. Orders, Cells, Noise, Unknown and Estimated are those of the kind, whatever its options are.
type Traits struct {
	// Orders is true where training walks through a cycle of mask sets.
	Orders bool
	// Noise is true where the model may be trained by samples of its own, under an inverse temperature.
	Noise bool
	// Cells is true where rounded values are scored by the cells of their grids, and variables may have states: rows have
	// widths of cells (see [Width]), and no noise.
	Cells bool
	// Unknown is true where a value of a training row may be one that is not known.
	Unknown bool
	// Mixed is true where each variable has a distribution by its kind; other models need variables of one kind.
	Mixed bool
	// Estimated is true where the likelihood is estimated by importance samples.
	Estimated bool
	// Binary is true where rows are zeros and ones; By is the value of the option that makes it so, or not, and Key its name.
	Binary  bool
	By, Key string
}

// Mixing is a kind whose variables may all have outputs of their own kinds.
type Mixing interface {
	Kind
	// Mix chooses that.
	Mix()
}

// OfKind is a model that a [Kind] builds: it can be saved and built again.
type OfKind interface {
	Definition
	// Kind returns the options and the input that build an equal model.
	Kind() (Kind, Input)
}

// Input is what a model is built for, besides its options.
type Input struct {
	// Dim is the number of variables, and ContextDim the width of the context.
	Dim, ContextDim int
	// Variables say what the variables are; nil where all are plain numbers or bits.
	Variables []Variable
	// Seed of orders and degrees.
	Seed uint64
	// Target is the name of the density that a model is fitted to without rows, "" where there are rows.
	Target string
}

// Numbers returns an error where a model of so named a kind, which takes numbers only, is asked for variables of other kinds.
func (in Input) Numbers(kind string) error {
	for d, v := range in.Variables {
		what := ""
		switch {
		case v.Hole:
			what = "may have holes"
		case v.Unknown:
			what = "may be not known"
		case v.Support.Kind == CategoryValues:
			what = fmt.Sprintf("has %d levels without an order", v.Support.Size())
		case v.States > 0 || v.Grid != nil:
			what = "has values with probabilities"
		default:
			continue
		}
		return fmt.Errorf("model.type %s takes numbers, but %s %s (model.type: made with model.output: mixed takes it)", kind, v.Label(d), what)
	}
	return nil
}
