package train

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
)

// Optimizer is a first-order update rule as a pure function of the graph. Its
// state is slots: tensors of each parameter's shape that start at zero. What
// varies from step to step (the learning rate, bias corrections) is computed on
// the host in float64 and handed to the graph as scalars, so one executable
// serves every step and every schedule.
//
// The optimisers of this package are pointers to structs of their constants, in
// which zero means the default: &Adam{LearningRate: 1e-4}.
type Optimizer interface {
	// Rate is the learning rate, which the schedule multiplies.
	Rate() float64
	// Slots is the number of state tensors a parameter.
	Slots() int
	// Scalars returns the numbers that Update needs at a step (the first is 1)
	// with the given learning rate. Their count does not vary; the first grows
	// with the rate.
	Scalars(step int64, rate float64) []float64
	// Update returns a parameter and its slots after one step along the gradient. What is in a slot
	// goes through settle, and the parameter is computed from what that returns.
	Update(param, gradient *Node, slots, scalars []*Node, settle Settle) (*Node, []*Node)
}

// Settle returns what a slot holds after a step, of its new and its old value: the old one where the step is not
// finite. What is computed from it does not read the old one, which is why a loop on the device can write the
// new value in its place; without, XLA copies each slot in each step.
type Settle func(updated, old *Node) *Node

// optimizers lists those that a configuration can name, the default first.
func optimizers() []Optimizer {
	return []Optimizer{&Adadelta{}, &Adagrad{}, &Adam{}, &AdamW{}, &SGD{}}
}

// rateRow, epsilonRow and decayRow are options that optimisers share.
func rateRow(at *float64, initial float64) *option.Row {
	return option.Of("learning_rate", at, initial, "factor of the updates").Positive().Mutable()
}

func epsilonRow(at *float64, initial float64) *option.Row {
	return option.Of("epsilon", at, initial, "constant that keeps the denominator away from zero").Positive()
}

func decayRow(at *float64, initial float64) *option.Row {
	return option.Of("weight_decay", at, initial,
		fmt.Sprintf("pull of the parameters to zero, as the gradient of the penalty weight_decay/2 |w|^2; apart from the gradient where the optimiser's decay is decoupled (arXiv 1711.05101); auto is 0.1 of adamw of fewer than %d training rows and 0.03 of more, and 0 of the others", data.FewRows)).
		AtLeast(0).Named("auto", AutoDecay)
}

// AutoDecay is the WeightDecay of an [AdamW] of 0.1 where there are fewer than [data.FewRows] training rows, else of 0.03: an epoch of
// many rows has many steps, each of which pulls. Of another optimiser it is none.
const AutoDecay = -1

// onlyWeights is what Decays of an optimiser is where biases are left alone.
const onlyWeights = "weights"

func decaysRow(at *string) *option.Row {
	return option.Words("decays", at, "what weight_decay pulls: all parameters, or weights, those that have two axes or more, and no biases", "all", onlyWeights).Later()
}

// pulls reports whether the decay applies to a parameter: to every one, as in the MAF paper's code, or to
// weights only.
func pulls(decays string, p *Node) bool { return decays != onlyWeights || p.Rank() > 1 }

// penalised adds the gradient of ½·decay·|p|².
func penalised(p, g *Node, decay float64, decays string) *Node {
	if decay == 0 || !pulls(decays, p) {
		return g
	}
	return Add(g, Mul(p, nn.Number(p, decay)))
}

// Adadelta is Zeiler 2012, arXiv 1212.5701, algorithm 1, times the learning rate;
// 1 as in PyTorch leaves its updates as they are.
type Adadelta struct {
	// LearningRate, 0 for 1; Decay, its ρ, 0 for 0.95; Epsilon, 0 for 1e-6; and
	// WeightDecay.
	LearningRate, Decay, Epsilon, WeightDecay float64
	// Decays is what WeightDecay pulls: all (default) or weights.
	Decays string
}

// Name is the word by which a configuration names the optimiser, and Help
// describes it.
func (*Adadelta) Name() string { return "adadelta" }

// Help describes the optimiser.
func (*Adadelta) Help() string { return "Adadelta (arXiv 1212.5701)" }

// Table declares the options.
func (o *Adadelta) Table() option.Table {
	return option.Table{
		rateRow(&o.LearningRate, 1),
		option.Of("decay", &o.Decay, 0.95, "decay a step of Adadelta's two averages, its rho").Inside(0, 1),
		epsilonRow(&o.Epsilon, 1e-6), decayRow(&o.WeightDecay, 0), decaysRow(&o.Decays),
	}
}

