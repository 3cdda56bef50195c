package nn

import (
	"fmt"
	"math"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
)

// Activation is a hidden unit's nonlinearity, in the graph and on the host.
type Activation struct {
	Name string
	// Graph applies it element by element.
	Graph func(x *Node) *Node
	// Host is the same function of one number.
	Host func(x float32) float32
	// hostAll is Host of each number of a slice, in place, where that is faster
	// than a call for each.
	hostAll func(v []float32)
}

// apply is Host of each number, in place.
func (a Activation) apply(v []float32) {
	if a.hostAll != nil {
		a.hostAll(v)
		return
	}
	for i, x := range v {
		v[i] = a.Host(x)
	}
}

// ActivationNames lists the known activations.
func ActivationNames() []string {
	names := make([]string, len(activations))
	for i, a := range activations {
		names[i] = a.Name
	}
	return names
}

// ActivationByName finds an activation; the empty name is relu. The error lists
// the known names.
func ActivationByName(name string) (Activation, error) {
	if name == "" {
		name = "relu"
	}
	i := slices.IndexFunc(activations, func(a Activation) bool { return a.Name == name })
	if i < 0 {
		return Activation{}, fmt.Errorf("unknown activation %q (known: %s)", name, strings.Join(ActivationNames(), ", "))
	}
	return activations[i], nil
}

func host(f func(x float64) float64) func(float32) float32 {
	return func(x float32) float32 { return float32(f(float64(x))) }
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
		func(x float32) float32 { return max(x, 0) },
		func(v []float32) {
			for i, x := range v {
				v[i] = max(x, 0)
			}
		}},
	{"softplus", SoftPlus,
		host(hostSoftPlus), nil},
	{"tanh", Tanh, host(math.Tanh), nil},
	{"sigmoid", Logistic, host(sigmoid), nil},
	{"elu",
		// The exponential only ever sees x <= 0: a branch that overflows would
		// poison the gradient of the other one. elu'(0) = 1.
		func(x *Node) *Node {
			zero := Number(x, 0)
			return Where(GreaterOrEqual(x, zero), x, Sub(Exp(Min(x, zero)), Number(x, 1)))
		},
		host(func(x float64) float64 { return math.Max(x, 0) + math.Expm1(math.Min(x, 0)) }), nil},
	{"leaky_relu",
		func(x *Node) *Node { return Where(LessOrEqual(x, Number(x, 0)), Mul(x, Number(x, 0.01)), x) },
		func(x float32) float32 { return max(x, 0.01*x) }, nil},
	{"silu",
		func(x *Node) *Node { return Mul(x, Logistic(x)) },
		host(func(x float64) float64 { return x * sigmoid(x) }), nil},
	{"gelu",
		func(x *Node) *Node {
			half := Number(x, 0.5)
			return Mul(Mul(x, half), Add(Number(x, 1), Erf(Mul(x, Number(x, math.Sqrt2/2)))))
		},
		host(func(x float64) float64 { return x / 2 * (1 + math.Erf(x*math.Sqrt2/2)) }), nil},
}
