package train

import (
	"errors"
	"fmt"
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
)

// Optimizer is a first-order update rule as a pure function of the graph. Its
// state is slots: tensors of each parameter's shape that start at zero. What
// varies from step to step (the learning rate, bias corrections) is computed on
// the host in float64 and handed to the graph as scalars, so one executable
// serves every step and every schedule.
type Optimizer interface {
	// Slots is the number of state tensors a parameter.
	Slots() int
	// Scalars returns the numbers that Update needs at a step (the first is 1)
	// with the given learning rate. Their count does not vary; the first grows
	// with the rate.
	Scalars(step int64, rate float64) []float64
	// Update returns a parameter and its slots after one step along the gradient.
	Update(param, gradient *Node, slots, scalars []*Node) (*Node, []*Node)
}

// OptimizerOptions choose and tune an optimizer. Zero values mean the defaults.
type OptimizerOptions struct {
	// Name is adadelta (default), adagrad, adam, adamw or sgd.
	Name string
	// LearningRate defaults to 1 (adadelta), 0.01 (adagrad, sgd) or 0.001 (adam,
	// adamw).
	LearningRate float64
	// Decay is adadelta's ρ, 0.95 by default.
	Decay float64
	// Epsilon defaults to 1e-6 (adadelta, adagrad) or 1e-8 (adam, adamw).
	Epsilon float64
	// Beta1 and Beta2 are adam's, 0.9 and 0.999 by default.
	Beta1, Beta2 float64
	// Momentum of sgd, 0 by default; Nesterov looks ahead along it.
	Momentum float64
	Nesterov bool
	// WeightDecay is decoupled for adamw (the parameter shrinks by rate·decay·p)
	// and the factor of ½·|p|² added to the loss for the others. It applies to
	// every parameter, as in the MAF paper's code. 0 by default, 0.01 for adamw.
	WeightDecay float64
	// Own, if not nil, is used instead, with a LearningRate of 0.001 by default and
	// WeightDecay as for the others.
	Own Optimizer
}

func orDefault(v, d float64) float64 {
	if v == 0 {
		return d
	}
	return v
}

func (o OptimizerOptions) check() error {
	var problems []error
	for _, c := range []struct {
		name         string
		value, below float64
	}{
		{"learning_rate", o.LearningRate, math.MaxFloat32}, {"decay", o.Decay, 1}, {"epsilon", o.Epsilon, math.MaxFloat32},
		{"beta1", o.Beta1, 1}, {"beta2", o.Beta2, 1}, {"momentum", o.Momentum, 1}, {"weight_decay", o.WeightDecay, math.MaxFloat32},
	} {
		if !(c.value >= 0 && c.value < c.below) {
			problems = append(problems, fmt.Errorf("optimizer: %s is %v, need 0 or more (0: the default) and less than %.3g", c.name, c.value, c.below))
		}
	}
	return errors.Join(problems...)
}

// OptimizerNames lists the known optimizers.
func OptimizerNames() []string { return []string{"adadelta", "adagrad", "adam", "adamw", "sgd"} }

// NewOptimizer returns the optimizer and its base learning rate.
func NewOptimizer(o OptimizerOptions) (Optimizer, float64, error) {
	if err := o.check(); err != nil {
		return nil, 0, err
	}
	if o.Own != nil {
		return l2{o.Own, o.WeightDecay}, orDefault(o.LearningRate, 0.001), nil
	}
	switch o.Name {
	case "", "adadelta":
		return l2{adadelta{decay: orDefault(o.Decay, 0.95), epsilon: orDefault(o.Epsilon, 1e-6)}, o.WeightDecay},
			orDefault(o.LearningRate, 1), nil
	case "adagrad":
		return l2{adagrad{epsilon: orDefault(o.Epsilon, 1e-6)}, o.WeightDecay}, orDefault(o.LearningRate, 0.01), nil
	case "adam", "adamw":
		a := adam{beta1: orDefault(o.Beta1, 0.9), beta2: orDefault(o.Beta2, 0.999), epsilon: orDefault(o.Epsilon, 1e-8)}
		rate := orDefault(o.LearningRate, 0.001)
		if o.Name == "adamw" {
			a.decoupled = orDefault(o.WeightDecay, 0.01)
			return a, rate, nil
		}
		return l2{a, o.WeightDecay}, rate, nil
	case "sgd":
		if o.Nesterov && o.Momentum == 0 {
			return nil, 0, fmt.Errorf("optimizer sgd: nesterov needs a momentum (for example 0.9)")
		}
		return l2{sgd{momentum: o.Momentum, nesterov: o.Nesterov}, o.WeightDecay}, orDefault(o.LearningRate, 0.01), nil
	}
	return nil, 0, fmt.Errorf("unknown optimizer %q (known: %s)", o.Name, strings.Join(OptimizerNames(), ", "))
}

