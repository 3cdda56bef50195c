package flow

import (
	"math"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// batchNorm is y = e^γ·(x − m)/√(v + ε) + β for each variable.
type batchNorm int

// batchEpsilon is ε.
const batchEpsilon = 1e-5

// NewBatchNorm returns batch normalisation as an invertible layer (Dinh et al.
// 2017, arXiv 1605.08803; MAF, section 3.4): in training m and v are the mean and
// the biased variance of the batch, through which gradients flow; otherwise those
// of all training rows, estimated anew before every validation. A likelihood
// never uses statistics of the rows that it is about. With it
//
//	ln |det ∂y/∂x| = Σ_d γ_d − ½·ln(v_d + ε)
func NewBatchNorm(dim int) Layer { return batchNorm(dim) }

func (batchNorm) Name() string    { return "batch normalisation" }
func (b batchNorm) Dim() int      { return int(b) }
func (batchNorm) ContextDim() int { return 0 }

func (b batchNorm) Specs() []models.Spec {
	shape := []int{int(b)}
	return []models.Spec{
		{Name: "log_gamma", Shape: shape}, {Name: "beta", Shape: shape},
		{Name: "mean", Shape: shape, Fixed: true}, {Name: "variance", Shape: shape, Init: initialOnes, Fixed: true},
	}
}

func (b batchNorm) Forward(p models.Params, x, _ *Node) (y, logDet *Node) {
	return b.forward(p, x, asRow(p.Get("mean")), asRow(p.Get("variance")))
}

func (b batchNorm) ForwardBatch(p models.Params, x, weights *Node) (y, logDet *Node) {
	w := asRow(weights)
	mean := Dot(w, x).Product()
	return b.forward(p, x, mean, Dot(w, Square(Sub(x, mean))).Product())
}

// forward takes the statistics as rows [1, dim].
func (b batchNorm) forward(p models.Params, x, mean, variance *Node) (y, logDet *Node) {
	gamma := asRow(p.Get("log_gamma"))
	variance = Add(variance, nn.Number(variance, batchEpsilon))
	y = Add(Mul(Sub(x, mean), Div(Exp(gamma), Sqrt(variance))), asRow(p.Get("beta")))
	return y, perRow(Sub(gamma, Mul(Log(variance), nn.Number(x, 0.5))), x)
}

func (b batchNorm) Inverse(p models.Params, y, _ *Node) (x, logDet *Node) {
	gamma, variance := asRow(p.Get("log_gamma")), asRow(p.Get("variance"))
	variance = Add(variance, nn.Number(variance, batchEpsilon))
	x = Add(Mul(Sub(y, asRow(p.Get("beta"))), Mul(Sqrt(variance), Exp(Neg(gamma)))), asRow(p.Get("mean")))
	return x, perRow(Sub(Mul(Log(variance), nn.Number(y, 0.5)), gamma), y)
}

func (b batchNorm) Host(get func(string) []float32) (Host, error) {
	gamma, beta, mean, variance := get("log_gamma"), get("beta"), get("mean"), get("variance")
	scale, shift := make([]float64, b), make([]float64, b)
	for d := range scale {
		scale[d] = math.Exp(float64(gamma[d])) / math.Sqrt(float64(variance[d])+batchEpsilon)
		shift[d] = float64(beta[d]) - float64(mean[d])*scale[d]
	}
	return affineColumns(scale, shift), nil
}

// Repeat is true: the statistics follow the layers before.
func (batchNorm) Repeat() bool { return true }

func (b batchNorm) Estimate(rows []float32, weights []float64) map[string][]float32 {
	mean, variance := num.Moments(rows, int(b), weights)
	return map[string][]float32{"mean": num.Convert[float32](mean), "variance": num.Convert[float32](variance)}
}

// asRow makes [n] into [1, n].
func asRow(v *Node) *Node { return ExpandAxes(v, 0) }

// perRow is the sum of a row [1, dim] for each row of x: [batch].
func perRow(row, x *Node) *Node {
	zeros := Const(x.Graph(), make([]float32, x.Shape().Dimensions[0]))
	return Add(zeros, nn.SumLast(row))
}

// affineColumns is y_d = scale_d·x_d + shift_d on the host.
func affineColumns(scale, shift []float64) columnwise {
	return columnwise{len(scale),
		func(row []float32) {
			for d, v := range row {
				row[d] = float32(scale[d]*float64(v) + shift[d])
			}
		},
		func(row []float32) {
			for d, v := range row {
				row[d] = float32((float64(v) - shift[d]) / scale[d])
			}
		}}
}

// actNorm is y = (x − m)·eˢ for each variable, with trained m and s.
type actNorm int

// NewActNorm returns the activation normalisation of Kingma and Dhariwal 2018,
// "Glow", arXiv 1807.03039: an affine map of each variable that is trained like
// any other parameter and starts from the training rows, so that its outputs
// then have mean 0 and variance 1. Without a start from data it is the identity.
func NewActNorm(dim int) Layer { return actNorm(dim) }

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
	mean, logScale := get("mean"), get("log_scale")
	scale, shift := make([]float64, a), make([]float64, a)
	for d := range scale {
		scale[d] = math.Exp(float64(logScale[d]))
		shift[d] = -float64(mean[d]) * scale[d]
	}
	return affineColumns(scale, shift), nil
}

// Repeat is false: after the start gradients move the parameters.
func (actNorm) Repeat() bool { return false }

// Estimate gives each column mean 0 and variance 1; a constant column keeps its scale.
func (a actNorm) Estimate(rows []float32, weights []float64) map[string][]float32 {
	mean, variance := num.Moments(rows, int(a), weights)
	s := make([]float32, len(variance))
	for d, v := range variance {
		if v > 0 {
			s[d] = float32(-0.5 * math.Log(v))
		}
	}
	return map[string][]float32{"mean": num.Convert[float32](mean), "log_scale": s}
}

func initialOnes(_ *rand.Rand, shape []int) []float32 {
	return slices.Repeat([]float32{1}, models.Spec{Shape: shape}.Size())
}
