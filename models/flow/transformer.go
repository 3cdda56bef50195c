package flow

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
)

// Transformer is a monotone map y = T(x; θ) of one variable, whose P parameters
// θ come from a conditioner (Papamakarios et al. 2021, arXiv 1912.02762, section
// 3.1). With all parameters zero it is the identity, but for Gated and for a
// sigmoid scale. It may also have the methods Hint() string, what its options can do
// about values that leave the range of float32, and Bound() float64, beyond which, on
// both sides of 0, it is the identity.
type Transformer interface {
	// Name is the kind, for messages.
	Name() string
	// Width is P.
	Width() int
	// Forward returns y and ln dy/dx, element by element, for x [batch, dim] and
	// parameters θ [batch, P·dim]: parameter p of variable d is column p·dim + d.
	Forward(x, theta *Node) (y, logDerivative *Node)
	// Inverse returns x.
	Inverse(y, theta *Node) (x *Node)
	// HostForward and HostInverse are the same of one number and its P parameters.
	HostForward(x float32, theta []float32) (y float32)
	HostInverse(y float32, theta []float32) (x float32)
}

// parameter is θ_p, of the shape of x.
func parameter(x, theta *Node, p int) *Node {
	dim := x.Shape().Dimensions[1]
	return Slice(theta, AxisRange(), AxisRange(p*dim, (p+1)*dim))
}

// affine is y = (x − m)·eˢ with the mean m = θ₀ and the log-scale s made from θ₁,
// the conditionals of a Gaussian MADE (MAF, eq. 3 and 4).
type affine struct{ scale *nn.Scale }

// NewAffine returns the affine transformer with the scale of that name:
// soft_clip (the default, ""; |s| < ln 1000), softplus, sigmoid, or exp, the MAF
// paper's s = θ₁/2, which may overflow. Both directions use the same scale. The
// error lists the known names.
func NewAffine(scale string) (Transformer, error) {
	s, err := nn.ScaleByName(scale)
	if err != nil {
		return nil, fmt.Errorf("flow: %w", err)
	}
	return affine{s}, nil
}

func affineTransform(o *StackOptions) transform {
	return transform{option.Alternative{Name: "affine", Help: "a shift and a scale", Table: option.Table{nn.ScaleRow(&o.Scale)}}, func() (Transformer, error) { return NewAffine(o.Scale) }}
}

func (affine) Name() string { return "affine" }
func (affine) Width() int   { return 2 }

// Hint is what may be done where values leave the range of float32.
func (a affine) Hint() string { return a.scale.Hint() }

func (a affine) Forward(x, theta *Node) (y, logDerivative *Node) {
	s := a.scale.Log(parameter(x, theta, 1))
	return Mul(Sub(x, parameter(x, theta, 0)), Exp(s)), s
}

func (a affine) Inverse(y, theta *Node) *Node {
	return Add(Mul(y, Exp(Neg(a.scale.Log(parameter(y, theta, 1))))), parameter(y, theta, 0))
}

func (a affine) HostForward(x float32, theta []float32) float32 {
	return float32((float64(x) - float64(theta[0])) * math.Exp(a.scale.HostLog(float64(theta[1]))))
}

func (a affine) HostInverse(y float32, theta []float32) float32 {
	return float32(float64(y)*math.Exp(-a.scale.HostLog(float64(theta[1]))) + float64(theta[0]))
}

// gated is y = σ·x + (1 − σ)·m with m = θ₀ and the gate σ = logistic(θ₁ + 1.5).
type gated struct{}

// NewGated returns the gated update of inverse autoregressive flow (Kingma et
// al. 2016, arXiv 1606.04934, algorithm 1), whose gate starts open: with all
// parameters zero y = 0.82·x.
func NewGated() Transformer { return gated{} }

// gateBias opens the gate at the start; the paper takes 1 to 2.
const gateBias = 1.5

func gatedTransform(*StackOptions) transform {
	return transform{option.Alternative{Name: "gated", Help: "the mean of the variable and a shift, weighted by a sigmoid (IAF, algorithm 1)"},
		func() (Transformer, error) { return NewGated(), nil }}
}

func (gated) Name() string { return "gated" }
func (gated) Width() int   { return 2 }

func (gated) Forward(x, theta *Node) (y, logDerivative *Node) {
	m, a := parameter(x, theta, 0), Add(parameter(x, theta, 1), nn.Number(x, gateBias))
	return Add(m, Mul(Logistic(a), Sub(x, m))), nn.LogSigmoid(a)
}

func (gated) Inverse(y, theta *Node) *Node {
	// 1/σ = 1 + e⁻ᵃ
	m, a := parameter(y, theta, 0), Add(parameter(y, theta, 1), nn.Number(y, gateBias))
	return Add(y, Mul(Exp(Neg(a)), Sub(y, m)))
}

func (gated) HostForward(x float32, theta []float32) float32 {
	m, gate := float64(theta[0]), 1/(1+math.Exp(-float64(theta[1])-gateBias))
	return float32(m + gate*(float64(x)-m))
}

func (gated) HostInverse(y float32, theta []float32) float32 {
	shrink := math.Exp(-float64(theta[1]) - gateBias)
	return float32(float64(y) + shrink*(float64(y)-float64(theta[0])))
}
