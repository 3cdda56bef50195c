package train

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// program is the compiled training step: state in, state out. On XLA one call
// runs up to chunk steps in a loop on the device, which saves the host's share
// of a step; on the Go backend, whose loops cannot hold a gradient, one. Both
// are the same body, so results do not depend on how steps are grouped.
type program struct {
	model    models.Model
	dataDim  int                 // width of a row of data, 0 for a model that is trained without
	noiseDim int                 // width of a row of noise, 0 for none
	degrees  []models.DegreeSpec // nil unless the density is masked
	opt      Optimizer
	clip     float64 // global norm, 0: none
	ema      float64 // decay, 0: none
	batch    int
	chunk    int
	scalars  int
	specs    []models.Spec
	compiled *executable
}

// step is what one step takes from the host.
type step struct {
	x, context []float32 // [batch, dim], [batch, contextDim]
	noise      []float32 // [batch, noiseDim]
	weights    []float32 // [batch], summing to one; zero for padding
	degrees    [][]int32
	scalars    []float64 // the optimizer's, then β
}

func (p *program) stateSize() int {
	n := len(p.specs) * (1 + p.opt.Slots())
	if p.ema > 0 {
		n += len(p.specs)
	}
	return n
}

func (p *program) compile(b compute.Backend) error {
	if md, ok := p.model.(models.Masked); ok {
		p.degrees = md.DegreeSpecs()
	}
	if o, ok := p.model.(models.Objective); ok {
		p.noiseDim = o.NoiseDim()
	}
	p.specs = p.model.Specs()
	p.scalars = len(p.opt.Scalars(1, 1)) + 1
	fn := p.single
	if p.chunk > 1 {
		fn = p.loop
	}
	exec, err := NewExec(b, fn)
	if err != nil {
		return err
	}
	p.compiled = &executable{Exec: exec}
	for _, shape := range p.hostShapes() {
		t, err := tensors.FromShapeForBackend(b, 0, shape)
		if err != nil {
			return err
		}
		p.compiled.host = append(p.compiled.host, t)
	}
	return nil
}

// inputs are the nodes of one step.
type inputs struct {
	x, weights, context, noise *Node // all but the weights may be nil
	degrees                    []*Node
	scalars                    []*Node
}

// objective is what a step makes large, for each row.
func (p *program) objective(bound models.Params, in inputs) *Node {
	if o, ok := p.model.(models.Objective); ok {
		return o.Objective(bound, models.Batch{X: in.x, Context: in.context, Weights: in.weights, Noise: in.noise, Beta: in.scalars[p.scalars-1]})
	}
	return p.model.(models.Density).LogProb(bound, in.x, in.context)
}

// advance is the body of a step: the new state, the loss in nats and the
// gradient's global norm before clipping. Where either is not finite the state
// stays as it was; so it does where the update overflows, and the norm is then
// infinite.
func (p *program) advance(state []*Node, in inputs) (next []*Node, loss, norm, finite *Node) {
	n := len(p.specs)
	params := state[:n]
	bound := models.Bind(p.specs, params)
	if p.degrees != nil {
		bound = bound.WithDegrees(p.degrees, in.degrees)
	}
	loss = Neg(Reshape(ReduceSum(Mul(p.objective(bound, in), in.weights), 0)))
	var trained []*Node
	for i, s := range p.specs {
		if !s.Fixed {
			trained = append(trained, params[i])
		}
	}
	gradients := Gradient(loss, trained...)
	var square *Node
	for _, g := range gradients {
		square = plus(square, nn.SumOfSquares(g))
	}
	norm = Sqrt(square)
	if p.clip > 0 {
		limit := nn.Number(norm, p.clip)
		factor := Div(limit, Max(norm, limit))
		for i, g := range gradients {
			gradients[i] = Mul(g, factor)
		}
	}
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
		updated, after := p.opt.Update(param, gradient, own, in.scalars)
		next[i] = updated
		for s := range after {
			next[n*(1+s)+i] = after[s]
		}
		if p.ema > 0 {
			at := n*(1+slots) + i
			next[at] = Add(Mul(state[at], nn.Number(param, p.ema)), Mul(updated, nn.Number(param, 1-p.ema)))
		}
	}
	// The rate times the norm bounds the longest update; one whose square
	// overflows is lost. Looking at the updated parameters themselves would cost a
	// tenth of a large step.
	norm = Where(IsFinite(Square(Mul(norm, in.scalars[0]))), norm, nn.Number(norm, math.Inf(1)))
	finite = IsFinite(Add(loss, norm))
	for i := range next {
		if next[i] != state[i] {
			next[i] = Where(finite, next[i], state[i])
		}
	}
	return next, loss, norm, finite
}

// plus is sum + v; a nil sum is zero.
func plus(sum, v *Node) *Node {
	if sum == nil {
		return v
	}
	return Add(sum, v)
}

// split takes apart the arguments that both forms of the program share: state,
// then weights, [x], [context], [noise], degrees…, scalars, each with a leading axis of the
// chunk's length when there is a loop.
func (p *program) split(args []*Node) (state []*Node, in inputs, rest []*Node) {
	n := p.stateSize()
	state, args = args[:n], args[n:]
	in.weights, args = args[0], args[1:]
	for _, optional := range []struct {
		width int
		node  **Node
	}{{p.dataDim, &in.x}, {p.model.ContextDim(), &in.context}, {p.noiseDim, &in.noise}} {
		if optional.width > 0 {
			*optional.node, args = args[0], args[1:]
		}
	}
	in.degrees, args = args[:len(p.degrees)], args[len(p.degrees):]
	in.scalars, rest = args[:1], args[1:]
	return state, in, rest
}

func (p *program) unpackScalars(v *Node) []*Node {
	s := make([]*Node, p.scalars)
	for i := range s {
		s[i] = Reshape(Slice(v, AxisRange(i, i+1)))
	}
	return s
}

func (p *program) single(args []*Node) []*Node {
	state, in, _ := p.split(args)
	in.scalars = p.unpackScalars(in.scalars[0])
	next, loss, norm, _ := p.advance(state, in)
	return append(next, Reshape(loss, 1), Reshape(norm, 1))
}

// loop runs the first `count` steps of the chunk, or fewer when one is not
// finite. Its state is everything it touches: closures cannot capture nodes.
func (p *program) loop(args []*Node) []*Node {
	g := args[0].Graph()
	state, _, rest := p.split(args)
	count, n := rest[0], len(state)
	per := args[n : len(args)-1] // what varies from step to step
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
		before, one, _ := p.split(own)
		one.scalars = p.unpackScalars(one.scalars[0])
		next, loss, norm, finite := p.advance(before, one)
		here := Equal(Iota(g, shapes.Make(dtypes.Int32, p.chunk), 0), i)
		record := func(v, log *Node) *Node { return Where(here, v, log) }
		out := []*Node{Add(i, Const(g, int32(1))), s[1], finite, record(loss, s[3]), record(norm, s[4])}
		return append(append(out, next...), s[head+n:]...)
	})
	r := While(more, body, init...)
	return append(r[head:head+n:head+n], r[3], r[4])
}
