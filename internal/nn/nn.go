// Package nn holds the masked layers and the numerically safe graph helpers
// that every maskflow model is built from.
//
// Everything here keeps to the operations whose values and gradients agree on
// XLA and on the pure-Go backend, and creates its constants in the function
// scope of its operands, so that it also works inside the closures of a While
// loop.
package nn

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
)

// Param declares a parameter of a layer. It converts to models.Spec.
type Param struct {
	Name  string
	Shape []int
	Init  func(rng *rand.Rand, shape []int) []float32
}

// Getter hands out the node of a parameter by its name.
type Getter interface {
	Get(name string) *Node
}

// Number is v as a constant of x's type, made in x's own function scope (the
// scalars that GoMLX caches for a whole graph cannot be used in two closures).
func Number(x *Node, v float64) *Node {
	return ConstAsDType(x.Graph(), x.DType(), v)
}

// Mask is 1 where a unit of degree `to` may see a unit of degree `from` and 0
// elsewhere: from <= to, or from < to when strict. Shape [len(from), len(to)],
// in the type of like.
func Mask(from, to *Node, strict bool, like *Node) *Node {
	a, b := ExpandAxes(from, 1), ExpandAxes(to, 0)
	if strict {
		return ConvertDType(GreaterThan(b, a), like.DType())
	}
	return ConvertDType(GreaterOrEqual(b, a), like.DType())
}

// SoftPlus is ln(1 + eˣ), right for every x including ±Inf.
func SoftPlus(x *Node) *Node {
	return Add(Max(x, Number(x, 0)), Log1p(Exp(Neg(Abs(x)))))
}

// BernoulliLogProb is ln p(x) of independent Bernoulli variables with the given
// logits, summed over the last axis: Σ_d x_d·l_d − ln(1 + e^{l_d}), in nats.
func BernoulliLogProb(x, logits *Node) *Node {
	return ReduceSum(Sub(Mul(x, logits), SoftPlus(logits)), -1)
}
