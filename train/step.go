package train

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// program is the compiled training step: state in, state out. On XLA one call
// runs up to chunk steps in a loop on the device, which saves the host's share
// of a step; on the Go backend, whose loops cannot hold a gradient, one. Both
// are the same body, so results do not depend on how steps are grouped.
type program struct {
	model    models.Definition
	layout   exec.Layout // of one step; its scalars are the optimiser's, then β
	opt      Optimizer
	clip     float64 // global norm, 0: none
	ema      float64 // decay, 0: none
	far      float64 // nats a row beyond which it counts less, 0: none
	chunk    int
	weighted bool // shares of rows need not sum to one
	specs    []models.Spec
	compiled *Exec
	host     *exec.Host
}

func (p *program) stateSize() int {
	n := len(p.specs) * (1 + p.opt.Slots())
	if p.ema > 0 {
		n += len(p.specs)
	}
	return n
}

// compile prepares the step for the rows that the layout describes: their number,
// and their width, 0 for a model that is trained without.
func (p *program) compile(b compute.Backend) error {
	rows := p.layout
	p.layout = exec.LayoutOf(p.model, rows.Batch)
	p.layout.Weighted, p.layout.X, p.layout.Scalars = true, rows.X, len(p.opt.Scalars(1, 1))+1
	if o, ok := p.model.(models.Trained); ok {
		p.layout.Noise = o.NoiseDim()
	}
	if _, ok := p.model.(models.Drawn); ok {
		p.layout.Degrees = nil
	}
	p.specs = p.model.Specs()
	fn := p.single
	if p.chunk > 1 {
		fn = p.loop
	}
	var err error
	if p.compiled, err = NewExec(b, fn); err != nil {
		return err
	}
	p.host, err = exec.NewHost(b, p.layout, p.chunk)
	return err
}

// close frees the executable. A second call does nothing.
func (p *program) close() {
	p.compiled.Finalize()
	p.host.Finalize()
}

// objective is what a step makes large, for each row.
func (p *program) objective(bound models.Params, in exec.Args[*Node], scalars []*Node) *Node {
	if o, ok := p.model.(models.Trained); ok {
		weights := in.Weights
		if p.weighted { // which are to sum to one
			weights = Div(weights, Max(Reshape(ReduceSum(weights, 0)), nn.Number(weights, 1e-30)))
		}
		return o.Value(bound, models.Batch{X: in.X, Context: in.Context, Weights: weights, Noise: in.Noise, Beta: scalars[len(scalars)-1]})
	}
	return p.model.(models.Density).LogProb(bound, in.X, in.Context)
}

// clipped bounds what a row counts that is far out: a value v below −b counts as −b(2 + b/v), at most 2b, whose gradient is that
// of v times (b/v)². The gradient of its batch would else be that of this row, which clipping the whole gradient does not change,
// or overflow. With the square a row counts less the farther it is, though the network's inputs, and so the gradient of v, grow.
func clipped(values *Node, b float64) *Node {
	if b == 0 {
		return values
	}
	limit := nn.Number(values, b)
	times := Max(Div(Neg(values), limit), nn.Number(values, 1))
	far := And(GreaterThan(Neg(values), limit), GreaterThan(values, nn.Number(values, -math.MaxFloat32))) // −∞ stays, and ends the step
	return Where(far, Neg(Mul(limit, Sub(nn.Number(values, 2), Inverse(times)))), values)
}

// loss is what a step makes small, in nats, and the objective of each row that it is the mean of.
func (p *program) loss(bound models.Params, in exec.Args[*Node], scalars []*Node) (values, loss *Node) {
	values = p.objective(bound, in, scalars)
	return values, Neg(Reshape(ReduceSum(Mul(clipped(values, p.far), in.Weights), 0)))
}

// advance is the body of a step: the new state, the loss in nats and the
// gradient's global norm before clipping. Where either is not finite the state
// stays as it was; so it does where the update overflows, and the norm is then
// infinite.
func (p *program) advance(state []*Node, in exec.Args[*Node]) (next []*Node, loss, norm, finite *Node) {
	n := len(p.specs)
	params, scalars := state[:n], unpack(in.Scalars)
	bound := models.Bind(p.specs, params)
	if p.layout.Degrees != nil {
		bound = bound.WithDegrees(p.layout.Degrees, in.Degrees)
	}
	_, loss = p.loss(bound, in, scalars)
	var trained []*Node
	for i, s := range p.specs {
		if !s.Fixed {
			trained = append(trained, params[i])
		}
	}
	gradients := Gradient(loss, trained...)
	square := nn.SumOfSquares(gradients[0])
	for _, g := range gradients[1:] {
		square = Add(square, nn.SumOfSquares(g))
	}
	norm = Sqrt(square)
	if p.clip > 0 {
		limit := nn.Number(norm, p.clip)
		factor := Div(limit, Max(norm, limit))
		for i, g := range gradients {
			gradients[i] = Mul(g, factor)
		}
	}
	// The rate times the norm bounds the longest update; one whose square
	// overflows is lost. Looking at the updated parameters themselves would cost a
	// tenth of a large step.
	norm = Where(IsFinite(Square(Mul(norm, scalars[0]))), norm, nn.Number(norm, math.Inf(1)))
	finite = IsFinite(Add(loss, norm))
	keep := func(updated, old *Node) *Node { return Where(finite, updated, old) }
	settle := func(updated, old *Node) *Node { return OptimizationBarrier(keep(updated, old)) }
	next = make([]*Node, len(state))
	slots := p.opt.Slots()
	copy(next, state)
	for i, param := range params {
		if p.specs[i].Fixed {
			continue
		}
		gradient := gradients[0]
		gradients = gradients[1:]
		own := make([]*Node, slots)
		for s := range own {
			own[s] = state[n*(1+s)+i]
		}
		updated, after := p.opt.Update(param, gradient, own, scalars, settle)
		next[i] = keep(updated, param)
		for s := range after {
			next[n*(1+s)+i] = after[s]
		}
		if p.ema > 0 {
			at := n*(1+slots) + i
			next[at] = keep(Add(Mul(state[at], nn.Number(param, p.ema)), Mul(updated, nn.Number(param, 1-p.ema))), state[at])
		}
	}
	return next, loss, norm, finite
}