// l2 adds the gradient of ½·decay·|p|² before the rule sees it.
type l2 struct {
	Optimizer
	decay float64
}

func (o l2) Update(p, g *Node, slots, scalars []*Node) (*Node, []*Node) {
	if o.decay != 0 {
		g = Add(g, Mul(p, nn.Number(p, o.decay)))
	}
	return o.Optimizer.Update(p, g, slots, scalars)
}

// adadelta is Zeiler 2012, arXiv 1212.5701, algorithm 1, times the learning rate.
type adadelta struct{ decay, epsilon float64 }

func (adadelta) Slots() int                              { return 2 }
func (adadelta) Scalars(_ int64, rate float64) []float64 { return []float64{rate} }
func (o adadelta) Update(p, g *Node, slots, scalars []*Node) (*Node, []*Node) {
	keep, add, eps := nn.Number(p, o.decay), nn.Number(p, 1-o.decay), nn.Number(p, o.epsilon)
	squares := Add(Mul(slots[0], keep), Mul(Square(g), add))
	delta := Mul(g, Sqrt(Div(Add(slots[1], eps), Add(squares, eps))))
	deltas := Add(Mul(slots[1], keep), Mul(Square(delta), add))
	return Sub(p, Mul(delta, scalars[0])), []*Node{squares, deltas}
}

// adagrad is Duchi, Hazan and Singer 2011, diagonal form.
type adagrad struct{ epsilon float64 }

func (adagrad) Slots() int                              { return 1 }
func (adagrad) Scalars(_ int64, rate float64) []float64 { return []float64{rate} }
func (o adagrad) Update(p, g *Node, slots, scalars []*Node) (*Node, []*Node) {
	squares := Add(slots[0], Square(g))
	return Sub(p, Mul(scalars[0], Div(g, Sqrt(Add(squares, nn.Number(p, o.epsilon)))))), []*Node{squares}
}

// adam is Kingma and Ba 2015, arXiv 1412.6980; with decoupled decay it is AdamW,
// arXiv 1711.05101.
type adam struct{ beta1, beta2, epsilon, decoupled float64 }

func (adam) Slots() int { return 2 }

// Scalars are the rate over the first moment's bias correction, the inverse
// root of the second's, and the decoupled decay times the rate.
func (o adam) Scalars(step int64, rate float64) []float64 {
	t := float64(step)
	return []float64{rate / (1 - math.Pow(o.beta1, t)), 1 / math.Sqrt(1-math.Pow(o.beta2, t)), rate * o.decoupled}
}

func (o adam) Update(p, g *Node, slots, scalars []*Node) (*Node, []*Node) {
	m := Add(Mul(slots[0], nn.Number(p, o.beta1)), Mul(g, nn.Number(p, 1-o.beta1)))
	v := Add(Mul(slots[1], nn.Number(p, o.beta2)), Mul(Square(g), nn.Number(p, 1-o.beta2)))
	change := Div(Mul(m, scalars[0]), Add(Mul(Sqrt(v), scalars[1]), nn.Number(p, o.epsilon)))
	if o.decoupled != 0 {
		change = Add(change, Mul(p, scalars[2]))
	}
	return Sub(p, change), []*Node{m, v}
}

// sgd with momentum keeps v ← μv + g and steps along v, or along g + μv with
// Nesterov's look-ahead.
type sgd struct {
	momentum float64
	nesterov bool
}

func (o sgd) Slots() int {
	if o.momentum == 0 {
		return 0
	}
	return 1
}
func (sgd) Scalars(_ int64, rate float64) []float64 { return []float64{rate} }
func (o sgd) Update(p, g *Node, slots, scalars []*Node) (*Node, []*Node) {
	if o.momentum == 0 {
		return Sub(p, Mul(g, scalars[0])), nil
	}
	mu := nn.Number(p, o.momentum)
	v := Add(Mul(slots[0], mu), g)
	along := v
	if o.nesterov {
		along = Add(g, Mul(v, mu))
	}
	return Sub(p, Mul(along, scalars[0])), []*Node{v}
}
