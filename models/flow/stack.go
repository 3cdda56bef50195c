package flow

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/masks"
)

// StackOptions describe masked autoregressive layers one after the other. The
// zero value of a field means the default that its comment names.
type StackOptions struct {
	// ConditionerOptions are those of every layer; the order is that of the first.
	ConditionerOptions
	// Layers is the number of autoregressive layers; 0 means 5.
	Layers int
	// Transform is the transformer: affine (default), spline or gated.
	Transform string
	// Scale is that of an affine transformer: soft_clip (default), softplus,
	// sigmoid or exp.
	Scale string
	// Bins and Bound are those of a spline; 0 means 8 and 3.
	Bins  int
	Bound float64
	// Permute says how the layers differ in their orders: reverse (default) turns
	// the order round from layer to layer, random draws one for each, none keeps
	// it, and lu keeps it behind a linear layer that mixes all variables.
	Permute string
	// Normalise adds a layer after each: batch for batch normalisation, act for
	// activation normalisation, none (default) for nothing.
	Normalise string
}

// Names that the options of a stack may have.
var (
	transformNames = []string{"affine", "spline", "gated"}
	permuteNames   = []string{"reverse", "random", "none", "lu"}
	normaliseNames = []string{"none", "batch", "act"}
)

// NewStack returns the layers, in the direction in which each takes one pass,
// and the order in which another model would follow them. The error has every
// problem of the options.
func NewStack(o StackOptions) (layers []Layer, next masks.Order, err error) {
	if o.Layers == 0 {
		o.Layers = 5
	}
	var problems []error
	known := func(field, value string, names []string) {
		if value != "" && !slices.Contains(names, value) {
			problems = append(problems, fmt.Errorf("flow: unknown %s %q (known: %s)", field, value, strings.Join(names, ", ")))
		}
	}
	known("transform", o.Transform, transformNames)
	known("permute", o.Permute, permuteNames)
	known("normalise", o.Normalise, normaliseNames)
	if o.Layers < 0 || o.Layers > maxLayers {
		problems = append(problems, fmt.Errorf("flow: %d layers, need 1 to %d", o.Layers, maxLayers))
	}
	t, err := o.transformer()
	if err != nil {
		problems = append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, nil, err
	}
	order, err := o.firstOrder()
	if err != nil {
		return nil, nil, err
	}
	for i := range o.Layers {
		seed := layerSeed(o.Seed, i)
		if o.Permute == "lu" {
			mixing, err := NewLU(o.Dim)
			if err != nil {
				return nil, nil, err
			}
			layers = append(layers, mixing)
		}
		c := o.ConditionerOptions
		c.Order, c.Seed = order, seed
		a, err := NewAutoregressive(t, c)
		if err != nil {
			return nil, nil, err
		}
		layers = append(layers, a)
		switch o.Normalise {
		case "batch":
			layers = append(layers, batchNorm(o.Dim))
		case "act":
			layers = append(layers, actNorm(o.Dim))
		}
		order = o.after(order, layerSeed(o.Seed, i+1))
	}
	return layers, order, nil
}

// maxLayers bounds a stack.
const maxLayers = 1000

// layerSeed keeps the layers of a stack apart.
func layerSeed(seed uint64, i int) uint64 { return seed + uint64(i)*0x9e3779b97f4a7c15 }

func (o StackOptions) transformer() (Transformer, error) {
	switch o.Transform {
	case "spline":
		return NewSpline(o.Bins, o.Bound)
	case "gated":
		return NewGated(), nil
	}
	return NewAffine(o.Scale)
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

// Preprocess returns the layers that change the units of the data: logit with
// the given λ unless it is 0, and standardising.
func Preprocess(dim int, lambda float64, standardise bool) ([]Layer, error) {
	var layers []Layer
	if lambda != 0 {
		l, err := NewLogit(dim, lambda)
		if err != nil {
			return nil, err
		}
		layers = append(layers, l)
	}
	if standardise {
		l, err := NewStandardise(dim)
		if err != nil {
			return nil, err
		}
		layers = append(layers, l)
	}
	return layers, nil
}
