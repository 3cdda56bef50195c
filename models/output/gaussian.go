package output

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
)

// gaussian is the family of N(m, σ²). Its outputs are the mean m and what the scale
// makes into the logarithm s of the inverse standard deviation: u = (x − m)·eˢ is
// standard normal.
type gaussian struct{ scale nn.Scale }

func newGaussian(_ Fields, scale nn.Scale) (Family, error) { return gaussian{scale}, nil }

func gaussianTable(f Fields) option.Table { return option.Table{nn.ScaleRow(f.Scale)} }

func (gaussian) Outputs() int            { return 2 }
func (gaussian) Bias() models.Init       { return nil }
func (gaussian) Support() models.Support { return models.Reals() }
func (gaussian) Noise() []Noise          { return []Noise{Normal} }

func (g gaussian) LogProb(x, o *Node) *Node {
	parts := split(o, 2)
	return nn.SumLast(nn.NormalLogProb(x, parts[0], g.scale.Log(parts[1])))
}

func (g gaussian) at(o []float32) gaussianAt {
	return gaussianAt{distuv.Normal{Mu: float64(o[0]), Sigma: math.Exp(-g.scale.HostLog(float64(o[1])))}}
}

func (g gaussian) Draw(o, noise []float32) float32 { return float32(g.at(o).Draw(noise)) }

func (g gaussian) Hint() string { return g.scale.Hint() }

func (g gaussian) Conditional(o []float32) models.Conditional { return g.at(o) }

// gaussianAt is N(m, σ²).
type gaussianAt struct{ distuv.Normal }

func (n gaussianAt) Draw(noise []float32) float64 { return n.Mu + float64(noise[0])*n.Sigma }

func (n gaussianAt) Residual(x float64, noise []float32) (off float64, sure bool) {
	z := float64(noise[0])
	return math.Abs((x-n.Mu)/n.Sigma-z) / (1 + math.Abs(z)), true
}

func (n gaussianAt) Quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	return n.Normal.Quantile(p)
}

func (n gaussianAt) Parameters() []models.Parameter {
	return []models.Parameter{{Name: "mean", Value: n.Mu}, {Name: "sd", Value: n.Sigma}}
}
