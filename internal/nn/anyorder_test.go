package nn

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// anyOrders are networks of several kinds: with a context, blocks, variables of several units and outputs.
func anyOrders(t *testing.T) map[string]*AnyOrder {
	plain := []Group{{Variables: []int{0, 1, 2, 3}, Units: 1, Outputs: 1}}
	several := []Group{{Variables: []int{2, 0}, Units: 2, Outputs: 3}, {Variables: []int{3, 1, 4}, Units: 1, Outputs: 2}, {Variables: []int{4, 2}, Units: 1, Outputs: 1}}
	all := map[string]*AnyOrder{}
	for name, o := range map[string]AnyOrderOptions{
		"one layer":    {Dim: 4, Groups: plain, Hidden: []int{5}},
		"three layers": {Dim: 4, Groups: plain, Hidden: []int{5, 9, 4}},
		"kinds":        {Dim: 5, Groups: several, Hidden: []int{7, 6}, ContextDim: 2},
		"blocks":       {Dim: 5, Groups: several, Hidden: []int{6, 6}, Residual: true, ContextDim: 1},
		"direct":       {Dim: 4, Groups: plain, Hidden: []int{5}, Direct: true},
		"direct kinds": {Dim: 5, Groups: several, Hidden: []int{7, 6}, ContextDim: 1, Direct: true},
	} {
		o.Activation = "tanh"
		n, err := NewAnyOrder(o)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = n
	}
	return all
}

// define computes the outputs for one row in float64 by the formula.
func (n *AnyOrder) define(get func(string) []float32, x []float32, m []bool, ctx []float32) []float64 {
	layer := func(l int, h []float64) []float64 {
		of := n.layers[l]
		w, a := get(of.Name+".weights"), make([]float64, of.To)
		for k := range a {
			a[k] = float64(get(of.Name + ".bias")[k])
			for i, v := range h {
				a[k] += v * float64(w[i*of.To+k])
			}
			for c, v := range ctx {
				a[k] += float64(v) * float64(get(of.Name + ".context")[c*of.To+k])
			}
		}
		return a
	}
	h := make([]float64, len(n.units))
	straight := make([]float64, n.Outputs())
	for u, d := range n.units {
		if m[d] {
			h[u] = float64(x[u])
		}
		for k := range straight {
			if n.o.Direct {
				straight[k] += h[u] * float64(get("direct.weights")[u*len(straight)+k])
			}
		}
	}
	for d, given := range m {
		for k := range straight {
			if given && n.o.Direct {
				straight[k] += float64(get("direct.seen")[d*len(straight)+k])
			}
		}
	}
	var sums [][]float64
	for l, width := range n.o.Hidden {
		a := layer(l, h)
		if l == 0 {
			for d, given := range m {
				for k := range a {
					if given {
						a[k] += float64(get(seen)[d*width+k])
					}
				}
			}
		}
		if n.o.Residual && l > 0 && l%2 == 0 {
			for k := range a {
				a[k] += sums[l-2][k]
			}
		}
		sums, h = append(sums, a), make([]float64, width)
		for k, v := range a {
			h[k] = math.Tanh(v)
		}
	}
	o := layer(len(n.layers)-1, h)
	for k, v := range straight {
		o[k] += v
	}
	return o
}

func TestAnyOrder(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for name, n := range anyOrders(t) {
			t.Run(name, func(t *testing.T) { checkAnyOrder(t, b, n) })
		}
	})
}

