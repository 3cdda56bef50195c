package output

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
)

// MaxComponents bounds a mixture: each component has three outputs a variable.
const MaxComponents = 1000

// mixture is the family of Σ_k π_k·N(m_k, σ_k²). Its 3K outputs are K logits of the
// weights, K means and K numbers that the scale makes into logarithms of inverse
// standard deviations.
type mixture struct {
	k     int
	scale nn.Scale
}

func newMixture(f Fields, scale nn.Scale) (Family, error) {
	k := value(f.Components)
	if k == 0 {
		k = 10
	}
	if k < 1 || k > MaxComponents {
		return nil, fmt.Errorf("components: a mixture of %d Gaussians, need 1 to %d", k, MaxComponents)
	}
	return mixture{k, scale}, nil
}

func mixtureTable(f Fields) option.Table {
	return option.Table{
		option.Of("components", f.Components, 10, "number of Gaussians in a mixture").Within(1, MaxComponents),
		nn.ScaleRow(f.Scale),
	}
}

func (m mixture) Outputs() int          { return 3 * m.k }
func (mixture) Support() models.Support { return models.Reals() }

// Bias is N(0, 1), as in the MAF paper's code: components that start alike stay
// alike.
func (mixture) Bias() models.Init { return models.Normal(1) }

// Noise is a normal number, and a uniform one that chooses the component.
func (mixture) Noise() []Noise { return []Noise{Normal, Uniform} }

func (m mixture) LogProb(x, o *Node) *Node {
	dims := x.Shape().Dimensions
	part := func(i int) *Node { // [batch, K, dim]
		width := m.k * dims[1]
		return Reshape(Slice(o, AxisRange(), AxisRange(i*width, (i+1)*width)), dims[0], m.k, dims[1])
	}
	logits := part(0)
	each := Add(logits, nn.NormalLogProb(ExpandAxes(x, 1), part(1), m.scale.Log(part(2))))
	return nn.SumLast(Sub(nn.LogSumExp(each, 1), nn.LogSumExp(logits, 1)))
}

func (m mixture) Draw(o, noise []float32) float32 { return float32(mixtureAt{m, o}.Draw(noise)) }

func (m mixture) Hint() string { return m.scale.Hint() }

func (m mixture) Conditional(o []float32) models.Conditional { return mixtureAt{m, slices.Clone(o)} }

// mixtureAt is the mixture of given outputs.
type mixtureAt struct {
	mixture
	o []float32
}

func (m mixtureAt) component(k int) gaussianAt {
	return gaussian{m.scale}.at([]float32{m.o[m.k+k], m.o[2*m.k+k]})
}

// choose is the component that a uniform number chooses, −1 where weights are not
// numbers, and how near to another one it is.
func (m mixtureAt) choose(u float64) (k int, margin float64) {
	top, sum := math.Inf(-1), 0.0
	for _, l := range m.o[:m.k] {
		top = math.Max(top, float64(l))
	}
	for _, l := range m.o[:m.k] {
		sum += math.Exp(float64(l) - top)
	}
	if math.IsNaN(sum) { // of logits beyond float32, no component is the right one
		return -1, 0
	}
	left, margin := u*sum, math.Inf(1)
	for k, l := range m.o[:m.k-1] {
		left -= math.Exp(float64(l) - top)
		margin = math.Min(margin, math.Abs(left)/sum)
		if left < 0 {
			return k, margin
		}
	}
	return m.k - 1, margin
}

func (m mixtureAt) Draw(noise []float32) float64 {
	k, _ := m.choose(float64(noise[1]))
	if k < 0 {
		return math.NaN()
	}
	return m.component(k).Draw(noise)
}

func (m mixtureAt) Residual(x float64, noise []float32) (off float64, sure bool) {
	k, margin := m.choose(float64(noise[1]))
	if k < 0 {
		return math.NaN(), true
	}
	off, _ = m.component(k).Residual(x, noise)
	return off, margin > uncertain
}

// weights are ln π_k.
func (m mixtureAt) weights() []float64 {
	w := make([]float64, m.k)
	for k := range w {
		w[k] = float64(m.o[k])
	}
	floats.AddConst(-floats.LogSumExp(w), w)
	return w
}

func (m mixtureAt) LogProb(x float64) float64 {
	w := m.weights()
	for k := range w {
		w[k] += m.component(k).LogProb(x)
	}
	return floats.LogSumExp(w)
}

func (m mixtureAt) CDF(x float64) float64 {
	sum := 0.0
	for k, w := range m.weights() {
		sum += math.Exp(w) * m.component(k).CDF(x)
	}
	return math.Min(sum, 1)
}

func (m mixtureAt) Quantile(p float64) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for k := range m.k {
		q := m.component(k).Quantile(p)
		low, high = math.Min(low, q), math.Max(high, q)
	}
	if math.IsInf(low, 0) || math.IsInf(high, 0) || low == high {
		return low // at the ends
	}
	return bisect(m.CDF, p, low, high)
}

func (m mixtureAt) Parameters() []models.Parameter {
	var all []models.Parameter
	for k, w := range m.weights() {
		c := m.component(k)
		for _, p := range []models.Parameter{{Name: "weight", Value: math.Exp(w)}, {Name: "mean", Value: c.Mu}, {Name: "sd", Value: c.Sigma}} {
			p.Name = fmt.Sprintf("%s%d", p.Name, k+1)
			all = append(all, p)
		}
	}
	return all
}
