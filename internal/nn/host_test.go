package nn

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

var methods = map[string]models.Method{"incremental": models.Incremental, "sequential": models.Sequential, "jacobi": models.Jacobi}

// network is a masked network of random weights, with a function that draws its
// variables.
type network struct {
	spec  hostSpec
	noise []float32 // [rows, dim]
	ctx   []float32
	rows  int
}

type shape struct {
	dim, groups int
	hidden      []int
	context     int
	direct      bool
	residual    bool
	params      int
	units       int // of every second variable, which has one output more too; 0 for variables that are units
	rows        int
	activation  string
	sampled     bool
	std         float64
}

func newNetwork(s shape, seed uint64) network {
	rng := rand.New(rand.NewPCG(seed, 0))
	order := masks.Shuffled(s.dim, rng)
	if s.groups > 0 {
		order, _ = order.Grouped(s.groups)
	}
	top := order.Max()
	n := network{rows: s.rows, noise: normals(rng, s.rows*s.dim, 1), ctx: normals(rng, s.rows*s.context, 1)}
	n.spec = hostSpec{Order: order, Residual: s.residual}
	groups := []Group{{Variables: masks.Natural(s.dim).Sequence(), Units: 1, Outputs: s.params}}
	if s.units > 0 {
		groups = []Group{{Units: 1, Outputs: s.params}, {Units: s.units, Outputs: s.params + 1}}
		for d := range s.dim {
			groups[d%2].Variables = append(groups[d%2].Variables, d)
			n.spec.Encode = append(n.spec.Encode, encode)
		}
	}
	n.spec.Units = columns(groups, func(g Group) int { return g.Units })
	n.spec.Outputs = columns(groups, func(g Group) int { return g.Outputs })
	n.spec.Activation, _ = ActivationByName(s.activation)
	lo := min(1, top-1)
	if s.context > 0 {
		lo = 0
	}
	below, strict := spread(order, n.spec.Units), false
	for l := range len(s.hidden) + 1 {
		outputs := spread(order, n.spec.Outputs)
		if strict = l == len(s.hidden); !strict {
			outputs = masks.Sequential(s.hidden[l], lo, top-1)
			if s.sampled {
				outputs = masks.Sampled(s.hidden[l], lo, top-1, rng)
			}
			if skips(s.residual, l) {
				outputs = n.spec.Hidden[l-2]
			}
			n.spec.Hidden = append(n.spec.Hidden, outputs)
		}
		layer := Masked{Strict: strict, Bias: true, Conditioning: true, ContextDim: s.context}
		n.spec.Layers = append(n.spec.Layers, randomDense(rng, layer, below, outputs, s.std))
		below = outputs
	}
	if s.direct {
		d := randomDense(rng, Masked{Strict: true}, spread(order, n.spec.Units), spread(order, n.spec.Outputs), s.std)
		n.spec.Direct = &d
	}
	return n
}

// encode makes units that are not zero for a value of zero, but are for one that is not known.
func encode(units []float32, x float32) {
	for u := range units {
		units[u] = x + float32(u)
	}
	if models.IsNotKnown(x) {
		clear(units)
	}
}

// inputs are the units of variables, [rows, units]; variables that are not known yet are NaN.
func (s hostSpec) inputs(x []float64) (wide []float64) {
	for dim := len(s.Order); len(x) > 0; x = x[dim:] {
		copies := map[int]int{}
		for _, d := range s.Units {
			v := x[d]
			if s.Encode != nil {
				v += float64(copies[d])
			}
			if copies[d]++; math.IsNaN(v) {
				v = 0
			}
			wide = append(wide, v)
		}
	}
	return wide
}

// randomDense draws a layer.
func randomDense(rng *rand.Rand, l Masked, from, to []int, std float64) Dense {
	l.Name, l.From, l.To = "layer", len(from), len(to)
	values := drawn(l, rng, std)
	return l.Dense(func(name string) []float32 { return values[name] }, from, to)
}

