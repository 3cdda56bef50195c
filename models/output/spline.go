package output

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// spline is the family of numbers whose z = S((x − m)/σ) is logistic with variance 1, S a
// monotone rational-quadratic spline with linear tails. Its outputs are the mean m, what the
// scale makes into ln 1/σ, and the parameters of S.
type spline struct {
	inputs
	of    nn.Spline
	width width
}

// pieces are 8 bins between 4 standard deviations on both sides of 0.
var pieces = nn.Spline{Bins: 8, End: 4}

func newSpline(_ models.Variable, f Fields, scale *nn.Scale) (Family, error) {
	return spline{inputs{f.Visible}, pieces, f.width(scale)}, nil
}

func (s spline) Outputs() int          { return 2 + s.of.Params() }
func (spline) Bias() models.Init       { return nil }
func (spline) Support() models.Support { return models.Reals() }
func (spline) Noise() []Noise          { return []Noise{Normal} }
func (s spline) Hint() string          { return s.width.scale.Hint() }

// narrowest is half the width of cells that a spline is asked for: narrower ones, which float32 may take for empty, are
// mapped alike.
const narrowest = 1e-15

// unit is the distribution of z before it is scaled to the variance 1.
var unit = logistic{}

func (s spline) LogProb(v Values, o *Node) *Node {
	n := v.X.Shape().Dimensions[1]
	of := func(first, last int) *Node { return Slice(o, AxisRange(), AxisRange(first*n, last*n)) }
	scale, theta := s.width.log(of(1, 2)), of(2, s.Outputs())
	u, spread := Mul(Sub(v.X, of(0, 1)), Exp(scale)), nn.Number(o, unit.spread())
	if v.Width == nil {
		z, rise := s.of.Forward(u, theta)
		return unit.density(Mul(z, spread), Add(Add(scale, rise), nn.Number(o, math.Log(unit.spread()))))
	}
	c := v.cell(u, scale)
	half := Max(c.Half, nn.Number(o, narrowest))
	middle, image := s.of.Interval(c.Middle, half, theta)
	c.Log = Add(c.Log, Log(Mul(spread, Div(image, half))))
	c.Middle, c.Half = Mul(middle, spread), Mul(image, spread)
	return unit.cell(c)
}

func (s spline) Conditional(v models.Variable, o []float32) models.Conditional {
	return rounded(v, splineAt{s, o})
}

// splineAt is the distribution of given outputs.
type splineAt struct {
	spline
	o []float32
}

func (s splineAt) inverse() float64 { return math.Exp(s.width.hostLog(float64(s.o[1]))) }

// base is the standard logistic number of x, and ln of its derivative.
func (s splineAt) base(x float64) (z, rise float64) {
	inverse := s.inverse()
	z, rise = s.of.HostForward((x-float64(s.o[0]))*inverse, s.o[2:])
	return z * unit.spread(), rise + math.Log(inverse*unit.spread())
}

// number is the number whose standard logistic one is z.
func (s splineAt) number(z float64) float64 {
	return float64(s.o[0]) + s.of.HostInverse(z/unit.spread(), s.o[2:])/s.inverse()
}

func (s splineAt) Draw(noise []float32) float64 {
	return s.number(unit.hostFromNormal(float64(noise[0])))
}

// Residual compares on the side where the spline is flatter: the other one enlarges what
// float32 leaves.
func (s splineAt) Residual(x float64, noise []float32) (off float64, sure bool) {
	z := unit.hostFromNormal(float64(noise[0]))
	got, _ := s.base(x)
	off = math.Min(math.Abs(got-z), math.Abs(x-s.number(z))*s.inverse())
	return off / (1 + math.Abs(z)), true
}

func (s splineAt) LogProb(x float64) float64 {
	z, rise := s.base(x)
	return unit.hostDensity(z) + rise
}

func (s splineAt) LogCell(low, high float64) float64 {
	a, _ := s.base(low)
	b, _ := s.base(high)
	return unit.hostCell(a, b)
}

func (s splineAt) CDF(x float64) float64 {
	z, _ := s.base(x)
	return unit.hostCDF(z)
}

func (s splineAt) Quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	return s.number(unit.hostQuantile(p))
}

// Parameters are the quartiles: those of the spline mean nothing alone.
func (s splineAt) Parameters() (all []models.Parameter) {
	for i, name := range []string{"quartile1", "median", "quartile3"} {
		all = append(all, models.Parameter{Name: name, Value: s.Quantile(float64(i+1) / 4)})
	}
	return all
}
