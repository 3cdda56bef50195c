package output

import (
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
)

// ByKind is the name of the output by which each variable has the family of its kind.
const ByKind = "mixed"

// Choice points at the fields of a model's options that choose the families of its variables: one
// family for all of them, or where it is [ByKind] that of the kind of each.
type Choice struct {
	Fields
	// Reals is the name of the family of numbers where the kinds choose; "" is mol.
	Reals *string
	// Visible is Fields.Visible where the kinds choose.
	Visible bool
}

func (c Choice) byKind() bool { return value(c.Family) == ByKind }

// mixed are the fields where the kinds choose.
func (c Choice) mixed() Fields {
	f := c.Fields
	f.Family, f.Mixed, f.Visible = c.Reals, true, c.Visible
	return f
}

// Numbers are the families of numbers where the kinds choose, the default first.
func (c Choice) Numbers() []option.Alternative {
	all := c.mixed().Alternatives(models.Reals())
	i := slices.IndexFunc(all, func(a option.Alternative) bool { return a.Name == "mol" })
	all[0], all[i] = all[i], all[0]
	return all
}

// Row declares the option.
func (c Choice) Row() *option.Row {
	return option.Choose("output", c.Family, "distribution of a variable given those before it", append(c.Alternatives(), option.Alternative{
		Name: ByKind, Help: "by the kind of each variable", Table: option.Table{option.Choose("reals", c.Reals, "distribution of numbers", c.Numbers()...)},
	})...).Default("bernoulli, or mixed of a table whose columns are not all binary")
}

// Traits are those that follow from the choice.
func (c Choice) Traits() models.Traits {
	family, err := c.New()
	return models.Traits{Cells: true, Mixed: c.byKind(), Binary: err == nil && family.Support() == models.Bits(), By: value(c.Family), Key: "output"}
}

// Mixed arranges variables of a model by the families that are chosen for them: those of nil are what the one
// family takes.
func (c Choice) Mixed(dim int, variables []models.Variable) (*Mixed, error) {
	variables, families, err := c.families(dim, variables)
	if err != nil {
		return nil, err
	}
	return newMixed(variables, families), nil
}

// families are those of each variable, with what is known of it.
func (c Choice) families(dim int, variables []models.Variable) ([]models.Variable, []Family, error) {
	fields := c.Fields
	if c.byKind() {
		fields = c.mixed()
	}
	if variables == nil {
		if c.byKind() {
			return nil, nil, fmt.Errorf("output: mixed needs to know what each variable is (rows with columns)")
		}
		f, err := fields.New()
		if err != nil {
			return nil, nil, err
		}
		variables = slices.Repeat([]models.Variable{{Support: f.Support()}}, max(dim, 0))
	}
	if len(variables) != dim {
		return nil, nil, fmt.Errorf("variables: %d are described, need %d", len(variables), dim)
	}
	all := make([]Family, len(variables))
	for d, v := range variables {
		var err error
		if all[d], err = For(v, fields); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", v.Label(d), err)
		}
	}
	return variables, all, nil
}

// Size is about the number of parameters of a network of hidden layers between the variables, which sees so
// many numbers beside their units; 0 where the families cannot be found, which a model reports.
func (c Choice) Size(in models.Input, beside int, hidden []int) float64 {
	if in.Variables == nil {
		return nn.Size(in.Dim+beside, in.ContextDim, hidden, in.Dim)
	}
	_, families, err := c.families(in.Dim, in.Variables)
	if err != nil {
		return 0
	}
	units, outputs, encodings := beside, 0, 0.0
	for _, f := range families {
		units, outputs = units+f.Units(), outputs+f.Outputs()
		for _, s := range f.Specs(1) {
			encodings += float64(s.Size())
		}
	}
	return nn.Size(units, in.ContextDim, hidden, outputs) + encodings
}
