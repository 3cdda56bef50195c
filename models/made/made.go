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

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/output"
)

// Model is a MADE. It has no parameters of its own: see package models. It is
// safe for concurrent use.
type Model struct {
	opts  Options
	net   *nn.Network
	mixed *output.Mixed
	specs []models.Spec
}

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
	mixed, err := o.choice().Mixed(o.Dim, o.Variables)
	if err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	net, err := nn.NewNetwork(nn.NetworkOptions{
		Recipe: masks.Recipe{Dim: o.Dim, Hidden: o.Hidden, Direct: o.Direct, Base: o.Order, Start: o.Start, Late: mixed.Late(), Groups: o.Groups,
			Degrees: o.Degrees, Count: o.Masks, Resample: o.Resample, Seed: o.Seed},
		ContextDim: o.ContextDim, Groups: mixed.Groups(), Residual: o.Residual, Conditioning: o.Conditioning,
		Activation: o.Activation, Init: o.Init,
	})
	if err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	return &Model{opts: o, net: net, mixed: mixed, specs: mixed.Nest(net.Specs())}, nil
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

// outputs computes o, [batch, W], for rows [batch, models.Width], and the parts of both.
func (m *Model) outputs(p models.Params, x, context *Node) (o *Node, of output.Parts) {
	units, of := m.mixed.Encode(p, x)
	o = m.net.Apply(p, units, context, m.degrees(p, x))
	return o, m.mixed.With(of, o)
}

// LogProb returns ln p(x | context) in nats, shape [batch], for x of [batch, models.Width]:
// of a variable with a grid that of its cell. What is not known adds nothing.
func (m *Model) LogProb(p models.Params, x, context *Node) *Node {
	_, of := m.outputs(p, x, context)
	return m.mixed.LogProb(of)
}

// LogProbParts returns ln p of the values, and of which variables have holes.
func (m *Model) LogProbParts(p models.Params, x, context *Node) (values, holes *Node) {
	_, of := m.outputs(p, x, context)
	return m.mixed.LogProbParts(of)
}

// Variable is what variable d is, and Support its values.
func (m *Model) Variable(d int) models.Variable { return m.mixed.Variable(d) }

// Support is the set of values of variable d.
func (m *Model) Support(d int) models.Support { return m.mixed.Variable(d).Support }

// Conditionals returns the outputs of the network, [batch, W].
func (m *Model) Conditionals(p models.Params, x, context *Node) *Node {
	o, _ := m.outputs(p, x, context)
	return o
}

// Columns are the outputs of variable d.
func (m *Model) Columns(d int) []int { return m.net.Columns(d) }

// Conditional is p(x_d | x before d) by the outputs of the network for a row.
func (m *Model) Conditional(d int, outputs []float32) (models.Conditional, error) {
	return m.mixed.ConditionalOf("made", m.net, d, outputs)
}
