package nn

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Cell are intervals in a graph, in units in which a distribution is standard. All nodes can be
// broadcast to the shape of Middle.
type Cell struct {
	// Middle is the middle, Half is half the width and Log the logarithm of the width.
	Middle, Half, Log *Node
	// First is 1 where the interval reaches to −∞ and 0 elsewhere, Last the same of +∞; both are
	// nil where none do.
	First, Last *Node
}

// near is the end of a cell that is nearer to 0, mirrored so that the cell lies above it; far is
// the other end. bounded is 1 where there are both, nil where all cells have both. Of a cell
// with one end near is this, and of one without it means nothing.
func (c Cell) near() (near, far, bounded *Node) {
	side := Abs(c.Middle)
	near, far = Sub(side, c.Half), Add(side, c.Half)
	if c.First == nil {
		return near, far, nil
	}
	one := Number(c.First, 1)
	bounded = Mul(Sub(one, c.First), Sub(one, c.Last))
	return Sub(Add(Mul(bounded, side), Mul(Sub(c.Last, c.First), c.Middle)), c.Half), far, bounded
}

// logProb is what an interval's logarithm of a probability is: not above 0, and 0 where it has no end.
func (c Cell) logProb(p *Node) *Node {
	zero := Number(p, 0)
	if c.First != nil {
		p = Mul(p, Sub(Number(p, 1), Mul(c.First, c.Last)))
	}
	return Where(GreaterThan(p, zero), zero, p)
}

// LogisticCell is ln P(cell), element by element, of a standard logistic variable, in nats: with
// the ends a and b it is ln σ(b) + ln σ(−a) + ln(1 − e^{a−b}), in which nothing cancels. It takes
// one logarithm of a product: steps of training spend their time in such functions.
func LogisticCell(c Cell) *Node {
	near, far, bounded := c.near()
	zero, one := Number(near, 0), Number(near, 1)
	above, width, log := Exp(Neg(far)), Mul(c.Half, Number(c.Half, 2)), c.Log
	mean := meanExp(width, Exp(Neg(width)))
	if bounded != nil {
		above, log = Mul(above, bounded), Mul(log, bounded)
		mean = Add(Mul(bounded, mean), Sub(one, bounded))
	}
	within := Log(Div(mean, Mul(Add(one, above), Add(one, Exp(Neg(Abs(near)))))))
	return c.logProb(Add(Sub(log, Where(GreaterOrEqual(near, zero), near, zero)), within))
}

// slim is the half width below which the probability of a normal cell is its density times
// its width, corrected: tails that are subtracted would cancel.
const slim = 0.1

// NormalCell is ln P(cell), element by element, of a standard normal variable, in nats. Narrow
// cells are φ(u)·w·E exp(−uht − h²t²/2) for t uniform in ±1, h = w/2: sinh(uh)/(uh), times
// exp(−h²·E t²/2) with t tilted by e^{−uht}. Others are differences of tails on the side where
// these are small, without their common factor. Both are one logarithm in the end.
func NormalCell(c Cell) *Node {
	near, far, bounded := c.near()
	near = capped(near)
	zero, one, half := Number(near, 0), Number(near, 1), Number(near, 0.5)
	side := capped(Abs(c.Middle))
	drop := Exp(Mul(Mul(side, capped(c.Half)), Number(near, -2))) // φ(far)/φ(near)

	beyond := Mul(upperByDensity(far), drop)
	if bounded != nil {
		beyond = Mul(beyond, bounded)
	}
	tail, square := upperByDensity(Abs(near)), Mul(Square(near), half)
	outside := GreaterOrEqual(near, zero)
	// The cell by φ(near) where 0 is outside of it, else what both tails leave of 1.
	wide := Where(outside, Sub(tail, beyond), Sub(one, Mul(Exp(Neg(square)), Add(tail, beyond))))
	wideBase := Where(outside, Neg(square), zero)

	h := Min(c.Half, Number(c.Half, slim)) // beyond it is not used
	tilt := Mul(side, h)
	slender := meanExp(Mul(tilt, Number(tilt, 2)), drop)
	// E t² is 1 − 2·L(c)/c of the tilt c, with L(c) = coth c − 1/c, and c/L(c) is 1 + √… to 10⁻³.
	tilts := Square(tilt)
	bend := Div(Mul(tilts, Number(tilts, 0.2)), Add(one, Mul(tilts, Number(tilts, 0.1))))
	ratio := Add(one, Sqrt(Sub(Add(tilts, Number(tilts, 4)), bend)))
	spread := Sub(one, Div(Number(ratio, 2), ratio))
	slenderBase := Sub(Add(Sub(c.Log, Number(c.Log, halfLog2Pi)), tilt), Mul(half, Add(Square(side), Mul(Square(h), spread))))

	isSlim := LessThan(c.Half, Number(c.Half, slim))
	if bounded != nil {
		isSlim = GreaterThan(Mul(ConvertDType(isSlim, near.DType()), bounded), zero)
	}
	return c.logProb(Add(Log(Where(isSlim, slender, wide)), Where(isSlim, slenderBase, wideBase)))
}

