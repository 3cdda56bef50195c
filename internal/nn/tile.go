package nn

import (
	"context"
	"fmt"
	"math"

	"github.com/maskflow/maskflow/models"
)

// Rows are computed side by side, narrow or wide at a time.
const (
	narrow = 8
	wide   = 32
)

// tile holds the activations of up to lanes rows: unit-major, [units, lanes].
type tile struct {
	h      *Host
	lanes  int
	values []float32   // variables by position; the inputs where these are their units
	acts   [][]float32 // inputs by position, then each hidden layer
	sums   [][]float32 // of each hidden layer before its activation; nil unless residual
	out    []float32   // [outputs of a variable, lanes]
	cond   []float32   // [context, lanes]
	x      []float32   // [lanes], what emit filled
	units  []float32   // of one variable
}

func (h *Host) newTile(lanes int) *tile {
	outputs, units := 0, 0
	for k := range h.dim {
		outputs, units = max(outputs, h.outputs[k+1]-h.outputs[k]), max(units, h.units[k+1]-h.units[k])
	}
	t := &tile{h: h, lanes: lanes, out: make([]float32, outputs*lanes), cond: make([]float32, h.context*lanes),
		x: make([]float32, lanes), units: make([]float32, units)}
	for _, l := range h.layers {
		t.acts = append(t.acts, make([]float32, l.from*lanes))
	}
	if t.values = t.acts[0]; h.encode != nil {
		t.values = make([]float32, h.dim*lanes)
	}
	if h.residual {
		for _, a := range t.acts[1:] {
			t.sums = append(t.sums, make([]float32, len(a)))
		}
	}
	return t
}

// run fills the rows row … row+n-1 of x and returns the passes it took and
// whether they sufficed. emit may be anybody's: its panic is an error.
func (t *tile) run(ctx context.Context, x []float32, row, n int, cond []float32, solver models.Solver, emit Emit) (passes int, converged bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while computing rows %d to %d: %v", row, row+n-1, p)
		}
	}()
	h := t.h
	for _, a := range t.acts {
		clear(a)
	}
	if h.encode != nil {
		for i := range t.values {
			t.values[i] = models.NotKnown // whose units are zero
		}
	}
	for i := range n {
		for c := range h.context {
			t.cond[c*t.lanes+i] = cond[(row+i)*h.context+c]
		}
	}
	passes, converged = 1, true
	switch solver.Method {
	case models.Incremental:
		t.incremental(ctx, row, n, emit)
	case models.Sequential:
		passes = t.sequential(ctx, row, n, emit)
	case models.Jacobi:
		passes, converged = t.jacobi(ctx, row, n, solver, emit)
	}
	for k, d := range h.order {
		for i := range n {
			x[(row+i)*h.dim+d] = t.values[k*t.lanes+i]
		}
	}
	return passes, converged, nil
}

func (t *tile) incremental(ctx context.Context, row, n int, emit Emit) {
	h, last := t.h, len(t.h.layers)-1
	for g := range h.degrees {
		if ctx.Err() != nil {
			return
		}
		for l, layer := range h.layers[:last] {
			from := 0
			if g > 0 {
				from = layer.upTo[g-1]
			}
			for k := from; k < layer.upTo[g]; k++ {
				t.hidden(l, k)
			}
		}
		for k := h.layers[last].upTo[g]; k < h.layers[last].upTo[g+1]; k++ {
			t.output(k)
			t.emit(k, row, n, 0, emit)
		}
	}
}

func (t *tile) sequential(ctx context.Context, row, n int, emit Emit) int {
	for k := range t.h.dim {
		if ctx.Err() != nil {
			return k
		}
		t.allHidden()
		t.output(k)
		t.emit(k, row, n, 0, emit)
	}
	return t.h.dim
}

