package nn

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Host is a masked network on the host, for the work that goes variable by
// variable: drawing samples and inverting flows. Its units are sorted by degree,
// so that what a unit may see is a prefix of the layer below and each unit can
// be computed, once, as soon as that prefix is known.
//
// Sums run over that prefix in its sorted order, in float32 without fused
// operations, for several rows side by side. Hence every method gives the same
// bits, whatever the number of rows and processors, with vector instructions or
// without. No product is ever made with what a unit may not see, so that a value
// that overflows cannot reach the variables before it.
type Host struct {
	dim, context int
	degrees      int   // largest degree of a variable
	order        []int // position in the order -> variable
	// Units and outputs of position k begin at units[k] and outputs[k] of those that are
	// sorted by position.
	units, outputs []int
	encode         []Encoder // of each variable; nil where a variable is its unit
	activation     Activation
	residual       bool
	layers         []hostLayer
	direct         []float32 // row an output, [outputs, units]; nil without
	before         []int     // units of the positions strictly before each position
}

// Encoder makes the units of a variable from its value; all zero of one that is not
// known. It may be called by several goroutines.
type Encoder func(units []float32, x float32)

type hostLayer struct {
	from, to int
	weights  []float32 // row a unit, [to, from]
	bias     []float32
	context  []float32 // row a unit, [to, context]
	sees     []int     // length of the prefix below that the unit may see
	upTo     []int     // upTo[g]: number of units of degree <= g; of variables in the last layer
}

// hostSpec describes a masked network for newHost.
type hostSpec struct {
	// Order holds the degrees of the variables, Hidden those of the hidden units.
	Order  []int
	Hidden [][]int
	// Units and Outputs are the variables of the inputs of the first layer, and of the
	// columns of the last.
	Units, Outputs []int
	// Encode makes the units of each variable; nil where the units are the variables.
	Encode []Encoder
	// Layers are the effective layers, one more than Hidden.
	Layers []Dense
	// Residual adds the sums of hidden layer l − 2 to those of layer l for every
	// second layer: their degrees must be equal.
	Residual bool
	// Direct are the effective direct connections from the inputs to the columns of the
	// last layer, or nil for none. Only their weights are used.
	Direct *Dense
	// Activation is that of the hidden units.
	Activation Activation
}

// newHost sorts the network by degree. It copies the weights.
func newHost(s hostSpec) *Host {
	h := &Host{dim: len(s.Order), context: s.Layers[0].Context, degrees: slices.Max(s.Order),
		order: masks.Order(s.Order).Sequence(), encode: s.Encode, activation: s.Activation, residual: s.Residual}
	inputs, units := byPosition(h.order, s.Units)
	outputs, ends := byPosition(h.order, s.Outputs)
	h.units, h.outputs = units, ends
	inputDegrees := spread(s.Order, s.Units)
	below, belowDegrees := inputs, inputDegrees
	for l, d := range s.Layers {
		strict := l == len(s.Hidden)
		units, degrees, counted := outputs, spread(s.Order, s.Outputs), s.Order
		if !strict {
			units, degrees, counted = masks.Order(s.Hidden[l]).Sequence(), s.Hidden[l], s.Hidden[l]
		}
		layer := d.sorted(below, units)
		for _, unit := range units {
			layer.sees = append(layer.sees, count(belowDegrees, degrees[unit], strict))
		}
		for g := 0; g <= h.degrees; g++ {
			layer.upTo = append(layer.upTo, count(counted, g, false))
		}
		h.layers = append(h.layers, layer)
		below, belowDegrees = units, degrees
	}
	for _, d := range h.order {
		h.before = append(h.before, count(inputDegrees, s.Order[d], true))
	}
	if s.Direct != nil {
		h.direct = s.Direct.sorted(inputs, outputs).weights
	}
	return h
}

