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
// [Energies] or to another model, a [Teacher]; [NewVAE] makes it the posterior of
// a variational autoencoder.
package iaf

import (
	"errors"
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
)

// Options describe an IAF. The zero value of a field means the default that its
// comment, here or in package flow, names.
type Options struct {
	// StackOptions are those of the layers, from noise to data: Dim, Context,
	// Hidden and the rest. The paper's update is Transform "gated"; its released
	// code has affine layers. Normalise cannot be used: the layers see no data.
	flow.StackOptions
}

// Model is an IAF: a flow of inverted layers over standard normal noise. Its
// Inverse, from noise to data, takes one pass; see package flow.
type Model struct {
	*flow.Flow
	opts Options
}

var (
	_ models.Density      = (*Model)(nil)
	_ models.HostInverter = (*Model)(nil)
)

// New validates the options, every problem at once, and returns the model.
func New(o Options) (*Model, error) {
	o = o.clone()
	plain := o.StackOptions
	plain.Normalise = ""
	layers, _, err := flow.NewStack(plain)
	if o.Normalise != "" && o.Normalise != "none" {
		err = errors.Join(err, fmt.Errorf("normalise %q: the layers of an IAF see noise, and have no rows to take statistics of: use none", o.Normalise))
	}
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

func (o Options) clone() Options {
	o.Hidden, o.Order = slices.Clone(o.Hidden), slices.Clone(o.Order)
	return o
}

// Options returns what the model was made from.
func (m *Model) Options() Options { return m.opts.clone() }
