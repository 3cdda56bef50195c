package flow

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
)

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
func (gated) Params() int  { return 2 }

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