// byPosition sorts columns by the position of their variables in an order. Those of
// position k begin at starts[k].
func byPosition(order, variables []int) (sorted, starts []int) {
	of := byVariable(variables, len(order))
	for _, d := range order {
		starts = append(starts, len(sorted))
		sorted = append(sorted, of[d]...)
	}
	return sorted, append(starts, len(sorted))
}

// sorted is the layer with the inputs below it and its units in the given orders.
func (d Dense) sorted(below, units []int) hostLayer {
	layer := hostLayer{from: d.From, to: d.To,
		weights: make([]float32, d.From*d.To), bias: make([]float32, d.To), context: make([]float32, d.Context*d.To)}
	for row, column := range units {
		for i, from := range below {
			layer.weights[row*d.From+i] = d.Weights[from*d.To+column]
		}
		layer.bias[row] = d.Bias[column]
		for c := range d.Context {
			layer.context[row*d.Context+c] = d.ContextWeights[c*d.To+column]
		}
	}
	return layer
}

// count is the number of units below, by their degrees, that a unit of degree d
// may see.
func count(below []int, d int, strict bool) int {
	n := 0
	for _, degree := range below {
		if masks.Connects(degree, d, strict) {
			n++
		}
	}
	return n
}

// Emit computes variable d of the rows row, row+1, …, len(x) of them, from the
// outputs of the network for it: params[p*stride+i] is output p of row row+i.
// It must depend on nothing else that changes, and may be called several times
// for the same variable.
type Emit func(d, row int, params []float32, stride int, x []float32)

// Walk fills x, row-major [rows, dim], variable by variable in the order: each
// comes from emit, which is given the network's outputs for the variables before
// it. All methods of a solver without a tolerance give the same bits. cond
// [rows, context] is nil without a context. passes is the largest number of passes
// through the network that any tile of rows took (1 for Incremental). Errors are
// that of a cancelled ctx, with x partly filled, that of a solver that does not
// exist or whose passes do not suffice, and a panic of emit.
func (h *Host) Walk(ctx context.Context, x []float32, rows int, cond []float32, solver models.Solver, emit Emit) (passes int, err error) {
	if err := solver.Check(); err != nil {
		return 0, err
	}
	if rows == 0 {
		return 0, ctx.Err()
	}
	passes, converged, err := inTiles(ctx, rows, func(lanes int) tileOf {
		t := h.newTile(lanes)
		return func(ctx context.Context, row, n int) (int, bool, error) {
			return t.run(ctx, x, row, n, cond, solver, emit)
		}
	})
	if err == nil && !converged {
		err = fmt.Errorf("%d passes do not converge to a tolerance of %g: allow more, up to %d, or a larger tolerance", passes, solver.Tolerance, h.dim)
	}
	return passes, err
}

// tileOf computes n rows from one on, and returns the passes it took and whether they sufficed.
type tileOf func(ctx context.Context, row, n int) (passes int, converged bool, err error)

// inTiles computes rows, some side by side, on all processors, each with a tile of its own.
func inTiles(ctx context.Context, rows int, newTile func(lanes int) tileOf) (passes int, converged bool, err error) {
	lanes := wide
	if rows <= narrow {
		lanes = narrow
	}
	tiles := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	converged = true
	failed, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	for range min(runtime.GOMAXPROCS(0), (rows+lanes-1)/lanes) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			t := newTile(lanes)
			for row := range tiles {
				n, ok, err := t(failed, row, min(lanes, rows-row))
				if err != nil {
					fail(err)
				}
				mu.Lock()
				passes, converged = max(passes, n), converged && ok
				mu.Unlock()
			}
		}()
	}
	for row := 0; row < rows && failed.Err() == nil; row += lanes {
		tiles <- row
	}
	close(tiles)
	wg.Wait()
	switch {
	case ctx.Err() != nil:
		return passes, converged, ctx.Err()
	case failed.Err() != nil:
		return passes, converged, context.Cause(failed)
	}
	return passes, converged, nil
}
