package maskflow

import (
	"fmt"
	"math"
	"slices"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/nade"
)

// Auto is the kind of model that the columns and the number of training rows choose: a MADE with the output that each variable
// needs, small and with four orders where rows are few; a spline MAF where they are many and all variables are real numbers without
// steps, holes and atoms; a NADE where holes are values that are not known.
// [Config.LoadData] and [Config.Split] replace it by that model.
type Auto struct {
	// Targets are those of a NADE, which is then chosen whatever the columns are; see [nade.Options].
	Targets []string
}

// Name is the word by which a configuration names the kind of model.
func (*Auto) Name() string { return "auto" }

// Help describes the kind of model.
func (*Auto) Help() string {
	return fmt.Sprintf("below %d training rows a small MADE of four orders with output mixed, of splines; from there a larger one of one order, or a spline MAF where all variables are real numbers without steps, holes and atoms; a NADE with data.holes unknown or targets", data.FewRows)
}

// Table declares the targets: all other options of the model that is chosen have their defaults.
func (a *Auto) Table() option.Table { return option.Table{nade.TargetsRow(&a.Targets)} }

// Traits are those that do not depend on the choice.
func (*Auto) Traits() models.Traits {
	return models.Traits{Cells: true, Unknown: true, By: "auto", Key: "type"}
}

// Size is about the number of parameters of the model that is chosen.
func (a *Auto) Size(in models.Input) float64 { return a.chosenOf(in.Variables).Size(in) }

// Build makes the model that is chosen.
func (a *Auto) Build(in models.Input) (models.Definition, error) {
	return a.chosenOf(in.Variables).Build(in)
}

func (a *Auto) chosenOf(variables []models.Variable) models.Kind {
	return a.chosen(!slices.ContainsFunc(variables, func(v models.Variable) bool { return !v.Smooth() }),
		slices.ContainsFunc(variables, func(v models.Variable) bool { return v.Unknown }), data.FewRows)
}

// chosen is the kind of model for so many rows of variables that are all plain real numbers, or not, and may be not known, or not.
func (a *Auto) chosen(plain, unknown bool, rows int) models.Kind {
	switch {
	case unknown || len(a.Targets) > 0:
		return &nade.Options{Output: "mixed", Hidden: []int{256, 256}, Activation: "silu", Targets: a.Targets}
	case rows < data.FewRows:
		return &made.Options{Output: "mixed", Hidden: []int{256}, Activation: "silu", Direct: true, Reals: "spline", Degrees: masks.SequentialDegrees, Masks: 4, Resample: masks.ResampleOrder}
	case plain:
		return &maf.Options{Transform: "spline", Hidden: []int{128, 128}}
	}
	return &made.Options{Output: "mixed", Hidden: []int{512, 512}, Direct: true, Components: 20, Degrees: masks.SequentialDegrees}
}

func (c *Config) isAuto() bool {
	_, auto := c.Model.(*Auto)
	return auto
}

// DataOptions are the options of the data with what follows from the model: whether arrays have
// a schema, and how rounded values are prepared. With the options a model of type auto is chosen
// where the rows have a schema, and the output of a MADE, which is mixed where columns are not
// all binary and bernoulli would be refused.
func (c *Config) DataOptions() data.Options {
	o := c.Data
	if c.Model == nil {
		return o // nothing follows before the configuration is resolved
	}
	o.Typed = o.Typed || c.isAuto() || c.Model.Traits().Mixed
	unknown := o.Holes == data.UnknownHoles
	o.Choose = func(s data.Schema, rows int, o *data.Options) error {
		real, binary := true, true
		for _, v := range s.Variables() {
			of := s[v]
			states := of.Missing && !unknown || len(of.Atoms) > 0
			real = real && of.Kind == data.Real && of.Step == 0 && !states
			binary = binary && of.Kind == data.Binary && !states
		}
		err := c.choose(func(a *Auto) models.Kind { return a.chosen(real, unknown, rows) })
		if m, ok := c.Model.(models.Mixing); ok && m.Traits().Binary && !binary {
			err = c.mix(m)
		}
		if err != nil {
			return err
		}
		t := c.Model.Traits()
		o.Noise = !t.Cells && !t.Binary
		return nil
	}
	return o
}

// choose replaces a model of type auto.
func (c *Config) choose(kind func(*Auto) models.Kind) error {
	a, auto := c.Model.(*Auto)
	if !auto {
		return nil
	}
	c.Model = kind(a)
	return c.Resolve()
}

// mix gives the variables of a model outputs by their kinds.
func (c *Config) mix(m models.Mixing) error {
	m.Mix()
	return c.Resolve()
}

// Follow takes from the configuration of a run what this one leaves to the columns of the source:
// a model of type auto, unless it has other targets, and mixed as the output of a MADE. Errors are those of Resolve.
func (c *Config) Follow(run *Config) error {
	if c == nil || run == nil || c.Model == nil || run.Model == nil {
		return errNoConfig
	}
	if err := c.choose(func(a *Auto) models.Kind {
		var targets []string
		if of, ok := run.Model.(*nade.Options); ok {
			targets = of.Targets
		}
		if !slices.Equal(a.Targets, targets) {
			return a.chosen(false, false, data.FewRows) // which is another one
		}
		return run.Model
	}); err != nil {
		return err
	}
	m, ok := c.Model.(models.Mixing)
	if ok && m.Name() == run.Model.Name() && m.Traits().Binary && run.Model.Traits().Mixed {
		return c.mix(m)
	}
	return nil
}

// chosenFor is choose for rows without a schema, or for a target.
func (c *Config) chosenFor(s *data.Splits, err error) (*data.Splits, error) {
	if err != nil {
		return nil, err
	}
	return s, c.choose(func(a *Auto) models.Kind {
		switch {
		case len(a.Targets) > 0:
			k := a.chosen(false, false, data.FewRows).(*nade.Options)
			if k.Output = "mog"; s.Target == "" && s.Train.CheckBinary() == nil {
				k.Output = "bernoulli"
			}
			return k
		case s.Target != "":
			return &iaf.Options{}
		case s.Train.CheckBinary() == nil:
			return &made.Options{}
		}
		return a.chosen(true, false, s.Train.Rows)
	})
}

// Variables are those of the rows that a preparation makes, as models take them; nil where they
// are plain numbers.
func Variables(p *data.Preparation) (all []models.Variable) {
	for _, m := range p.Modelled() {
		v := models.Variable{Name: m.Name, States: m.States(), Hole: m.Hole, Unknown: m.Unknown}
		switch m.Kind {
		case data.Binary:
			v.Support = models.Bits()
		case data.Categorical:
			v.Support = models.Categories(m.Levels)
		case data.Circular:
			v.Support = models.Circle(2 * math.Pi)
		}
		if m.Grid != nil {
			if v.Grid = m.Grid; m.Kind != data.Circular {
				v.Support = models.GridCells()
			}
		}
		all = append(all, v)
	}
	return all
}
