package flow

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// logit is y = logit(λ + (1 − 2λ)·x).
type logit struct {
	dim    int
	lambda float64
}

// NewLogit returns the layer that takes values in [0, 1], such as dequantised
// pixels, to all real numbers: y = logit(s), s = λ + (1 − 2λ)·x, with
//
//	ln |det ∂y/∂x| = Σ_d ln(1 − 2λ) − ln s_d − ln(1 − s_d)
//
// The MAF paper takes λ = 1e-6 for MNIST and 0.05 for CIFAR-10. λ must be in
// (0, 0.5).
func NewLogit(dim int, lambda float64) (Layer, error) {
	if dim < 1 {
		return nil, errDim("logit", dim)
	}
	if !(lambda > 0 && lambda < 0.5) {
		return nil, fmt.Errorf("flow: logit with λ = %v, need more than 0 and less than 0.5", lambda)
	}
	return logit{dim, lambda}, nil
}

func (logit) Name() string         { return "logit" }
func (l logit) Dim() int           { return l.dim }
func (logit) ContextDim() int      { return 0 }
func (logit) Specs() []models.Spec { return nil }
func (logit) preprocesses()        {}

func (l logit) Forward(_ models.Params, x, _ *Node) (y, logDet *Node) {
	shrunk := Mul(x, nn.Number(x, 1-2*l.lambda))
	// 1 − s from its own end, so that values near 1 keep their digits.
	low := Log(Add(shrunk, nn.Number(x, l.lambda)))
	high := Log(Add(Sub(nn.Number(x, 1-2*l.lambda), shrunk), nn.Number(x, l.lambda)))
	each := Sub(nn.Number(x, math.Log1p(-2*l.lambda)), Add(low, high))
	return Sub(low, high), nn.SumLast(each)
}

func (l logit) Inverse(_ models.Params, y, _ *Node) (x, logDet *Node) {
	s := Logistic(y)
	x = Div(Sub(s, nn.Number(y, l.lambda)), nn.Number(y, 1-2*l.lambda))
	each := Sub(Add(nn.LogSigmoid(y), nn.LogSigmoid(Neg(y))), nn.Number(y, math.Log1p(-2*l.lambda)))
	return x, nn.SumLast(each)
}

func (l logit) Host(func(string) []float32) (Host, error) {
	return columnwise{l.dim,
		func(row []float32) {
			for d, v := range row {
				s := l.lambda + (1-2*l.lambda)*float64(v)
				row[d] = float32(math.Log(s) - math.Log1p(-s))
			}
		},
		func(row []float32) {
			for d, v := range row {
				row[d] = float32((1/(1+math.Exp(-float64(v))) - l.lambda) / (1 - 2*l.lambda))
			}
		}}, nil
}
