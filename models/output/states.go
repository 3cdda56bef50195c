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
// not known. Its first outputs are the logits of a softmax over a value and each state, if
// there are states; those of the family follow. A state has one input of the network for
// itself, and the units of values are zero there.
type withStates struct {
	Family
	states int
}

// gates is the number of logits.
func (s withStates) gates() int {
	if s.states == 0 {
		return 0
	}
	return 1 + s.states
}

func (s withStates) Outputs() int { return s.gates() + s.Family.Outputs() }
func (s withStates) Units() int   { return s.states + s.Family.Units() }

func (s withStates) Bias() models.Init {
	inner := s.Family.Bias()
	if inner == nil || s.states == 0 {
		return inner
	}
	return func(rng *rand.Rand, shape []int) []float32 {
		own := shape[0] / s.Outputs() * s.gates()
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

// stateUnit is the code of the first state.
var stateUnit = float64(models.StateCode(0))

// values are x with 0 where it is not a value, and 1 where it is one, 0 elsewhere.
func values(x *Node) (v, is *Node) {
	here := LessThan(Abs(x), nn.Number(x, stateUnit/2))
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

// state is the number of a state from 1, 0 of a value and −1 of what is not known.
func state(x, is *Node) *Node {
	return Mul(Mul(x, nn.Number(x, 1/stateUnit)), Sub(nn.Number(x, 1), is))
}

func (s withStates) Encode(p models.Params, x *Node) *Node {
	dims := x.Shape().Dimensions
	v, is := values(x)
	units := s.Family.Encode(p, v)
	if n := s.Family.Units(); n == 1 {
		units = Mul(units, is)
	} else {
		units = Reshape(Mul(Reshape(units, dims[0], n, dims[1]), ExpandAxes(is, 1)), dims[0], n*dims[1])
	}
	if s.states == 0 {
		return units
	}
	return Concatenate([]*Node{Reshape(among(state(x, is), 1, s.states), dims[0], s.states*dims[1]), units}, 1)
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
	inner, is := values(x)
	v.X = inner
	if s.states == 0 {
		return Mul(is, s.Family.LogProb(v, o))
	}
	gates, n := s.gates(), x.Shape().Dimensions[1]
	logits := part(o, s.Outputs(), 0, gates)
	chosen := among(state(x, is), 0, gates)
	known := ReduceSum(chosen, 1)
	gate := Sub(ReduceSum(Mul(logits, chosen), 1), Mul(known, nn.LogSumExp(logits, 1)))
	return Add(gate, Mul(is, s.Family.LogProb(v, Slice(o, AxisRange(), AxisRange(gates*n)))))
}

// HoleLogProb is ln p of which of n variables, with so many states each, are holes: [batch, n] in
// nats, for x [batch, n] and their outputs o [batch, P·n]. It is 0 where x is not known.
func HoleLogProb(x *Node, states int, o *Node) *Node {
	_, is := values(x)
	n := x.Shape().Dimensions[1]
	logits := part(Slice(o, AxisRange(), AxisRange(0, (1+states)*n)), 1+states, 0, 1+states)
	hole := Slice(logits, AxisRange(), AxisElem(1))
	others := []*Node{Slice(logits, AxisRange(), AxisElem(0))}
	if states > 1 {
		others = append(others, Slice(logits, AxisRange(), AxisRange(2)))
	}
	at, zero := state(x, is), nn.Number(x, 0)
	p := Where(Equal(at, nn.Number(x, 1)), nn.LogSumExp(hole, 1), nn.LogSumExp(Concatenate(others, 1), 1))
	return Where(LessThan(at, zero), zero, Sub(p, nn.LogSumExp(logits, 1)))
}

func (s withStates) Draw(v models.Variable, o, noise []float32) float32 {
	return float32(s.Conditional(v, o).Draw(noise))
}

func (s withStates) Conditional(v models.Variable, o []float32) models.Conditional {
	inner := s.Family.Conditional(v, o[s.gates():])
	if s.states == 0 {
		return inner
	}
	return statesAt{inner, v, slices.Clone(o[:s.gates()]), len(s.Family.Noise())}
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
	of     models.Variable
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
	for k, l := range logSoftmax(s.logits)[1:] {
		name := fmt.Sprintf("atom%d", k+1)
		if s.of.Hole {
			name = fmt.Sprintf("atom%d", k)
		}
		if s.of.Hole && k == 0 {
			name = "hole"
		}
		all = append(all, models.Parameter{Name: name, Value: math.Exp(l)})
	}
	return append(all, s.Conditional.Parameters()...)
}
