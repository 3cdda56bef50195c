package nn

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// mustNetwork is a network with one mask set and tanh unless the options say
// otherwise.
func mustNetwork(t *testing.T, o NetworkOptions) *Network {
	t.Helper()
	o.Recipe.Count = max(o.Recipe.Count, 1)
	if o.Activation == "" {
		o.Activation = "tanh"
	}
	n, err := NewNetwork(o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// values are random parameters of a network.
func values(n *Network, rng *rand.Rand, std float64) map[string][]float32 {
	v := map[string][]float32{}
	for _, p := range n.Specs() {
		v[p.Name] = normals(rng, size(p.Shape), std)
	}
	return v
}

// apply computes a network's outputs in the graph.
func apply(t *testing.T, b *backend.Backend, n *Network, values map[string][]float32, set *masks.Set, x, ctx []float32, rows int) []float32 {
	t.Helper()
	params := n.Specs()
	args := []any{matrix(x, rows, len(n.units))}
	for _, p := range params {
		args = append(args, tensors.FromFlatDataAndDimensions(values[p.Name], p.Shape...))
	}
	for _, d := range n.Degrees(set) {
		args = append(args, d)
	}
	if ctx != nil {
		args = append(args, matrix(ctx, rows, n.o.ContextDim))
	}
	return evaluate[float32](t, b, func(in []*Node) []*Node {
		p, rest := models.Bind(params, in[1:1+len(params)]), in[1+len(params):]
		degrees, context := rest, (*Node)(nil)
		if ctx != nil {
			degrees, context = degrees[:len(degrees)-1], degrees[len(degrees)-1]
		}
		return []*Node{n.Apply(p, in[0], context, degrees)}
	}, args...)[0]
}

// defineNetwork computes the outputs from the effective layers, in float64.
func defineNetwork(n *Network, values map[string][]float32, set *masks.Set, x, ctx []float32, rows int) []float64 {
	get := func(name string) []float32 { return values[name] }
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	inputs, outputs := spread(set.Order, n.units), spread(set.Order, n.outputs)
	h, below, last := wide, inputs, len(n.layers)-1
	var sums [][]float64
	for l, layer := range n.layers[:last] {
		a := multiply(layer.Dense(get, below, set.Out(l)), h, ctx, rows)
		below = set.Out(l)
		if n.o.Residual && l > 0 && l%2 == 0 { // the end of a block
			floats.Add(a, sums[l-2])
		}
		sums = append(sums, a)
		h = make([]float64, len(a))
		for i, v := range a {
			h[i] = closedForms[n.activation.Name].f(v)
		}
	}
	y := multiply(n.layers[last].Dense(get, below, outputs), h, ctx, rows)
	if n.direct != nil {
		floats.Add(y, multiply(n.direct.Dense(get, inputs, outputs), wide, nil, rows))
	}
	return y
}

// onHost are the outputs for given inputs [rows, units], which Walk makes them from. A
// variable is emitted as the number of its row, from which its units are found.
func onHost(t *testing.T, n *Network, values map[string][]float32, set *masks.Set, x, ctx []float32, rows int) []float32 {
	t.Helper()
	var encoders []Encoder
	for d := range n.o.Recipe.Dim {
		encoders = append(encoders, func(units []float32, row float32) {
			clear(units)
			place := 0
			for column, of := range n.units {
				if of == d && !models.IsNotKnown(row) {
					units[place] = x[int(row)*len(n.units)+column]
					place++
				}
			}
		})
	}
	host, err := n.Host(func(name string) []float32 { return values[name] }, set, encoders)
	if err != nil {
		t.Fatal(err)
	}
	dim, width := n.o.Recipe.Dim, len(n.outputs)
	y := make([]float32, rows*width)
	var mu sync.Mutex
	_, err = host.Walk(context.Background(), make([]float32, rows*dim), rows, ctx, models.Solver{}, func(d, row int, outputs []float32, stride int, v []float32) {
		mu.Lock()
		defer mu.Unlock()
		for i := range v {
			for p, column := range n.Columns(d) {
				y[(row+i)*width+column] = outputs[p*stride+i]
			}
			v[i] = float32(row + i)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// The graph, the host and the definition in float64 are the same, in every order.
func TestNetworkIsItsDefinition(t *testing.T) {
	const rows = 11
	shuffled := masks.Recipe{Start: masks.RandomOrder, Count: 2, Resample: masks.ResampleOrder}
	recipe := func(dim int, direct bool, hidden ...int) masks.Recipe {
		r := shuffled
		r.Dim, r.Hidden, r.Direct = dim, hidden, direct
		return r
	}
	tests := map[string]NetworkOptions{
		"no hidden layer":     {Recipe: recipe(5, true), Params: 3, ContextDim: 2},
		"plain":               {Recipe: recipe(5, true, 7, 11), Params: 2, Conditioning: true},
		"one block":           {Recipe: recipe(5, false, 7), Params: 2, Residual: true},
		"one block, context":  {Recipe: recipe(7, true, 11), Params: 1, Residual: true, ContextDim: 3, Activation: "silu"},
		"two blocks":          {Recipe: recipe(5, true, 7, 7), Params: 3, Residual: true, Conditioning: true, Activation: "silu"},
		"two blocks, context": {Recipe: recipe(5, false, 7, 7), Params: 2, Residual: true, ContextDim: 3, Conditioning: true},
		"groups": {Recipe: recipe(5, true, 7, 11), ContextDim: 2, Conditioning: true,
			Groups: []Group{{Variables: []int{3, 0}, Units: 2, Outputs: 3}, {Variables: []int{1}, Units: 4, Outputs: 1}, {Variables: []int{2, 4, 0}, Units: 1, Outputs: 2}}},
		"groups and blocks": {Recipe: recipe(3, false, 7), Residual: true,
			Groups: []Group{{Variables: []int{2}, Units: 1, Outputs: 2}, {Variables: []int{0, 1}, Units: 3, Outputs: 1}}},
		"three blocks of one variable": {Recipe: masks.Recipe{Dim: 1, Hidden: []int{3, 3, 3}}, Params: 2, Residual: true, ContextDim: 2},
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for name, o := range tests {
			t.Run(name, func(t *testing.T) {
				n, rng := mustNetwork(t, o), rand.New(rand.NewPCG(1, 9))
				v, x := values(n, rng, 0.6), normals(rng, rows*len(n.units), 1)
				var ctx []float32
				if o.ContextDim > 0 {
					ctx = normals(rng, rows*o.ContextDim, 1)
				}
				for k := range n.Cycle().Len() {
					set := n.Cycle().At(k)
					inGraph, here := apply(t, b, n, v, set, x, ctx, rows), onHost(t, n, v, set, x, ctx, rows)
					for i, want := range defineNetwork(n, v, set, x, ctx, rows) {
						if !near(float64(inGraph[i]), want, 1e-5) || !near(float64(here[i]), want, 1e-5) {
							t.Fatalf("set %d: output %d is %v in the graph and %v on the host, want %v", k, i, inGraph[i], here[i], want)
						}
					}
				}
			})
		}
	})
}

// A block whose second layer is zero passes on what it got: then any number of
// them is a network with one hidden layer.
func TestBlocksOfZerosChangeNothing(t *testing.T) {
	const dim, rows = 5, 7
	o := NetworkOptions{Recipe: masks.Recipe{Dim: dim, Hidden: []int{7, 7}, Direct: true}, Params: 2, ContextDim: 3, Residual: true, Conditioning: true}
	blocks := mustNetwork(t, o)
	o.Residual, o.Recipe.Hidden = false, []int{7}
	plain := mustNetwork(t, o)
	rng := rand.New(rand.NewPCG(3, 9))
	v, x, ctx := values(blocks, rng, 1), normals(rng, rows*dim, 1), normals(rng, rows*3, 1)
	for name := range v {
		if strings.HasPrefix(name, "hidden2.") || strings.HasPrefix(name, "hidden4.") {
			clear(v[name])
		}
	}
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		got := apply(t, b, blocks, v, blocks.Cycle().At(0), x, ctx, rows)
		for i, want := range apply(t, b, plain, v, plain.Cycle().At(0), x, ctx, rows) {
			if !near(float64(got[i]), float64(want), 1e-6) {
				t.Errorf("output %d is %v with blocks, %v without", i, got[i], want)
			}
		}
	})
}

// A residual network of two widths has 1 + 2·2 hidden layers.
func TestResidualNetworkHasTwoLayersABlock(t *testing.T) {
	n := mustNetwork(t, NetworkOptions{Recipe: masks.Recipe{Dim: 5, Hidden: []int{7, 7}}, Params: 2, Residual: true})
	if want := []int{7, 7, 7, 7, 7}; !slices.Equal(n.Hidden(), want) {
		t.Errorf("the hidden layers are %v wide, want %v", n.Hidden(), want)
	}
	var names []string
	for _, p := range n.Specs() {
		names = append(names, fmt.Sprint(p.Name, p.Shape))
	}
	if want := "output.weights[7 10] output.bias[10]"; !strings.HasSuffix(strings.Join(names, " "), want) || len(names) != 12 {
		t.Errorf("the parameters are %v, want 12 that end with %s", names, want)
	}
	set := n.Cycle().At(0)
	for l := 2; l < len(set.Hidden); l += 2 {
		if !slices.Equal(set.Hidden[l], set.Hidden[l-2]) {
			t.Errorf("the degrees of the ends %d and %d of a block are %v and %v", l-2, l, set.Hidden[l-2], set.Hidden[l])
		}
	}
}

// The output layer starts as its own initialisers say, its context too.
func TestOutputLayerHasItsOwnInit(t *testing.T) {
	constant := func(v float32) models.Init {
		return func(_ *rand.Rand, shape []int) []float32 { return slices.Repeat([]float32{v}, size(shape)) }
	}
	n := mustNetwork(t, NetworkOptions{Recipe: masks.Recipe{Dim: 3, Hidden: []int{5}}, ContextDim: 2, Conditioning: true,
		OutputInit: constant(3), Groups: []Group{{Variables: []int{0, 1, 2}, Units: 1, Outputs: 2, Bias: constant(4)}}})
	want := map[string]float32{"output.weights": 3, "output.context": 3, "output.bias": 4}
	for _, p := range n.Specs() {
		if strings.HasPrefix(p.Name, "hidden0.") {
			continue
		}
		if p.Init == nil {
			if want[p.Name] != 0 {
				t.Errorf("%s starts at zero, want %v", p.Name, want[p.Name])
			}
			continue
		}
		if got := p.Init(nil, p.Shape); got[0] != want[p.Name] || len(got) != size(p.Shape) {
			t.Errorf("%s starts as %v, want %v", p.Name, got, want[p.Name])
		}
	}
}

func TestNewNetworkReportsItsProblems(t *testing.T) {
	tests := []struct {
		name    string
		options NetworkOptions
		want    []string
	}{
		{"all at once", NetworkOptions{Recipe: masks.Recipe{Dim: 3, Groups: 5}, ContextDim: -1, Residual: true},
			[]string{"context: the width is -1", "params: 0 outputs and ", "residual: ", "groups: 5"}},
		{"two widths", NetworkOptions{Recipe: masks.Recipe{Dim: 3, Hidden: []int{5, 7}}, Params: 1, Residual: true},
			[]string{"hidden: "}},
		{"sampled degrees", NetworkOptions{Recipe: masks.Recipe{Dim: 3, Hidden: []int{5}, Degrees: masks.SampledDegrees}, Params: 1, Residual: true},
			[]string{"residual: "}},
		{"too large", NetworkOptions{Recipe: masks.Recipe{Dim: 3, Hidden: []int{1 << 20, 1 << 20}}, Params: 1},
			[]string{"1.1e+12 parameters, more than the 2147483648"}},
		{"a variable in no group", NetworkOptions{Recipe: masks.Recipe{Dim: 3}, Groups: []Group{{Variables: []int{2, 0}, Units: 1, Outputs: 1}}},
			[]string{"groups: they have the variables [0 2], need each of 3"}},
		{"too large by its outputs", NetworkOptions{Recipe: masks.Recipe{Dim: 1 << 15, Hidden: []int{1 << 10}}, Params: 3000},
			[]string{"make hidden layers narrower"}},
	}
	for _, c := range tests {
		_, err := NewNetwork(c.options)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error is %v, want %q", c.name, err, want)
			}
		}
	}
}
