package flow

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
)

// affine is y = (x − m)·eˢ with the mean m = θ₀ and the log-scale s made from θ₁,
// the conditionals of a Gaussian MADE (MAF, eq. 3 and 4).
type affine struct{ scale nn.Scale }

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
func (affine) Params() int  { return 2 }

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
