package nn

import (
	"context"
	"fmt"

	"github.com/maskflow/maskflow/models"
)

// AnyOrderHost is an [AnyOrder] on the host, for the work that goes variable by variable. Sums run in
// float32 without fused operations, for several rows side by side, so that they have the same bits whatever
// the number of rows and processors, with vector instructions or without.
type AnyOrderHost struct {
	net    *AnyOrder
	encode []Encoder
	// first are the weights of the units of each variable and then of its m, [units + 1, width].
	first [][]float32
	// layers are all: of the first one the bias and the context, in the last one the outputs
	// of a variable after those of another.
	layers []hostLayer
	starts []int // of the outputs of each variable in the last layer
	// direct are the weights of the direct connections to each output of the last layer: those of the units of each
	// variable and of its m, variable by variable; nil without. inputs are where those of a variable begin.
	direct []float32
	inputs []int
}

// Host returns the network on the host. get returns a parameter's values by its name, which are copied.
// encode has a function for each variable that makes its units; nil where the units are the variables.
func (n *AnyOrder) Host(get func(name string) []float32, encode []Encoder) *AnyOrderHost {
	h := &AnyOrderHost{net: n, encode: encode}
	natural := make([]int, n.o.Dim)
	for d := range natural {
		natural[d] = d
	}
	outputs, starts := byPosition(natural, n.outputs)
	h.starts = starts
	for l, layer := range n.layers {
		units := make([]int, layer.To)
		for k := range units {
			units[k] = k
		}
		if l == len(n.o.Hidden) {
			units = outputs
		}
		below := make([]int, layer.From)
		for i := range below {
			below[i] = i
		}
		h.layers = append(h.layers, layer.unmasked(get).sorted(below, units))
	}
	weights, visible, width := get(n.layers[0].Name+weightsSuffix), get(seen), n.o.Hidden[0]
	for d, own := range n.inputs {
		w := make([]float32, 0, width*(len(own)+1))
		for _, unit := range own {
			w = append(w, weights[unit*width:][:width]...)
		}
		h.first = append(h.first, append(w, visible[d*width:][:width]...))
	}
	h.layers[0].weights = nil
	if n.o.Direct {
		h.connect(get(direct), get(directSeen), outputs)
	}
	return h
}

// connect takes the weights of direct connections, [units, outputs] and [dim, outputs].
func (h *AnyOrderHost) connect(weights, visible []float32, outputs []int) {
	h.inputs = []int{0}
	for d, own := range h.net.inputs {
		h.inputs = append(h.inputs, h.inputs[d]+len(own)+1)
	}
	for _, column := range outputs {
		for d, own := range h.net.inputs {
			for _, unit := range own {
				h.direct = append(h.direct, weights[unit*len(outputs)+column])
			}
			h.direct = append(h.direct, visible[d*len(outputs)+column])
		}
	}
}

// unmasked is the layer without masks.
func (l Masked) unmasked(get func(name string) []float32) Dense {
	d := Dense{From: l.From, To: l.To, Context: l.ContextDim, Weights: get(l.Name + weightsSuffix), Bias: get(l.Name + biasSuffix)}
	if l.ContextDim > 0 {
		d.ContextWeights = get(l.Name + contextSuffix)
	}
	return d
}

// Walk fills what is [models.NotKnown] in x, row-major [rows, dim], variable by variable in a sequence: each value
// comes from emit, which takes the network's outputs for the variable given all that the row knew before and those
// that were filled before it. Rows may differ in what they know, and keep it, whatever emit makes of it. What is no
// part of the sequence, or what emit leaves NotKnown, is not given. cond [rows, context] is nil without a context.
// With again the sums of the first layer are computed anew for each variable, and have the same bits. passes is the
// largest number of times that a row went through the upper layers. Errors are that of a cancelled ctx, with x partly
// filled, and a panic of emit.
func (h *AnyOrderHost) Walk(ctx context.Context, x []float32, rows int, cond []float32, sequence []int, again bool,
	emit Emit) (passes int, err error) {
	if rows == 0 || len(sequence) == 0 {
		return 0, ctx.Err()
	}
	return h.inTiles(ctx, rows, func(ctx context.Context, t *anyOrderTile, row, n int) int {
		return t.walk(ctx, x, row, n, cond, sequence, again, emit)
	})
}

