// Package output holds the families of one-dimensional conditionals p(x_d | x before d)
// whose parameters a network computes: one file each, and the list of them here.
//
// A family is chosen by the kind of a variable and the options of a model:
//
//	name, components := "mog", 10
//	family, err := output.For(variable, output.Fields{Family: &name, Components: &components})
//
// Its graph function is the log-probability of rows, which training differentiates. On
// the host the P outputs of the network for a variable are a [models.Conditional]:
//
//	c := family.Conditional(variable, outputs)
//	fmt.Println(c.CDF(1.5), c.Quantile(0.5))
//
// Where a variable has states besides values, or cells that are not known, families are
// wrapped by what treats these: no family knows of them.
package output

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
)

// Family is a family of conditionals of one variable, each given by P outputs of a
// network. It computes n variables at once: in graphs, number p of variable j is column
// p·n + j. Families are comparable: variables whose families are equal, and that all have
// grids or all have none, can be computed together.
type Family interface {
	// Outputs is P.
	Outputs() int
	// Bias draws the P·n biases of the output layer of n variables; nil means zeros.
	Bias() models.Init
	// Support is the set of values of a variable.
	Support() models.Support
	// Units is the number of inputs of a network that a variable becomes.
	Units() int
	// Specs are the parameters of the encoding of n variables, mostly none.
	Specs(n int) []models.Spec
	// Encode makes the inputs of the network, [batch, Units·n], of values x [batch, n].
	// What is not known is zero in all its units.
	Encode(p models.Params, x *Node) *Node
	// Encoder returns the same on the host for variable j of n, given the parameters by
	// their names: it fills the units of one value.
	Encoder(get func(name string) []float32, j, n int) func(units []float32, x float32)
	// LogProb is ln p(x), [batch, n] in nats, for the network's outputs o [batch, P·n]. It
	// is 0 where a value is not known.
	LogProb(v Values, o *Node) *Node
	// Noise are the random numbers that a value is drawn from.
	Noise() []Noise
	// Hint is what may be done by its options where values leave the range of float32, or "".
	Hint() string
	// Conditional is the distribution that the P outputs of a variable give, which it keeps.
	Conditional(v models.Variable, o []float32) models.Conditional
}

// Values are those of n variables of one family in a graph.
type Values struct {
	// X is [batch, n].
	X *Node
	// Width is [batch, n], of the cells of variables with grids; nil where values have densities.
	Width *Node
	// Variables are what the n variables are; nil where they have no grids.
	Variables []models.Variable
}

// family is what a name stands for. A table declares the options of a family beside
// its name.
type family struct {
	name, help string
	of         models.SupportKind
	make       func(v models.Variable, f Fields, scale *nn.Scale) (Family, error)
	table      func(f Fields) option.Table
	// byKind is true where the family follows from the kind of the variable and has no name that is asked for.
	byKind bool
}

var families = []family{
	{"bernoulli", "of 0 and 1", models.BitValues, newBernoulli, nil, false},
	{"gaussian", "a Gaussian", models.RealValues, newGaussian, Fields.widthTable, false},
	{"mog", "a mixture of Gaussians", models.RealValues, newMixture, mixtureTable, false},
	{"mol", "a mixture of logistics", models.RealValues, newLogistics, mixtureTable, false},
	{"spline", "a monotone spline of a logistic number", models.RealValues, newSpline, Fields.widthTable, false},
	{"categorical", "of levels", models.CategoryValues, newCategorical, nil, true},
	{"wrapped", "a mixture of Gaussians around a circle", models.CircleValues, newWrapped, nil, true},
}

// Fields point at the fields of a struct of options that choose a family; nil is the
// default.
type Fields struct {
	// Family is the name: bernoulli (default), gaussian, mog and mol for mixtures of Gaussians
	// and logistics, or spline.
	Family *string
	// Components is the number of components of a mixture; 0 means 10.
	Components *int
	// Scale makes inverse standard deviations from outputs: soft_clip (default),
	// softplus, sigmoid or exp, which is the MAF paper's log-precision.
	Scale *string
	// Narrowest is the least standard deviation of a component; 0 is none but what the scale has.
	Narrowest *float64
	// Mixed is true where variables have families by their kinds: Family is then that of numbers.
	Mixed bool
	// Visible shows networks which of their inputs they see.
	Visible bool
}

