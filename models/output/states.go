package output

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// withStates adds to a family the states that may stand in the place of a value, and what is
// not known. Its first outputs and units are those of the states.
type withStates struct {
	Family
	states States
	// apart is true where variables have states that somebody else treats.
	apart bool
}

func (s withStates) Outputs() int { return s.states.Outputs() + s.Family.Outputs() }
func (s withStates) Units() int   { return s.states.Units() + s.Family.Units() }

func (s withStates) Bias() models.Init {
	inner := s.Family.Bias()
	if inner == nil || s.states == 0 {
		return inner
	}
	return func(rng *rand.Rand, shape []int) []float32 {
		own := shape[0] / s.Outputs() * s.states.Outputs()
		return append(make([]float32, own), inner(rng, []int{shape[0] - own})...)
	}
}

// Noise is that of the family, and a uniform number that chooses between its values and the states.
func (s withStates) Noise() []Noise {
	if s.states == 0 {
		return s.Family.Noise()
	}
	return append(slices.Clone(s.Family.Noise()), Uniform)
}

// Apart returns the family of values alone, and the states, of a family of [For]: variables with
// other states have the same former, and can be computed together. The outputs and the units of
// the states come first; ln p is the sum of both.
func Apart(f Family) (values Family, states States) {
	s := f.(withStates)
	return withStates{Family: s.Family, apart: true}, s.states
}

// States is a number of states that may stand in the place of a value. Its outputs are the logits
// of a softmax over a value and each state, none without states. A state has one input of the
// network for itself, and the units of values are zero there.
type States int

// Outputs is the number of logits.
func (s States) Outputs() int {
	if s == 0 {
		return 0
	}
	return 1 + int(s)
}

// Units is the number of states.
func (s States) Units() int { return int(s) }

// stateUnit is the code of the first state.
var stateUnit = float64(models.StateCode(0))

// isValue is true where x is neither the code of a state nor not known.
func isValue(x *Node) *Node { return LessThan(Abs(x), nn.Number(x, stateUnit/2)) }

// values are x with 0 where it is not a value, and 1 where it is one, 0 elsewhere.
func (s withStates) values(x *Node) (v, is *Node) {
	here := isValue(x)
	if s.states == 0 && !s.apart { // a number may be so large, and has no likelihood then
		here = NotEqual(x, nn.Number(x, float64(models.NotKnown)))
	}
	return Where(here, x, nn.Number(x, 0)), ConvertDType(here, x.DType())
}

// among is 1 where x [batch, n] is first, first + 1, … of count numbers, [batch, count, n].
func among(x *Node, first, count int) *Node {
	all := make([][]float32, count)
	for i := range all {
		all[i] = []float32{float32(first + i)}
	}
	return ConvertDType(Equal(ExpandAxes(x, 1), ConvertDType(Const(x.Graph(), [][][]float32{all}), x.DType())), x.DType())
}

// number is the number of a state from 1, 0 of a value and −1 of what is not known.
func number(x *Node) *Node {
	return Where(isValue(x), nn.Number(x, 0), Mul(x, nn.Number(x, 1/stateUnit)))
}

// Encode is 1 at the unit of a state, [batch, states·n].
func (s States) Encode(x *Node) *Node {
	dims := x.Shape().Dimensions
	return Reshape(among(number(x), 1, int(s)), dims[0], int(s)*dims[1])
}

// LogProb is ln p of x being the state that it is, or a value, [batch, n] in nats, by the logits
// o [batch, (1 + states)·n]. It is 0 where x is not known.
func (s States) LogProb(x, o *Node) *Node {
	logits := part(o, s.Outputs(), 0, s.Outputs())
	chosen := among(number(x), 0, s.Outputs())
	return Sub(ReduceSum(Mul(logits, chosen), 1), Mul(ReduceSum(chosen, 1), nn.LogSumExp(logits, 1)))
}

// HoleLogProb is LogProb of whether x is a hole, the first state, or not.
func (s States) HoleLogProb(x, o *Node) *Node {
	logits := part(o, s.Outputs(), 0, s.Outputs())
	others := Slice(logits, AxisRange(), AxisElem(0))
	if s > 1 {
		others = Concatenate([]*Node{others, Slice(logits, AxisRange(), AxisRange(2))}, 1)
	}
	at, zero := number(x), nn.Number(x, 0)
	p := Where(Equal(at, nn.Number(x, 1)), Squeeze(Slice(logits, AxisRange(), AxisElem(1)), 1), nn.LogSumExp(others, 1))
	return Where(LessThan(at, zero), zero, Sub(p, nn.LogSumExp(logits, 1)))
}