// emit is a variable with a location and, from the parameters after the first,
// a scale: invertible in the noise, and different for every row and variable.
func (n network) emit(d, row int, params []float32, stride int, x []float32) {
	dim := len(n.spec.Order)
	for i := range x {
		scale := float32(1)
		for p := 1; p < len(params)/stride; p++ {
			scale += float32(math.Abs(math.Tanh(float64(params[p*stride+i])))) / float32(p)
		}
		x[i] = scale*n.noise[(row+i)*dim+d] + float32(math.Tanh(float64(params[i])))
	}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func (n network) walk(t fataler, method models.Method) []float32 {
	t.Helper()
	host := newHost(n.spec)
	x := make([]float32, n.rows*len(n.spec.Order))
	passes, err := host.Walk(context.Background(), x, n.rows, n.ctx, models.Solver{Method: method}, n.emit)
	if err != nil {
		t.Fatalf("%v", err)
	}
	dim := len(n.spec.Order)
	low, high := 1, 1
	switch {
	case n.rows == 0:
		low, high = 0, 0
	case method == models.Sequential:
		low, high = dim, dim
	case method == models.Jacobi:
		high = dim
	}
	if passes < low || passes > high {
		t.Fatalf("method %d took %d passes, want %d to %d", method, passes, low, high)
	}
	return x
}

// reference draws the variables one by one with full, dense products in float64
// and in the order of the inputs, not sorted by degree.
func (n network) reference() []float64 {
	s, dim := n.spec, len(n.spec.Order)
	width := s.Layers[0].Context
	x := make([]float64, n.rows*dim)
	for i := range x {
		x[i] = math.NaN()
	}
	for _, d := range masks.Order(s.Order).Sequence() {
		inputs := s.inputs(x)
		h := inputs
		var sums [][]float64 // of each layer, before its activation
		for l, layer := range s.Layers {
			h = multiply(layer, h, n.ctx[:n.rows*width], n.rows)
			if l == len(s.Hidden) {
				break
			}
			if s.Residual && l > 0 && l%2 == 0 {
				floats.Add(h, sums[l-2])
			}
			sums = append(sums, slices.Clone(h))
			for i, v := range h {
				h[i] = closedForms[s.Activation.Name].f(v)
			}
		}
		if s.Direct != nil {
			for i, v := range multiply(*s.Direct, inputs, nil, n.rows) {
				h[i] += v
			}
		}
		for r := range n.rows {
			var params []float32
			for column, of := range s.Outputs {
				if of == d {
					params = append(params, float32(h[r*len(s.Outputs)+column]))
				}
			}
			var v [1]float32
			n.emit(d, r, params, 1, v[:])
			x[r*dim+d] = float64(v[0])
		}
	}
	return x
}

func drawShape(t *rapid.T) shape {
	s := shape{dim: rapid.IntRange(1, 7).Draw(t, "dim"), std: 0.6}
	if rapid.Bool().Draw(t, "grouped") {
		s.groups = rapid.IntRange(1, s.dim).Draw(t, "groups")
	}
	s.hidden = rapid.SliceOfN(rapid.SampledFrom([]int{1, 2, 7, 11}), 0, 3).Draw(t, "hidden")
	if s.residual = rapid.Bool().Draw(t, "residual"); s.residual {
		s.hidden = slices.Repeat([]int{rapid.SampledFrom([]int{1, 2, 7, 11}).Draw(t, "width")}, rapid.IntRange(1, 5).Draw(t, "layers"))
	}
	s.context = rapid.SampledFrom([]int{0, 1, 3}).Draw(t, "context")
	s.direct = rapid.Bool().Draw(t, "direct")
	s.sampled = rapid.Bool().Draw(t, "sampled")
	s.params = rapid.IntRange(1, 3).Draw(t, "params")
	s.units = rapid.SampledFrom([]int{0, 0, 1, 2, 3}).Draw(t, "units")
	s.rows = rapid.SampledFrom([]int{0, 1, 7, 8, 9, 33, 100}).Draw(t, "rows")
	s.activation = rapid.SampledFrom(activationNames()).Draw(t, "activation")
	return s
}

func TestWalkGivesTheSameBitsByEveryMethod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := newNetwork(drawShape(t), rapid.Uint64().Draw(t, "seed"))
		sequential := n.walk(t, models.Sequential)
		for name, method := range methods {
			if i := firstDifference(n.walk(t, method), sequential); i >= 0 {
				t.Fatalf("%s and sequential differ at %d", name, i)
			}
		}
		for i, want := range n.reference() {
			if !near(float64(sequential[i]), want, 1e-4) {
				t.Fatalf("value %d is %v, want %v by dense products in float64", i, sequential[i], want)
			}
		}
	})
}

// A row does not depend on which others are computed beside it: wide tiles,
// narrow ones, and tiles that are not full agree.
func TestWalkTreatsEveryRowAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShape(t)
		s.rows = 41
		n := newNetwork(s, rapid.Uint64().Draw(t, "seed"))
		all, dim := n.walk(t, models.Incremental), s.dim
		for _, r := range []int{0, 7, 8, 31, 32, 40} {
			one := n
			one.rows, one.noise, one.ctx = 1, n.noise[r*dim:(r+1)*dim], n.ctx[r*s.context:(r+1)*s.context]
			if i := firstDifference(one.walk(t, models.Incremental), all[r*dim:(r+1)*dim]); i >= 0 {
				t.Fatalf("row %d alone differs at variable %d", r, i)
			}
		}
	})
}

