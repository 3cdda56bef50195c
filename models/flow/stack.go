package flow

import (
	"fmt"

	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
)

// NewStack returns the layers, in the direction in which each takes one pass,
// and the order in which another model would follow them. The error has every
// problem of the options.
func NewStack(o StackOptions) (layers []Layer, next masks.Order, err error) {
	var names []string
	for _, t := range o.transforms() {
		names = append(names, t.Name)
	}
	if err := option.Resolve(o.Table(5, Normalisations(), names...)); err != nil {
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
		seed := layerSeed(o.Seed, i)
		if o.Permute == "lu" {
			mixing, err := NewLU(o.Dim)
			if err != nil {
				return nil, nil, err
			}
			layers = append(layers, mixing)
		}
		a, err := NewAutoregressive(t, o.conditioner(order, seed))
		if err != nil {
			return nil, nil, err
		}
		layers = append(layers, a)
		for _, f := range followers[1:] {
			if f.name != o.Normalise {
				continue
			}
			l, err := f.layer(o.Dim)
			if err != nil {
				return nil, nil, err
			}
			layers = append(layers, l)
		}
		order = o.after(order, layerSeed(o.Seed, i+1))
	}
	return layers, order, nil
}

// followers lists the layers that may come after each autoregressive one, by the values of the option normalise; the first is
// no layer.
var followers = []struct {
	name, help string
	layer      func(dim int) (Layer, error)
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

// maxLayers bounds a stack.
const maxLayers = 100

// layerSeed keeps the layers of a stack apart.
func layerSeed(seed uint64, i int) uint64 { return seed + uint64(i)*0x9e3779b97f4a7c15 }

func (o *StackOptions) transformer() (Transformer, error) {
	for _, t := range o.transforms() {
		if t.Name == o.Transform {
			return t.make()
		}
	}
	return nil, fmt.Errorf("flow: unknown transform %q", o.Transform)
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
