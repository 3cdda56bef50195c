package models

import (
	"context"

	"github.com/gomlx/gomlx/core/graph"
)

// Conditionals is a density that shows its one-dimensional conditionals
// p(x_d | x before d, context).
type Conditionals interface {
	Density
	// Conditionals returns what the network says of all conditionals, shape [batch, W].
	Conditionals(p Params, x, context *graph.Node) *graph.Node
	// Columns are those of the W that are of variable d, in their order in its family.
	Columns(d int) []int
	// Conditional is that of variable d by the W numbers of a row; an error when they
	// are of another number, or there is no such variable.
	Conditional(d int, outputs []float32) (Conditional, error)
}

// HostAsker is a model that is asked for the conditionals of some variables given any others on the host, without a
// compiled graph.
type HostAsker interface {
	Definition
	// NewAsker prepares the network by weights that follow Specs and are copied; an error when they do not fit.
	NewAsker(w Weights) (Asker, error)
}

// Asker answers for any variables given any others. It is safe for concurrent use.
type Asker interface {
	// Ask returns p(x_d | what is known of the row, context) for each asked variable d of each row, row-major
	// [n, len(asked)]. x [n, dim] has values, codes of states, which are given as a value is, and [NotKnown] elsewhere,
	// as at all asked variables: none is given to another. context is [n, contextDim], nil without one. An error says
	// which number of a row cannot be, what is asked and given too or is no variable, or that ctx is cancelled.
	Ask(ctx context.Context, x, context []float32, asked []int) ([]Conditional, error)
}

// Distribution is that of one variable, on the host in float64. Its outcomes
// are ordered: first its states (see [Variable]), each by its [StateCode], then its values.
type Distribution interface {
	// LogProb is ln p(x) in nats, −Inf beyond the support: of a probability where x is a
	// state, a value that can be counted or one of a grid, else of a density.
	LogProb(x float64) float64
	// CDF is P(X ≤ x). That of a value has all states below it.
	CDF(x float64) float64
	// Quantile is the smallest x with CDF(x) ≥ p, of a grid the middle of its cell; NaN
	// for p beyond [0, 1].
	Quantile(p float64) float64
}

// Conditional is the distribution that a model has of one variable.
type Conditional interface {
	Distribution
	// Draw is the value that noise gives, the numbers of this variable in the noise
	// of the model's [Sampler]: number k of variable d is column k·dim + d. What is not a number stays one.
	Draw(noise []float32) float64
	// Residual compares a value with what noise gives: off is how far they differ,
	// 0 when they agree, beside 1 for what float32 leaves of a standard normal
	// number. sure is false where the noise is so near to another value that
	// float32 cannot tell.
	Residual(x float64, noise []float32) (off float64, sure bool)
	// Parameters are those that the distribution is known by.
	Parameters() []Parameter
}

// Parameter is a named number, such as a mean.
type Parameter struct {
	Name  string
	Value float64
}
