package flow

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
)

// spline is the monotone rational-quadratic spline with linear tails.
type spline struct {
	bins  int
	bound float64
}

// Least width and height of a bin, as a fraction of all of them, and least slope
// at a knot.
const (
	minBin   = 1e-3
	minSlope = 1e-3
)

// slopeShift makes minSlope + softplus of it 1.
var slopeShift = math.Log(math.Expm1(1 - minSlope))

// NewSpline returns the rational-quadratic spline of Durkan, Bekasov, Murray and
// Papamakarios 2019, "Neural Spline Flows", arXiv 1906.04032: a monotone map of
// [−bound, bound] onto itself with the given number of bins, and the identity
// outside. Its P = 3·bins − 1 parameters are the logits of the widths, those of
// the heights, and the slopes at the inner knots before a softplus. 0 bins mean
// 8, a bound of 0 means 3.
func NewSpline(bins int, bound float64) (Transformer, error) {
	o := StackOptions{Bins: bins, Bound: bound}
	if err := option.Resolve(splineTransform(&o).Table); err != nil {
		return nil, fmt.Errorf("flow: spline: %w", err)
	}
	return spline{o.Bins, o.Bound}, nil
}

// maxBins keeps minBin from taking more than a tenth of the interval.
const maxBins = 100

func splineTransform(o *StackOptions) transform {
	return transform{option.Alternative{Name: "spline", Help: "a monotone rational-quadratic spline", Table: option.Table{
		option.Of("bins", &o.Bins, 8, "number of pieces of a spline").Within(2, maxBins),
		option.Of("bound", &o.Bound, 3, "where a spline ends on both sides of 0, the identity lying beyond").Positive(),
	}}, func() (Transformer, error) { return NewSpline(o.Bins, o.Bound) }}
}

func (spline) Name() string { return "spline" }
func (s spline) Width() int { return 3*s.bins - 1 }

// Bound is where it ends on both sides of 0.
func (s spline) Bound() float64 { return s.bound }

// segments are the bins of every element, [elements, bins] each: left lower
// corners, sizes, and the slopes at both ends.
type segments struct{ x, y, width, height, left, right *Node }

// segments takes the parameters θ [batch, 3·bins − 1, dim] of elements in the
// order of [batch, dim].
func (s spline) segments(theta *Node, batch, dim int) segments {
	k := s.bins
	// One row an element, so that what follows are products with small matrices.
	rows := Reshape(TransposeAllAxes(Reshape(theta, batch, s.Width(), dim), 0, 2, 1), batch*dim, s.Width())
	part := func(from, to int) *Node { return Slice(rows, AxisRange(), AxisRange(from, to)) }
	b := segments{width: s.sizes(part(0, k)), height: s.sizes(part(k, 2*k))}
	before := triangle(theta, k)
	low := nn.Number(theta, -s.bound)
	b.x, b.y = Add(Dot(b.width, before).Product(), low), Add(Dot(b.height, before).Product(), low)
	inner := Add(nn.SoftPlus(Add(part(2*k, 3*k-1), nn.Number(theta, slopeShift))), nn.Number(theta, minSlope))
	tail := nn.OnesOf(Slice(b.x, AxisRange(), AxisRange(0, 1))) // slope of the tails
	b.left, b.right = Concatenate([]*Node{tail, inner}, 1), Concatenate([]*Node{inner, tail}, 1)
	return b
}

