package output

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// newLogistics is the family of mixtures of logistic distributions, discretised where values
// are rounded: Salimans, Karpathy, Chen and Kingma 2017, "PixelCNN++", arXiv 1701.05517.
func newLogistics(_ models.Variable, f Fields, scale *nn.Scale) (Family, error) {
	return newMixtureOf(logistic{}, f, scale)
}

// logistic is the distribution with the distribution function σ.
type logistic struct{}

func (logistic) spread() float64 { return math.Pi / math.Sqrt(3) }

func (logistic) density(u, s *Node) *Node {
	side := Abs(u)
	return Sub(Sub(s, side), Mul(Log1p(Exp(Neg(side))), nn.Number(u, 2)))
}

func (logistic) cell(c nn.Cell) *Node { return nn.LogisticCell(c) }

func (logistic) hostDensity(u float64) float64 {
	return -math.Abs(u) - 2*math.Log1p(math.Exp(-math.Abs(u)))
}

func (logistic) hostCell(low, high float64) float64 { return nn.HostLogisticCell(low, high) }
func (logistic) hostCDF(u float64) float64          { return 1 / (1 + math.Exp(-u)) }
func (logistic) hostQuantile(p float64) float64     { return math.Log(p) - math.Log1p(-p) }

func (logistic) hostFromNormal(noise float64) float64 {
	return nn.HostLogNormalCDF(noise) - nn.HostLogNormalCDF(-noise)
}