// Rate is the learning rate.
func (o *Adadelta) Rate() float64 { return o.LearningRate }

// Slots is 2.
func (*Adadelta) Slots() int { return 2 }

// Scalars is the rate.
func (*Adadelta) Scalars(_ int64, rate float64) []float64 { return []float64{rate} }

// Update is algorithm 1.
func (o *Adadelta) Update(p, g *Node, slots, scalars []*Node, settle Settle) (*Node, []*Node) {
	g = penalised(p, g, o.WeightDecay, o.Decays)
	keep, add, eps := nn.Number(p, o.Decay), nn.Number(p, 1-o.Decay), nn.Number(p, o.Epsilon)
	squares := settle(Add(Mul(slots[0], keep), Mul(Square(g), add)), slots[0])
	delta := OptimizationBarrier(Mul(g, Sqrt(Div(Add(slots[1], eps), Add(squares, eps)))))
	deltas := settle(Add(Mul(slots[1], keep), Mul(Square(delta), add)), slots[1])
	return Sub(p, Mul(delta, scalars[0])), []*Node{squares, deltas}
}

// Adagrad is Duchi, Hazan and Singer 2011, diagonal form.
type Adagrad struct {
	// LearningRate, 0 for 0.01; Epsilon, 0 for 1e-6; and WeightDecay.
	LearningRate, Epsilon, WeightDecay float64
	// Decays is what WeightDecay pulls: all (default) or weights.
	Decays string
}

// Name is the word by which a configuration names the optimiser.
func (*Adagrad) Name() string { return "adagrad" }

// Help describes the optimiser.
func (*Adagrad) Help() string { return "Adagrad, diagonal form" }

// Table declares the options.
func (o *Adagrad) Table() option.Table {
	return option.Table{rateRow(&o.LearningRate, 0.01), epsilonRow(&o.Epsilon, 1e-6), decayRow(&o.WeightDecay, 0), decaysRow(&o.Decays)}
}

// Rate is the learning rate.
func (o *Adagrad) Rate() float64 { return o.LearningRate }

// Slots is 1.
func (*Adagrad) Slots() int { return 1 }

// Scalars is the rate.
func (*Adagrad) Scalars(_ int64, rate float64) []float64 { return []float64{rate} }

// Update divides by the root of the sum of squares.
func (o *Adagrad) Update(p, g *Node, slots, scalars []*Node, settle Settle) (*Node, []*Node) {
	g = penalised(p, g, o.WeightDecay, o.Decays)
	squares := settle(Add(slots[0], Square(g)), slots[0])
	return Sub(p, Mul(scalars[0], Div(g, Sqrt(Add(squares, nn.Number(p, o.Epsilon)))))), []*Node{squares}
}

// Adam is Kingma and Ba 2015, arXiv 1412.6980.
type Adam struct {
	// LearningRate, 0 for 0.001; Beta1, 0 for 0.9; Beta2, 0 for 0.999; Epsilon, 0
	// for 1e-8; and WeightDecay.
	LearningRate, Beta1, Beta2, Epsilon, WeightDecay float64
	// Decays is what WeightDecay pulls: all (default) or weights, which leaves biases alone.
	Decays string
}

// Name is the word by which a configuration names the optimiser.
func (*Adam) Name() string { return "adam" }

// Help describes the optimiser.
func (*Adam) Help() string { return "Adam (arXiv 1412.6980)" }

// Table declares the options.
func (o *Adam) Table() option.Table {
	return append(o.moments(), decayRow(&o.WeightDecay, 0), decaysRow(&o.Decays))
}

func (o *Adam) moments() option.Table {
	return option.Table{
		rateRow(&o.LearningRate, 1e-3), epsilonRow(&o.Epsilon, 1e-8),
		option.Of("beta1", &o.Beta1, 0.9, "decay a step of the mean of the gradients").Inside(0, 1),
		option.Of("beta2", &o.Beta2, 0.999, "decay a step of the mean of the squared gradients").Inside(0, 1),
	}
}

// Rate is the learning rate.
func (o *Adam) Rate() float64 { return o.LearningRate }

// Slots is 2.
func (*Adam) Slots() int { return 2 }

// Scalars are the rate over the first moment's bias correction and the inverse
// root of the second's.
func (o *Adam) Scalars(step int64, rate float64) []float64 {
	t := float64(step)
	return []float64{rate / (1 - math.Pow(o.Beta1, t)), 1 / math.Sqrt(1-math.Pow(o.Beta2, t))}
}

