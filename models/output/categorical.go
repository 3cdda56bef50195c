package output

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// categorical is the family of p(k) = e^{l_k}/Σ e^l over k levels without an order; its
// outputs are the logits l. A network sees one input a level, or of many levels a vector that
// it learns for each.
type categorical struct{ k int }

func newCategorical(v models.Variable, _ Fields, _ *nn.Scale) (Family, error) {
	return categorical{max(v.Support.Size(), 1)}, nil
}

// mostUnits is how many levels have an input each.
const mostUnits = 32

func (c categorical) Outputs() int            { return c.k }
func (categorical) Bias() models.Init         { return nil }
func (c categorical) Support() models.Support { return models.Categories(c.k) }
func (categorical) Noise() []Noise            { return []Noise{Uniform} }
func (categorical) Hint() string              { return "" }

func (c categorical) embedded() bool { return c.k > mostUnits }

// Units are one a level; of vectors 6·∜k, at most as many.
func (c categorical) Units() int {
	if !c.embedded() {
		return c.k
	}
	return min(int(6*math.Sqrt(math.Sqrt(float64(c.k)))), mostUnits)
}

// Specs are the vectors of the levels of each variable, "embedding" [n, k, units].
func (c categorical) Specs(n int) []models.Spec {
	if !c.embedded() {
		return nil
	}
	return []models.Spec{{Name: "embedding", Shape: []int{n, c.k, c.Units()}, Init: models.Normal(1 / math.Sqrt(float64(c.Units())))}}
}

func (c categorical) Encode(p models.Params, x *Node) *Node {
	dims, units := x.Shape().Dimensions, among(x, 0, c.k)
	if c.embedded() {
		// [batch, k, n] and [n, k, units] → [n, batch, units]
		units = Dot(units, p.Get("embedding")).General([]int{1}, []int{2}, []int{1}, []int{0})
		units = TransposeAllAxes(units, 1, 2, 0)
	}
	return Reshape(units, dims[0], c.Units()*dims[1])
}

func (c categorical) Encoder(get func(string) []float32, j, _ int) func(units []float32, x float32) {
	if !c.embedded() {
		return func(units []float32, x float32) { units[int(x)] = 1 }
	}
	n := c.Units()
	vectors := get("embedding")[j*c.k*n : (j+1)*c.k*n]
	return func(units []float32, x float32) { copy(units, vectors[int(x)*n:(int(x)+1)*n]) }
}

func (c categorical) LogProb(v Values, o *Node) *Node {
	logits := part(o, c.k, 0, c.k)
	return Sub(ReduceSum(Mul(logits, among(v.X, 0, c.k)), 1), nn.LogSumExp(logits, 1))
}

func (c categorical) Conditional(_ models.Variable, o []float32) models.Conditional {
	return categoricalAt(o)
}

// categoricalAt is the distribution of given logits.
type categoricalAt []float32

func (c categoricalAt) Draw(noise []float32) float64 {
	k, _ := choose(c, float64(noise[0]))
	if k < 0 {
		return math.NaN()
	}
	return float64(k)
}

func (c categoricalAt) Residual(x float64, noise []float32) (off float64, sure bool) {
	k, margin := choose(c, float64(noise[0]))
	switch {
	case k < 0:
		return math.NaN(), true
	case x != float64(k):
		off = math.Inf(1)
	}
	return off, margin > uncertain
}

func (c categoricalAt) LogProb(x float64) float64 {
	if models.Categories(len(c)).Check(x) != nil {
		return math.Inf(-1)
	}
	return logSoftmax(c)[int(x)]
}

// sums are the probabilities of the levels up to each.
func (c categoricalAt) sums() []float64 {
	sums, sum := logSoftmax(c), 0.0
	for k, l := range sums {
		sum += math.Exp(l)
		sums[k] = sum
	}
	sums[len(sums)-1] = 1
	return sums
}

func (c categoricalAt) CDF(x float64) float64 {
	if x < 0 {
		return 0
	}
	return c.sums()[min(int(x), len(c)-1)]
}

func (c categoricalAt) Quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	return float64(slices.IndexFunc(c.sums(), func(sum float64) bool { return p <= sum }))
}

func (c categoricalAt) Parameters() (all []models.Parameter) {
	for k, l := range logSoftmax(c) {
		all = append(all, models.Parameter{Name: fmt.Sprintf("p%d", k), Value: math.Exp(l)})
	}
	return all
}
