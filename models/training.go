package models

import "github.com/gomlx/gomlx/core/graph"

// Batch is what a training step hands to an objective.
type Batch struct {
	// X are the rows, [batch, dim]; nil for a model that is trained without data.
	X *graph.Node
	// Context belongs to the rows, [batch, contextDim]; nil without one.
	Context *graph.Node
	// Weights sum to one over the batch, [batch]; padding has weight zero.
	Weights *graph.Node
	// Noise is standard normal, [batch, noiseDim]; nil when the model asks for
	// none.
	Noise *graph.Node
	// Beta is the inverse temperature of the annealing, a scalar in [0, 1].
	Beta *graph.Node
}

// Objective is a model with a training objective of its own. A density without
// one is trained to the largest mean of its LogProb.
type Objective interface {
	Model
	// NoiseDim is the number of standard normal variables that a row of
	// Batch.Noise has, 0 for none.
	NoiseDim() int
	// Objective returns what training makes large, a value in nats for each row,
	// shape [batch]; their mean by Batch.Weights is taken.
	Objective(p Params, b Batch) *graph.Node
}

// Stochastic is a model whose likelihood is estimated with noise: a variational
// autoencoder, or a flow that is fitted to an unnormalised density.
type Stochastic interface {
	Objective
	// Bound returns the logarithm of an importance weight of each row, [batch] in
	// nats: the mean over noise is the evidence lower bound, and the mean of its
	// exponentials over noise is p(x | context), or the normaliser of the target.
	Bound(p Params, x, context, noise *graph.Node) *graph.Node
}

// Estimated is a model with parameters that follow from the training rows and
// not, or at first not, from gradients.
type Estimated interface {
	Model
	// Stages are what is estimated, one after the other.
	Stages() []Stage
}

// Stage estimates parameters from the mean and variance of each column.
type Stage struct {
	// Advance maps the rows [n, dim] that the stage before saw to those of this
	// stage; nil leaves them as they are. The stages before are estimated already.
	Advance func(p Params, x, context *graph.Node) *graph.Node
	// Repeat estimates anew before every validation and in the end; otherwise it
	// is done once, before the first step.
	Repeat bool
	// Estimate returns the values of parameters by their names, from the mean and
	// the (biased) variance of each column over all training rows.
	Estimate func(mean, variance []float64) map[string][]float32
}

// Looping is a model that may have loops in the graph of its objective, which
// then cannot stand in another loop.
type Looping interface {
	Loops() bool
}
