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

// bounded is 1 where a cell has both of its ends, nil where all do.
func (c Cell) bounded() *Node {
	if c.First == nil {
		return nil
	}
	one := Number(c.First, 1)
	return Mul(Sub(one, c.First), Sub(one, c.Last))
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
// the ends a and b it is ln σ(b) + ln σ(−a) + ln(1 − e^{a−b}), in which nothing cancels.
func LogisticCell(c Cell) *Node {
	width := Mul(c.Half, Number(c.Half, 2))
	low, high, both := SoftPlus(Sub(c.Middle, c.Half)), SoftPlus(Neg(Add(c.Middle, c.Half))), Add(c.Log, logMeanExp(width))
	if bounded := c.bounded(); bounded != nil {
		one := Number(c.Middle, 1)
		low, high, both = Mul(low, Sub(one, c.First)), Mul(high, Sub(one, c.Last)), Mul(both, bounded)
	}
	return c.logProb(Sub(both, Add(low, high)))
}

// slim is the half width below which the probability of a normal cell is its density times
// its width, corrected: tails that are subtracted would cancel.
const slim = 0.1

// NormalCell is ln P(cell), element by element, of a standard normal variable, in nats. Narrow
// cells are φ(u)·w·E exp(−uht − h²t²/2) for t uniform in ±1, h = w/2: sinh(uh)/(uh), times
// exp(−h²·E t²/2) with t tilted by e^{−uht}. Others are differences of tails on the side where
// these are small.
func NormalCell(c Cell) *Node {
	one, side := Number(c.Middle, 1), Abs(c.Middle) // mirrored, so that the nearer end is the lower one
	isNarrow := LessThan(c.Half, Number(c.Half, slim))
	half := Where(isNarrow, OnesOf(c.Half), c.Half)
	near := Sub(side, half)
	bounded := c.bounded()
	if bounded != nil { // the one end that there is, with its own sign
		near = Add(Mul(bounded, near), Sub(Mul(Sub(c.Last, c.First), c.Middle), Mul(Sub(one, bounded), c.Half)))
	}
	// The tails beyond the near and the far end: 1 − Φ.
	tail := logUpper(near)
	drop := Sub(tail, logUpper(Add(side, half)))
	within := Add(Log(drop), logMeanExp(drop))
	if bounded != nil {
		within = Mul(bounded, within)
	}
	wide := Add(tail, within)

	h := Where(isNarrow, c.Half, Number(c.Half, slim/2))
	tilt := Mul(side, h)
	// E t² is 1 − 2·L(c)/c of the tilt c, with L(c) = coth c − 1/c, and c/L(c) is 1 + √… to 10⁻³.
	square := Square(tilt)
	bend := Div(Mul(square, Number(square, 0.2)), Add(one, Mul(square, Number(square, 0.1))))
	ratio := Add(one, Sqrt(Sub(Add(square, Number(square, 4)), bend)))
	spread := Sub(one, Div(Number(ratio, 2), ratio))
	byDensity := Sub(Add(Sub(c.Log, Number(c.Log, halfLog2Pi)), Add(tilt, logMeanExp(Mul(tilt, Number(tilt, 2))))),
		Mul(Number(tilt, 0.5), Add(Square(c.Middle), Mul(Square(h), spread))))

	slender := ConvertDType(isNarrow, c.Half.DType())
	if bounded != nil {
		slender = Mul(slender, bounded)
	}
	return c.logProb(Where(GreaterThan(slender, Number(slender, 0)), byDensity, wide))
}

// logMeanExp is ln((1 − e^{−d})/d), the mean of e^{−t} for t from 0 to d, for d ≥ 0.
func logMeanExp(d *Node) *Node {
	small := LessThan(d, Number(d, series))
	s := Where(small, d, Number(d, series))
	square := Square(s)
	sum := Number(d, -1.0/9676800)
	for _, v := range []float64{1.0 / 181440, -1.0 / 2880, 1.0 / 24} {
		sum = Add(Mul(sum, square), Number(d, v))
	}
	near := Sub(Mul(sum, square), Mul(s, Number(d, 0.5)))
	large := Where(small, OnesOf(d), d)
	far := Sub(Log1p(Neg(Exp(Neg(large)))), Log(large))
	return Where(small, near, far)
}

// series is where the series of logMeanExp ends: its next term is 1e-9 there.
const series = 0.7

// logUpper is ln(1 − Φ(x)), by the rational approximation of erfc in Press et al., "Numerical
// Recipes", section 6.2, which has a relative error of 1.2e-7 everywhere.
func logUpper(x *Node) *Node {
	z := Mul(Abs(x), Number(x, math.Sqrt2/2))
	one := Number(x, 1)
	t := Div(one, Add(one, Mul(z, Number(z, 0.5))))
	sum := Number(x, erfc[0])
	for _, v := range erfc[1:] {
		sum = Add(Mul(sum, t), Number(x, v))
	}
	tail := Sub(Add(Log(Mul(t, Number(t, 0.5))), sum), Square(z))
	return Where(GreaterOrEqual(x, Number(x, 0)), tail, Log1p(Neg(Exp(tail))))
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