func (s withStates) Encode(p models.Params, x *Node) *Node {
	dims := x.Shape().Dimensions
	v, is := s.values(x)
	units := s.Family.Encode(p, v)
	if n := s.Family.Units(); n == 1 {
		units = Mul(units, is)
	} else {
		units = Reshape(Mul(Reshape(units, dims[0], n, dims[1]), ExpandAxes(is, 1)), dims[0], n*dims[1])
	}
	if s.states == 0 {
		return units
	}
	return Concatenate([]*Node{s.states.Encode(x), units}, 1)
}

func (s withStates) Encoder(get func(string) []float32, j, n int) func(units []float32, x float32) {
	inner := s.Family.Encoder(get, j, n)
	return func(units []float32, x float32) {
		clear(units)
		if k := models.StateOf(x); k >= 0 {
			units[k] = 1
		} else if !models.IsNotKnown(x) {
			inner(units[s.states:], x)
		}
	}
}

func (s withStates) LogProb(v Values, o *Node) *Node {
	x := v.X
	inner, is := s.values(x)
	v.X = inner
	if s.states == 0 {
		return Mul(is, s.Family.LogProb(v, o))
	}
	gates := s.states.Outputs() * x.Shape().Dimensions[1]
	own := Mul(is, s.Family.LogProb(v, Slice(o, AxisRange(), AxisRange(gates))))
	return Add(s.states.LogProb(x, Slice(o, AxisRange(), AxisRange(0, gates))), own)
}

func (s withStates) Conditional(v models.Variable, o []float32) models.Conditional {
	inner := s.Family.Conditional(v, o[s.states.Outputs():])
	if s.states == 0 {
		return inner
	}
	return statesAt{inner, v.Hole, o[:s.states.Outputs()], len(s.Family.Noise())}
}

// Observe changes the P outputs of a variable to those given that it is not missing.
func Observe(v models.Variable, o []float32) {
	if v.Hole {
		o[1] = float32(math.Inf(-1)) // the logit of the first state
	}
}

// statesAt is a distribution over states, in their order, and then the values of another one.
type statesAt struct {
	models.Conditional
	hole   bool // whether the first state is one
	logits []float32
	// at is the place of the number that chooses among the noise, behind that of a value.
	at int
}

// code is the number of a state in rows.
func code(state int) float64 { return float64(models.StateCode(state)) }

func (s statesAt) LogProb(x float64) float64 {
	w := logSoftmax(s.logits)
	if k := models.StateOf(float32(x)); k >= 0 {
		return w[1+k]
	}
	return w[0] + s.Conditional.LogProb(x)
}

// before are the probabilities of the states up to each, and that of a value.
func (s statesAt) before() (sums []float64, values float64) {
	w := logSoftmax(s.logits)
	sum := 0.0
	for _, l := range w[1:] {
		sum += math.Exp(l)
		sums = append(sums, sum)
	}
	return sums, math.Exp(w[0])
}

func (s statesAt) CDF(x float64) float64 {
	sums, values := s.before()
	if k := models.StateOf(float32(x)); k >= 0 {
		return sums[k]
	}
	return math.Min(sums[len(sums)-1]+values*s.Conditional.CDF(x), 1)
}

func (s statesAt) Quantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	sums, values := s.before()
	for k, sum := range sums {
		if p <= sum {
			return code(k)
		}
	}
	// What p is among the values is rounded, and may be that of a neighbour.
	p0, slack := (p-sums[len(sums)-1])/values, 1e-15/values
	for _, q := range []float64{p0 - slack, p0} {
		if x := s.Conditional.Quantile(min(max(q, 0), 1)); s.CDF(x) >= p {
			return x
		}
	}
	return s.Conditional.Quantile(min(p0+slack, 1))
}

func (s statesAt) Draw(noise []float32) float64 {
	switch k, _ := choose(s.logits, float64(noise[s.at])); k {
	case -1:
		return math.NaN()
	case 0:
		return s.Conditional.Draw(noise[:s.at])
	default:
		return code(k - 1)
	}
}

func (s statesAt) Residual(x float64, noise []float32) (off float64, sure bool) {
	k, margin := choose(s.logits, float64(noise[s.at]))
	sure = margin > uncertain
	switch is := models.StateOf(float32(x)); {
	case k < 0:
		return math.NaN(), true
	case k != 1+is:
		return math.Inf(1), sure
	case k > 0:
		return 0, sure
	}
	off, own := s.Conditional.Residual(x, noise[:s.at])
	return off, sure && own
}

func (s statesAt) Parameters() (all []models.Parameter) {
	var names []string
	if s.hole {
		names = []string{"hole"}
	}
	for atom := range len(s.logits) {
		names = append(names, fmt.Sprintf("atom%d", atom+1))
	}
	for k, l := range logSoftmax(s.logits)[1:] {
		all = append(all, models.Parameter{Name: names[k], Value: math.Exp(l)})
	}
	return append(all, s.Conditional.Parameters()...)
}
