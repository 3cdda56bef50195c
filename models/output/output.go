// Package output holds the families of one-dimensional conditionals p(x_d | x before d)
// whose parameters a network computes: one file each, and the list of them here.
//
// A family is chosen by the options of a model:
//
//	name, components := "mog", 10
//	family, err := output.Fields{Family: &name, Components: &components}.New()
//
// Its graph function is the log-probability of rows, which training differentiates. On
// the host the P outputs of the network for a variable are a [models.Conditional]:
//
//	c := family.Conditional(outputs)
//	fmt.Println(c.CDF(1.5), c.Quantile(0.5))
package output

import (
	"errors"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
)

// Family is a family of conditionals of one variable, each given by P outputs of a
// network.
type Family interface {
	// Outputs is P.
	Outputs() int
	// Bias draws the biases of the output layer; nil means zeros.
	Bias() models.Init
	// Support is the set of values of a variable.
	Support() models.Support
	// LogProb is Σ_d ln p(x_d), [batch] in nats, for x [batch, dim] and the network's
	// outputs o [batch, P·dim]: output p of variable d is column p·dim + d.
	LogProb(x, o *Node) *Node
	// Noise are the random numbers that a value is drawn from.
	Noise() []Noise
	// Draw is the value that the P outputs of a variable and its noise give. What is
	// not a number stays one.
	Draw(o, noise []float32) float32
	// Hint is what may be done by its options where values leave the range of float32, or "".
	Hint() string
	// Conditional is the distribution that the P outputs of a variable give.
	Conditional(o []float32) models.Conditional
}

// family is what a name stands for. A table declares the options of a family beside
// its name.
type family struct {
	name, help string
	make       func(f Fields, scale nn.Scale) (Family, error)
	table      func(f Fields) option.Table
}

var families = []family{
	{"bernoulli", "of 0 and 1", newBernoulli, nil},
	{"gaussian", "of real numbers", newGaussian, gaussianTable},
	{"mog", "a mixture of Gaussians", newMixture, mixtureTable},
}

// Fields point at the fields of a struct of options that choose a family; nil is the
// default.
type Fields struct {
	// Family is the name: bernoulli (default), gaussian or mog.
	Family *string
	// Components is the number of Gaussians of a mixture; 0 means 10.
	Components *int
	// Scale makes inverse standard deviations from outputs: soft_clip (default),
	// softplus, sigmoid or exp, which is the MAF paper's log-precision.
	Scale *string
}

// New returns the family. The error has every problem of its options.
func (f Fields) New() (Family, error) {
	scale, problem := nn.ScaleByName(value(f.Scale))
	known, err := option.Find("output", value(f.Family), families, func(k family) string { return k.name })
	if err != nil {
		return nil, errors.Join(problem, err)
	}
	family, err := known.make(f, scale)
	return family, errors.Join(problem, err)
}

// Row declares the choice of a family, with the options of each.
func (f Fields) Row(name, help string) *option.Row {
	return option.Choose(name, f.Family, help, f.Alternatives()...)
}

// Alternatives lists the families, or those of variables with one of the supports, with the options that have a field.
func (f Fields) Alternatives(of ...models.Support) (all []option.Alternative) {
	for _, known := range families {
		a := option.Alternative{Name: known.name, Help: known.help}
		if known.table != nil {
			a.Table = known.table(f)
		}
		family, err := known.make(Fields{}, nn.Scale{})
		if of == nil || err == nil && slices.Contains(of, family.Support()) {
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

// Noise is a kind of random numbers.
type Noise func(rng *rand.Rand) float32

// Uniform numbers are from [0, 1), Normal ones from N(0, 1).
func Uniform(rng *rand.Rand) float32 { return rng.Float32() }

// Normal is a standard normal number.
func Normal(rng *rand.Rand) float32 { return float32(rng.NormFloat64()) }

// split takes the outputs [batch, P·dim] apart into P nodes [batch, dim].
func split(o *Node, outputs int) []*Node {
	dim := o.Shape().Dimensions[1] / outputs
	parts := make([]*Node, outputs)
	for i := range parts {
		parts[i] = Slice(o, AxisRange(), AxisRange(i*dim, (i+1)*dim))
	}
	return parts
}

// uncertain is how near to its threshold a uniform number may come before float32 no
// longer tells on which side it is.
const uncertain = 1e-4

// bisect finds the quantile at p of a continuous distribution function between two
// numbers, or beyond them.
func bisect(cdf func(x float64) float64, p, low, high float64) float64 {
	for width := max(high-low, 1); cdf(low) > p; width *= 2 {
		low -= width
	}
	for width := max(high-low, 1); cdf(high) < p; width *= 2 {
		high += width
	}
	for middle := low + (high-low)/2; low < middle && middle < high; middle = low + (high-low)/2 {
		if cdf(middle) < p {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}
