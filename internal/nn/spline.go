package nn

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Spline is the rational-quadratic spline of Durkan, Bekasov, Murray and Papamakarios 2019,
// "Neural Spline Flows", arXiv 1906.04032: a monotone map of [−End, End] onto itself, and the
// identity outside. Its P parameters are the logits of the widths of its bins, those of the
// heights, and the slopes at the inner knots before a softplus.
type Spline struct {
	Bins int
	End  float64
}

// Least width and height of a bin, as a fraction of all of them, and least slope
// at a knot.
const (
	MinBin   = 1e-3
	MinSlope = 1e-3
)

// SlopeShift makes MinSlope + softplus of it 1.
var SlopeShift = math.Log(math.Expm1(1 - MinSlope))

// MaxBins keeps MinBin from taking more than a tenth of the interval.
const MaxBins = 100

// Params is P = 3·Bins − 1.
func (s Spline) Params() int { return 3*s.Bins - 1 }

// binned are the bins of every element, [elements, bins] each: left lower
// corners, sizes, and the slopes at both ends.
type binned struct{ x, y, width, height, left, right *Node }

// bins takes the parameters θ [batch, 3·bins − 1, dim] of elements in the
// order of [batch, dim].
func (s Spline) bins(theta *Node, batch, dim int) binned {
	k := s.Bins
	// One row an element, so that what follows are products with small matrices.
	rows := Reshape(TransposeAllAxes(Reshape(theta, batch, s.Params(), dim), 0, 2, 1), batch*dim, s.Params())
	part := func(from, to int) *Node { return Slice(rows, AxisRange(), AxisRange(from, to)) }
	b := binned{width: s.sizes(part(0, k)), height: s.sizes(part(k, 2*k))}
	before := triangle(theta, k)
	low := Number(theta, -s.End)
	b.x, b.y = Add(Dot(b.width, before).Product(), low), Add(Dot(b.height, before).Product(), low)
	inner := Add(SoftPlus(Add(part(2*k, 3*k-1), Number(theta, SlopeShift))), Number(theta, MinSlope))
	tail := OnesOf(Slice(b.x, AxisRange(), AxisRange(0, 1))) // slope of the tails
	b.left, b.right = Concatenate([]*Node{tail, inner}, 1), Concatenate([]*Node{inner, tail}, 1)
	return b
}

// sizes are the softmax of the logits of each row, none of them below MinBin, times
// the length of the interval.
func (s Spline) sizes(logits *Node) *Node {
	fixed := StopGradient(logits)
	top := Slice(fixed, AxisRange(), AxisRange(0, 1))
	for i := 1; i < s.Bins; i++ {
		top = Max(top, Slice(fixed, AxisRange(), AxisRange(i, i+1)))
	}
	e := Exp(Sub(logits, top))
	share := Div(e, ExpandAxes(SumLast(e), 1))
	free := 2 * s.End * (1 - MinBin*float64(s.Bins))
	return Add(Mul(share, Number(share, free)), Number(share, 2*s.End*MinBin))
}

// triangle is the matrix that sums what comes before each of k columns.
func triangle(like *Node, k int) *Node {
	m := make([][]float32, k)
	for i := range m {
		m[i] = make([]float32, k)
		for j := i + 1; j < k; j++ {
			m[i][j] = 1
		}
	}
	return ConvertDType(Const(like.Graph(), m), like.DType())
}

// at picks for each element the bin in which v [elements, 1] lies, as the
// corners, x or y, say; all of it has the shape [elements].
func (b binned) at(v, corners *Node) binned {
	reached := ConvertDType(GreaterOrEqual(v, corners), v.DType())
	k := corners.Shape().Dimensions[1]
	first := OnesOf(Slice(reached, AxisRange(), AxisRange(0, 1)))
	reached = Concatenate([]*Node{first, Slice(reached, AxisRange(), AxisRange(1, k))}, 1)
	after := Concatenate([]*Node{Slice(reached, AxisRange(), AxisRange(1, k)), Sub(first, first)}, 1)
	here := StopGradient(Sub(reached, after))
	pick := func(of *Node) *Node { return SumLast(Mul(of, here)) }
	return binned{pick(b.x), pick(b.y), pick(b.width), pick(b.height), pick(b.left), pick(b.right)}
}

