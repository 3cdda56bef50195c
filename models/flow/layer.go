package flow

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/models"
)

// Layer is an invertible map of vectors, given a context. Logarithms of
// determinants are [batch], in nats.
type Layer interface {
	// Name is the kind of the layer, for messages.
	Name() string
	// Dim is the number of variables, ContextDim the width of the context that
	// the layer takes, 0 for none.
	Dim() int
	ContextDim() int
	// Specs declares the parameters.
	Specs() []models.Spec
	// Forward maps x [batch, dim] to y = f(x) and returns with it ln |det ∂y/∂x|;
	// nil stands for zeros.
	Forward(p models.Params, x, context *Node) (y, logDet *Node)
	// Inverse maps y to x = f⁻¹(y) and returns with it ln |det ∂x/∂y|. Gradients
	// go through it.
	Inverse(p models.Params, y, context *Node) (x, logDet *Node)
	// Host returns the layer on the host. get returns a parameter's values by
	// its name; they are copied.
	Host(get func(name string) []float32) (Host, error)
}

// Host is a layer on the host, safe for concurrent use. Both directions map rows
// [n, dim] in place and return the passes through the network that they took, 0
// when there is none.
type Host interface {
	Forward(ctx context.Context, rows, cond []float32, solver models.Solver) (passes int, err error)
	Inverse(ctx context.Context, rows, cond []float32, solver models.Solver) (passes int, err error)
}

// batchLayer is a layer that uses statistics of the batch in training.
type batchLayer interface {
	Layer
	// ForwardBatch is Forward with the statistics of the rows of x by their
	// weights [batch], which sum to one.
	ForwardBatch(p models.Params, x, weights *Node) (y, logDet *Node)
}

// estimatedLayer is a layer with parameters that follow from the rows that it
// sees: see models.Stage.
type estimatedLayer interface {
	Layer
	Repeat() bool
	Estimate(rows []float32, weights []float64) map[string][]float32
}

// inverted is a layer turned round.
type inverted struct{ Layer }

// Invert returns the layer f⁻¹. Invert(Invert(f)) is f. Layers that take
// statistics of their rows cannot be turned round, which is an error.
func Invert(l Layer) (Layer, error) {
	switch l := l.(type) {
	case inverted:
		return l.Layer, nil
	case lu: // which begins as the identity then
	case batchLayer, estimatedLayer:
		return nil, fmt.Errorf("flow: %s takes statistics of the rows on its data side, and has none when it is inverted", l.Name())
	}
	return inverted{l}, nil
}

// Unwrap returns the layer that Invert turned round, and whether it did: otherwise
// l itself.
func Unwrap(l Layer) (inner Layer, turned bool) {
	if i, ok := l.(inverted); ok {
		return i.Layer, true
	}
	return l, false
}

func (l inverted) Name() string { return "inverse " + l.Layer.Name() }

func (l inverted) Forward(p models.Params, x, context *Node) (y, logDet *Node) {
	return l.Layer.Inverse(p, x, context)
}

func (l inverted) Inverse(p models.Params, y, context *Node) (x, logDet *Node) {
	return l.Layer.Forward(p, y, context)
}

func (l inverted) Host(get func(string) []float32) (Host, error) {
	h, err := l.Layer.Host(get)
	return invertedHost{h}, err
}

type invertedHost struct{ Host }

func (h invertedHost) Forward(ctx context.Context, rows, cond []float32, solver models.Solver) (int, error) {
	return h.Host.Inverse(ctx, rows, cond, solver)
}

func (h invertedHost) Inverse(ctx context.Context, rows, cond []float32, solver models.Solver) (int, error) {
	return h.Host.Forward(ctx, rows, cond, solver)
}

// columnwise is the host's form of a layer that maps each row by itself, without
// a context.
type columnwise struct {
	dim              int
	forward, inverse func(row []float32)
}

func (c columnwise) Forward(ctx context.Context, rows, _ []float32, _ models.Solver) (int, error) {
	return c.each(ctx, rows, c.forward)
}

func (c columnwise) Inverse(ctx context.Context, rows, _ []float32, _ models.Solver) (int, error) {
	return c.each(ctx, rows, c.inverse)
}

func (c columnwise) each(ctx context.Context, rows []float32, f func(row []float32)) (int, error) {
	for ; len(rows) >= c.dim; rows = rows[c.dim:] {
		f(rows[:c.dim])
	}
	return 0, ctx.Err()
}
