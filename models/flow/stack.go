package flow

import (
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
)

// NewStack returns the layers, in the direction in which each takes one pass,
// and the order in which another model would follow them. The error has every
// problem of the options.
func NewStack(o StackOptions) (layers []Layer, next masks.Order, err error) {
	if err := option.Resolve(o.Table(5, Normalisations(), "affine")); err != nil {
		return nil, nil, fmt.Errorf("flow: %w", err)
	}
	t, err := o.transformer()
	if err != nil {
		return nil, nil, err
	}
	order, err := o.firstOrder()
	if err != nil {
		return nil, nil, err
	}
	for i := range o.Layers {
		if o.Permute == "lu" {
			layers = append(layers, NewLU(o.Dim))
		}
		own := o
		own.Order, own.Seed = order, layerSeed(o.Seed, i)
		a, err := NewAutoregressive(t, own)
		if err != nil {
			return nil, nil, err
		}
		layers = append(layers, a)
		for _, f := range followers[1:] {
			if f.name == o.Normalise {
				layers = append(layers, f.layer(o.Dim))
			}
		}
		order = o.after(order, layerSeed(o.Seed, i+1))
	}
	return layers, order, nil
}

// followers lists the layers that may come after each autoregressive one, by the values of the option normalise; the first is
// no layer.
var followers = []struct {
	name, help string
	layer      func(dim int) Layer
}{
	{"none", "", nil},
	{"batch", "batch normalisation", NewBatchNorm},
	{"act", "a scale and shift set by the first batch", NewActNorm},
}

// Normalisations are the values of the option normalise.
func Normalisations() (all []option.Alternative) {
	for _, f := range followers {
		all = append(all, option.Alternative{Name: f.name, Help: f.help})
	}
	return all
}

// masked is why no other network computes what a layer does.
const masked = "a layer has a masked network, one pass of which gives what is done to every variable by those before it, and so a triangular Jacobian; " +
	"a nade answers for one set of given variables a pass, so that a layer would take a pass for each variable, in training too (model.base: nade puts one below the layers of a MAF)"

// maxLayers bounds a stack.
const maxLayers = 100

// layerSeed keeps the layers of a stack apart.
func layerSeed(seed uint64, i int) uint64 { return seed + uint64(i)*0x9e3779b97f4a7c15 }

func (o *StackOptions) transformer() (Transformer, error) {
	t, err := option.Find("transform", o.Transform, o.transforms(), func(t transform) string { return t.Name })
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	return t.make()
}

func (o StackOptions) firstOrder() (masks.Order, error) {
	c, err := masks.NewCycle(masks.Recipe{Dim: o.Dim, Base: o.Order, Start: o.Start, Count: 1, Seed: o.Seed})
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	return c.At(0).Order, nil
}

// after is the order of the layer that follows one with the given order.
func (o StackOptions) after(order masks.Order, seed uint64) masks.Order {
	switch o.Permute {
	case "none", "lu":
		return order
	case "random":
		c, err := masks.NewCycle(masks.Recipe{Dim: o.Dim, Start: masks.RandomOrder, Count: 1, Seed: seed})
		if err != nil {
			panic(err) // the first order was made the same way
		}
		return c.At(0).Order
	}
	turned := make(masks.Order, len(order))
	largest := order.Max()
	for i, d := range order {
		turned[i] = largest + 1 - d
	}
	return turned
}