func checkAnyOrder(t *testing.T, b *backend.Backend, n *AnyOrder) {
	const rows = 11
	rng := rand.New(rand.NewPCG(3, 4))
	w := map[string][]float32{}
	args := []any{}
	for _, s := range n.Specs() {
		w[s.Name] = normals(rng, size(s.Shape), 0.7)
		args = append(args, tensors.FromFlatDataAndDimensions(w[s.Name], s.Shape...))
	}
	get := func(name string) []float32 { return w[name] }
	dim, inputs, outputs := n.o.Dim, len(n.units), n.Outputs()
	x, ctx := normals(rng, rows*inputs, 1), normals(rng, rows*n.o.ContextDim, 1)
	sequence, given := rng.Perm(dim), make([]float32, rows*dim)
	known := make([]float32, rows*dim)
	for i := range given {
		given[i], known[i] = float32(rng.IntN(2)), float32(min(rng.IntN(4), 1))
	}
	places := make([]int32, dim)
	for k, d := range sequence {
		places[k] = int32(d)
	}
	args = append(args, matrix(x, rows, inputs), matrix(given, rows, dim), matrix(known, rows, dim), places)
	if n.o.ContextDim > 0 {
		args = append(args, matrix(ctx, rows, n.o.ContextDim))
	}
	got := evaluate[float32](t, b, func(in []*Node) []*Node {
		p, rest := models.Bind(n.Specs(), in[:len(n.Specs())]), in[len(n.Specs()):]
		var context *Node
		if n.o.ContextDim > 0 {
			context = rest[4]
		}
		return []*Node{n.Apply(p, rest[0], rest[1], context, nil), n.InOrder(p, rest[0], rest[2], context, rest[3]), n.InOrder(p, rest[0], rest[2], context, rest[3])}
	}, args...)
	of := func(row int) ([]float32, []float32) {
		return x[row*inputs : (row+1)*inputs], ctx[row*n.o.ContextDim : (row+1)*n.o.ContextDim]
	}
	close := func(what string, row, column int, got float32, want float64) {
		if math.Abs(float64(got)-want) > 2e-5*(1+math.Abs(want)) {
			t.Errorf("%s: output %d of row %d is %v, want %v", what, column, row, got, want)
		}
	}
	for row := range rows {
		x, ctx := of(row)
		m := make([]bool, dim)
		for d := range m {
			m[d] = given[row*dim+d] == 1
		}
		for column, want := range n.define(get, x, m, ctx) {
			close("one pass", row, column, got[0][row*outputs+column], want)
		}
		clear(m)
		for _, d := range sequence {
			o := n.define(get, x, m, ctx)
			for _, column := range n.Columns(d) {
				close("in order", row, column, got[1][row*outputs+column], o[column])
			}
			m[d] = known[row*dim+d] == 1
		}
	}
	n.checkHost(t, get, x, ctx, known, sequence, got[1])
	n.checkAsk(t, get, x, ctx, given, got[0])
}

