// Package iaf is the inverse autoregressive flow of Kingma, Salimans,
// Jozefowicz, Chen, Sutskever and Welling, "Improving Variational Inference with
// Inverse Autoregressive Flow", arXiv 1606.04934.
//
// Its layers are those of a MAF turned round: noise z becomes data in one pass,
// x_d = T(z_d; θ_d) with θ_d computed by a MADE from the noise before z_d. So
// samples, with their own densities, are as fast as densities are in a MAF, and
// the density of given rows is what takes the variables one after the other: on
// the host touching every weight once.
//
// A flow with fast samples is what variational inference needs. [NewVariational]
// fits one to an unnormalised density by reverse KL divergence, to one of the
// [Energies] or to another model, a [Teacher]; package vae makes it the posterior of
// a variational autoencoder.
package iaf

import (
	"errors"
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
)

// Options describe an IAF, whose layers go from noise to data: they are those of package flow, but for a base, and for the
// normalisation: the layers see no data. The paper's update is Transform "gated"; its released code has affine layers.
type Options flow.StackOptions

// Table declares the options.
func (o *Options) Table() option.Table {
	return append((*flow.StackOptions)(o).Table(5, flow.Normalisations()[:1], "affine"),
		StickTheLandingRow(&o.StickTheLanding))
}

// StickTheLandingRow declares the gradient's option of what is fitted by reverse Kullback-Leibler divergence.
func StickTheLandingRow(at *bool) *option.Row {
	return option.Of("stick_the_landing", at, false, "whether the gradient of the reverse Kullback-Leibler divergence is taken without its score term (arXiv 1703.09194)")
}

// Name is the word by which a configuration names the kind of model.
func (*Options) Name() string { return "iaf" }

// Help describes the kind of model.
func (*Options) Help() string { return "a flow whose sampling is one pass" }

// Traits are what other options depend on.
func (*Options) Traits() models.Traits { return models.Traits{Noise: true, By: "iaf", Key: "type"} }

// Size is about the number of parameters.
func (o *Options) Size(in models.Input) float64 {
	return flow.StackOptions(*o).Size(in.Dim, in.ContextDim)
}

// Build makes the model, fitted to the target if there is one.
func (o *Options) Build(in models.Input) (models.Definition, error) {
	if err := in.Numbers("iaf"); err != nil {
		return nil, err
	}
	b := *o
	b.Dim, b.ContextDim, b.Seed = in.Dim, in.ContextDim, in.Seed
	m, err := New(b)
	if err != nil || in.Target == "" {
		return m, err
	}
	target, err := EnergyByName(in.Target)
	if err != nil {
		return nil, err
	}
	return NewVariational(m, target, VariationalOptions{StickTheLanding: o.StickTheLanding})
}

// Model is an IAF: a flow of inverted layers over standard normal noise. Its
// Inverse, from noise to data, takes one pass; see package flow.
type Model struct {
	*flow.Flow
	opts Options
}

var _ models.Flow = (*Model)(nil)

// New validates the options, every problem at once, and returns the model.
func New(o Options) (*Model, error) {
	o = o.clone()
	if err := option.Resolve(o.Table()); err != nil {
		return nil, fmt.Errorf("iaf: %w", err)
	}
	if o.Base != "" {
		return nil, errors.New("iaf: base: an IAF has a normal base")
	}
	layers, _, err := flow.NewStack(flow.StackOptions(o))
	if err != nil {
		return nil, fmt.Errorf("iaf: %w", err)
	}
	for i, l := range layers {
		if layers[i], err = flow.Invert(l); err != nil {
			return nil, fmt.Errorf("iaf: %w", err)
		}
	}
	slices.Reverse(layers) // a flow begins at the data
	f, err := flow.New(flow.Normal(o.Dim), layers...)
	if err != nil {
		return nil, fmt.Errorf("iaf: %w", err)
	}
	return &Model{f, o}, nil
}

func (o Options) clone() Options { return Options(flow.StackOptions(o).Clone()) }

// String describes the model in a few words.
func (m *Model) String() string { return flow.StackOptions(m.opts).Describe("iaf") }

// Options returns what the model was made from.
func (m *Model) Options() Options { return m.opts.clone() }

// Kind returns what builds an equal model.
func (m *Model) Kind() (models.Kind, models.Input) {
	o := m.opts.clone()
	return &o, models.Input{Dim: m.opts.Dim, ContextDim: m.opts.ContextDim, Seed: m.opts.Seed}
}
