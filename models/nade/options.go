package nade

import (
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/output"
)

// Options describe a NADE. The zero value of a field means the default that its
// comment names.
type Options struct {
	// Dim is the number of variables, at least 1.
	Dim int
	// Variables are what is known of each; nil is what Output takes.
	Variables []models.Variable
	// ContextDim is the width of the context, 0 for none.
	ContextDim int
	// Hidden are the widths of the hidden layers, one at least; nil means [500].
	Hidden []int
	// Residual makes each hidden width a residual block of two layers above a
	// first layer of the same width. It needs equal widths.
	Residual bool
	// Activation of the hidden units: relu (default), softplus, tanh, sigmoid,
	// elu, leaky_relu, silu or gelu.
	Activation string
	// Direct has connections from what is given straight to the outputs.
	Direct bool
	// Dropout is the probability that a step of training drops a hidden unit; 0 is none.
	Dropout float64
	// Tilt spends draws elsewhere than uniformly over the number k of given variables:
	// q(k) ∝ ((D−k)/D)^Tilt. The expected loss stays the same.
	Tilt float64
	// Output is the distribution of a variable given others: that of one of the families of package output,
	// bernoulli being the default, or mixed for that of the kind of each variable.
	Output string
	// Reals is the family of numbers where Output is mixed: mol (default), or another
	// one that takes numbers.
	Reals string
	// Components is the number of components of a mixture; 0 means 10.
	Components int
	// Narrowest is the least standard deviation of a component, 0 for none.
	Narrowest float64
	// Scale makes inverse standard deviations from outputs: soft_clip (default),
	// softplus, sigmoid or exp.
	Scale string
	// Init names how weights are drawn: he (default), orthogonal, glorot or lecun. Output weights are
	// N(0, 0.01²); biases start at zero, but for the output biases of mixtures, which are N(0, 1).
	Init string
	// Targets are the names of the variables that the model is to predict given all others, or their numbers from 0 where
	// they have no names; nil makes a density of rows. [NewTargeted] takes them, and New does not.
	Targets []string
	// Orders is the number of orders of the ensemble. 0 means [AutoOrders].
	Orders int
	// RandomHoles declares that which cells are missing depends on nothing: complete samples then have
	// variables with holes anywhere in an order, and variables that may be not known are anywhere in all orders.
	RandomHoles bool
	// Seed of the orders.
	Seed uint64
}

// AutoOrders lets training find how many orders are worth their time, at most 64; 16 before it has.
const AutoOrders = -1

const mostOrders, fewOrders = 64, 16

func (o Options) clone() Options {
	o.Hidden, o.Variables, o.Targets = slices.Clone(o.Hidden), slices.Clone(o.Variables), slices.Clone(o.Targets)
	return o
}

// orders is the length of the cycle.
func (o *Options) orders() int {
	if o.Orders == AutoOrders {
		return mostOrders
	}
	return o.Orders
}

func (o *Options) choice() output.Choice {
	return output.Choice{Fields: output.Fields{Family: &o.Output, Components: &o.Components, Scale: &o.Scale, Narrowest: &o.Narrowest}, Reals: &o.Reals}
}

// Table declares the options.
func (o *Options) Table() option.Table {
	return option.Table{
		o.choice().Row(),
		nn.Widths("hidden", &o.Hidden, "number of hidden units in each layer, or block of a residual network, first to last"),
		option.Of("residual", &o.Residual, false, "whether each hidden width is that of a residual block of two layers, above a first layer of the same width"),
		nn.ActivationRow(&o.Activation),
		option.Of("direct", &o.Direct, false, "connections from what is given straight to the outputs").Later(),
		option.Of("dropout", &o.Dropout, 0, "probability that a step of training drops a hidden unit").Within(0, 0.95),
		option.Of("tilt", &o.Tilt, 0, "spends the draws of training elsewhere than evenly over the number k of given variables, as ((D-k)/D)^tilt; the expected loss stays the same").
			Within(-masks.MaxTilt, masks.MaxTilt),
		option.Words("init", &o.Init, "how initial weights are drawn; biases start at 0", "he", "orthogonal", "glorot", "lecun"),
		TargetsRow(&o.Targets),
		OrdersSection(&o.Orders),
		option.Of("random_holes", &o.RandomHoles, false,
			"which cells are missing depends on nothing, so that variables with holes may be anywhere in an order of complete samples, or with data.holes unknown of all"),
		option.Rule(func(report option.Report) {
			if o.Hidden != nil && len(o.Hidden) == 0 {
				report(NoHidden, "hidden")
			}
			if len(o.Targets) > 0 && o.Orders != AutoOrders {
				report("orders are those of a likelihood, which a model of targets has not", "orders.count", "targets")
			}
			if path, text := nn.ResidualProblem(o.Residual, o.Hidden, ""); text != "" {
				report(text, path, "hidden", "residual")
			}
		}),
	}
}

// NoHidden is the problem of a NADE without hidden layers.
const NoHidden = "a nade needs one hidden layer at least"

// OrdersSection declares the number of orders of an ensemble, for a model that has a NADE as a part.
func OrdersSection(count *int) *option.Row {
	return option.Section("orders", option.Table{
		option.Of("count", count, AutoOrders, "number of orders whose densities are averaged, or auto for the smallest power of two whose doubling gains less than a thousandth of the nats that the model is better than independent columns, at most 64").
			Within(1, masks.MaxSets).Named("auto", AutoOrders),
	})
}

// TargetsRow declares the option that names what a model is to predict.
func TargetsRow(at *[]string) *option.Row {
	return option.Of("targets", at, nil,
		"names of the columns that the model is to predict given all others, or their numbers from 0 where they have no names; it then has a conditional likelihood of these, and no likelihood of rows, orders or samples").
		Free().Later().Check(func(note option.Note) {
		for i, name := range *at {
			switch {
			case name == "":
				note(i, "an empty name")
			case slices.Contains((*at)[:i], name):
				note(i, fmt.Sprintf("%q is named twice", name))
			}
		}
	})
}

// Name is the word by which a configuration names the kind of model.
func (*Options) Name() string { return "nade" }

// Help describes the kind of model.
func (*Options) Help() string { return "one network of any order, told what is given" }

// Traits are what other options depend on.
func (o *Options) Traits() models.Traits {
	t := o.choice().Traits()
	t.Unknown = true
	return t
}

// Mix lets the kind of each variable choose its output.
func (o *Options) Mix() { o.Output = output.ByKind }

// Size is about the number of parameters.
func (o *Options) Size(in models.Input) float64 { return o.choice().Size(in, in.Dim, o.Hidden) }

// Build makes the model, a *Targeted where there are targets.
func (o *Options) Build(in models.Input) (models.Definition, error) {
	b := *o
	b.Dim, b.ContextDim, b.Seed, b.Variables = in.Dim, in.ContextDim, in.Seed, in.Variables
	if len(b.Targets) > 0 {
		return NewTargeted(b)
	}
	return New(b)
}