// locate returns the elements of x [batch, dim] as [batch·dim], clamped to the interval
// so that what is computed for the tails stays finite, with the bins in which they
// lie, by their x or their y, and where x is within the interval.
func (s Spline) locate(x, theta *Node, byY bool) (v *Node, at binned, within *Node) {
	dims := x.Shape().Dimensions
	within = LessThan(Abs(x), Number(x, s.End))
	v = Reshape(Where(within, x, Number(x, 0)), x.Shape().Size())
	all := s.bins(theta, dims[0], dims[1])
	corners := all.x
	if byY {
		corners = all.y
	}
	return v, all.at(ExpandAxes(v, 1), corners), within
}

// Forward returns y and ln dy/dx, element by element, for x [batch, dim] and θ [batch, P·dim].
func (s Spline) Forward(x, theta *Node) (y, logDerivative *Node) {
	dims := x.Shape().Dimensions
	v, at, within := s.locate(x, theta, false)
	one, two := Number(x, 1), Number(x, 2)
	slope := Div(at.height, at.width)
	t := Div(Sub(v, at.x), at.width)
	u := Sub(one, t)
	tu := Mul(t, u)
	// Equations 4 and 5 of the paper; t is its ξ.
	den := Add(slope, Mul(Sub(Add(at.left, at.right), Mul(two, slope)), tu))
	num := Mul(at.height, Add(Mul(slope, Square(t)), Mul(at.left, tu)))
	inner := Add(at.y, Div(num, den))
	rise := Add(Mul(at.right, Square(t)), Add(Mul(Mul(two, slope), tu), Mul(at.left, Square(u))))
	log := Sub(Add(Mul(two, Log(slope)), Log(rise)), Mul(two, Log(den)))
	return Where(within, Reshape(inner, dims...), x), Where(within, Reshape(log, dims...), Number(x, 0))
}

// Inverse returns x.
func (s Spline) Inverse(y, theta *Node) *Node {
	v, at, within := s.locate(y, theta, true)
	two := Number(y, 2)
	slope := Div(at.height, at.width)
	// Equations 6 to 8; the root is written so that nothing cancels (appendix A.3).
	dy := Sub(v, at.y)
	bend := Mul(dy, Sub(Add(at.left, at.right), Mul(two, slope)))
	a := Add(Mul(at.height, Sub(slope, at.left)), bend)
	b := Sub(Mul(at.height, at.left), bend)
	c := Neg(Mul(slope, dy))
	root := Sqrt(Max(Sub(Square(b), Mul(Number(y, 4), Mul(a, c))), Number(y, tiny)))
	t := Div(Mul(two, c), Sub(Neg(b), root))
	return Where(within, Reshape(Add(at.x, Mul(t, at.width)), y.Shape().Dimensions...), y)
}

// tiny keeps the gradient of a square root finite.
const tiny = 1e-30

// hostBin is a bin in numbers.
type hostBin struct{ x, y, width, height, left, right float64 }

// find is the bin in which v lies, by its x or its y.
func (s Spline) find(v float64, theta []float32, byY bool) hostBin {
	k := s.Bins
	var widths, heights [MaxBins]float64
	s.hostSizes(widths[:k], theta[:k])
	s.hostSizes(heights[:k], theta[k:2*k])
	slope := func(knot int) float64 {
		if knot == 0 || knot == k {
			return 1
		}
		return HostSoftPlus(float64(theta[2*k+knot-1])+SlopeShift) + MinSlope
	}
	x, y := -s.End, -s.End
	for i := range k {
		nextX, nextY := x+widths[i], y+heights[i]
		if last := i == k-1; last || byY && v < nextY || !byY && v < nextX {
			return hostBin{x, y, widths[i], heights[i], slope(i), slope(i + 1)}
		}
		x, y = nextX, nextY
	}
	panic("a spline without bins")
}

