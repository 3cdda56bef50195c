package flow

import (
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// actNorm is y = (x − m)·eˢ for each variable, with trained m and s.
type actNorm int

// NewActNorm returns the activation normalisation of Kingma and Dhariwal 2018,
// "Glow", arXiv 1807.03039: an affine map of each variable that is trained like
// any other parameter and starts from the training rows, so that its outputs
// then have mean 0 and variance 1. Without a start from data it is the identity.
func NewActNorm(dim int) (Layer, error) {
	if dim < 1 {
		return nil, errDim("activation normalisation", dim)
	}
	return actNorm(dim), nil
}

func (actNorm) Name() string    { return "activation normalisation" }
func (a actNorm) Dim() int      { return int(a) }
func (actNorm) ContextDim() int { return 0 }

func (a actNorm) Specs() []models.Spec {
	return []models.Spec{{Name: "mean", Shape: []int{int(a)}}, {Name: "log_scale", Shape: []int{int(a)}}}
}

func (a actNorm) Forward(p models.Params, x, _ *Node) (y, logDet *Node) {
	s := asRow(p.Get("log_scale"))
	return Mul(Sub(x, asRow(p.Get("mean"))), Exp(s)), perRow(s, x)
}

func (a actNorm) Inverse(p models.Params, y, _ *Node) (x, logDet *Node) {
	s := asRow(p.Get("log_scale"))
	return Add(Mul(y, Exp(Neg(s))), asRow(p.Get("mean"))), perRow(Neg(s), y)
}

func (a actNorm) Host(get func(string) []float32) (Host, error) {
	return standardColumns(get("mean"), get("log_scale")), nil
}

// standardColumns is y_d = (x_d − m_d)·e^{s_d} on the host.
func standardColumns(mean, logScale []float32) Host {
	scale, shift := make([]float64, len(mean)), make([]float64, len(mean))
	for d := range scale {
		scale[d] = math.Exp(float64(logScale[d]))
		shift[d] = -float64(mean[d]) * scale[d]
	}
	return affineColumns(scale, shift)
}

// Repeat is false: after the start gradients move the parameters.
func (actNorm) Repeat() bool { return false }

func (actNorm) Estimate(mean, variance []float64) map[string][]float32 {
	return standardisation(mean, variance)
}

// standardisation are mean and log-scale that give each column mean 0 and
// variance 1; a constant column keeps its scale.
func standardisation(mean, variance []float64) map[string][]float32 {
	s := make([]float32, len(variance))
	for d, v := range variance {
		if v > 0 {
			s[d] = float32(-0.5 * math.Log(v))
		}
	}
	return map[string][]float32{"mean": num.Convert[float32](mean), "log_scale": s}
}

func initialOnes(_ *rand.Rand, shape []int) []float32 {
	v := make([]float32, models.Spec{Shape: shape}.Size())
	for i := range v {
		v[i] = 1
	}
	return v
}
