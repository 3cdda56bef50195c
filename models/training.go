package models

import (
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Batch is what a training step hands to an objective.
type Batch struct {
	// X are the rows, [batch, dim]; nil for a model that is trained without data.
	X *graph.Node
	// Context belongs to the rows, [batch, contextDim]; nil without one.
	Context *graph.Node
	// Weights sum to one over the batch, [batch], unless all are zero; padding has weight zero.
	Weights *graph.Node
	// Noise is standard normal, or what a [Drawn] model draws, [batch, noiseDim]; nil when the model
	// asks for none.
	Noise *graph.Node
	// Beta is the inverse temperature of the annealing, a scalar in [0, 1].
	Beta *graph.Node
}

// Objective is what training makes large, or what a figure of the model is.
type Objective struct {
	Kind ObjectiveKind
	// Units are those of a row's value: nats.
	Units string
	// LogZ is ln of the normaliser of the target of a divergence, in nats; NaN when
	// it is not known.
	LogZ float64
}

// ObjectiveKind is a kind of objective.
type ObjectiveKind int

const (
	// Likelihood is ln p(x | context), exactly.
	Likelihood ObjectiveKind = iota
	// Bound is a lower bound on ln p(x), which is estimated with noise.
	Bound
	// ConditionalLikelihood is ln p of some variables given the others: see [Targeted].
	ConditionalLikelihood
	// Divergence is ln Z − KL(q ‖ p) between the model q and a target Z·p. It takes
	// no rows.
	Divergence
	// OrderMean is the mean over all orders of ln p(x | context), estimated by passes that ask several variables at
	// once: a lower bound of the likelihood of an ensemble of orders.
	OrderMean
)

// String returns the kind in words.
func (k ObjectiveKind) String() string {
	return [...]string{"likelihood", "bound", "conditional likelihood", "divergence", "order mean"}[k]
}

// ObjectiveOf is the objective of a model: the likelihood in nats unless it is
// [Trained] by another.
func ObjectiveOf(m Definition) Objective {
	if t, ok := m.(Trained); ok {
		return t.Objective()
	}
	return Objective{Kind: Likelihood, Units: Nats}
}

// Nats are the units of a natural logarithm.
const Nats = "nats"

// Trained is a model with a way of its own to be trained. A density that is not
// trained so is trained to the largest mean of its LogProb.
type Trained interface {
	Definition
	// Objective is what training makes large.
	Objective() Objective
	// NoiseDim is the number of standard normal variables that a row of
	// Batch.Noise has, 0 for none.
	NoiseDim() int
	// Value returns the objective for each row, shape [batch]; training makes large
	// their mean by Batch.Weights.
	Value(p Params, b Batch) *graph.Node
	// Stages estimate the parameters that follow from the training rows and not, or
	// at first not, from gradients, one after the other.
	Stages() []Stage
}

// Drawn is a model whose training takes noise of its own: which variables of a row are given, say.
type Drawn interface {
	Trained
	// Drawer returns a function that draws the noise of rows one after another, with what only
	// training takes, or without. It serves one goroutine.
	Drawer(train bool) RowDrawer
}

// RowDrawer fills the noise, [noiseDim], of a row [models.Width]. at in [0, 1) is uniform, or spread evenly
// over several draws for one row, which makes their mean more certain.
type RowDrawer func(rng *rand.Rand, at float64, row, noise []float32)

// Targeted is a model of some of its variables given all others, and no density of rows: its objective is the
// [ConditionalLikelihood] of these, estimated by draws. A [HostAsker] of this kind answers for them alone.
type Targeted interface {
	Drawn
	// Targets are the numbers of those variables, ascending.
	Targets() []int
}

// TargetsOf are the names of the variables that a model is of, where it is no density of rows but [Targeted]; else nil.
func TargetsOf(m Definition) (names []string) {
	t, ok := m.(Targeted)
	if !ok {
		return nil
	}
	for _, d := range t.Targets() {
		names = append(names, VariableOf(m, d).Label(d))
	}
	return names
}

// Ungiven returns the place of the first value of rows x [n, width] that is not known although a [Targeted] is given it, as
// in every row of its training. ok is false where there is none, and of other models.
func Ungiven(m Definition, x []float32, n int) (row, variable int, ok bool) {
	t, targeted := m.(Targeted)
	if !targeted || n <= 0 || !slices.ContainsFunc(x, IsNotKnown) {
		return 0, 0, false
	}
	targets, variables, width := t.Targets(), VariablesOf(t), len(x)/n
	for i := range n {
		for d, v := range x[i*width:][:min(width, len(variables))] {
			if IsNotKnown(v) && !variables[d].Unknown && !slices.Contains(targets, d) {
				return i, d, true
			}
		}
	}
	return 0, 0, false
}

// Stochastic is a model whose likelihood is estimated with noise: a variational
// autoencoder, or a flow that is fitted to an unnormalised density.
type Stochastic interface {
	Trained
	// Bound returns the logarithm of an importance weight of each row, [batch] in
	// nats: the mean over noise is the evidence lower bound, and the mean of its
	// exponentials over noise is p(x | context), or the normaliser of the target.
	Bound(p Params, x, context, noise *graph.Node) *graph.Node
}

// Fitted is a model that holds a density which it fits to a target without data: its
// objective is a divergence.
type Fitted interface {
	Stochastic
	// Fit is the density, with its place among the parameters of the model.
	Fit() (Density, Part)
}

// DensityOf is the density that a model is, or that it fits, with its place among
// the model's parameters; nil for a model without one.
func DensityOf(m Definition) (Density, Part) {
	if m == nil {
		return nil, Part{}
	}
	if f, ok := m.(Fitted); ok {
		return f.Fit()
	}
	d, _ := m.(Density)
	_, whole := Nest(nil, "", m.Specs())
	return d, whole
}

// Stage estimates parameters from the training rows.
type Stage struct {
	// Advance maps the rows [n, dim] that the stage before saw to those of this
	// stage; nil leaves them as they are. The stages before are estimated already.
	Advance func(p Params, x, context *graph.Node) *graph.Node
	// Repeat estimates anew before every validation and in the end, and a step takes
	// the statistics of its batch in their place; otherwise it is done once, before the
	// first step.
	Repeat bool
	// Estimate returns the values of parameters by their names, from all training rows [n, dim] as the stage sees them and
	// their weights, nil when they are equal.
	Estimate func(rows []float32, weights []float64) map[string][]float32
}