// StackOptions describe masked autoregressive layers one after the other, and what is below them. Packages maf, iaf and vae have
// the same options. The zero value of a field means the default that its comment names.
type StackOptions struct {
	// Dim is the number of variables, at least 1, and ContextDim the width of the context, 0 for none.
	Dim, ContextDim int
	// Base is the density below the layers of a MAF: normal (default); made for a MADE with Gaussian conditionals; mog, or
	// another output of package made for real numbers, for a MADE with those; nade for a NADE of any order with mixtures of
	// Gaussians.
	Base string
	// BaseHidden are the widths of the hidden layers of a NADE as base; nil means Hidden.
	BaseHidden []int
	// Orders is the number of orders that a NADE as base has; 0 means nade.AutoOrders.
	Orders int
	// Components is the number of Gaussians of a mixture; 0 means 10.
	Components int
	// Layers is the number of autoregressive layers; 0 means 5.
	Layers int
	// Transform is the transformer: affine (default), spline or gated.
	Transform string
	// Scale is that of an affine transformer: soft_clip (default), softplus, sigmoid or exp.
	Scale string
	// Bins and Bound are those of a spline; 0 means 8 and 3.
	Bins  int
	Bound float64
	// Permute is how the layers differ in their orders: reverse (default) turns the order round from layer to layer, random
	// draws one for each, none keeps it, and lu keeps it behind a linear layer that mixes all variables.
	Permute string
	// Normalise adds a layer after each: batch for batch normalisation, act for activation normalisation, none (default).
	Normalise string
	// Hidden are the widths of the hidden layers of each masked network, or of residual blocks of two layers each, which
	// need equal widths. Nil means [500]; an empty list is no hidden layer.
	Hidden   []int
	Residual bool
	// Activation of the hidden units: relu (default) and those of package made.
	Activation string
	// Init is how hidden weights are drawn: lecun (default), orthogonal, he or glorot.
	Init string
	// Start is the order of the first layer: natural (default), reversed or random. Order, the degree of each variable,
	// takes its place.
	Start masks.OrderKind
	Order masks.Order
	// Degrees of the hidden units: sequential (default) or sampled.
	Degrees masks.Kind
	// StickTheLanding leaves the score term out of the gradient of an IAF that is fitted to a target.
	StickTheLanding bool
	// Seed of random orders and degrees.
	Seed uint64
}

// fields are those of the masked network of a layer.
func (o *StackOptions) fields() nn.Fields {
	return nn.Fields{Hidden: &o.Hidden, Residual: &o.Residual, Activation: &o.Activation, Init: &o.Init, Degrees: &o.Degrees, Start: &o.Start, Order: &o.Order}
}

// Describe describes the layers of a model of that kind in a few words.
func (o StackOptions) Describe(kind string) string {
	return fmt.Sprintf("%s %d × %s (%s)", o.Transform, o.Layers, nn.WidthsText(o.Dim, o.Hidden, o.Dim), kind)
}

// Size is about the number of parameters for so many variables and a context.
func (o StackOptions) Size(dim, context int) float64 {
	n := nn.Size(dim, context, o.Hidden, dim)
	if o.Permute == "lu" {
		n += 2 * float64(dim) * float64(dim)
	}
	return float64(o.Layers) * n
}

// Clone returns a copy that shares no memory.
func (o StackOptions) Clone() StackOptions {
	o.Hidden, o.BaseHidden, o.Order = slices.Clone(o.Hidden), slices.Clone(o.BaseHidden), slices.Clone(o.Order)
	return o
}

// transform is a transformer that an option names.
type transform struct {
	option.Alternative
	make func() (Transformer, error)
}

// transforms lists them.
func (o *StackOptions) transforms() []transform {
	return []transform{affineTransform(o), splineTransform(o), gatedTransform(o)}
}

// Table declares the options of the layers of a model. It differs in the normalisations that it takes, the first of which is the
// default, and in the default number of layers and transform.
func (o *StackOptions) Table(layers int, normalise []option.Alternative, first string) option.Table {
	var alternatives []option.Alternative
	for _, t := range o.transforms() {
		at := len(alternatives)
		if t.Name == first {
			at = 0
		}
		alternatives = slices.Insert(alternatives, at, t.Alternative)
	}
	rows := option.Table{
		option.Of("layers", &o.Layers, layers, "number of autoregressive layers of the flow").Within(1, maxLayers),
		option.Choose("transform", &o.Transform, "what a layer does to a variable given those before it", alternatives...).Refuse("nade", masked),
		option.Absent("conditioner", masked),
		option.Words("permute", &o.Permute, "what mixes the variables between two layers: their reversed order, a random order, nothing, or a linear map by its LU decomposition",
			"reverse", "random", "none", "lu"),
	}
	if normalise != nil {
		rows = append(rows, option.Choose("normalise", &o.Normalise, "layer after every autoregressive layer of the flow", normalise...))
	}
	return append(rows, o.fields().Table(true)...)
}
