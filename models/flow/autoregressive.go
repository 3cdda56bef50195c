package flow

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Autoregressive is the layer y_d = T(x_d; θ_d) with θ_d computed by a masked
// network from the variables before x_d in an order and from the context. Its
// Jacobian is triangular in the order, so that
//
//	ln |det ∂y/∂x| = Σ_d ln ∂y_d/∂x_d
//
// Forward takes one pass of the network. The inverse needs the variables one
// after the other: on the host see models.Solver, in the graph Solve.
type Autoregressive struct {
	dim, context int
	transformer  Transformer
	params       int // of the transformer
	net          *nn.Network
}

// NewAutoregressive returns the layer of a transformer, or every problem of the
// options. Of these it takes those of one masked network: Dim, ContextDim, and all from
// Hidden on. Its output layer starts at zero, so that the layer starts as its
// transformer does with all parameters zero.
func NewAutoregressive(t Transformer, o StackOptions) (*Autoregressive, error) {
	if t == nil {
		return nil, errors.New("flow: an autoregressive layer needs a transformer, but it is nil")
	}
	params := t.Width()
	if params < 1 {
		return nil, fmt.Errorf("flow: the transformer %s has %d parameters a variable, need at least 1", t.Name(), params)
	}
	if err := option.Resolve(o.fields().Table(true)); err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	net, err := nn.NewNetwork(nn.NetworkOptions{
		Recipe: masks.Recipe{Dim: o.Dim, Hidden: o.Hidden, Base: o.Order, Start: o.Start, Degrees: o.Degrees, Count: 1, Seed: o.Seed},
		Params: params, ContextDim: o.ContextDim, Residual: o.Residual, Activation: o.Activation, Init: o.Init,
		OutputInit: models.Zeros,
	})
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	return &Autoregressive{dim: o.Dim, context: o.ContextDim, transformer: t, params: params, net: net}, nil
}

// Name is that of the transformer.
func (a *Autoregressive) Name() string { return a.transformer.Name() + " autoregressive" }

// Dim is the number of variables.
func (a *Autoregressive) Dim() int { return a.dim }

// ContextDim is the width of the context.
func (a *Autoregressive) ContextDim() int { return a.context }

// Specs declares the parameters of the network, as made.Model does.
func (a *Autoregressive) Specs() []models.Spec { return a.net.Specs() }

// Set is the mask set of the network, which holds its order.
func (a *Autoregressive) Set() *masks.Set { return a.net.Cycle().At(0) }

// theta computes the parameters of the transformer, [batch, P·dim].
func (a *Autoregressive) theta(p models.Params, x, context *Node) *Node {
	return a.net.Apply(p, x, context, a.net.Constants(x, a.Set()))
}

// Forward maps x to y with one pass of the network.
func (a *Autoregressive) Forward(p models.Params, x, context *Node) (y, logDet *Node) {
	y, log := a.transformer.Forward(x, a.theta(p, x, context))
	return y, nn.SumLast(log)
}

// Inverse maps y to x: Solve until nothing changes, and gradients by the implicit
// function theorem (see Implicit).
func (a *Autoregressive) Inverse(p models.Params, y, context *Node) (x, logDet *Node) {
	x, _ = a.Solve(p, y, context, 0)
	x = a.Implicit(p, x, y, context)
	_, log := a.Forward(p, x, context)
	return x, Neg(log)
}

// Solve finds x for y by Jacobi's iteration on the device,
//
//	x ← T⁻¹(y; θ(x))
//
// for all variables at once, until none changes by more than tolerance, at most
// dim times, after which the result is exact (Song et al. 2021, arXiv 2002.03629).
// passes, an int32 scalar, is how many it took. No gradient goes through it.
func (a *Autoregressive) Solve(p models.Params, y, context *Node, tolerance float64) (x, passes *Node) {
	g := y.Graph()
	state := []*Node{Const(g, int32(0)), Const(g, true), ZerosLike(y), y}
	if a.context > 0 {
		state = append(state, context)
	}
	for _, s := range a.net.Specs() {
		state = append(state, p.Get(s.Name))
	}
	for i, s := range state {
		state[i] = StopGradient(s)
	}
	parameters := func(g *Graph, closure string) []*Node {
		nodes := make([]*Node, len(state))
		for i, s := range state {
			nodes[i] = Parameter(g, fmt.Sprintf("%s%d_%d", closure, state[0].Id(), i), s.Shape())
		}
		return nodes
	}
	more := NewClosure(g, func(g *Graph) []*Node {
		s := parameters(g, "unsolved")
		return []*Node{And(LessThan(s[0], Const(g, int32(a.dim))), s[1])}
	})
	pass := NewClosure(g, func(g *Graph) []*Node {
		s := parameters(g, "pass")
		x, y, rest := s[2], s[3], s[4:]
		var context *Node
		if a.context > 0 {
			context, rest = rest[0], rest[1:]
		}
		next := a.transformer.Inverse(y, a.theta(models.Bind(a.net.Specs(), rest), x, context))
		// A difference of NaN is not small: what is not finite stays unsolved.
		small := LessOrEqual(Abs(Sub(next, x)), nn.Number(x, tolerance))
		moved := nn.SumLast(Reshape(Sub(nn.Number(x, 1), ConvertDType(small, dtypes.Float32)), 1, x.Shape().Size()))
		changed := Reshape(GreaterThan(moved, nn.Number(moved, 0)))
		return append([]*Node{Add(s[0], Const(g, int32(1))), changed, next}, s[3:]...)
	})
	out := While(more, pass, state...)
	return StopGradient(out[2]), out[0]
}

// Host returns the layer on the host.
func (a *Autoregressive) Host(get func(name string) []float32) (Host, error) {
	net, err := a.net.Host(get, a.Set(), nil)
	if err != nil {
		return nil, err
	}
	return &hostAutoregressive{a, net}, nil
}

type hostAutoregressive struct {
	layer *Autoregressive
	net   *nn.Host
}

// Forward lets the network see the rows as they are; every weight is used once.
func (h *hostAutoregressive) Forward(ctx context.Context, rows, cond []float32, _ models.Solver) (int, error) {
	return h.walk(ctx, rows, cond, models.Solver{}, h.layer.transformer.HostForward, false)
}

// Inverse finds the variables in the order of the layer.
func (h *hostAutoregressive) Inverse(ctx context.Context, rows, cond []float32, solver models.Solver) (int, error) {
	return h.walk(ctx, rows, cond, solver, h.layer.transformer.HostInverse, true)
}

// walk replaces the rows by what t makes of them. The network sees the results
// (inverse) or the rows themselves.
func (h *hostAutoregressive) walk(ctx context.Context, rows, cond []float32, solver models.Solver, t func(float32, []float32) float32, inverse bool) (int, error) {
	dim, params := h.layer.dim, h.layer.params
	n := len(rows) / dim
	out := make([]float32, len(rows))
	mapped := out
	if !inverse {
		mapped = make([]float32, len(rows))
	}
	passes, err := h.net.Walk(ctx, out, n, cond, solver, func(d, row int, theta []float32, stride int, x []float32) {
		own := make([]float32, params)
		for i := range x {
			for p := range params {
				own[p] = theta[p*stride+i]
			}
			at := (row+i)*dim + d
			y := t(rows[at], own)
			if inverse {
				x[i] = y
			} else {
				x[i], mapped[at] = rows[at], y
			}
		}
	})
	if err != nil {
		return passes, err
	}
	copy(rows, mapped)
	return passes, nil
}