// firstDifference compares bits, so that −0 is not 0, and returns -1 when there
// is none.
func firstDifference(a, b []float32) int {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

// A variable that overflows must leave those before it alone: 0·∞ is not a way
// to mask.
func TestWalkKeepsOverflowAfterItsVariable(t *testing.T) {
	n := newNetwork(shape{dim: 7, hidden: []int{11, 13}, direct: true, params: 1, rows: 9, activation: "relu"}, 5)
	sequence := masks.Order(n.spec.Order).Sequence()
	poisoned := sequence[3]
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			host := newHost(n.spec)
			fresh := func(d, _ int, _ []float32, _ int, x []float32) {
				for i := range x {
					x[i] = float32(math.Inf(1))
					if d != poisoned {
						x[i] = 1
					}
				}
			}
			seen := map[int]float32{} // the last parameter of row 0 for each variable
			var mu sync.Mutex
			record := func(d, row int, params []float32, stride int, x []float32) {
				fresh(d, row, params, stride, x)
				mu.Lock()
				defer mu.Unlock()
				if row == 0 {
					seen[d] = params[0]
				}
			}
			x := make([]float32, n.rows*7)
			if _, err := host.Walk(context.Background(), x, n.rows, nil, models.Solver{Method: method}, record); err != nil {
				t.Fatal(err)
			}
			for _, d := range sequence[:4] {
				if v := float64(seen[d]); math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("the parameter of variable %d is %v, but the overflow comes after it", d, v)
				}
			}
		})
	}
}

// A variable may be −0 or NaN; the methods agree on it and Jacobi ends.
func TestWalkKeepsTheBitsThatAreEmitted(t *testing.T) {
	n := newNetwork(shape{dim: 5, hidden: []int{7}, params: 1, rows: 9, activation: "elu", std: 0.5}, 3)
	host := newHost(n.spec)
	negativeZero, nan := float32(math.Copysign(0, -1)), float32(math.NaN())
	for name, method := range methods {
		x := make([]float32, n.rows*5)
		_, err := host.Walk(context.Background(), x, n.rows, nil, models.Solver{Method: method}, func(d, _ int, _ []float32, _ int, x []float32) {
			for i := range x {
				x[i] = negativeZero
				if d == 4 {
					x[i] = nan
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range x {
			want := negativeZero
			if i%5 == 4 {
				want = nan
			}
			if math.Float32bits(v) != math.Float32bits(want) {
				t.Errorf("%s: value %d is %v, want %v", name, i, v, want)
			}
		}
	}
}

// Incremental computes every hidden unit once and uses every live weight once;
// the other methods pay for each of their passes.
func TestWalkTouchesEachWeightOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawShape(t)
		s.rows = 1
		n := newNetwork(s, rapid.Uint64().Draw(t, "seed"))
		var units atomic.Int64
		activation := n.spec.Activation.Host
		n.spec.Activation = Activation{Name: "counted", Graph: n.spec.Activation.Graph, Host: func(v []float32) {
			units.Add(int64(len(v)))
			activation(v)
		}}
		n.walk(t, models.Incremental)
		hidden := 0
		for _, width := range s.hidden {
			hidden += width
		}
		if got := int(units.Load()); got != hidden*narrow {
			t.Fatalf("%d activations of %d hidden units in %d lanes", got, hidden, narrow)
		}

		live := 0
		inputs, outputs := spread(n.spec.Order, n.spec.Units), spread(n.spec.Order, n.spec.Outputs)
		for l := range n.spec.Layers {
			from, to := inputs, outputs
			if l > 0 {
				from = n.spec.Hidden[l-1]
			}
			if l < len(s.hidden) {
				to = n.spec.Hidden[l]
			}
			live += connections(from, to, l == len(s.hidden))
		}
		if s.direct {
			live += connections(inputs, outputs, true)
		}
		host := newHost(n.spec)
		if got := host.Products(); got != live {
			t.Fatalf("%d products for %d live connections", got, live)
		}
	})
}

func connections(from, to []int, strict bool) int {
	n := 0
	for _, a := range from {
		for _, b := range to {
			if masks.Connects(a, b, strict) {
				n++
			}
		}
	}
	return n
}

func TestWalkStopsWhenCancelled(t *testing.T) {
	n := newNetwork(shape{dim: 7, hidden: []int{11}, params: 1, rows: 3200, activation: "tanh", std: 0.5}, 1)
	host := newHost(n.spec)
	reason := errors.New("the user has left")
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			x := make([]float32, n.rows*7)
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			var calls atomic.Int64
			_, err := host.Walk(ctx, x, n.rows, nil, models.Solver{Method: method}, func(d, row int, params []float32, stride int, x []float32) {
				calls.Add(1)
				cancel(reason)
				n.emit(d, row, params, stride, x)
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v", err)
			}
			// Nobody begins a pass, or a degree of one, after it.
			if most := int64(runtime.GOMAXPROCS(0) * 7); calls.Load() > most {
				t.Errorf("%d variables were drawn after the cancellation, want at most %d", calls.Load(), most)
			}

			calls.Store(0)
			if _, err := host.Walk(ctx, x, n.rows, nil, models.Solver{Method: method}, func(int, int, []float32, int, []float32) { calls.Add(1) }); !errors.Is(err, context.Canceled) || calls.Load() > 0 {
				t.Errorf("under a cancelled context: %v after %d variables", err, calls.Load())
			}
			if _, err := host.Walk(ctx, nil, 0, nil, models.Solver{Method: method}, nil); !errors.Is(err, context.Canceled) {
				t.Errorf("no rows under a cancelled context: %v", err)
			}
		})
	}
}