// sizes are the softmax of the logits of each row, none of them below minBin, times
// the length of the interval.
func (s spline) sizes(logits *Node) *Node {
	fixed := StopGradient(logits)
	top := Slice(fixed, AxisRange(), AxisRange(0, 1))
	for i := 1; i < s.bins; i++ {
		top = Max(top, Slice(fixed, AxisRange(), AxisRange(i, i+1)))
	}
	e := Exp(Sub(logits, top))
	share := Div(e, ExpandAxes(nn.SumLast(e), 1))
	free := 2 * s.bound * (1 - minBin*float64(s.bins))
	return Add(Mul(share, nn.Number(share, free)), nn.Number(share, 2*s.bound*minBin))
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

// at picks for each element the segment in which v [elements, 1] lies, as the
// corners, x or y, say; all of it has the shape [elements].
func (b segments) at(v, corners *Node) segments {
	reached := ConvertDType(GreaterOrEqual(v, corners), v.DType())
	k := corners.Shape().Dimensions[1]
	first := nn.OnesOf(Slice(reached, AxisRange(), AxisRange(0, 1)))
	reached = Concatenate([]*Node{first, Slice(reached, AxisRange(), AxisRange(1, k))}, 1)
	after := Concatenate([]*Node{Slice(reached, AxisRange(), AxisRange(1, k)), Sub(first, first)}, 1)
	here := StopGradient(Sub(reached, after))
	pick := func(of *Node) *Node { return nn.SumLast(Mul(of, here)) }
	return segments{pick(b.x), pick(b.y), pick(b.width), pick(b.height), pick(b.left), pick(b.right)}
}

// locate returns the elements of x [batch, dim] as [batch·dim], clamped to the interval
// so that what is computed for the tails stays finite, with the segments in which they
// lie, by their x or their y, and where x is within the interval.
func (s spline) locate(x, theta *Node, byY bool) (v *Node, at segments, within *Node) {
	dims := x.Shape().Dimensions
	within = LessThan(Abs(x), nn.Number(x, s.bound))
	v = Reshape(Where(within, x, nn.Number(x, 0)), x.Shape().Size())
	all := s.segments(theta, dims[0], dims[1])
	corners := all.x
	if byY {
		corners = all.y
	}
	return v, all.at(ExpandAxes(v, 1), corners), within
}

func (s spline) Forward(x, theta *Node) (y, logDerivative *Node) {
	dims := x.Shape().Dimensions
	v, at, within := s.locate(x, theta, false)
	one, two := nn.Number(x, 1), nn.Number(x, 2)
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
	return Where(within, Reshape(inner, dims...), x), Where(within, Reshape(log, dims...), nn.Number(x, 0))
}

func (s spline) Inverse(y, theta *Node) *Node {
	v, at, within := s.locate(y, theta, true)
	two := nn.Number(y, 2)
	slope := Div(at.height, at.width)
	// Equations 6 to 8; the root is written so that nothing cancels (appendix A.3).
	dy := Sub(v, at.y)
	bend := Mul(dy, Sub(Add(at.left, at.right), Mul(two, slope)))
	a := Add(Mul(at.height, Sub(slope, at.left)), bend)
	b := Sub(Mul(at.height, at.left), bend)
	c := Neg(Mul(slope, dy))
	root := Sqrt(Max(Sub(Square(b), Mul(nn.Number(y, 4), Mul(a, c))), nn.Number(y, tiny)))
	t := Div(Mul(two, c), Sub(Neg(b), root))
	return Where(within, Reshape(Add(at.x, Mul(t, at.width)), y.Shape().Dimensions...), y)
}

// tiny keeps the gradient of a square root finite.
const tiny = 1e-30

// hostSegment is a segment in numbers.
type hostSegment struct{ x, y, width, height, left, right float64 }

// find is the segment in which v lies, by its x or its y.
func (s spline) find(v float64, theta []float32, byY bool) hostSegment {
	k := s.bins
	var widths, heights [maxBins]float64
	s.hostSizes(widths[:k], theta[:k])
	s.hostSizes(heights[:k], theta[k:2*k])
	slope := func(knot int) float64 {
		if knot == 0 || knot == k {
			return 1
		}
		return nn.HostSoftPlus(float64(theta[2*k+knot-1])+slopeShift) + minSlope
	}
	x, y := -s.bound, -s.bound
	for i := range k {
		nextX, nextY := x+widths[i], y+heights[i]
		if last := i == k-1; last || byY && v < nextY || !byY && v < nextX {
			return hostSegment{x, y, widths[i], heights[i], slope(i), slope(i + 1)}
		}
		x, y = nextX, nextY
	}
	panic("flow: a spline without bins")
}

func (s spline) hostSizes(sizes []float64, logits []float32) {
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
		sizes[i] = 2 * s.bound * (minBin + (1-minBin*float64(s.bins))*sizes[i]/sum)
	}
}

func (s spline) HostForward(x float32, theta []float32) float32 {
	v := float64(x)
	if !(math.Abs(v) < s.bound) {
		return x
	}
	at := s.find(v, theta, false)
	slope := at.height / at.width
	t := (v - at.x) / at.width
	tu := t * (1 - t)
	return float32(at.y + at.height*(slope*t*t+at.left*tu)/(slope+(at.left+at.right-2*slope)*tu))
}

func (s spline) HostInverse(y float32, theta []float32) float32 {
	v := float64(y)
	if !(math.Abs(v) < s.bound) {
		return y
	}
	at := s.find(v, theta, true)
	slope, dy := at.height/at.width, v-at.y
	bend := dy * (at.left + at.right - 2*slope)
	a, b, c := at.height*(slope-at.left)+bend, at.height*at.left-bend, -slope*dy
	t := 2 * c / (-b - math.Sqrt(math.Max(b*b-4*a*c, 0)))
	return float32(at.x + t*at.width)
}