// checkAsk compares what Ask computes for some variables, in any order, with the outputs of one pass.
func (n *AnyOrder) checkAsk(t *testing.T, get func(string) []float32, x, ctx, given, want []float32) {
	t.Helper()
	rows, outputs := len(x)/len(n.units), n.Outputs()
	host := n.Host(get, n.numbered(x))
	for _, asked := range [][]int{{2}, {3, 0, 1}, nil} {
		got, err := host.Ask(t.Context(), rowNumbers(given, n.o.Dim), rows, ctx, asked)
		if err != nil {
			t.Fatal(err)
		}
		var columns []int
		for _, d := range asked {
			columns = append(columns, n.Columns(d)...)
		}
		if len(got) != rows*len(columns) {
			t.Fatalf("asked for %v: %d outputs of %d rows, need %d each", asked, len(got), rows, len(columns))
		}
		for i, v := range got {
			w := float64(want[i/len(columns)*outputs+columns[i%len(columns)]])
			if math.Abs(float64(v)-w) > 2e-5*(1+math.Abs(w)) {
				t.Errorf("asked for %v: output %d of row %d is %v, want %v", asked, columns[i%len(columns)], i/len(columns), v, w)
			}
		}
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := host.Ask(stopped, rowNumbers(given, n.o.Dim), rows, ctx, []int{1}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error of a cancelled context is %v", err)
	}
}

// numbered are encoders for variables that are given as the numbers of their rows, by which their units are found.
func (n *AnyOrder) numbered(x []float32) (encoders []Encoder) {
	for d := range n.o.Dim {
		encoders = append(encoders, func(units []float32, row float32) {
			for u, column := range n.inputs[d] {
				units[u] = x[int(row)*len(n.units)+column]
			}
		})
	}
	return encoders
}

// rowNumbers are those of rows [n, dim] in each variable, where known is not 0.
func rowNumbers(known []float32, dim int) []float32 {
	all := make([]float32, len(known))
	for i := range all {
		if all[i] = float32(i / dim); known[i] == 0 {
			all[i] = models.NotKnown
		}
	}
	return all
}

// checkHost compares what Walk gives emit with the outputs of an order.
func (n *AnyOrder) checkHost(t *testing.T, get func(string) []float32, x, ctx, known []float32, sequence []int,
	want []float32) {
	t.Helper()
	dim, outputs := n.o.Dim, n.Outputs()
	rows := len(x) / len(n.units)
	host, full := n.Host(get, n.numbered(x)), rowNumbers(known, dim)
	for given := range dim {
		for _, again := range []bool{false, true} {
			values := slices.Clone(full)
			for i := range values {
				if slices.Contains(sequence[given:], i%dim) {
					values[i] = models.NotKnown
				}
			}
			emit := func(d, row int, params []float32, stride int, out []float32) {
				for i := range out {
					out[i] = full[(row+i)*dim+d]
					for p, column := range n.Columns(d) {
						w := float64(want[(row+i)*outputs+column])
						if got := params[p*stride+i]; math.Abs(float64(got)-w) > 2e-5*(1+math.Abs(w)) {
							t.Errorf("on the host with %d given, again %v: output %d of row %d is %v, want %v", given, again, column, row+i, got, w)
						}
					}
				}
			}
			passes, err := host.Walk(t.Context(), values, rows, ctx, sequence[given:], again, emit)
			if err != nil || !slices.Equal(values, full) || passes != dim-given {
				t.Errorf("%v, %d passes after %d are given, or other values", err, passes, given)
			}
		}
	}
}

// Rows that know different variables are filled side by side as alone, to the bit, and keep what they know.
func TestWalkOfRowsThatKnowDifferentVariables(t *testing.T) {
	for name, n := range anyOrders(t) {
		t.Run(name, func(t *testing.T) {
			const rows = 43
			rng, w := rand.New(rand.NewPCG(5, 9)), map[string][]float32{}
			for _, s := range n.Specs() {
				w[s.Name] = normals(rng, size(s.Shape), 0.7)
			}
			dim, width := n.o.Dim, n.o.ContextDim
			host := n.Host(func(name string) []float32 { return w[name] }, n.numbered(normals(rng, rows*len(n.units), 1)))
			known, ctx := make([]float32, rows*dim), normals(rng, rows*width, 1)
			for i := dim; i < len(known); i++ { // the first row knows nothing
				known[i] = float32(rng.IntN(2))
			}
			start, sequence := rowNumbers(known, dim), rng.Perm(dim)
			fill := func(x, ctx []float32, rows, before int, again bool) []float32 {
				x = slices.Clone(x)
				seen := make([]float32, len(x)) // a sum of the outputs at each value that is filled
				emit := func(d, row int, params []float32, stride int, out []float32) {
					for i := range out {
						if out[i] = float32(before + row + i); known[(before+row+i)*dim+d] == 1 {
							out[i] = -1
						}
						for p := range len(params) / stride {
							seen[(row+i)*dim+d] += params[p*stride+i]
						}
					}
				}
				if _, err := host.Walk(t.Context(), x, rows, ctx, sequence, again, emit); err != nil {
					t.Fatal(err)
				}
				for i := range x {
					if x[i] != float32(before+i/dim) {
						t.Fatalf("value %d is %v", i, x[i])
					}
					if known[before*dim+i] == 1 {
						seen[i] = 0
					}
				}
				return seen
			}
			all := fill(start, ctx, rows, 0, false)
			if again := fill(start, ctx, rows, 0, true); !slices.Equal(again, all) {
				t.Error("computed anew, outputs differ")
			}
			for row := range rows {
				one := fill(start[row*dim:][:dim], ctx[row*width:][:width], 1, row, false)
				if !slices.Equal(one, all[row*dim:][:dim]) {
					t.Errorf("row %d has the outputs %v alone, %v among others", row, one, all[row*dim:][:dim])
				}
			}
		})
	}
}

func TestAnyOrderOptions(t *testing.T) {
	_, err := NewAnyOrder(AnyOrderOptions{Dim: 2, Groups: []Group{{Variables: []int{0}, Units: 1, Outputs: 0}}, Residual: true, Activation: "step", Init: "zero", ContextDim: -1})
	for _, want := range []string{"activation", "init", "context", "hidden", "residual", "groups", "params"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error %v does not name %s", err, want)
		}
	}
}
