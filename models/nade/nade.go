// Package nade is an autoregressive density of any order by one network without masks, after
// Uria, Murray and Larochelle, "A Deep and Tractable Density Estimator", arXiv 1310.1757 (orderless
// DeepNADE). The network is told which variables are given, and every hidden unit sees all of them:
//
//	p(x_d | x_S, c)   for every set S of variables and every d that is not in it
//
// comes from one pass at full width, where the masks of a MADE that is trained over orders leave
// each conditional a part of the units. A density needs an order, and D passes:
//
//	p(x | c) = Π_k p(x_o(k) | x_o(1), …, x_o(k−1), c)
//
// The first layer's sums are carried from pass to pass, so that it costs each weight once. The
// conditionals of different orders do not quite agree; orders make an ensemble, whose density is the
// mean of theirs.
//
// # Training
//
// Each row of a batch is cut in two ([masks.Cuts]): k of its variables, k uniform on 0 … D−1, are given,
// and all others are asked in one pass. The loss
//
//	D/(D−k) · Σ_asked −ln p(x_d | x given)
//
// is an unbiased estimate of the mean over all orders of −ln p(x).
//
// # Targets
//
// A model that is to predict some variables is given all others in each draw, and asked for some of its targets given the
// others of them: its loss estimates the mean over the orders of the targets of −ln p(targets | others). It is a
// [Targeted], which has no density of rows.
//
// # Holes
//
// A hole is a level that may be given like any value. Complete samples have the variables that may have holes after
// all others.
//
// A value that is not known is never given and never asked: under every order a row has the likelihood of what is
// known of it. Where training rows have such values, the variables that may be not known come after all others, in
// training and in the orders of the ensemble: what the others are like is learned from all rows, and what a variable is
// like given the others is right where these decide whether it is known. Neither is needed where holes are declared
// to be random.
package nade

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/output"
)

// Model is a NADE of any order. It has no parameters of its own: see package models. It is
// safe for concurrent use.
type Model struct {
	opts  Options
	net   *nn.AnyOrder
	mixed *output.Mixed
	cycle *masks.Cycle
	cuts  masks.Cuts
	specs []models.Spec
}

var (
	_ models.AnyOrder     = (*Model)(nil)
	_ models.Sized        = (*Model)(nil)
	_ models.Conditionals = (*Model)(nil)
	_ models.Tabular      = (*Model)(nil)
	_ models.Parts        = (*Model)(nil)
	_ models.HostSampler  = (*Model)(nil)
	_ models.HostAsker    = (*Model)(nil)
	_ models.Drawn        = (*Model)(nil)
)

// New validates the options, every problem at once, and returns the model, a density of rows: options with targets are
// those of [NewTargeted].
func New(o Options) (*Model, error) {
	if len(o.Targets) > 0 {
		return nil, errors.New("nade: a model of targets is no density of rows (NewTargeted makes it)")
	}
	return newModel(o)
}

func newModel(o Options) (*Model, error) {
	o = o.clone()
	if err := option.Resolve(o.Table()); err != nil {
		return nil, fmt.Errorf("nade: %w", err)
	}
	mixed, err := o.choice().Mixed(o.Dim, o.Variables)
	if err != nil {
		return nil, fmt.Errorf("nade: %w", err)
	}
	var late []bool
	if !o.RandomHoles {
		late = mixed.Unknown()
	}
	targets, err := o.targets()
	if err != nil {
		return nil, fmt.Errorf("nade: %w", err)
	}
	m := &Model{opts: o, mixed: mixed, cuts: masks.Cuts{Dim: o.Dim, Targets: targets, Late: late, Tilt: o.Tilt}}
	m.net, err = nn.NewAnyOrder(nn.AnyOrderOptions{Dim: o.Dim, ContextDim: o.ContextDim, Groups: m.mixed.Groups(), Hidden: o.Hidden,
		Residual: o.Residual, Activation: o.Activation, Init: o.Init, Direct: o.Direct})
	if err == nil {
		m.cycle, err = masks.NewCycle(masks.Recipe{Dim: o.Dim, Context: o.ContextDim > 0, Start: masks.RandomOrder, Late: late,
			Count: o.orders(), Resample: masks.ResampleOrder, Seed: o.Seed})
	}
	if err == nil {
		err = m.cuts.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("nade: %w", err)
	}
	m.specs = m.mixed.Nest(m.net.Specs())
	if o.Orders == AutoOrders && targets == nil {
		m.specs = append(m.specs, models.Spec{Name: ordersName, Shape: []int{1}, Fixed: true})
	}
	return m, nil
}

// String describes the model in a few words.
func (m *Model) String() string {
	text := "nade " + nn.WidthsText(m.opts.Dim, m.opts.Hidden, m.opts.Dim)
	if m.opts.Direct {
		text += " with direct connections"
	}
	return text
}

