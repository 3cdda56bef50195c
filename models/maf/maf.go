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
// section 4.1), or a NADE of any order with mixtures of Gaussians, which has no
// order of its own either. That one is trained by a pass in which it is told which
// latent values are given ([Drawn]); the density takes a pass of it for each variable.
package maf

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/nade"
	"github.com/maskflow/maskflow/models/output"
)

// Options describe a MAF: they are those of package flow.
type Options flow.StackOptions

// Table declares the options.
func (o *Options) Table() option.Table {
	bases, components := []option.Alternative{{Name: "normal", Help: "the standard normal density"}}, option.Table(nil)
	for _, a := range (output.Fields{Components: &o.Components}).Alternatives(models.Reals()) {
		a.Help = fmt.Sprintf("a MADE with %s conditionals", a.Name)
		if a.Name == gaussian {
			a.Name = "made"
		}
		bases = append(bases, a)
		if a.Name == mixture {
			components = a.Table
		}
	}
	bases = append(bases, option.Alternative{Name: anyOrder, Help: "a NADE of any order with mog conditionals", Table: slices.Concat(components, option.Table{
		nn.WidthsOr("base_hidden", &o.BaseHidden, nil, "number of hidden units in each layer, or block, of a NADE below the layers").
			Default("model.hidden").Later(),
		nade.OrdersSection(&o.Orders),
		option.Rule(o.checkBase),
	})})
	return append(option.Table{
		option.Choose("base", &o.Base, "density below the layers; a MADE or NADE is trained with them", bases...),
	}, (*flow.StackOptions)(o).Table(5, flow.Normalisations(), "affine")...)
}

const (
	gaussian = "gaussian" // the output of the base called made
	mixture  = "mog"      // that of the one called nade
	anyOrder = "nade"
)

// checkBase reports hidden layers that a NADE as base does not take.
func (o *Options) checkBase(report option.Report) {
	if hidden := o.nade().Hidden; hidden != nil && len(hidden) == 0 {
		report(nade.NoHidden, "base_hidden", "hidden")
	} else if _, text := nn.ResidualProblem(o.Residual, o.BaseHidden, ""); o.BaseHidden != nil && text != "" {
		report(text, "base_hidden", "residual")
	}
}

// Name is the word by which a configuration names the kind of model.
func (*Options) Name() string { return "maf" }

// Help describes the kind of model.
func (*Options) Help() string { return "a flow whose density is one pass" }

// Traits are what other options depend on.
func (*Options) Traits() models.Traits { return models.Traits{By: "maf", Key: "type"} }

// Size is about the number of parameters.
func (o *Options) Size(in models.Input) float64 {
	n := flow.StackOptions(*o).Size(in.Dim, in.ContextDim)
	if o.Base == anyOrder {
		base := o.nade()
		n += base.Size(in)
	}
	return n
}

// Build makes the model.
func (o *Options) Build(in models.Input) (models.Definition, error) {
	if err := in.Numbers("maf"); err != nil {
		return nil, err
	}
	b := *o
	b.Dim, b.ContextDim, b.Seed = in.Dim, in.ContextDim, in.Seed
	if b.Base == anyOrder {
		return NewDrawn(b)
	}
	return New(b)
}

// Model is a MAF: a flow with its options. See package flow for what it does.
type Model struct {
	*flow.Flow
	origin
}

// Drawn is a MAF over a NADE of any order. See [flow.Drawn] for what it does.
type Drawn struct {
	*flow.Drawn
	origin
}

var (
	_ models.Flow   = (*Model)(nil)
	_ models.OfKind = (*Model)(nil)
	_ models.Flow   = (*Drawn)(nil)
	_ models.Sized  = (*Drawn)(nil)
	_ models.Drawn  = (*Drawn)(nil)
	_ models.OfKind = (*Drawn)(nil)
)

// New validates the options, every problem at once, and returns the model. The base nade makes another one, see
// [NewDrawn].
func New(o Options) (*Model, error) {
	if o.Base == anyOrder {
		return nil, errors.New("maf: base: a MAF over a nade has orders, which a Model has not (use NewDrawn)")
	}
	return build(o, func(o Options, next masks.Order, layers []flow.Layer) (*Model, error) {
		base, err := o.base(next)
		if err != nil {
			return nil, err
		}
		f, err := flow.New(base, layers...)
		return &Model{f, origin{o}}, err
	})
}

// NewDrawn is New for the base nade, which is the default here.
func NewDrawn(o Options) (*Drawn, error) {
	if o.Base = cmp.Or(o.Base, anyOrder); o.Base != anyOrder {
		return nil, fmt.Errorf("maf: base: %s has no orders to be drawn (use New)", o.Base)
	}
	return build(o, func(o Options, _ masks.Order, layers []flow.Layer) (*Drawn, error) {
		base, err := nade.New(o.nade())
		if err != nil {
			return nil, fmt.Errorf("base: %w", err)
		}
		f, err := flow.NewDrawn(base, layers...)
		return &Drawn{f, origin{o}}, err
	})
}

// build resolves options and makes a model of the layers.
func build[M any](o Options, of func(o Options, next masks.Order, layers []flow.Layer) (*M, error)) (*M, error) {
	o = o.clone()
	if err := option.Resolve(o.Table()); err != nil {
		return nil, fmt.Errorf("maf: %w", err)
	}
	layers, next, err := flow.NewStack(flow.StackOptions(o))
	if err != nil {
		return nil, fmt.Errorf("maf: %w", err)
	}
	m, err := of(o, next, layers)
	if err != nil {
		return nil, fmt.Errorf("maf: %w", err)
	}
	return m, nil
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

// nade are the options of the base of that name.
func (o Options) nade() nade.Options {
	hidden := o.BaseHidden
	if hidden == nil {
		hidden = o.Hidden
	}
	return nade.Options{Dim: o.Dim, ContextDim: o.ContextDim, Hidden: hidden, Residual: o.Residual, Activation: o.Activation, Init: o.Init,
		Output: mixture, Components: o.Components, Scale: o.Scale, Orders: o.Orders, Seed: o.Seed + baseSeed}
}

func (o Options) clone() Options { return Options(flow.StackOptions(o).Clone()) }

// origin is what a model was made from.
type origin struct{ opts Options }

// String describes the model in a few words.
func (m origin) String() string {
	text := flow.StackOptions(m.opts).Describe("maf")
	if m.opts.Base != "normal" {
		text += " over a " + m.opts.Base + " base"
	}
	return text
}

// Options returns what the model was made from.
func (m origin) Options() Options { return m.opts.clone() }

// Kind returns what builds an equal model.
func (m origin) Kind() (models.Kind, models.Input) {
	o := m.opts.clone()
	return &o, models.Input{Dim: m.opts.Dim, ContextDim: m.opts.ContextDim, Seed: m.opts.Seed}
}
