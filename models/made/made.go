// Package made is the masked autoencoder for distribution estimation of
// Germain, Gregor, Murray and Larochelle, "MADE: Masked Autoencoder for
// Distribution Estimation", arXiv 1502.03509.
//
// An autoencoder's weights are multiplied by masks so that output d depends only
// on the inputs before d in an order. Its D outputs are then the parameters of
// D one-dimensional conditionals, and their product
//
//	p(x | c) = Π_d p(x_d | x before d, c)
//
// is a density that one pass evaluates exactly. With h⁰ = x the layers are
//
//	hˡ = g(bˡ + (Wˡ ⊙ M)hˡ⁻¹ [+ (Uˡ ⊙ M)1] [+ Cˡc])            (eq. 12, 14)
//	o  = b + (V ⊙ M)h [+ (U ⊙ M)1] [+ Cc] [+ (A ⊙ M)x]         (eq. 13, 11)
//
// with the conditioning weights U, the context weights C and the direct
// connections A where the options ask for them. The masks M follow from the
// degrees of the units (package masks). The degrees are inputs of the graph: one
// compiled function serves every order and every connectivity.
//
// The context reaches every unit of every layer, so the first variable of the
// order depends on it too.
//
// Real variables have conditionals that are Gaussians or mixtures of Gaussians,
// as in Uria, Murray and Larochelle, "RNADE: The real-valued neural autoregressive
// density-estimator", arXiv 1306.0186, and Papamakarios, Pavlakou and Murray,
// "Masked Autoregressive Flow for Density Estimation", arXiv 1705.07057.
//
// With Output "mixed" each variable has the conditional of its kind (package output),
// and may be several inputs, which share its degree. A variable that may have holes
// comes after those that have none in every order: what follows from its value being
// there is no more than what follows from those.
package made

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/output"
)

// Model is a MADE. It has no parameters of its own: see package models. It is
// safe for concurrent use.
type Model struct {
	opts      Options
	net       *nn.Network
	variables []models.Variable
	families  []output.Family // of each variable
	states    []stateGroup
	groups    []group
	at        []place // of each variable
	gather    []int   // the columns of a row as groups take them: values, widths, then what may be states
	specs     []models.Spec
	noise     int // most random numbers of a variable
}

// group is variables whose values are of one family, and are computed together: all with
// grids, or all without.
type group struct {
	output.Family
	gridded   bool
	variables []int
	of        []models.Variable
	encoding  models.Part
}

// stateGroup is variables with the same number of states, which are computed together: all
// with holes, or all without.
type stateGroup struct {
	output.States
	hole      bool
	variables []int
}

// place is where a variable is: number j of a group.
type place struct{ group, j int }

var (
	_ models.Masked       = (*Model)(nil)
	_ models.Conditionals = (*Model)(nil)
	_ models.Tabular      = (*Model)(nil)
	_ models.Parts        = (*Model)(nil)
	_ models.HostSampler  = (*Model)(nil)
)

// New validates the options, every problem at once, and returns the model.
func New(o Options) (*Model, error) {
	o = o.clone()
	if err := option.Resolve(o.Table()); err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	m := &Model{opts: o}
	if err := m.arrange(); err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	groups := []nn.Group{}
	for _, s := range m.states {
		groups = append(groups, nn.Group{Variables: s.variables, Units: s.Units(), Outputs: s.Outputs()})
	}
	for _, g := range m.groups {
		groups = append(groups, nn.Group{Variables: g.variables, Units: g.Units(), Outputs: g.Outputs(), Bias: g.Bias()})
	}
	var late []bool
	if slices.ContainsFunc(m.variables, func(v models.Variable) bool { return v.Hole }) {
		for _, v := range m.variables {
			late = append(late, v.Hole)
		}
	}
	net, err := nn.NewNetwork(nn.NetworkOptions{
		Recipe: masks.Recipe{Dim: o.Dim, Hidden: o.Hidden, Direct: o.Direct, Base: o.Order, Start: o.Start, Late: late, Groups: o.Groups,
			Degrees: o.Degrees, Count: o.Masks, Resample: o.Resample, Seed: o.Seed},
		ContextDim: o.ContextDim, Groups: groups, Residual: o.Residual, Conditioning: o.Conditioning,
		Activation: o.Activation, Init: o.Init,
	})
	if err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	m.net = net
	m.specs, _ = models.Nest(nil, "", net.Specs())
	for i := range m.groups {
		g := &m.groups[i]
		m.specs, g.encoding = models.Nest(m.specs, fmt.Sprintf("encoding%d", i), g.Specs(len(g.variables)))
	}
	return m, nil
}

