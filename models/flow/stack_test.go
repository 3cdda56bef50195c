package flow

import (
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/masks"
)

// kinds are the names of layers.
func kinds(layers []Layer) []string {
	var names []string
	for _, l := range layers {
		names = append(names, l.Name())
	}
	return names
}

// orders are those of the masked layers.
func orders(layers []Layer) (all []masks.Order) {
	for _, l := range layers {
		if a, ok := l.(*Autoregressive); ok {
			all = append(all, a.Set().Order)
		}
	}
	return all
}

func TestStackOrders(t *testing.T) {
	natural, reversed := masks.Natural(5), masks.Reversed(5)
	o := StackOptions{Dim: 5, Hidden: []int{7}, Layers: 3}
	for _, c := range []struct {
		permute string
		want    []masks.Order
	}{
		{"", []masks.Order{natural, reversed, natural, reversed}},
		{"reverse", []masks.Order{natural, reversed, natural, reversed}},
		{"none", []masks.Order{natural, natural, natural, natural}},
		{"lu", []masks.Order{natural, natural, natural, natural}},
	} {
		o.Permute = c.permute
		layers, next, err := NewStack(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := append(orders(layers), next); !slices.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%q: the orders are %v, want %v", c.permute, got, c.want)
		}
	}
	// Random orders follow from the seed, differ from layer to layer, and all
	// layers draw degrees of their own.
	o.Permute, o.Start, o.Degrees = "random", masks.RandomOrder, masks.SampledDegrees
	first, next, err := NewStack(o)
	if err != nil {
		t.Fatal(err)
	}
	again, _, _ := NewStack(o)
	o.Seed = 1
	other, _, _ := NewStack(o)
	all := append(orders(first), next)
	if !slices.EqualFunc(all[:3], orders(again), slices.Equal) || slices.EqualFunc(all[:3], orders(other), slices.Equal) {
		t.Errorf("the orders %v do not follow from the seed alone", all)
	}
	for i := range all[1:] {
		if slices.Equal(all[i], all[i+1]) {
			t.Errorf("layers %d and %d have the order %v", i, i+1, all[i])
		}
	}
	a, b := first[0].(*Autoregressive).Set().Hidden[0], first[1].(*Autoregressive).Set().Hidden[0]
	if slices.Equal(a, b) {
		t.Errorf("two layers drew the degrees %v", a)
	}
}

func TestStackLayers(t *testing.T) {
	o := StackOptions{Dim: 3}
	for _, c := range []struct {
		transform, permute, normalise string
		layers                        int
		want                          []string
	}{
		{"", "", "", 2, []string{"affine autoregressive", "affine autoregressive"}},
		{"spline", "lu", "act", 1, []string{"LU mixing", "spline autoregressive", "activation normalisation"}},
		{"gated", "none", "batch", 2, []string{"gated autoregressive", "batch normalisation", "gated autoregressive", "batch normalisation"}},
		{"affine", "reverse", "none", 0, slices.Repeat([]string{"affine autoregressive"}, 5)},
	} {
		o.Transform, o.Permute, o.Normalise, o.Layers = c.transform, c.permute, c.normalise, c.layers
		layers, _, err := NewStack(o)
		if err != nil || !slices.Equal(kinds(layers), c.want) {
			t.Errorf("%+v: the layers are %q, want %q; error %v", c, kinds(layers), c.want, err)
		}
	}
}

// Every problem of the options is told at once.
func TestNewStackRefuses(t *testing.T) {
	_, _, err := NewStack(StackOptions{Dim: 3, Layers: -1, Transform: "cubic", Permute: "shuffle", Normalise: "layer", Scale: "log"})
	for _, want := range []string{"layers: ", "transform: ", "permute: ", "normalise: ", "scale: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q too", err, want)
		}
	}
	for _, o := range []StackOptions{
		{Dim: 0},
		{Dim: 0, Permute: "lu"},
		{Dim: 3, Activation: "sine"},
		{Dim: 3, Transform: "spline", Bins: 1},
	} {
		if _, _, err := NewStack(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