// Dim is the number of variables.
func (m *Model) Dim() int { return m.opts.Dim }

// ContextDim is the width of the context, 0 for none.
func (m *Model) ContextDim() int { return m.opts.ContextDim }

// Specs declares the parameters: of the layers hidden0, … and output their weights [from, to], bias [to] and
// context [context, to], hidden0.seen [dim, to] of which variables are given, with direct connections
// direct.weights [inputs, outputs] and direct.seen [dim, outputs], and those of the encodings of variables.
func (m *Model) Specs() []models.Spec { return m.specs }

// Cycle is the list of the orders of the ensemble. Training draws others, row by row.
func (m *Model) Cycle() *masks.Cycle { return m.cycle }

// ordersName is the parameter that holds the number of orders that training found, 0 before.
const ordersName = "orders"

// Orders is the name of that parameter, "" where the options give the number.
func (m *Model) Orders() string {
	if m.opts.Orders == AutoOrders {
		return ordersName
	}
	return ""
}

// Ensemble is the number of orders whose densities are averaged.
func (m *Model) Ensemble(w models.Weights) int {
	switch v := w.Named(m)(m.Orders()); {
	case m.Orders() == "":
		return m.opts.Orders
	case len(v) == 1 && v[0] >= 1 && v[0] <= mostOrders:
		return int(v[0])
	}
	return fewOrders
}

// Options returns what the model was made from.
func (m *Model) Options() Options { return m.opts.clone() }

// Kind returns what builds an equal model.
func (m *Model) Kind() (models.Kind, models.Input) {
	o := m.opts.clone()
	return &o, models.Input{Dim: o.Dim, ContextDim: o.ContextDim, Variables: o.Variables, Seed: o.Seed}
}

// sequence is the name of the variables in their order.
const sequence = "sequence"

// DegreeSpecs declares the variables of an order, first to last.
func (m *Model) DegreeSpecs() []models.DegreeSpec {
	return []models.DegreeSpec{{Name: sequence, Length: m.opts.Dim}}
}

// Degrees returns the variables of an order, first to last.
func (m *Model) Degrees(set *masks.Set) [][]int32 {
	if set == nil {
		set = m.cycle.At(0)
	}
	return [][]int32{num.Convert[int32](set.Order.Sequence())}
}

// known is 1 where the value of a variable is known, [batch, dim].
func (m *Model) known(x *Node) *Node {
	x = Slice(x, AxisRange(), AxisRange(0, m.opts.Dim))
	return ConvertDType(NotEqual(x, nn.Number(x, float64(models.NotKnown))), x.DType())
}

// inOrder computes the outputs for rows [batch, models.Width] under an order, and the parts of both.
func (m *Model) inOrder(p models.Params, x, context *Node) (o *Node, of output.Parts) {
	units, of := m.mixed.Encode(p, x)
	order := p.Lookup(sequence)
	if order == nil {
		order = Const(x.Graph(), m.Degrees(nil)[0])
	}
	o = m.net.InOrder(p, units, m.known(x), context, order)
	return o, m.mixed.With(of, o)
}

// LogProb returns ln p(x | context) in nats under an order, shape [batch], for x of [batch, models.Width]:
// of a variable with a grid that of its cell. What is not known adds nothing. It takes a pass for each
// variable, and no gradient goes through it: see Value.
func (m *Model) LogProb(p models.Params, x, context *Node) *Node {
	_, of := m.inOrder(p, x, context)
	return m.mixed.LogProb(of)
}

// LogProbParts returns ln p of the values, and of which variables have holes.
func (m *Model) LogProbParts(p models.Params, x, context *Node) (values, holes *Node) {
	_, of := m.inOrder(p, x, context)
	return m.mixed.LogProbParts(of)
}

// Variable is what variable d is, and Support its values.
func (m *Model) Variable(d int) models.Variable { return m.mixed.Variable(d) }

// Support is the set of values of variable d.
func (m *Model) Support(d int) models.Support { return m.mixed.Variable(d).Support }

// Conditionals returns the outputs of the network under an order, [batch, W].
func (m *Model) Conditionals(p models.Params, x, context *Node) *Node {
	o, _ := m.inOrder(p, x, context)
	return o
}

// Given returns the outputs of the network, [batch, W], for the variables of x that are given, where
// m [batch, dim] is 1; it is 0 elsewhere, and x counts for nothing there. One pass answers every variable:
// see Columns and Conditional.
func (m *Model) Given(p models.Params, x, given, context *Node) *Node {
	units, _ := m.mixed.Encode(p, x)
	return m.net.Apply(p, units, given, context, nil)
}

// Columns are the outputs of variable d.
func (m *Model) Columns(d int) []int { return m.net.Columns(d) }

// Conditional is p(x_d | x given) by the outputs of the network for a row.
func (m *Model) Conditional(d int, outputs []float32) (models.Conditional, error) {
	return m.mixed.ConditionalOf("nade", m.net, d, outputs)
}

