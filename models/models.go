// Package models holds what every maskflow density has in common: the
// declaration of its parameters, the nodes that stand for them in a graph, and
// the small interfaces that say what a density can do.
//
// A density is a functional core. It declares parameters ([Spec]) and is
// otherwise a set of pure graph functions of them, so that the same body serves
// one training step, many steps inside a While loop, an ensemble of orders, and
// a graph that somebody else builds:
//
//	func (m *Model) LogProb(p models.Params, x, context *graph.Node) *graph.Node
//
// Shapes are written [batch, dim]; log-densities are in nats. Graph functions
// panic with an error on programmer mistakes (a wrong shape, a missing
// parameter); whoever executes the graph turns that into an error.
package models

import (
	"context"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/masks"
)

// Density is a normalised density over vectors of Dim values, given a context
// of ContextDim values (0: none).
type Density interface {
	// Dim is the number of variables of the density.
	Dim() int
	// ContextDim is the width of the context, 0 when the density has none.
	ContextDim() int
	// Specs declares the parameters. The order is part of the model: weights on
	// the host and checkpoints follow it.
	Specs() []Spec
	// LogProb returns log p(x | context) in nats, shape [batch], for x of shape
	// [batch, dim] and context of shape [batch, contextDim] (nil when
	// ContextDim is 0).
	LogProb(p Params, x, context *graph.Node) *graph.Node
}

// Masked is a density whose autoregressive structure is an input of the graph:
// the degrees of its layers are int32 vectors, so that one compiled function
// serves every order and every connectivity.
type Masked interface {
	Density
	// Cycle is the list of mask sets that training walks through.
	Cycle() *masks.Cycle
	// DegreeSpecs declares the degree vectors that LogProb looks up in its
	// parameters; where they are absent, those of the cycle's first set are
	// built into the graph.
	DegreeSpecs() []DegreeSpec
	// Degrees returns the values of a mask set for DegreeSpecs, in its order.
	Degrees(set *masks.Set) [][]int32
}

// Conditionals is a density that can show its one-dimensional conditionals.
type Conditionals interface {
	// Conditionals returns the parameters of p(x_d | x before d, context),
	// shape [batch, dim, k]: for Bernoulli k = 1, the logit of x_d = 1.
	Conditionals(p Params, x, context *graph.Node) *graph.Node
}

// HostSampler is a density that draws samples on the host, without a compiled
// graph, from its weights.
type HostSampler interface {
	// NewSampler prepares ancestral sampling in the order of the mask set.
	// The weights follow Specs and are copied.
	NewSampler(w Weights, set *masks.Set) (Sampler, error)
}

// Sampler turns noise into samples. It is safe for concurrent use.
type Sampler interface {
	// Sample writes n samples to dst, row-major [n, dim], from uniform noise in
	// [0, 1) of the same shape and a context [n, contextDim] (nil without one).
	// The same noise gives the same bits with every method and number of
	// processors. It returns ctx's error when cancelled; dst is then partly
	// written.
	Sample(ctx context.Context, dst, noise, context []float32, method Method) error
}

// Method is a way to draw samples.
type Method int

const (
	// Incremental touches every weight once a sample: hidden units are visited
	// in the order of their degrees and each is computed when the last input
	// that it may see is known. The default.
	Incremental Method = iota
	// Sequential computes the whole network anew for every variable: the
	// textbook's method and the reference for tests.
	Sequential
	// Jacobi computes the whole network for all variables at once and repeats
	// until nothing changes: exact after at most dim passes, usually far fewer.
	Jacobi
)

// Spec declares a parameter of a density.
type Spec struct {
	// Name is unique in the model; a dot separates the parts of nested models.
	Name string
	// Shape is the parameter's shape; all parameters are float32.
	Shape []int
	// Init returns the initial values, row-major; nil means zeros.
	Init Init
}

// Size is the number of values of the parameter.
func (s Spec) Size() int {
	n := 1
	for _, d := range s.Shape {
		n *= d
	}
	return n
}

// DegreeSpec declares an int32 vector of degrees that a graph takes as input.
type DegreeSpec struct {
	Name   string
	Length int
}