// arrange finds the family of each variable, and the groups.
func (m *Model) arrange() (err error) {
	if m.families, m.variables, err = m.opts.families(); err != nil {
		return err
	}
	some := slices.ContainsFunc(m.variables, func(v models.Variable) bool { return v.States > 0 })
	widths, next := make([]int, len(m.variables)), len(m.variables)
	for d, v := range m.variables {
		family := m.families[d]
		m.noise = max(m.noise, len(family.Noise()))
		if some {
			var of output.States
			if family, of = output.Apart(family); of > 0 {
				i := slices.IndexFunc(m.states, func(s stateGroup) bool { return s.States == of && s.hole == v.Hole })
				if i < 0 {
					i, m.states = len(m.states), append(m.states, stateGroup{States: of, hole: v.Hole})
				}
				m.states[i].variables = append(m.states[i].variables, d)
			}
		}
		i := slices.IndexFunc(m.groups, func(g group) bool { return g.Family == family && g.gridded == (v.Grid != nil) })
		if i < 0 {
			i, m.groups = len(m.groups), append(m.groups, group{Family: family, gridded: v.Grid != nil})
		}
		g := &m.groups[i]
		m.at = append(m.at, place{i, len(g.variables)})
		g.variables, g.of = append(g.variables, d), append(g.of, v)
		if v.Grid != nil {
			widths[d], next = next, next+1
		}
	}
	for _, g := range m.groups {
		m.gather = append(m.gather, g.variables...)
	}
	for _, g := range m.groups {
		for _, d := range g.variables {
			if g.gridded {
				m.gather = append(m.gather, widths[d])
			}
		}
	}
	for _, s := range m.states {
		m.gather = append(m.gather, s.variables...)
	}
	return nil
}

// String describes the model in a few words.
func (m *Model) String() string {
	text := "made " + nn.WidthsText(m.opts.Dim, m.opts.Hidden, m.opts.Dim)
	if m.opts.Direct {
		text += " with direct connections"
	}
	return text
}

// Dim is the number of variables.
func (m *Model) Dim() int { return m.opts.Dim }

// ContextDim is the width of the context, 0 for none.
func (m *Model) ContextDim() int { return m.opts.ContextDim }

// Specs declares the parameters: of the layers hidden0, … and output their
// weights [from, to], bias [to], conditioning [from, to] and context [context, to],
// then direct.weights [inputs, outputs], and those of the encodings of variables.
func (m *Model) Specs() []models.Spec { return m.specs }

// Cycle is the list of mask sets that training walks through.
func (m *Model) Cycle() *masks.Cycle { return m.net.Cycle() }

// Options returns what the model was made from.
func (m *Model) Options() Options { return m.opts.clone() }

// Kind returns what builds an equal model.
func (m *Model) Kind() (models.Kind, models.Input) {
	o := m.opts.clone()
	return &o, models.Input{Dim: o.Dim, ContextDim: o.ContextDim, Variables: o.Variables, Seed: o.Seed}
}

func degreesName(l int) string { return fmt.Sprintf("degrees%d", l) }

// DegreeSpecs declares the degrees of the inputs, then of each hidden layer.
func (m *Model) DegreeSpecs() []models.DegreeSpec {
	specs := []models.DegreeSpec{{Name: degreesName(0), Length: m.opts.Dim}}
	for l, width := range m.net.Hidden() {
		specs = append(specs, models.DegreeSpec{Name: degreesName(l + 1), Length: width})
	}
	return specs
}

// Degrees returns the set's degrees in the order of DegreeSpecs.
func (m *Model) Degrees(set *masks.Set) [][]int32 {
	if set == nil {
		set = m.Cycle().At(0)
	}
	return m.net.Degrees(set)
}

// degrees looks the degrees up among the parameters and falls back to the
// cycle's first set.
func (m *Model) degrees(p models.Params, x *Node) []*Node {
	nodes := m.net.Constants(x, m.Cycle().At(0))
	for l := range nodes {
		if n := p.Lookup(degreesName(l)); n != nil {
			nodes[l] = n
		}
	}
	return nodes
}

// parts are what a graph has of each group and of each of the states: values, and outputs
// [batch, P·n].
type parts struct {
	values         []output.Values
	outputs        []*Node
	states, logits []*Node
}