// capped keeps the square of x, and so gradients, in the range of float32.
func capped(x *Node) *Node { return Max(Min(x, Number(x, 1e18)), Number(x, -1e18)) }

// meanExp is (1 − e^{−d})/d, the mean of e^{−t} for t from 0 to d, given d ≥ 0 and e^{−d}.
func meanExp(d, exp *Node) *Node {
	const small = 0.7 // where the next term of the series is 1e-8
	isSmall := LessThan(d, Number(d, small))
	s := Min(d, Number(d, small))
	sum := Number(d, 1.0/362880)
	for _, v := range []float64{-1.0 / 40320, 1.0 / 5040, -1.0 / 720, 1.0 / 120, -1.0 / 24, 1.0 / 6, -1.0 / 2, 1} {
		sum = Add(Mul(sum, s), Number(d, v))
	}
	return Where(isSmall, sum, Div(Sub(Number(d, 1), exp), Max(d, Number(d, small))))
}

// upperByDensity is (1 − Φ(x))·e^{x²/2} for x ≥ 0, by the rational approximation of erfc in
// Press et al., "Numerical Recipes", section 6.2, which has a relative error of 1.2e-7.
func upperByDensity(x *Node) *Node {
	one := Number(x, 1)
	t := Div(one, Add(one, Mul(x, Number(x, math.Sqrt2/4))))
	sum := Number(x, erfc[0])
	for _, v := range erfc[1:] {
		sum = Add(Mul(sum, t), Number(x, v))
	}
	return Mul(Mul(t, Number(t, 0.5)), Exp(sum))
}

var erfc = []float64{0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223}

// HostLogisticCell is ln P(low < X < high) of a standard logistic variable. An end may be infinite.
func HostLogisticCell(low, high float64) float64 {
	return math.Log(-math.Expm1(low-high)) - HostSoftPlus(low) - HostSoftPlus(-high)
}

// HostNormalCell is ln P(low < X < high) of a standard normal variable. An end may be infinite.
func HostNormalCell(low, high float64) float64 {
	if low+high > 0 {
		low, high = -high, -low
	}
	width := high - low
	if h, middle := width/2, high-width/2; width < 1e-5 {
		mean := 0.0
		if c := math.Abs(middle) * h; c > 1e-8 {
			mean = c + math.Log(-math.Expm1(-2*c)/(2*c))
		}
		return mean + math.Log(width) - halfLog2Pi - middle*middle/2
	}
	top := HostLogNormalCDF(high)
	return top + math.Log1p(-math.Exp(HostLogNormalCDF(low)-top))
}

// HostLogNormalCDF is ln Φ(x), to the last digits in both tails.
func HostLogNormalCDF(x float64) float64 {
	switch {
	case x > 5:
		return math.Log1p(-math.Erfc(x/math.Sqrt2) / 2)
	case x > -25:
		return math.Log(math.Erfc(-x/math.Sqrt2) / 2)
	}
	v := 1 / (x * x)
	return -x*x/2 - math.Log(-x) - halfLog2Pi + math.Log1p(-v*(1-3*v*(1-5*v*(1-7*v))))
}
