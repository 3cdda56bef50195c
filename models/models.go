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
	"github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/masks"
)

// Model is something with parameters that is trained on vectors of Dim values,
// given a context of ContextDim values (0: none). What else it can do, the other
// interfaces say: most models are a [Density].
type Model interface {
	// Dim is the number of variables.
	Dim() int
	// ContextDim is the width of the context, 0 when there is none.
	ContextDim() int
	// Specs declares the parameters. The order is part of the model: weights on
	// the host and checkpoints follow it.
	Specs() []Spec
}

// Density is a normalised density.
type Density interface {
	Model
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
	// shape [batch, dim, k]: for Bernoulli k = 1, the logit of x_d = 1; for a
	// Gaussian k = 2, mean and log of the standard deviation; for a mixture of K
	// Gaussians k = 3K, logarithms of the K weights, means, and logarithms of the
	// standard deviations.
	Conditionals(p Params, x, context *graph.Node) *graph.Node
}

// Discrete is a density over vectors of zeros and ones; one that does not say
// so is over real numbers.
type Discrete interface {
	Discrete() bool
}

// IsDiscrete says whether a model is over vectors of zeros and ones.
func IsDiscrete(m Model) bool {
	d, ok := m.(Discrete)
	return ok && d.Discrete()
}

// Preprocessed is a density whose first layers only change the units of the
// data: they standardise them or take logits.
type Preprocessed interface {
	Density
	// PreprocessLogDet returns ln |det| of the Jacobian of those layers at x,
	// shape [batch], or nil when there are none. ln p(x) minus it is the
	// log-density in the units that the rest of the model sees.
	PreprocessLogDet(p Params, x *graph.Node) *graph.Node
}

// Spec declares a parameter of a model.
type Spec struct {
	// Name is unique in the model; a dot separates the parts of nested models.
	Name string
	// Shape is the parameter's shape; all parameters are float32.
	Shape []int
	// Init returns the initial values, row-major; nil means zeros.
	Init Init
	// Fixed parameters get no gradients: statistics of the data, the weights of
	// a teacher.
	Fixed bool
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
