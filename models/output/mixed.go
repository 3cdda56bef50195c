package output

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// Mixed are the variables of a model, each with a family, by the outputs of one network. Variables
// of equal families are computed together. It is safe for concurrent use.
type Mixed struct {
	variables []models.Variable
	families  []Family // of each variable
	states    []stateGroup
	groups    []group
	at        []place // of each variable
	gather    []int   // the columns of a row as groups take them: values, widths, then what may be states
	of        []int   // the variables of the terms of ln p
	noise     int     // most random numbers of a variable
}

// group is variables whose values are of one family: all with grids, or all without.
type group struct {
	Family
	gridded   bool
	variables []int
	of        []models.Variable
	encoding  models.Part
}

// stateGroup is variables with the same number of states: all with holes, or all without.
type stateGroup struct {
	States
	hole      bool
	variables []int
}

// place is where a variable is: number j of a group.
type place struct{ group, j int }

// newMixed arranges variables by their families, which are those of [For].
func newMixed(variables []models.Variable, families []Family) *Mixed {
	m := &Mixed{variables: variables, families: families}
	some := slices.ContainsFunc(variables, func(v models.Variable) bool { return v.States > 0 })
	widths, next := make([]int, len(variables)), len(variables)
	for d, v := range variables {
		family := families[d]
		m.noise = max(m.noise, len(family.Noise()))
		if some {
			var of States
			if family, of = Apart(family); of > 0 {
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
	for _, s := range m.states {
		m.of = append(m.of, s.variables...)
	}
	for _, g := range m.groups {
		m.gather, m.of = append(m.gather, g.variables...), append(m.of, g.variables...)
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
	return m
}

// Groups are the inputs and outputs of the network.
func (m *Mixed) Groups() (all []nn.Group) {
	for _, s := range m.states {
		all = append(all, nn.Group{Variables: s.variables, Units: s.Units(), Outputs: s.Outputs()})
	}
	for _, g := range m.groups {
		all = append(all, nn.Group{Variables: g.variables, Units: g.Units(), Outputs: g.Outputs(), Bias: g.Bias()})
	}
	return all
}

// Nest adds the parameters of the encodings of variables to those of a network.
func (m *Mixed) Nest(network []models.Spec) []models.Spec {
	specs, _ := models.Nest(nil, "", network)
	for i := range m.groups {
		g := &m.groups[i]
		specs, g.encoding = models.Nest(specs, fmt.Sprintf("encoding%d", i), g.Specs(len(g.variables)))
	}
	return specs
}

// Variable is what variable d is.
func (m *Mixed) Variable(d int) models.Variable { return m.variables[d] }

// Late marks the variables that may have holes; nil where none may.
func (m *Mixed) Late() []bool { return m.marks(func(v models.Variable) bool { return v.Hole }) }

// Unknown marks the variables that may be not known; nil where none may.
func (m *Mixed) Unknown() []bool { return m.marks(func(v models.Variable) bool { return v.Unknown }) }

func (m *Mixed) marks(of func(models.Variable) bool) (marks []bool) {
	for _, v := range m.variables {
		marks = append(marks, of(v))
	}
	if !slices.Contains(marks, true) {
		return nil
	}
	return marks
}

// Parts are what a graph has of rows: their values by groups, and the outputs of a network for these.
type Parts struct {
	values         []Values
	outputs        []*Node
	states, logits []*Node
}

// Encode computes the inputs of the network, [batch, units], for rows [batch, models.Width].
func (m *Mixed) Encode(p models.Params, x *Node) (units *Node, of Parts) {
	width := m.width()
	if x.Rank() != 2 || x.Shape().Dimensions[1] != width {
		panic(fmt.Errorf("x has shape %s, need [batch, %d]", x.Shape(), width))
	}
	if len(m.gather) != width || !slices.IsSorted(m.gather) {
		x = Transpose(Gather(Transpose(x, 0, 1), ExpandAxes(Const(x.Graph(), num.Convert[int32](m.gather)), -1)), 0, 1)
	}
	next := columns(x)
	for _, g := range m.groups {
		of.values = append(of.values, Values{X: next(len(g.variables)), Variables: g.of})
	}
	for i, g := range m.groups {
		if g.gridded {
			of.values[i].Width = next(len(g.variables))
		}
	}
	var all []*Node
	for i, s := range m.states {
		of.states = append(of.states, next(len(s.variables)))
		all = append(all, s.Encode(of.states[i]))
	}
	for i, g := range m.groups {
		all = append(all, g.Encode(g.encoding.Params(p), of.values[i].X))
	}
	return Concatenate(all, 1), of
}

// width is that of rows: models.Width.
func (m *Mixed) width() int {
	n := len(m.variables)
	for _, v := range m.variables {
		if v.Grid != nil {
			n++
		}
	}
	return n
}

// With are the parts with the outputs of the network, [batch, outputs].
func (m *Mixed) With(of Parts, outputs *Node) Parts {
	next := columns(outputs)
	for _, s := range m.states {
		of.logits = append(of.logits, next(s.Outputs()*len(s.variables)))
	}
	for _, g := range m.groups {
		of.outputs = append(of.outputs, next(g.Outputs()*len(g.variables)))
	}
	return of
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

// terms are ln p of what states and values say, [batch, terms] in the order of m.of.
func (m *Mixed) terms(of Parts) *Node {
	var all []*Node
	for i, s := range m.states {
		all = append(all, s.LogProb(of.states[i], of.logits[i]))
	}
	for i, g := range m.groups {
		all = append(all, g.LogProb(of.values[i], of.outputs[i]))
	}
	return Concatenate(all, 1)
}

// LogProb is Σ_d ln p(x_d) by the outputs for it, [batch] in nats: of a variable with a grid that of its
// cell. What is not known adds nothing.
func (m *Mixed) LogProb(of Parts) *Node { return nn.SumLast(m.terms(of)) }

// Weighted is LogProb with a weight for each variable of a row, [batch, dim].
func (m *Mixed) Weighted(of Parts, weights *Node) *Node {
	return nn.SumLast(Mul(m.terms(of), nn.SpreadColumns(weights, m.of)))
}

// holeLogProb is the part of LogProb that is due to which variables have holes.
func (m *Mixed) holeLogProb(of Parts) *Node {
	var all []*Node
	for i, s := range m.states {
		if s.hole {
			all = append(all, s.HoleLogProb(of.states[i], of.logits[i]))
		}
	}
	if all == nil {
		return ZerosLike(Squeeze(Slice(of.values[0].X, AxisRange(), AxisElem(0)), 1))
	}
	return nn.SumLast(Concatenate(all, 1))
}

// LogProbParts are the parts of LogProb that are due to the values, and to which variables have holes.
func (m *Mixed) LogProbParts(of Parts) (values, holes *Node) {
	holes = m.holeLogProb(of)
	return Sub(m.LogProb(of), holes), holes
}

// Conditional is that of variable d by its own outputs.
func (m *Mixed) Conditional(d int, outputs []float32) models.Conditional {
	return m.families[d].Conditional(m.variables[d], outputs)
}

// ConditionalOf is that of variable d by all outputs of a network for a row; an error that begins with the name of the
// model where there is no such variable, or their number is another.
func (m *Mixed) ConditionalOf(model string, net Columns, d int, outputs []float32) (models.Conditional, error) {
	if d < 0 || d >= len(m.variables) || len(outputs) != net.Outputs() {
		return nil, fmt.Errorf("%s: variable %d with %d outputs: need one of %d variables with %d", model, d, len(outputs), len(m.variables), net.Outputs())
	}
	own := make([]float32, 0, len(net.Columns(d)))
	for _, column := range net.Columns(d) {
		own = append(own, outputs[column])
	}
	return m.Conditional(d, own), nil
}

// Columns says which of the outputs of a network are those of a variable.
type Columns interface {
	Outputs() int
	Columns(d int) []int
}

// Encoders make the units of each variable on the host, by the values of parameters.
func (m *Mixed) Encoders(get func(name string) []float32) []nn.Encoder {
	encoders := make([]nn.Encoder, len(m.variables))
	for d, at := range m.at {
		g := m.groups[at.group]
		encoders[d] = m.families[d].Encoder(func(name string) []float32 { return get(g.encoding.Name(name)) }, at.j, len(g.variables))
	}
	return encoders
}

// NoiseDim is the largest number of random numbers that a conditional takes, for each variable.
func (m *Mixed) NoiseDim() int { return m.noise * len(m.variables) }

// DrawNoise fills rows of noise: the first number of every variable, then the second. What a
// variable does not take is 0.
func (m *Mixed) DrawNoise(rng *rand.Rand, noise []float32) {
	draws := make([]Noise, m.NoiseDim())
	for d, family := range m.families {
		for k, draw := range family.Noise() {
			draws[k*len(m.variables)+d] = draw
		}
	}
	for ; len(noise) >= len(draws); noise = noise[len(draws):] {
		for i, draw := range draws {
			if noise[i] = 0; draw != nil {
				noise[i] = draw(rng)
			}
		}
	}
}

// Emit draws variables by the noise of rows, complete ones given that they are not missing.
func (m *Mixed) Emit(noise []float32, complete bool) nn.Emit {
	dim, perRow := len(m.variables), m.NoiseDim()
	return func(d, row int, params []float32, stride int, x []float32) {
		family, v := m.families[d], m.variables[d]
		own, u := make([]float32, len(params)/stride), make([]float32, len(family.Noise()))
		for i := range x {
			for p := range own {
				own[p] = params[p*stride+i]
			}
			if complete {
				Observe(v, own)
			}
			for k := range u {
				u[k] = noise[(row+i)*perRow+k*dim+d]
			}
			x[i] = float32(family.Conditional(v, own).Draw(u))
		}
	}
}

// CheckSamples returns an error for samples that do not go with their noise and contexts by their numbers.
func (m *Mixed) CheckSamples(dst, noise, cond []float32, contextDim int) (rows int, err error) {
	dim, perRow := len(m.variables), m.NoiseDim()
	rows = len(dst) / dim
	if len(dst)%dim != 0 || len(noise) != rows*perRow || len(cond) != rows*contextDim {
		return 0, fmt.Errorf("sampling %d variables: %d values, %d of noise and %d of context do not fit together (need n·%d, n·%d and n·%d)",
			dim, len(dst), len(noise), len(cond), dim, perRow, contextDim)
	}
	return rows, nil
}

// CheckFinite is [models.CheckFinite] with the hint of the families.
func (m *Mixed) CheckFinite(where string, rows []float32) error {
	var hint string
	for _, g := range m.groups {
		hint = cmp.Or(hint, g.Hint())
	}
	return models.CheckFinite(where, hint, rows, len(m.variables))
}