// Update is algorithm 1 of the paper.
func (o *Adam) Update(p, g *Node, slots, scalars []*Node, settle Settle) (*Node, []*Node) {
	change, slots := o.change(p, penalised(p, g, o.WeightDecay, o.Decays), slots, scalars, settle)
	return Sub(p, change), slots
}

func (o *Adam) change(p, g *Node, slots, scalars []*Node, settle Settle) (*Node, []*Node) {
	m := settle(Add(Mul(slots[0], nn.Number(p, o.Beta1)), Mul(g, nn.Number(p, 1-o.Beta1))), slots[0])
	v := settle(Add(Mul(slots[1], nn.Number(p, o.Beta2)), Mul(Square(g), nn.Number(p, 1-o.Beta2))), slots[1])
	return Div(Mul(m, scalars[0]), Add(Mul(Sqrt(v), scalars[1]), nn.Number(p, o.Epsilon))), []*Node{m, v}
}

// AdamW is Adam whose weight decay is apart from the gradient (Loshchilov and
// Hutter 2019, arXiv 1711.05101): the parameter shrinks by rate·decay·p.
type AdamW Adam

// Name is the word by which a configuration names the optimiser.
func (*AdamW) Name() string { return "adamw" }

// Help describes the optimiser.
func (*AdamW) Help() string { return "Adam with decoupled weight decay (arXiv 1711.05101)" }

// Table declares the options; a WeightDecay of 0 means 0.01.
func (o *AdamW) Table() option.Table {
	return append((*Adam)(o).moments(), decayRow(&o.WeightDecay, 0.01).Positive(), decaysRow(&o.Decays))
}

// Rate is the learning rate.
func (o *AdamW) Rate() float64 { return o.LearningRate }

// Slots is 2.
func (*AdamW) Slots() int { return 2 }

// Scalars are those of Adam and the decay times the rate.
func (o *AdamW) Scalars(step int64, rate float64) []float64 {
	return append((*Adam)(o).Scalars(step, rate), rate*o.WeightDecay)
}

// Update is that of Adam less the decay.
func (o *AdamW) Update(p, g *Node, slots, scalars []*Node, settle Settle) (*Node, []*Node) {
	change, slots := (*Adam)(o).change(p, g, slots, scalars, settle)
	if pulls(o.Decays, p) {
		change = Add(change, Mul(p, scalars[2]))
	}
	return Sub(p, change), slots
}

// SGD with momentum keeps v ← μv + g and steps along v, or along g + μv with
// Nesterov's look-ahead.
type SGD struct {
	// LearningRate, 0 for 0.01; Momentum; and WeightDecay.
	LearningRate, Momentum, WeightDecay float64
	// Decays is what WeightDecay pulls: all (default) or weights.
	Decays string
	// Nesterov takes the gradient ahead; it needs momentum.
	Nesterov bool
}

// Name is the word by which a configuration names the optimiser.
func (*SGD) Name() string { return "sgd" }

// Help describes the optimiser.
func (*SGD) Help() string { return "gradient descent, with momentum" }

// Table declares the options.
func (o *SGD) Table() option.Table {
	return option.Table{
		rateRow(&o.LearningRate, 0.01),
		option.Of("momentum", &o.Momentum, 0, "decay a step of the velocity").Below(0, 1),
		option.Of("nesterov", &o.Nesterov, false, "whether the gradient is taken ahead, where the velocity leads"),
		decayRow(&o.WeightDecay, 0), decaysRow(&o.Decays),
		option.Rule(func(report option.Report) {
			if o.Nesterov && o.Momentum == 0 {
				report("Nesterov's method needs momentum (set train.optimizer.momentum, for example to 0.9)", "nesterov", "momentum")
			}
		}),
	}
}

// Rate is the learning rate.
func (o *SGD) Rate() float64 { return o.LearningRate }

// Slots is 1 with momentum, else 0.
func (o *SGD) Slots() int {
	if o.Momentum == 0 {
		return 0
	}
	return 1
}

// Scalars is the rate.
func (*SGD) Scalars(_ int64, rate float64) []float64 { return []float64{rate} }

// Update steps along the velocity.
func (o *SGD) Update(p, g *Node, slots, scalars []*Node, settle Settle) (*Node, []*Node) {
	g = penalised(p, g, o.WeightDecay, o.Decays)
	if o.Momentum == 0 {
		return Sub(p, Mul(g, scalars[0])), nil
	}
	mu := nn.Number(p, o.Momentum)
	v := settle(Add(Mul(slots[0], mu), g), slots[0])
	along := v
	if o.Nesterov {
		along = Add(g, Mul(v, mu))
	}
	return Sub(p, Mul(along, scalars[0])), []*Node{v}
}
