package vae

import (
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
)

// Options describe a variational autoencoder. The zero value of a field means
// the default that its comment names.
type Options struct {
	// Dim is the number of binary variables, Latent that of latent ones; 0 means 32.
	Dim, Latent int
	// Encoder and Decoder are the widths of the hidden layers; nil means one of
	// 500 each.
	Encoder, Decoder []int
	// Activation of the hidden units, of the posterior's too: relu (default) and
	// those of package made.
	Activation string
	// Posterior of the latent variables: iaf (default), or diagonal, a Gaussian
	// with independent variables.
	Posterior string
	// Flow are the layers of the posterior iaf. Dim, ContextDim, Activation and Seed
	// are set here; 0 Layers mean 4, and an empty Transform gated.
	Flow iaf.Options
	// ContextDim is the width of the encoder's output h that conditions the flow; 0
	// means 64.
	ContextDim int
	// FreeBits is how many nats of the mean KL divergence a latent variable are
	// not penalised (the paper's free bits, with all variables in one group).
	FreeBits float64
	// StickTheLanding is as in iaf.VariationalOptions.
	StickTheLanding bool
	// Seed of random orders.
	Seed uint64
}

// Table declares the options.
func (o *Options) Table() option.Table {
	layers := (*flow.StackOptions)(&o.Flow).Table(4, nil, "gated").Without("activation", "init")
	return option.Table{
		option.Of("latent", &o.Latent, 32, "number of latent variables").Within(1, option.MaxSize),
		nn.Widths("encoder", &o.Encoder, "number of units in each layer of the encoder, first to last"),
		nn.Widths("decoder", &o.Decoder, "number of units in each layer of the decoder, first to last"),
		option.Choose("posterior", &o.Posterior, "distribution of the latent variables given a row",
			option.Alternative{Name: "iaf", Help: "an IAF above a diagonal Gaussian", Table: append(option.Table{
				option.Of("context", &o.ContextDim, 64, "width of the context that the encoder gives to the layers of the posterior").Within(1, option.MaxSize),
			}, layers...)},
			option.Alternative{Name: "diagonal", Help: "a diagonal Gaussian"}),
		option.Of("free_bits", &o.FreeBits, 0, "free bits: KL up to this many nats per latent variable (pooled over all latent variables) is not penalised").
			AtLeast(0).Default("0, none"),
		nn.ActivationRow(&o.Activation),
		option.Words("init", &o.Flow.Init, "how initial weights are drawn; biases start at 0", "lecun", "orthogonal", "he", "glorot"),
		iaf.StickTheLandingRow(&o.StickTheLanding),
	}
}

func (o Options) clone() Options {
	o.Encoder, o.Decoder, o.Flow = slices.Clone(o.Encoder), slices.Clone(o.Decoder), iaf.Options(flow.StackOptions(o.Flow).Clone())
	return o
}

// Name is the word by which a configuration names the kind of model.
func (*Options) Name() string { return "vae" }

// Help describes the kind of model.
func (*Options) Help() string { return "a variational autoencoder of binary rows" }

// Traits are what other options depend on.
func (*Options) Traits() models.Traits {
	return models.Traits{Noise: true, Estimated: true, Binary: true, By: "vae", Key: "type"}
}

// Size is about the number of parameters.
func (o *Options) Size(in models.Input) float64 {
	n := nn.Size(in.Dim, 0, o.Encoder, 2*o.Latent) + nn.Size(o.Latent, 0, o.Decoder, in.Dim)
	if o.Posterior == "iaf" {
		n += flow.StackOptions(o.Flow).Size(o.Latent, o.ContextDim)
	}
	return n
}

// Build makes the model.
func (o *Options) Build(in models.Input) (models.Definition, error) {
	if err := in.Numbers("vae"); err != nil {
		return nil, err
	}
	if in.ContextDim > 0 {
		return nil, fmt.Errorf("model.type vae takes no context, but the data have one of %d values", in.ContextDim)
	}
	b := *o
	b.Dim, b.Seed = in.Dim, in.Seed
	return New(b)
}
