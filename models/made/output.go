package made

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// output is a family of one-dimensional conditionals, each given by P outputs
// of the network.
type output interface {
	// params is P.
	params() int
	// bias draws the biases of the output layer; nil means zeros.
	bias() models.Init
	// logProb is Σ_d ln p(x_d), [batch], for x [batch, dim] and the network's
	// outputs o [batch, P·dim].
	logProb(x, o *Node) *Node
	// conditionals are the parameters that a conditional is known by, each
	// [batch, dim], from the P outputs.
	conditionals(o []*Node) []*Node
	// draw fills the noise of one row of dim variables, noises numbers a variable.
	noises() int
	draw(rng *rand.Rand, noise []float32, dim int)
	// sample is x_d for the outputs of variable d: o(p) is output p, and noise(i)
	// the variable's i-th number.
	sample(o func(p int) float32, noise func(i int) float32) float32
	discrete() bool
}

// MaxComponents bounds a mixture: each component has three outputs a variable.
const MaxComponents = 1000

// newOutput returns the family, or every problem of its options.
func newOutput(o Options) (output, error) {
	scale, problem := nn.ScaleByName(o.Scale)
	switch o.Output {
	case "", "bernoulli":
		return bernoulli{}, problem
	case "gaussian":
		return gaussian{scale}, problem
	case "mog":
		return mixture{o.Components, scale}, problem
	}
	return nil, errors.Join(problem, fmt.Errorf("unknown output %q (known: bernoulli, gaussian, mog)", o.Output))
}

// bernoulli has one output, the logit of x = 1.
type bernoulli struct{}

func (bernoulli) params() int                    { return 1 }
func (bernoulli) bias() models.Init              { return nil }
func (bernoulli) logProb(x, o *Node) *Node       { return nn.BernoulliLogProb(x, o) }
func (bernoulli) conditionals(o []*Node) []*Node { return o }
func (bernoulli) noises() int                    { return 1 }
func (bernoulli) discrete() bool                 { return true }

func (bernoulli) draw(rng *rand.Rand, noise []float32, _ int) {
	for i := range noise {
		noise[i] = rng.Float32()
	}
}

// sample is 1 where the noise is below p(x = 1). A logit that is NaN is kept, not
// taken for a 0.
func (bernoulli) sample(o func(int) float32, noise func(int) float32) float32 {
	switch p := 1 / (1 + math.Exp(-float64(o(0)))); {
	case math.IsNaN(p):
		return o(0)
	case float64(noise(0)) < p:
		return 1
	}
	return 0
}

// gaussian has two outputs, the mean m and what its scale makes into the
// logarithm s of the inverse standard deviation: u = (x − m)·eˢ is standard
// normal.
type gaussian struct{ scale nn.Scale }

func (gaussian) params() int       { return 2 }
func (gaussian) bias() models.Init { return nil }
func (gaussian) noises() int       { return 1 }
func (gaussian) discrete() bool    { return false }

func (g gaussian) logProb(x, o *Node) *Node {
	parts := split(o, 2)
	return nn.SumLast(nn.NormalLogProb(x, parts[0], g.scale.Log(parts[1])))
}

func (g gaussian) conditionals(o []*Node) []*Node { return []*Node{o[0], Neg(g.scale.Log(o[1]))} }

func (gaussian) draw(rng *rand.Rand, noise []float32, _ int) { drawNormal(rng, noise) }

func (g gaussian) sample(o func(int) float32, noise func(int) float32) float32 {
	return float32(float64(o(0)) + float64(noise(0))*math.Exp(-g.scale.HostLog(float64(o(1)))))
}

// mixture has 3K outputs: K logits of the weights, K means and K numbers that
// its scale makes into logarithms of inverse standard deviations.
type mixture struct {
	k     int
	scale nn.Scale
}

func (m mixture) params() int  { return 3 * m.k }
func (mixture) noises() int    { return 2 }
func (mixture) discrete() bool { return false }

// bias is N(0, 1), as in the MAF paper's code: components that start alike stay
// alike.
func (mixture) bias() models.Init { return models.Normal(1) }

func (m mixture) logProb(x, o *Node) *Node {
	dims := x.Shape().Dimensions
	part := func(i int) *Node { // [batch, K, dim]
		width := m.k * dims[1]
		return Reshape(Slice(o, AxisRange(), AxisRange(i*width, (i+1)*width)), dims[0], m.k, dims[1])
	}
	logits := part(0)
	each := Add(logits, nn.NormalLogProb(ExpandAxes(x, 1), part(1), m.scale.Log(part(2))))
	return nn.SumLast(Sub(nn.LogSumExp(each, 1), nn.LogSumExp(logits, 1)))
}

func (m mixture) conditionals(o []*Node) []*Node {
	all := append(nn.LogSoftmaxOf(o[:m.k]), o[m.k:2*m.k]...)
	for _, a := range o[2*m.k:] {
		all = append(all, Neg(m.scale.Log(a)))
	}
	return all
}

// draw fills a standard normal number for each variable, then a uniform one,
// which chooses the component.
func (mixture) draw(rng *rand.Rand, noise []float32, dim int) {
	drawNormal(rng, noise[:dim])
	for i := range noise[dim:] {
		noise[dim+i] = rng.Float32()
	}
}

func (m mixture) sample(o func(int) float32, noise func(int) float32) float32 {
	top := math.Inf(-1)
	for i := range m.k {
		top = math.Max(top, float64(o(i)))
	}
	sum := 0.0
	for i := range m.k {
		sum += math.Exp(float64(o(i)) - top)
	}
	if math.IsNaN(sum) { // of logits beyond float32, no component is the right one
		return float32(sum)
	}
	chosen, left := m.k-1, float64(noise(1))*sum
	for i := range m.k - 1 {
		if left -= math.Exp(float64(o(i)) - top); left < 0 {
			chosen = i
			break
		}
	}
	return float32(float64(o(m.k+chosen)) + float64(noise(0))*math.Exp(-m.scale.HostLog(float64(o(2*m.k+chosen)))))
}

func drawNormal(rng *rand.Rand, noise []float32) {
	for i := range noise {
		noise[i] = float32(rng.NormFloat64())
	}
}
