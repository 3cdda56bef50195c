package output

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// bernoulli is the family of p(x = 1) = 1/(1 + e⁻ˡ); its one output is the logit l.
type bernoulli struct{ inputs }

func newBernoulli(_ models.Variable, f Fields, _ *nn.Scale) (Family, error) {
	return bernoulli{inputs{f.Visible}}, nil
}

func (bernoulli) Outputs() int            { return 1 }
func (bernoulli) Bias() models.Init       { return nil }
func (bernoulli) Support() models.Support { return models.Bits() }
func (bernoulli) Noise() []Noise          { return []Noise{Uniform} }
func (bernoulli) Hint() string            { return "" }

func (bernoulli) LogProb(v Values, o *Node) *Node { return Sub(Mul(v.X, o), nn.SoftPlus(o)) }

func (bernoulli) Conditional(_ models.Variable, o []float32) models.Conditional {
	return bernoulliAt(o[0])
}

// bernoulliAt is the distribution of a logit.
type bernoulliAt float64

func (l bernoulliAt) probability() float64 { return 1 / (1 + math.Exp(-float64(l))) }

// Draw is 1 where the noise is below p(x = 1).
func (l bernoulliAt) Draw(noise []float32) float64 {
	switch p := l.probability(); {
	case math.IsNaN(p):
		return p
	case float64(noise[0]) < p:
		return 1
	}
	return 0
}

func (l bernoulliAt) Residual(x float64, noise []float32) (off float64, sure bool) {
	if math.Abs(float64(noise[0])-l.probability()) < uncertain {
		return 0, false
	}
	if x != l.Draw(noise) {
		return math.Inf(1), true
	}
	return 0, true
}

func (l bernoulliAt) LogProb(x float64) float64 {
	switch x {
	case 0:
		return -nn.HostSoftPlus(float64(l))
	case 1:
		return -nn.HostSoftPlus(-float64(l))
	}
	return math.Inf(-1)
}

func (l bernoulliAt) CDF(x float64) float64 {
	switch {
	case x < 0:
		return 0
	case x < 1:
		return 1 - l.probability()
	}
	return 1
}

func (l bernoulliAt) Quantile(p float64) float64 {
	switch {
	case !(p >= 0 && p <= 1):
		return math.NaN()
	case p <= l.CDF(0):
		return 0
	}
	return 1
}

func (l bernoulliAt) Parameters() []models.Parameter {
	return []models.Parameter{{Name: "p", Value: l.probability()}}
}
