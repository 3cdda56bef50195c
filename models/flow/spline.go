package flow

import (
	"fmt"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
)

// spline is the monotone rational-quadratic spline with linear tails.
type spline struct{ nn.Spline }

// NewSpline returns the rational-quadratic spline of Durkan, Bekasov, Murray and
// Papamakarios 2019, "Neural Spline Flows", arXiv 1906.04032: a monotone map of
// [−bound, bound] onto itself with the given number of bins, and the identity
// outside. Its P = 3·bins − 1 parameters are the logits of the widths, those of
// the heights, and the slopes at the inner knots before a softplus. 0 bins mean
// 8, a bound of 0 means 3.
func NewSpline(bins int, bound float64) (Transformer, error) {
	o := StackOptions{Bins: bins, Bound: bound}
	if err := option.Resolve(splineTransform(&o).Table); err != nil {
		return nil, fmt.Errorf("flow: spline: %w", err)
	}
	return spline{nn.Spline{Bins: o.Bins, End: o.Bound}}, nil
}

func splineTransform(o *StackOptions) transform {
	return transform{option.Alternative{Name: "spline", Help: "a monotone rational-quadratic spline", Table: option.Table{
		option.Of("bins", &o.Bins, 8, "number of pieces of a spline").Within(2, nn.MaxBins),
		option.Of("bound", &o.Bound, 3, "where a spline ends on both sides of 0, the identity lying beyond").Positive(),
	}}, func() (Transformer, error) { return NewSpline(o.Bins, o.Bound) }}
}

func (spline) Name() string { return "spline" }
func (s spline) Width() int { return s.Params() }

// Bound is where it ends on both sides of 0.
func (s spline) Bound() float64 { return s.End }

func (s spline) HostForward(x float32, theta []float32) float32 {
	y, _ := s.Spline.HostForward(float64(x), theta)
	return float32(y)
}

func (s spline) HostInverse(y float32, theta []float32) float32 {
	return float32(s.Spline.HostInverse(float64(y), theta))
}
