package nn

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/option"
)

// Activation is a hidden unit's nonlinearity, in the graph and on the host.
type Activation struct {
	Name string
	// Graph applies it element by element.
	Graph func(x *Node) *Node
	// Host is the same function of each number of a slice, in place.
	Host func(v []float32)
}

// ActivationByName finds an activation; the empty name is relu. The error lists
// the known names.
func ActivationByName(name string) (Activation, error) {
	return option.Find("activation", name, activations, activationName)
}

func activationName(a Activation) string { return a.Name }

// each is a function of one number for each of a slice, in float64.
func each(f func(x float64) float64) func([]float32) {
	return func(v []float32) {
		for i, x := range v {
			v[i] = float32(f(float64(x)))
		}
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

var activations = []Activation{
	{"relu",
		// Asked this way round NaN stays NaN and relu'(0) = 0. The gradient of a
		// Where is cheaper than that of a Max.
		func(x *Node) *Node {
			zero := Number(x, 0)
			return Where(LessOrEqual(x, zero), zero, x)
		},
		func(v []float32) {
			for i, x := range v {
				v[i] = max(x, 0)
			}
		}},
	{"softplus", SoftPlus, each(HostSoftPlus)},
	{"tanh", Tanh, each(math.Tanh)},
	{"sigmoid", Logistic, each(sigmoid)},
	{"elu",
		// The exponential only ever sees x <= 0: a branch that overflows would
		// poison the gradient of the other one. elu'(0) = 1.
		func(x *Node) *Node {
			zero := Number(x, 0)
			return Where(GreaterOrEqual(x, zero), x, Sub(Exp(Min(x, zero)), Number(x, 1)))
		},
		each(func(x float64) float64 { return math.Max(x, 0) + math.Expm1(math.Min(x, 0)) })},
	{"leaky_relu",
		func(x *Node) *Node { return Where(LessOrEqual(x, Number(x, 0)), Mul(x, Number(x, 0.01)), x) },
		func(v []float32) {
			for i, x := range v {
				v[i] = max(x, 0.01*x)
			}
		}},
	{"silu",
		func(x *Node) *Node { return Mul(x, Logistic(x)) },
		each(func(x float64) float64 { return x * sigmoid(x) })},
	{"gelu",
		func(x *Node) *Node {
			half := Number(x, 0.5)
			return Mul(Mul(x, half), Add(Number(x, 1), Erf(Mul(x, Number(x, math.Sqrt2/2)))))
		},
		each(func(x float64) float64 { return x / 2 * (1 + math.Erf(x*math.Sqrt2/2)) })},
}

// Scale makes the logarithm of a positive scale from an output a of a network:
// what turns a number without bounds into the slope of an affine layer or the
// precision of a Gaussian. Both forms are the same function.
type Scale struct {
	Name string
	// Log is ln of the scale, element by element.
	Log func(a *Node) *Node
	// HostLog is the same of one number.
	HostLog func(a float64) float64
}

// ScaleByName finds a scale; the empty name is soft_clip. The error lists the
// known names.
func ScaleByName(name string) (*Scale, error) {
	return option.Find("scale", name, scales, scaleName)
}

func scaleName(s *Scale) string { return s.Name }

// Hint is what may be done about values that leave the range of float32: "" for the scale
// that is never far from 1.
func (s *Scale) Hint() string {
	if s == nil || s.Name == scales[0].Name {
		return ""
	}
	return fmt.Sprintf("the scale %s may be very large or very small; %s is never", s.Name, scales[0].Name)
}

const (
	// clip bounds |ln scale| of soft_clip: scales lie between 1e-3 and 1e3.
	clip = 6.907755278982137
	// floor keeps softplus scales from vanishing.
	floor = 1e-3
	// sigmoidShift starts sigmoid scales near 1, at σ(2) = 0.88.
	sigmoidShift = 2
	// leastSigmoid bounds |ln scale| of sigmoid.
	leastSigmoid = 60
)

// softplusShift makes the softplus of it 1.
var softplusShift = math.Log(math.E - 1)

var scales = []*Scale{
	// a/(1 + |a|/c): smooth, of both signs, and never beyond ±c.
	{"soft_clip",
		func(a *Node) *Node {
			return Div(a, Add(Mul(Abs(a), Number(a, 1/clip)), Number(a, 1)))
		},
		func(a float64) float64 { return a / (1 + math.Abs(a)/clip) }},
	// ln(softplus(a + ln(e−1))·(1 − 1e-3) + 1e-3): grows as a does, and shrinks no
	// further than the floor.
	{"softplus",
		func(a *Node) *Node {
			soft := SoftPlus(Add(a, Number(a, softplusShift)))
			return Log(Add(Mul(soft, Number(a, 1-floor)), Number(a, floor)))
		},
		func(a float64) float64 { return math.Log(HostSoftPlus(a+softplusShift)*(1-floor) + floor) }},
	// ln σ(a + 2): a scale below 1, which cannot expand, and shrinks no further than what float32 has the inverse of.
	{"sigmoid",
		func(a *Node) *Node { return Max(LogSigmoid(Add(a, Number(a, sigmoidShift))), Number(a, -leastSigmoid)) },
		func(a float64) float64 { return math.Max(-HostSoftPlus(-a-sigmoidShift), -leastSigmoid) }},
	// a/2: a is the logarithm of a precision, as in the MAF paper. It may overflow.
	{"exp",
		func(a *Node) *Node { return Mul(a, Number(a, 0.5)) },
		func(a float64) float64 { return a / 2 }},
}

// LogSigmoid is ln σ(x), right for every x including ±Inf.
func LogSigmoid(x *Node) *Node { return Neg(SoftPlus(Neg(x))) }

// HostSoftPlus is SoftPlus of one number.
func HostSoftPlus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