// unpack are the numbers of a vector.
func unpack(v *Node) []*Node {
	s := make([]*Node, v.Shape().Dimensions[0])
	for i := range s {
		s[i] = Reshape(Slice(v, AxisRange(i, i+1)))
	}
	return s
}

// split takes apart the arguments of a step: its state and what the host gives.
func (p *program) split(args []*Node) (state []*Node, in exec.Args[*Node]) {
	n := p.stateSize()
	in, _ = p.layout.Split(args[n:])
	return args[:n:n], in
}

func (p *program) single(args []*Node) []*Node {
	next, loss, norm, _ := p.advance(p.split(args))
	return append(next, Reshape(loss, 1), Reshape(norm, 1))
}

// loop runs the first `count` steps of the chunk, or fewer when one is not
// finite. Its state is everything it touches: closures cannot capture nodes.
func (p *program) loop(args []*Node) []*Node {
	g := args[0].Graph()
	n, last := p.stateSize(), len(args)-1
	state, per, count := args[:n], args[n:last], args[last]
	zeros := Const(g, make([]float32, p.chunk))
	init := append([]*Node{Const(g, int32(0)), count, Const(g, true), zeros, zeros}, state...)
	init = append(init, per...)
	const head = 5
	parameters := func(g *Graph, closure string) []*Node {
		nodes := make([]*Node, len(init))
		for i, v := range init {
			nodes[i] = Parameter(g, fmt.Sprintf("%s%d", closure, i), v.Shape())
		}
		return nodes
	}
	more := NewClosure(g, func(g *Graph) []*Node {
		s := parameters(g, "while")
		return []*Node{And(LessThan(s[0], s[1]), s[2])}
	})
	body := NewClosure(g, func(g *Graph) []*Node {
		s := parameters(g, "step")
		i := s[0]
		row := func(v *Node) *Node {
			picked := Gather(v, Reshape(i, 1))
			return Reshape(picked, v.Shape().Dimensions[1:]...)
		}
		own := s[head : head+n : head+n]
		for _, v := range s[head+n:] {
			own = append(own, row(v))
		}
		next, loss, norm, finite := p.advance(p.split(own))
		here := Equal(Iota(g, shapes.Make(dtypes.Int32, p.chunk), 0), i)
		record := func(v, log *Node) *Node { return Where(here, v, log) }
		out := []*Node{Add(i, Const(g, int32(1))), s[1], finite, record(loss, s[3]), record(norm, s[4])}
		return append(append(out, next...), s[head+n:]...)
	})
	r := While(more, body, init...)
	return append(r[head:head+n:head+n], r[3], r[4])
}

// run advances the state by the steps, at most chunk of them, and returns the
// losses and gradient norms. The state's buffers are donated and replaced. A
// step that is not finite ends the run: its loss or norm is reported last and
// the state is the one before it.
func (p *program) run(b compute.Backend, state []*tensors.Tensor, steps []exec.Values) (losses, norms []float32, err error) {
	if err := p.host.Write(steps); err != nil {
		return nil, nil, err
	}
	args := make([]any, 0, len(state)+len(p.host.Tensors))
	for _, t := range state {
		buffer, err := DonateTensorBuffer(t, b, 0)
		if err != nil {
			return nil, nil, err
		}
		args = append(args, buffer)
	}
	for _, t := range p.host.Tensors {
		args = append(args, t)
	}
	outputs, err := p.compiled.Call(args...)
	if err != nil {
		return nil, nil, err
	}
	copy(state, outputs[:len(state)])
	logs := outputs[len(state):]
	losses, norms = tensors.MustCopyFlatData[float32](logs[0])[:len(steps)], tensors.MustCopyFlatData[float32](logs[1])[:len(steps)]
	exec.Finalize(logs)
	return losses, norms, nil
}

// chunkFor is the number of steps a call. A loop on the device saves the host's
// fixed share of each step, which matters while a step is short, and writes the
// state in place, which matters when it is large. On a GPU the host's share is most
// of a step: a MAF of 1.8 million parameters takes seven times as many steps a
// second in the loop.
func chunkFor(kind string, stepsPerEpoch int) int {
	most := maxChunk
	if kind == backend.KindCUDA {
		most = maxChunkGPU
	}
	return max(1, min(most, stepsPerEpoch))
}

const (
	maxChunk    = 8
	maxChunkGPU = 16
)