// One Host serves many callers; the race detector watches.
func TestWalkIsSafeForConcurrentUse(t *testing.T) {
	n := newNetwork(shape{dim: 5, hidden: []int{7, 11}, context: 3, direct: true, params: 2, rows: 67, activation: "silu", std: 0.5}, 2)
	want := n.walk(t, models.Sequential)
	host := newHost(n.spec)
	var wg sync.WaitGroup
	for _, method := range methods {
		wg.Go(func() {
			x := make([]float32, len(want))
			if _, err := host.Walk(context.Background(), x, n.rows, n.ctx, models.Solver{Method: method}, n.emit); err != nil {
				t.Error(err)
			}
			if i := firstDifference(x, want); i >= 0 {
				t.Errorf("method %d differs at %d", method, i)
			}
		})
	}
	wg.Wait()
}

// The vector code rounds as the plain code does: no fused products.
func TestAccumulateIsAccumulateGeneric(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 0))
	for _, lanes := range []int{narrow, wide, 1, 5, 16, 21} {
		for _, n := range []int{0, 1, 2, 3, 31, 257} {
			w, a, start := normals(rng, n, 1), normals(rng, n*lanes, 1), normals(rng, lanes, 1)
			if n == 31 { // what overflows and vanishes
				w[3], w[5], a[0], a[7] = 1e38, 1e-38, 1e38, 1e-38
			}
			got, want := slices.Clone(start), slices.Clone(start)
			accumulate(got, w, a)
			accumulateGeneric(want, w, a)
			if i := firstDifference(got, want); i >= 0 {
				t.Errorf("%d lanes, %d terms: lane %d is %v, want %v", lanes, n, i, got[i], want[i])
			}
			for j := range lanes {
				sum := start[j]
				for i := range n {
					product := w[i] * a[i*lanes+j]
					sum += product
				}
				if n != 31 && !near(float64(want[j]), float64(sum), 1e-4) {
					t.Errorf("%d lanes, %d terms: lane %d is %v, want about %v", lanes, n, j, want[j], sum)
				}
			}
		}
	}
}

// A set of somebody's own may have the right widths and other degrees.
func TestHostRefusesABlockWithTwoEnds(t *testing.T) {
	n := mustNetwork(t, NetworkOptions{Recipe: masks.Recipe{Dim: 5, Hidden: []int{7}}, Params: 1, Residual: true})
	set := *n.Cycle().At(0)
	set.Hidden = slices.Clone(set.Hidden)
	set.Hidden[2] = slices.Repeat([]int{1}, 7)
	v := values(n, rand.New(rand.NewPCG(1, 0)), 1)
	_, err := n.Host(func(name string) []float32 { return v[name] }, &set, nil)
	if err == nil || !strings.Contains(err.Error(), "hidden layers 0 and 2 are the ends of a block, but their degrees differ") {
		t.Errorf("the error is %v", err)
	}
}

func BenchmarkWalk(b *testing.B) {
	n := newNetwork(shape{dim: 784, hidden: []int{500, 500}, params: 1, rows: 100, activation: "relu", std: 0.05}, 1)
	host := newHost(n.spec)
	x := make([]float32, n.rows*784)
	for _, name := range []string{"incremental", "jacobi"} {
		b.Run(fmt.Sprintf("%s/784-500-500", name), func(b *testing.B) {
			for b.Loop() {
				if _, err := host.Walk(context.Background(), x, n.rows, nil, models.Solver{Method: methods[name]}, n.emit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Products is the number of multiplications that one incremental pass takes for
// a row, context aside: one a live connection.
func (h *Host) Products() int {
	n := 0
	for _, layer := range h.layers {
		for _, sees := range layer.sees {
			n += sees
		}
	}
	for k, before := range h.before {
		if h.direct != nil {
			n += (h.outputs[k+1] - h.outputs[k]) * before
		}
	}
	return n
}