// jacobi repeats full passes until one changes nothing. After pass p the first p
// variables of the order are final, so dim passes always suffice; the one more
// that would confirm it is not made.
func (t *tile) jacobi(ctx context.Context, row, n int, solver models.Solver, emit Emit) (passes int, converged bool) {
	most := t.h.dim
	if solver.MaxPasses > 0 {
		most = min(most, solver.MaxPasses)
	}
	for pass := 1; ; pass++ {
		if ctx.Err() != nil {
			return pass, false
		}
		t.allHidden()
		changed := false
		// Outputs see only the inputs of the last pass: walking backwards keeps
		// the inputs that a position's direct connections read unchanged.
		for k := t.h.dim - 1; k >= 0; k-- {
			t.output(k)
			changed = t.emit(k, row, n, solver.Tolerance, emit) || changed
		}
		if !changed || pass == most {
			return pass, !changed || pass == t.h.dim
		}
	}
}

func (t *tile) allHidden() {
	for l, layer := range t.h.layers[:len(t.h.layers)-1] {
		for k := range layer.to {
			t.hidden(l, k)
		}
	}
}

// hidden computes unit k of hidden layer l.
func (t *tile) hidden(l, k int) {
	out := t.acts[l+1][k*t.lanes : (k+1)*t.lanes]
	t.unit(out, l, k, t.h.layers[l].sees[k])
	if t.sums != nil {
		if skips(true, l) {
			for i, v := range t.sums[l-2][k*t.lanes : (k+1)*t.lanes] {
				out[i] += v
			}
		}
		copy(t.sums[l][k*t.lanes:], out)
	}
	t.h.activation.Host(out)
}

// output computes the outputs of position k.
func (t *tile) output(k int) {
	h, last := t.h, len(t.h.layers)-1
	for row := h.outputs[k]; row < h.outputs[k+1]; row++ {
		p, inputs := row-h.outputs[k], h.layers[0].from
		out := t.out[p*t.lanes : (p+1)*t.lanes]
		t.unit(out, last, row, h.layers[last].sees[row])
		if h.direct != nil {
			accumulate(out, h.direct[row*inputs:row*inputs+h.before[k]], t.acts[0])
		}
	}
}

// unit computes row k of layer l, before its activation, from the first n units
// below.
func (t *tile) unit(out []float32, l, k, n int) {
	layer := &t.h.layers[l]
	for i := range out {
		out[i] = layer.bias[k]
	}
	if c := t.h.context; c > 0 {
		accumulate(out, layer.context[k*c:(k+1)*c], t.cond)
	}
	accumulate(out, layer.weights[k*layer.from:k*layer.from+n], t.acts[l])
}

// emit lets the caller compute position k and says whether that changed it by
// more than the tolerance, and by its bits at all: so −0 is not taken for 0, and
// a NaN that stays for a change.
func (t *tile) emit(k, row, n int, tolerance float64, emit Emit) bool {
	h := t.h
	emit(h.order[k], row, t.out[:(h.outputs[k+1]-h.outputs[k])*t.lanes], t.lanes, t.x[:n])
	at := t.values[k*t.lanes : k*t.lanes+n]
	changed := false
	for i, v := range t.x[:n] {
		if math.Float32bits(at[i]) == math.Float32bits(v) {
			continue
		}
		near := math.Abs(float64(v)-float64(at[i])) <= tolerance*(1+math.Abs(float64(v)))
		at[i], changed = v, changed || !near
		if h.encode != nil {
			units := t.units[:h.units[k+1]-h.units[k]]
			h.encode[h.order[k]](units, v)
			for u, unit := range units {
				t.acts[0][(h.units[k]+u)*t.lanes+i] = unit
			}
		}
	}
	return changed
}

// accumulateGeneric adds Σ_i w_i·a_i to out, a being [len(w), len(out)]. The
// conversion keeps the compiler from fusing the product with the sum, which
// would round differently from machine to machine.
func accumulateGeneric(out, w, a []float32) {
	n := len(out)
	for i, v := range w {
		row := a[i*n : i*n+n]
		for j := range out {
			out[j] += float32(v * row[j])
		}
	}
}