// outputs computes o, [batch, W], for rows [batch, models.Width], and the parts of both.
func (m *Model) outputs(p models.Params, x, context *Node) (o *Node, of parts) {
	width := models.Width(m)
	if x.Rank() != 2 || x.Shape().Dimensions[1] != width {
		panic(fmt.Errorf("x has shape %s, need [batch, %d]", x.Shape(), width))
	}
	if len(m.gather) != width || !slices.IsSorted(m.gather) {
		x = Transpose(Gather(Transpose(x, 0, 1), ExpandAxes(Const(x.Graph(), num.Convert[int32](m.gather)), -1)), 0, 1)
	}
	next := columns(x)
	for _, g := range m.groups {
		of.values = append(of.values, output.Values{X: next(len(g.variables)), Variables: g.of})
	}
	for i, g := range m.groups {
		if g.gridded {
			of.values[i].Width = next(len(g.variables))
		}
	}
	var units []*Node
	for _, s := range m.states {
		of.states = append(of.states, next(len(s.variables)))
		units = append(units, s.Encode(of.states[len(units)]))
	}
	for i, g := range m.groups {
		units = append(units, g.Encode(g.encoding.Params(p), of.values[i].X))
	}
	o = m.net.Apply(p, joined(units), context, m.degrees(p, x))
	next = columns(o)
	for _, s := range m.states {
		of.logits = append(of.logits, next(s.Outputs()*len(s.variables)))
	}
	for _, g := range m.groups {
		of.outputs = append(of.outputs, next(g.Outputs()*len(g.variables)))
	}
	return o, of
}

// columns returns the next n columns of x at each call.
func columns(x *Node) func(n int) *Node {
	from := 0
	return func(n int) *Node {
		from += n
		if n == x.Shape().Dimensions[1] {
			return x
		}
		return Slice(x, AxisRange(), AxisRange(from-n, from))
	}
}

func joined(all []*Node) *Node {
	if len(all) == 1 {
		return all[0]
	}
	return Concatenate(all, 1)
}

// LogProb returns ln p(x | context) in nats, shape [batch], for x of [batch, models.Width]:
// of a variable with a grid that of its cell. What is not known adds nothing.
func (m *Model) LogProb(p models.Params, x, context *Node) *Node {
	whole, _ := m.logProb(p, x, context)
	return whole
}

func (m *Model) logProb(p models.Params, x, context *Node) (whole *Node, of parts) {
	_, of = m.outputs(p, x, context)
	var all []*Node
	for i, s := range m.states {
		all = append(all, s.LogProb(of.states[i], of.logits[i]))
	}
	for i, g := range m.groups {
		all = append(all, g.LogProb(of.values[i], of.outputs[i]))
	}
	return nn.SumLast(joined(all)), of
}

// LogProbParts returns ln p of the values, and of which variables have holes.
func (m *Model) LogProbParts(p models.Params, x, context *Node) (values, holes *Node) {
	whole, of := m.logProb(p, x, context)
	var all []*Node
	for i, s := range m.states {
		if s.hole {
			all = append(all, s.HoleLogProb(of.states[i], of.logits[i]))
		}
	}
	if all == nil {
		return whole, ZerosLike(whole)
	}
	holes = nn.SumLast(joined(all))
	return Sub(whole, holes), holes
}

// Variable is what variable d is, and Support its values.
func (m *Model) Variable(d int) models.Variable { return m.variables[d] }

// Support is the set of values of variable d.
func (m *Model) Support(d int) models.Support { return m.variables[d].Support }

// Conditionals returns the outputs of the network, [batch, W].
func (m *Model) Conditionals(p models.Params, x, context *Node) *Node {
	o, _ := m.outputs(p, x, context)
	return o
}

// Columns are the outputs of variable d.
func (m *Model) Columns(d int) []int { return m.net.Columns(d) }

// Conditional is p(x_d | x before d) by the outputs of the network for a row.
func (m *Model) Conditional(d int, outputs []float32) (models.Conditional, error) {
	if d < 0 || d >= m.opts.Dim || len(outputs) != m.net.Outputs() {
		return nil, fmt.Errorf("made: variable %d with %d outputs: need one of %d variables with %d", d, len(outputs), m.opts.Dim, m.net.Outputs())
	}
	own := make([]float32, 0, len(m.Columns(d)))
	for _, column := range m.Columns(d) {
		own = append(own, outputs[column])
	}
	return m.families[d].Conditional(m.variables[d], own), nil
}