func (s Spline) hostSizes(sizes []float64, logits []float32) {
	top := math.Inf(-1)
	for _, v := range logits {
		top = math.Max(top, float64(v))
	}
	sum := 0.0
	for i, v := range logits {
		sizes[i] = math.Exp(float64(v) - top)
		sum += sizes[i]
	}
	for i := range sizes {
		sizes[i] = 2 * s.End * (MinBin + (1-MinBin*float64(s.Bins))*sizes[i]/sum)
	}
}

// HostForward is Forward of one number by its P parameters.
func (s Spline) HostForward(v float64, theta []float32) (y, logDerivative float64) {
	if !(math.Abs(v) < s.End) {
		return v, 0
	}
	at := s.find(v, theta, false)
	slope := at.height / at.width
	t := (v - at.x) / at.width
	u := 1 - t
	den := slope + (at.left+at.right-2*slope)*t*u
	rise := at.right*t*t + 2*slope*t*u + at.left*u*u
	return at.y + at.height*(slope*t*t+at.left*t*u)/den, 2*math.Log(slope) + math.Log(rise) - 2*math.Log(den)
}

// HostInverse is Inverse of one number.
func (s Spline) HostInverse(v float64, theta []float32) float64 {
	if !(math.Abs(v) < s.End) {
		return v
	}
	at := s.find(v, theta, true)
	slope, dy := at.height/at.width, v-at.y
	bend := dy * (at.left + at.right - 2*slope)
	a, b, c := at.height*(slope-at.left)+bend, at.height*at.left-bend, -slope*dy
	t := 2 * c / (-b - math.Sqrt(math.Max(b*b-4*a*c, 0)))
	return at.x + t*at.width
}

// Interval maps intervals of given middles and half widths, both [batch, dim], to their images.
// Nothing cancels where they are far narrower than a bin.
func (s Spline) Interval(middle, half, theta *Node) (imageMiddle, imageHalf *Node) {
	dims := middle.Shape().Dimensions
	middle, half = Reshape(middle, middle.Shape().Size(), 1), Reshape(half, middle.Shape().Size(), 1)
	all := s.bins(theta, dims[0], dims[1])
	zero, one, two, bound := Number(half, 0), Number(half, 1), Number(half, 2), Number(half, s.End)
	whole := Mul(half, two)

	// Of each bin, what lies before the interval, and what lies within it. Bins end where the next ones begin, and half is
	// added last: else a narrow interval at a knot is lost.
	ends := Concatenate([]*Node{Slice(all.x, AxisRange(), AxisRange(1)), Mul(OnesOf(half), bound)}, 1)
	fromLow, toEnd := Sub(middle, all.x), Sub(ends, middle)
	before := Min(Max(Sub(fromLow, half), zero), all.width)
	within := Max(Min(Min(whole, all.width), Add(Min(fromLow, toEnd), half)), zero)
	t, step := Div(before, all.width), Div(within, all.width)
	slope := Div(all.height, all.width)
	bend := Sub(Add(all.left, all.right), Mul(two, slope))
	at := func(t *Node) (num, den *Node) {
		tu := Mul(t, Sub(one, t))
		return Add(Mul(slope, Square(t)), Mul(all.left, tu)), Add(slope, Mul(bend, tu))
	}
	num, den := at(t)
	_, denEnd := at(Add(t, step))
	both := Add(Add(t, t), step)
	rest := Sub(one, both)
	rise := Sub(Mul(Add(Mul(slope, both), Mul(all.left, rest)), den), Mul(num, Mul(bend, rest)))
	piece := Mul(all.height, Mul(step, Div(rise, Mul(den, denEnd))))
	start := Mul(all.height, Div(num, den))

	overlap := func(v *Node) *Node { return Max(Min(whole, v), zero) }
	tails := Add(overlap(Sub(half, Add(middle, bound))), overlap(Add(half, Sub(middle, bound))))
	imageHalf = Mul(Add(ExpandAxes(SumLast(piece), 1), tails), Number(half, 0.5))
	low := Sub(middle, half)
	outside := Add(Min(Add(low, bound), zero), Max(Sub(low, bound), zero))
	imageMiddle = Add(Add(Sub(ExpandAxes(SumLast(start), 1), bound), outside), imageHalf)
	return Reshape(imageMiddle, dims...), Reshape(imageHalf, dims...)
}
