// Package nn holds the masked layers and the numerically safe graph helpers
// that every maskflow model is built from.
//
// Everything here keeps to the operations whose values and gradients agree on
// XLA and on the pure-Go backend, and creates its constants in the function
// scope of its operands, so that it also works inside the closures of a While
// loop.
package nn

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Number is v as a constant of x's type, made in x's own function scope (the
// scalars that GoMLX caches for a whole graph cannot be used in two closures).
func Number(x *Node, v float64) *Node {
	return ConstAsDType(x.Graph(), x.DType(), v)
}

// OnesOf are 1 in the shape of x. GoMLX's own ones are made once for a whole graph, and then
// cannot be used both in a loop and outside.
func OnesOf(x *Node) *Node { return ConvertDType(Equal(x, x), x.DType()) }

// Mask is masks.Connects as a matrix of the graph: 1 where a unit of degree `to`
// may see a unit of degree `from` (from <= to, or from < to when strict) and 0
// elsewhere. The shape is [len(from), len(to)], the type that of like.
func Mask(from, to *Node, strict bool, like *Node) *Node {
	a, b := ExpandAxes(from, 1), ExpandAxes(to, 0)
	if strict {
		return ConvertDType(GreaterThan(b, a), like.DType())
	}
	return ConvertDType(GreaterOrEqual(b, a), like.DType())
}

// SoftPlus is ln(1 + eˣ), right for every x including ±Inf, and so is its
// gradient.
func SoftPlus(x *Node) *Node {
	zero := Number(x, 0)
	return Add(Where(GreaterOrEqual(x, zero), x, zero), Log1p(Exp(Neg(Abs(x)))))
}

// BernoulliLogProb is ln p(x) of independent Bernoulli variables with the given
// finite logits, summed over the last axis: Σ_d x_d·l_d − ln(1 + e^{l_d}), in
// nats.
func BernoulliLogProb(x, logits *Node) *Node {
	return ReduceSum(Sub(Mul(x, logits), SoftPlus(logits)), -1)
}

// halfLog2Pi is ½·ln 2π.
const halfLog2Pi = 0.9189385332046727

// NormalLogProb is ln p(x), element by element, of normal variables with the
// given means and logarithms of inverse standard deviations s:
// s − ½·ln 2π − ½·((x − m)·eˢ)², in nats.
func NormalLogProb(x, mean, s *Node) *Node {
	return NormalDensity(Mul(Sub(x, mean), Exp(s)), s)
}

// NormalDensity is NormalLogProb by u = (x − m)·eˢ.
func NormalDensity(u, s *Node) *Node {
	return Sub(Sub(s, Number(u, halfLog2Pi)), Mul(Square(u), Number(u, 0.5)))
}

// StandardNormalLogProb is ln p(x) of independent standard normal variables,
// summed over the last axis, in nats.
func StandardNormalLogProb(x *Node) *Node {
	return SumLast(Sub(Mul(Square(x), Number(x, -0.5)), Number(x, halfLog2Pi)))
}

// LogSumExp is ln Σ exp x over an axis, which goes away, of finite values.
func LogSumExp(x *Node, axis int) *Node {
	top := StopGradient(ReduceMax(x, axis))
	return Add(top, Log(ReduceSum(Exp(Sub(x, ExpandAxes(top, axis))), axis)))
}

// SumLast is Σ over the last axis, [batch, n] → [batch]. It is a product, not a
// reduction: XLA cannot reduce in two functions of one graph, and flows are
// built inside loops too.
func SumLast(x *Node) *Node {
	dims := x.Shape().Dimensions
	ones := make([]float32, dims[1])
	for i := range ones {
		ones[i] = 1
	}
	return Dot(x, ConvertDType(Const(x.Graph(), ones), x.DType())).Product()
}

// SumOfSquares is Σ x² over all elements, a scalar. It is a product of a row
// with itself, which both backends compute several times faster than they
// reduce a large tensor.
func SumOfSquares(x *Node) *Node {
	row := Reshape(x, 1, x.Shape().Size())
	return Reshape(Dot(row, row).General([]int{1}, nil, []int{1}, nil))
}