// New returns the family of a name, for variables without states and grids. The error has
// every problem of its options.
func (f Fields) New() (Family, error) {
	scale, problem := nn.ScaleByName(value(f.Scale))
	known, err := option.Find("output", value(f.Family), f.named(), nameOf)
	if err != nil {
		return nil, errors.Join(problem, err)
	}
	family, err := known.make(models.Variable{}, f, scale)
	return family, errors.Join(problem, err)
}

func nameOf(k family) string { return k.name }

// named lists the families that are chosen by their names.
func (f Fields) named() []family {
	return slices.DeleteFunc(slices.Clone(families), func(k family) bool { return k.byKind })
}

// For returns the family of a variable by its kind: of numbers that of a name, of others the
// one that there is. The error has every problem of the options, or names a family that does
// not take such a variable.
func For(v models.Variable, f Fields) (Family, error) {
	scale, problem := nn.ScaleByName(value(f.Scale))
	named, err := option.Find("output", value(f.Family), f.named(), nameOf)
	if err := errors.Join(problem, err); err != nil {
		return nil, err
	}
	kind := v.Support.Kind
	if kind == models.GridValues {
		kind = models.RealValues
	}
	if f.Mixed && kind != named.of {
		if i := slices.IndexFunc(families, func(k family) bool { return k.of == kind }); i >= 0 {
			named = families[i]
		}
	}
	if kind != named.of {
		return nil, fmt.Errorf("output %s does not take a variable whose values are each %v (mixed does)", named.name, v.Support)
	}
	inner, err := named.make(v, f, scale)
	if err != nil {
		return nil, err
	}
	return withStates{Family: inner, states: States(v.States)}, nil
}

// Alternatives lists the families that have names, or those of variables with one of the supports, with the options that have a field.
func (f Fields) Alternatives(of ...models.Support) (all []option.Alternative) {
	for _, known := range f.named() {
		a := option.Alternative{Name: known.name, Help: known.help}
		if known.table != nil {
			a.Table = known.table(f)
		}
		if of == nil || slices.ContainsFunc(of, func(s models.Support) bool { return s.Kind == known.of }) {
			all = append(all, a)
		}
	}
	return all
}

// value is what a field holds, its zero value where there is no field.
func value[T any](field *T) (v T) {
	if field != nil {
		v = *field
	}
	return v
}

// inputs is how a network sees a number: as it is, or visible with a 1 beside it, so that a 0
// that it sees differs from one that it does not.
type inputs struct{ visible bool }

// Units is 2 of visible numbers.
func (i inputs) Units() int {
	if i.visible {
		return 2
	}
	return 1
}

// Specs are none.
func (inputs) Specs(int) []models.Spec { return nil }

// Encode are the numbers, then the ones.
func (i inputs) Encode(_ models.Params, x *Node) *Node {
	if !i.visible {
		return x
	}
	return Concatenate([]*Node{x, nn.OnesOf(x)}, 1)
}

// Encoder is Encode of one number.
func (i inputs) Encoder(func(string) []float32, int, int) func(units []float32, x float32) {
	return func(units []float32, x float32) {
		units[0] = x
		if i.visible {
			units[1] = 1
		}
	}
}

// Noise is a kind of random numbers.
type Noise func(rng *rand.Rand) float32

// Uniform numbers are from [0, 1), Normal ones from N(0, 1).
func Uniform(rng *rand.Rand) float32 { return rng.Float32() }

// Normal is a standard normal number.
func Normal(rng *rand.Rand) float32 { return float32(rng.NormFloat64()) }

// part is numbers first to last of the outputs o [batch, P·n] of n variables as [batch, last − first, n].
func part(o *Node, outputs, first, last int) *Node {
	dims := o.Shape().Dimensions
	n := dims[1] / outputs
	return Reshape(Slice(o, AxisRange(), AxisRange(first*n, last*n)), dims[0], last-first, n)
}
