package nn

import (
	"fmt"
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
)

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

// ScaleNames lists the known scales.
func ScaleNames() []string {
	names := make([]string, len(scales))
	for i, s := range scales {
		names[i] = s.Name
	}
	return names
}

// ScaleByName finds a scale; the empty name is soft_clip. The error lists the
// known names.
func ScaleByName(name string) (Scale, error) {
	if name == "" {
		return scales[0], nil
	}
	for _, s := range scales {
		if s.Name == name {
			return s, nil
		}
	}
	return Scale{}, fmt.Errorf("unknown scale %q (known: %s)", name, strings.Join(ScaleNames(), ", "))
}

const (
	// clip bounds |ln scale| of soft_clip: scales lie between 1e-3 and 1e3.
	clip = 6.907755278982137
	// floor keeps softplus scales from vanishing.
	floor = 1e-3
	// sigmoidShift starts sigmoid scales near 1, at σ(2) = 0.88.
	sigmoidShift = 2
)

// softplusShift makes the softplus of it 1.
var softplusShift = math.Log(math.E - 1)

var scales = []Scale{
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
		func(a float64) float64 { return math.Log(hostSoftPlus(a+softplusShift)*(1-floor) + floor) }},
	// ln σ(a + 2): a scale below 1, which cannot expand.
	{"sigmoid",
		func(a *Node) *Node { return LogSigmoid(Add(a, Number(a, sigmoidShift))) },
		func(a float64) float64 { return -hostSoftPlus(-a - sigmoidShift) }},
	// a/2: a is the logarithm of a precision, as in the MAF paper. It may overflow.
	{"exp",
		func(a *Node) *Node { return Mul(a, Number(a, 0.5)) },
		func(a float64) float64 { return a / 2 }},
}

// LogSigmoid is ln σ(x), right for every x including ±Inf.
func LogSigmoid(x *Node) *Node { return Neg(SoftPlus(Neg(x))) }

func hostSoftPlus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