// Objective is the mean over orders of the likelihood.
func (m *Model) Objective() models.Objective {
	return models.Objective{Kind: models.OrderMean, Units: models.Nats}
}

// NoiseDim is the number of values that a row has beside its variables in training: its cut, and
// what each hidden unit is multiplied by where units are dropped.
func (m *Model) NoiseDim() int {
	n := m.opts.Dim
	if m.opts.Dropout > 0 {
		n += m.dropped()
	}
	return n
}

func (m *Model) dropped() (units int) {
	for _, width := range m.net.Hidden() {
		units += width
	}
	return units
}

// Drawer returns a function that draws the cut of a row x, and which of its units are dropped. at in [0, 1) is
// how far along an order the row is cut. Where nothing is to be dropped, as in validation, train is false.
func (m *Model) Drawer(train bool) models.RowDrawer {
	cut, dim := m.cuts.Drawer(), m.opts.Dim
	const steps = 1 << 16
	dropped := uint64(math.Round(m.opts.Dropout * steps))
	keep := float32(1 / (1 - float64(dropped)/steps))
	var x []float32
	unknown := func(d int) bool { return models.IsNotKnown(x[d]) }
	return func(rng *rand.Rand, at float64, row, noise []float32) {
		if x = row; slices.Contains(row[:dim], models.NotKnown) {
			cut(rng, at, unknown, noise[:dim])
		} else {
			cut(rng, at, nil, noise[:dim])
		}
		units := noise[dim:]
		if !train {
			for i := range units {
				units[i] = 1
			}
			return
		}
		const lanes, bits = 4, 16 // a random number serves so many units with so many bits each
		for ; len(units) > 0; units = units[min(lanes, len(units)):] {
			word := rng.Uint64()
			for i := range min(lanes, len(units)) {
				if units[i] = keep; word>>(bits*i)&(1<<bits-1) < dropped {
					units[i] = 0
				}
			}
		}
	}
}

// Value is the estimate, by one pass, of the mean over orders of ln p(x | context), [batch] in nats.
func (m *Model) Value(p models.Params, b models.Batch) *Node {
	cut := Slice(b.Noise, AxisRange(), AxisRange(0, m.opts.Dim))
	var keep *Node
	if m.opts.Dropout > 0 {
		keep = Slice(b.Noise, AxisRange(), AxisRange(m.opts.Dim))
	}
	zero := nn.Number(cut, 0)
	units, of := m.mixed.Encode(p, b.X)
	o := m.net.Apply(p, units, LessThan(cut, zero), b.Context, keep)
	return m.mixed.Weighted(m.mixed.With(of, o), Where(LessThan(cut, zero), zero, cut))
}

// Stages are none.
func (m *Model) Stages() []models.Stage { return nil }

// NewSampler prepares sampling on the host in an order; nil is the first of the cycle. It
// returns an error when the weights or the set do not fit the model.
func (m *Model) NewSampler(w models.Weights, set *masks.Set) (models.Sampler, error) {
	host, err := m.host(w)
	if err != nil {
		return nil, err
	}
	if set == nil {
		set = m.cycle.At(0)
	}
	if set.Dim() != m.opts.Dim {
		return nil, fmt.Errorf("nade: the order is of %d variables, the model of %d", set.Dim(), m.opts.Dim)
	}
	return &sampler{model: m, host: host, order: set.Order}, nil
}

type sampler struct {
	model    *Model
	host     *nn.AnyOrderHost
	order    masks.Order
	complete bool
}

var (
	_ models.Completer    = (*sampler)(nil)
	_ models.GivenSampler = (*sampler)(nil)
)

// Complete is the sampler that draws each variable given that it is not missing, those that may be
// after all others unless holes are random.
func (s *sampler) Complete() models.Sampler {
	c := &sampler{s.model, s.host, s.order, true}
	if !s.model.opts.RandomHoles {
		c.order = c.order.After(s.model.mixed.Late())
	}
	return c
}

// NoiseDim is the largest number of random numbers that a conditional takes, for each variable.
func (s *sampler) NoiseDim() int { return s.model.mixed.NoiseDim() }

// DrawNoise fills rows of noise: the first number of every variable, then the second. What a
// variable does not take is 0.
func (s *sampler) DrawNoise(rng *rand.Rand, noise []float32) { s.model.mixed.DrawNoise(rng, noise) }

// Sample draws each variable from its conditional given those before it. A value
// that is not finite is a *models.NonFiniteError. Jacobi's iteration is no method of this model: each
// variable has passes of its own, and nothing is known of it before. It computes all sums anew, as Sequential does.
func (s *sampler) Sample(ctx context.Context, dst, noise, cond []float32, method models.Method) (passes int, err error) {
	for i := range dst {
		dst[i] = models.NotKnown
	}
	return s.SampleGiven(ctx, dst, noise, cond, method)
}