// inTiles calls compute for rows, some side by side, with what it may use for them. Its panic is an error.
func (h *AnyOrderHost) inTiles(ctx context.Context, rows int,
	compute func(ctx context.Context, t *anyOrderTile, row, n int) (passes int)) (passes int, err error) {
	passes, _, err = inTiles(ctx, rows, func(lanes int) tileOf {
		t := h.newTile(lanes)
		return func(ctx context.Context, row, n int) (passes int, converged bool, err error) {
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("panic while computing rows %d to %d: %v", row, row+n-1, p)
				}
			}()
			return compute(ctx, t, row, n), true, nil
		}
	})
	return passes, err
}

// Ask computes the outputs for the variables of asked given all that is known of each row of x, row-major [rows, dim],
// in one pass: what is [models.NotKnown] is not given, and rows may differ in what that is. cond [rows, context]
// is nil without a context. The outputs are row-major, of a row those of the first variable of asked before those
// of the next. Errors are that of a cancelled ctx, and a panic of an encoder.
func (h *AnyOrderHost) Ask(ctx context.Context, x []float32, rows int, cond []float32, asked []int) ([]float32, error) {
	width, dim := 0, h.net.o.Dim
	for _, d := range asked {
		width += len(h.net.columns[d])
	}
	all := make([]float32, rows*width)
	if len(all) == 0 {
		return nil, ctx.Err()
	}
	_, err := h.inTiles(ctx, rows, func(_ context.Context, t *anyOrderTile, row, n int) int {
		t.read(x[row*dim:(row+n)*dim], cond, row)
		t.begin()
		t.upper()
		at := row * width
		for _, d := range asked {
			for out := t.outputs(d); len(out) > 0; out = out[t.lanes:] {
				for i, v := range out[:n] {
					all[at+i*width] = v
				}
				at++
			}
		}
		return 1
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// anyOrderTile holds the activations of up to lanes rows: unit-major, [units, lanes].
type anyOrderTile struct {
	h        *AnyOrderHost
	lanes    int
	x        []float32   // the rows, [n, dim]
	open     []bool      // what they did not know at first, [n, dim]
	first    []float32   // the sums of the first layer, [lanes, width]: a variable of a row costs no more than its weights
	sums     [][]float32 // of each hidden layer before its activation
	acts     [][]float32 // after it
	given    []float32   // what direct connections see: the units of each variable, and then its m, 0 where it is not given; [units + dim, lanes]
	own      []float32   // the units of a variable of a row, and then its m
	out      []float32   // [outputs of a variable, lanes]
	cond, xs []float32   // [context, lanes], [lanes]
}

func (h *AnyOrderHost) newTile(lanes int) *anyOrderTile {
	units, outputs := 0, 0
	for d := range h.net.o.Dim {
		units, outputs = max(units, len(h.net.inputs[d])), max(outputs, len(h.net.columns[d]))
	}
	t := &anyOrderTile{h: h, lanes: lanes, open: make([]bool, lanes*h.net.o.Dim), own: make([]float32, units+1),
		first: make([]float32, lanes*h.net.o.Hidden[0]),
		out:   make([]float32, outputs*lanes), cond: make([]float32, h.net.o.ContextDim*lanes), xs: make([]float32, lanes)}
	if h.direct != nil {
		t.given = make([]float32, h.inputs[h.net.o.Dim]*lanes)
	}
	for _, width := range h.net.o.Hidden {
		t.sums, t.acts = append(t.sums, make([]float32, width*lanes)), append(t.acts, make([]float32, width*lanes))
	}
	return t
}

// read takes rows x, of which so many come before, with their contexts.
func (t *anyOrderTile) read(x, cond []float32, before int) {
	t.x, t.open = x, t.open[:len(x)]
	for i, v := range x {
		t.open[i] = models.IsNotKnown(v)
	}
	width := t.h.net.o.ContextDim
	for i := range len(x) / t.h.net.o.Dim {
		for c := range width {
			t.cond[c*t.lanes+i] = cond[(before+i)*width+c]
		}
	}
}

func (t *anyOrderTile) walk(ctx context.Context, x []float32, row, n int, cond []float32, sequence []int, again bool,
	emit Emit) (passes int) {
	dim := t.h.net.o.Dim
	t.read(x[row*dim:(row+n)*dim], cond, row)
	t.begin()
	for k, d := range sequence {
		if !t.asks(d) {
			continue
		}
		if ctx.Err() != nil {
			return passes
		}
		if again {
			t.begin()
			for _, e := range sequence[:k] {
				t.give(e, true)
			}
		}
		t.upper()
		passes++
		for i := range n {
			t.xs[i] = t.x[i*dim+d]
		}
		emit(d, row, t.outputs(d), t.lanes, t.xs[:n])
		for i, v := range t.xs[:n] {
			if t.open[i*dim+d] {
				t.x[i*dim+d] = v
			}
		}
		if !again && k < len(sequence)-1 {
			t.give(d, true)
		}
	}
	return passes
}

// asks reports whether a row did not know a variable at first.
func (t *anyOrderTile) asks(d int) bool {
	for ; d < len(t.open); d += t.h.net.o.Dim {
		if t.open[d] {
			return true
		}
	}
	return false
}

// outputs are those of a variable by the units of the last hidden layer, [outputs of it, lanes].
func (t *anyOrderTile) outputs(d int) []float32 {
	from, to := t.h.starts[d], t.h.starts[d+1]
	for k := from; k < to; k++ {
		out := t.out[(k-from)*t.lanes:][:t.lanes]
		t.unit(out, len(t.h.layers)-1, k, t.acts[len(t.acts)-1])
		if inputs := len(t.given) / t.lanes; inputs > 0 {
			accumulate(out, t.h.direct[k*inputs:(k+1)*inputs], t.given)
		}
	}
	return t.out[:(to-from)*t.lanes]
}

// begin are the sums of the first layer by what rows knew at first.
func (t *anyOrderTile) begin() {
	width := t.h.net.o.Hidden[0]
	clear(t.given)
	for k := range width {
		t.unit(t.sums[0][k*t.lanes:][:t.lanes], 0, k, nil)
	}
	for i := range t.lanes {
		for k := range width {
			t.first[i*width+k] = t.sums[0][k*t.lanes+i]
		}
	}
	for d := range t.h.net.o.Dim {
		t.give(d, false)
	}
}

// give adds a variable to the sums of the first layer, and to what direct connections see: in the rows that it was filled in, or in those that knew it
// at first.
func (t *anyOrderTile) give(d int, filled bool) {
	dim, units, width := t.h.net.o.Dim, len(t.h.net.inputs[d]), t.h.net.o.Hidden[0]
	own := t.own[:units+1]
	for i := range len(t.x) / dim {
		v := t.x[i*dim+d]
		if t.open[i*dim+d] != filled || models.IsNotKnown(v) {
			continue
		}
		clear(own)
		if own[units] = 1; t.h.encode == nil {
			own[0] = v
		} else {
			t.h.encode[d](own[:units], v)
		}
		accumulate(t.first[i*width:][:width], own, t.h.first[d])
		if t.given != nil {
			for k, v := range own {
				t.given[(t.h.inputs[d]+k)*t.lanes+i] = v
			}
		}
	}
}

// upper computes all hidden units by the sums of the first layer.
func (t *anyOrderTile) upper() {
	activation, width := t.h.net.activation.Host, t.h.net.o.Hidden[0]
	for k := range width {
		for i := range t.lanes {
			t.sums[0][k*t.lanes+i] = t.first[i*width+k]
		}
	}
	for l, act := range t.acts {
		if l > 0 {
			for k := range len(act) / t.lanes {
				t.unit(t.sums[l][k*t.lanes:][:t.lanes], l, k, t.acts[l-1])
			}
			if skips(t.h.net.o.Residual, l) {
				for i, v := range t.sums[l-2] {
					t.sums[l][i] += v
				}
			}
		}
		copy(act, t.sums[l])
		activation(act)
	}
}

// unit computes row k of layer l, before its activation, from the units below.
func (t *anyOrderTile) unit(out []float32, l, k int, below []float32) {
	layer := &t.h.layers[l]
	for i := range out {
		out[i] = layer.bias[k]
	}
	if c := len(t.cond) / t.lanes; c > 0 {
		accumulate(out, layer.context[k*c:(k+1)*c], t.cond)
	}
	if below != nil {
		accumulate(out, layer.weights[k*layer.from:(k+1)*layer.from], below)
	}
}
