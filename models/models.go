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
// What a model can do are the interfaces that it has: a [Density], orders that are
// inputs of the graph ([Masked]), [Conditionals], those given any variables as functions of a graph ([AnyOrder]) and
// on the host ([HostAsker]), variables with states and grids
// ([Tabular]) and the part of holes in their density ([Parts]), samples on the host
// ([HostSampler]), a [Flow] with latent codes, an objective of its own ([Trained],
// [Stochastic]), which may be that of some variables given the others ([Targeted]), and a
// density that it fits to a target ([Fitted]). All say what
// their variables are ([Support]) and what training makes large ([ObjectiveOf]):
//
//	                 Density  HostSampler  Flow  Masked  Conditionals  context  objective
//	made.Model       yes      yes          -     yes     yes           yes      likelihood
//	nade.Model       yes      yes          -     yes     yes           yes      order mean
//	nade.Targeted    -        -            -     -       -             yes      conditional likelihood
//	maf.Model        yes      yes          yes   -       -             yes      likelihood
//	maf.Drawn        yes      yes          yes   yes     -             yes      order mean
//	iaf.Model        yes      yes          yes   -       -             yes      likelihood
//	iaf.Variational  fits     yes          fits  -       -             -        divergence
//	vae.Model        -        yes          -     -       -             -        bound
//	flow.Flow        yes      yes          yes   -       -             yes      likelihood
//	flow.Ordered     yes      yes          yes   yes     -             yes      likelihood
//	flow.Drawn       yes      yes          yes   yes     -             yes      order mean
//	flow.Normal      yes      yes          -     -       -             -        likelihood
//
// "fits" marks what the density of a Fitted model can do.
//
// Shapes are written [batch, dim]; log-densities are in nats. Graph functions
// panic with an error on programmer mistakes (a wrong shape, a missing
// parameter); whoever executes the graph turns that into an error.
package models

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/masks"
)

// Definition is something with parameters that is trained on vectors of Dim values,
// given a context of ContextDim values (0: none). What else it can do, the other
// interfaces say: most models are a [Density].
type Definition interface {
	// Dim is the number of variables.
	Dim() int
	// ContextDim is the width of the context, 0 when there is none.
	ContextDim() int
	// Specs declares the parameters. The order is part of the model: weights on
	// the host and checkpoints follow it.
	Specs() []Spec
	// Support is the set of values of variable d, counted from 0.
	Support(d int) Support
}

// Density is a normalised density.
type Density interface {
	Definition
	// LogProb returns log p(x | context) in nats, shape [batch], for x of shape
	// [batch, dim] and context of shape [batch, contextDim] (nil when
	// ContextDim is 0).
	LogProb(p Params, x, context *graph.Node) *graph.Node
}

// Parts is a density of rows with holes.
type Parts interface {
	Density
	// LogProbParts are the parts of LogProb that are due to the values of a row, and to which of
	// its cells are missing, [batch] each in nats: their sum is LogProb.
	LogProbParts(p Params, x, context *graph.Node) (values, holes *graph.Node)
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

// AnyOrder is a density of any order that says what every variable is given any others. Under each order a
// row has the likelihood of what is known of it, whatever that is.
type AnyOrder interface {
	Masked
	// Given returns the outputs of a network, [batch, W], for the variables of x that are given, where given [batch, dim] is
	// 1; it is 0 elsewhere, and x counts for nothing there. See [Conditionals] for what they are.
	Given(p Params, x, given, context *graph.Node) *graph.Node
}

// Passes reports whether LogProb of a model takes a pass through a network for each variable, as that of a density of any
// order does, and of a flow over one.
func Passes(m Definition) bool {
	switch m := m.(type) {
	case AnyOrder:
		return true
	case Flow:
		return Passes(m.Base())
	}
	return false
}

// Sized is a masked density whose training finds how many orders to average, the first ones of its cycle.
type Sized interface {
	Masked
	// Ensemble is that number by the weights, which name it by the fixed parameter Orders, [1]; "" where the number is
	// given.
	Ensemble(w Weights) int
	Orders() (parameter string)
}

// Flow is a density that maps data x to the noise z of a base density, and back:
// ln p(x | c) = ln p_z(z | c) + ln |det ∂z/∂x|.
type Flow interface {
	Density
	// Base is the density of the noise, and BasePart finds its parameters among
	// those of the flow.
	Base() Density
	BasePart() Part
	// Forward maps data [batch, dim] to noise, with ln |det ∂z/∂x|, [batch] in nats.
	Forward(p Params, x, context *graph.Node) (z, logDet *graph.Node)
	// Inverse maps noise to data, with ln |det ∂x/∂z|.
	Inverse(p Params, z, context *graph.Node) (x, logDet *graph.Node)
	// SampleAndLogProb maps samples z of the base to data, with ln p(x | context).
	SampleAndLogProb(p Params, z, context *graph.Node) (x, logProb *graph.Node)
	// Loops reports whether the way from data to noise has a loop in the graph, so
	// that it cannot be in another loop and is faster on the host.
	Loops() bool
	// NewInverter prepares the flow on the host with the given weights, which are
	// copied.
	NewInverter(w Weights) (Inverter, error)
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
