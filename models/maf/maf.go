// Package maf is the masked autoregressive flow of Papamakarios, Pavlakou and
// Murray, "Masked Autoregressive Flow for Density Estimation", arXiv 1705.07057.
//
// Its layers map data to noise, u_d = (x_d − m_d)·e^{s_d} with m_d and s_d
// computed by a MADE from the variables before x_d (eq. 3 to 5), each layer in
// another order; with splines for the affine maps it is the autoregressive
// neural spline flow of arXiv 1906.04032. The density takes one pass through the
// layers. Samples are drawn on the host, variable by variable, touching every
// weight once.
//
// The base density is standard normal, or a MADE with Gaussian or
// mixture-of-Gaussians conditionals that is trained with the layers ("MAF MoG",
// section 4.1).
package maf

import (
	"fmt"

	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/output"
)

// Options describe a MAF: they are those of package flow.
type Options flow.StackOptions

// Table declares the options.
func (o *Options) Table() option.Table {
	bases := []option.Alternative{{Name: "normal", Help: "the standard normal density"}}
	for _, a := range (output.Fields{Components: &o.Components}).Alternatives(models.Reals()) {
		a.Help = fmt.Sprintf("a MADE with %s conditionals", a.Name)
		if a.Name == gaussian {
			a.Name = "made"
		}
		bases = append(bases, a)
	}
	return append(option.Table{
		option.Choose("base", &o.Base, "density below the layers; a MADE is trained with them", bases...),
	}, (*flow.StackOptions)(o).Table(5, flow.Normalisations(), "affine")...)
}

// gaussian is the output of the base called made.
const gaussian = "gaussian"

// Name is the word by which a configuration names the kind of model.
func (*Options) Name() string { return "maf" }

// Help describes the kind of model.
func (*Options) Help() string { return "a flow whose density is one pass" }

// Traits are what other options depend on.
func (*Options) Traits() models.Traits { return models.Traits{By: "maf", Key: "type"} }

// Size is about the number of parameters.
func (o *Options) Size(in models.Input) float64 {
	return flow.StackOptions(*o).Size(in.Dim, in.ContextDim)
}

// Build makes the model.
func (o *Options) Build(in models.Input) (models.Definition, error) {
	if err := in.Numbers("maf"); err != nil {
		return nil, err
	}
	b := *o
	b.Dim, b.ContextDim, b.Seed = in.Dim, in.ContextDim, in.Seed
	return New(b)
}

// Model is a MAF: a flow with its options. See package flow for what it does.
type Model struct {
	*flow.Flow
	opts Options
}

var _ models.Flow = (*Model)(nil)

// New validates the options, every problem at once, and returns the model.
func New(o Options) (*Model, error) {
	o = o.clone()
	if err := option.Resolve(o.Table()); err != nil {
		return nil, fmt.Errorf("maf: %w", err)
	}
	layers, next, err := flow.NewStack(flow.StackOptions(o))
	if err != nil {
		return nil, fmt.Errorf("maf: %w", err)
	}
	base, err := o.base(next)
	if err != nil {
		return nil, fmt.Errorf("maf: %w", err)
	}
	f, err := flow.New(base, layers...)
	if err != nil {
		return nil, fmt.Errorf("maf: %w", err)
	}
	return &Model{f, o}, nil
}

// baseSeed keeps the base density's degrees apart from those of every layer, of
// models with neighbouring seeds too.
const baseSeed = 0x6d61662062617365

// base is the density of the noise, whose order continues those of the layers.
func (o Options) base(next masks.Order) (models.Density, error) {
	m := made.Options{Dim: o.Dim, ContextDim: o.ContextDim, Hidden: o.Hidden, Residual: o.Residual,
		Activation: o.Activation, Init: o.Init, Order: next, Degrees: o.Degrees, Seed: o.Seed + baseSeed, Scale: o.Scale,
		Output: o.Base, Components: o.Components}
	switch o.Base {
	case "normal":
		return flow.Normal(o.Dim), nil
	case "made":
		m.Output = gaussian
	}
	base, err := made.New(m)
	if err != nil {
		return nil, fmt.Errorf("base: %w", err)
	}
	return base, nil
}

func (o Options) clone() Options { return Options(flow.StackOptions(o).Clone()) }

// String describes the model in a few words.
func (m *Model) String() string {
	text := flow.StackOptions(m.opts).Describe("maf")
	if m.opts.Base != "normal" {
		text += " over a " + m.opts.Base + " base"
	}
	return text
}

// Options returns what the model was made from.
func (m *Model) Options() Options { return m.opts.clone() }

// Kind returns what builds an equal model.
func (m *Model) Kind() (models.Kind, models.Input) {
	o := m.opts.clone()
	return &o, models.Input{Dim: m.opts.Dim, ContextDim: m.opts.ContextDim, Seed: m.opts.Seed}
}
