package maskflow

import (
	"fmt"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/models/maf"
	"github.com/maskflow/maskflow/models/vae"
)

// NewModel makes the model that a resolved configuration describes, for data of
// the given width and context: a models.Density, or for a variational
// autoencoder a models.Stochastic. Its orders and connectivity follow from the
// configuration's seed.
func NewModel(c *config.Config, dim, contextDim int) (models.Model, error) {
	if c == nil {
		return nil, errNoConfig
	}
	b := builder{c: c, dim: dim, context: contextDim}
	if list := c.Model.Order.Degrees; list != nil && c.Model.Type != "vae" && len(list) != dim {
		return nil, fmt.Errorf("model.order lists %d degrees, but the data have %d variables", len(list), dim)
	}
	pick(&b.err, &b.start, "model.order", c.Model.Order.Name, map[string]masks.OrderKind{
		"": masks.RandomOrder, "natural": masks.NaturalOrder, "reversed": masks.ReversedOrder, "random": masks.RandomOrder})
	pick(&b.err, &b.degrees, "model.degrees", c.Model.Degrees, map[string]masks.Kind{
		"": masks.SampledDegrees, "sampled": masks.SampledDegrees, "sequential": masks.SequentialDegrees})
	var build func() (models.Model, error)
	pick(&b.err, &build, "model.type", c.Model.Type, map[string]func() (models.Model, error){
		"": b.made, "made": b.made, "maf": b.maf, "iaf": b.iaf, "vae": b.vae})
	if b.err != nil {
		return nil, b.err
	}
	return build()
}

// builder turns a configuration into the options of a model.
type builder struct {
	c            *config.Config
	dim, context int
	start        masks.OrderKind
	degrees      masks.Kind
	err          error
}

func (b *builder) made() (models.Model, error) {
	m := b.c.Model
	o := made.Options{
		Dim: b.dim, Context: b.context, Hidden: m.Hidden, Activation: m.Activation, Direct: m.Direct, Residual: m.Residual,
		Conditioning: m.Conditioning, Init: m.Init, Start: b.start, Order: masks.Order(m.Order.Degrees), Groups: m.Groups,
		Degrees: b.degrees, Masks: int(m.Orders.Count), Seed: b.c.Seed, Output: m.Output, Components: m.Components,
	}
	pick(&b.err, &o.Resample, "model.orders.resample", m.Orders.Resample, map[string]masks.Resample{
		"": masks.ResampleBoth, "both": masks.ResampleBoth, "order": masks.ResampleOrder, "connectivity": masks.ResampleConnectivity})
	if b.err != nil {
		return nil, b.err
	}
	return made.New(o)
}

// stack are the options of the layers of a flow.
func (b *builder) stack() flow.StackOptions {
	m := b.c.Model
	return flow.StackOptions{
		Dim: b.dim, Context: b.context, Hidden: m.Hidden, Residual: m.Residual,
		Activation: m.Activation, Init: m.Init, Start: b.start, Order: masks.Order(m.Order.Degrees), Degrees: b.degrees, Seed: b.c.Seed,
		Layers: m.Layers, Transform: m.Transform, Scale: m.Scale, Bins: m.Bins, Bound: m.Bound, Permute: m.Permute, Normalise: m.Normalise,
	}
}

func (b *builder) maf() (models.Model, error) {
	o := maf.Options(b.stack())
	o.Base, o.Components = b.c.Model.Base, b.c.Model.Components
	return maf.New(o)
}

func (b *builder) iaf() (models.Model, error) {
	m, err := iaf.New(iaf.Options(b.stack()))
	if err != nil {
		return nil, err
	}
	target, err := iaf.EnergyByName(b.c.Data.Source)
	if err != nil {
		return m, nil // the source has rows, and the flow is fitted to them
	}
	return iaf.NewVariational(m, target, iaf.VariationalOptions{StickTheLanding: b.c.Model.StickTheLanding})
}

func (b *builder) vae() (models.Model, error) {
	m := b.c.Model
	if b.context > 0 {
		return nil, fmt.Errorf("model.type vae takes no context, but the data have one of %d values", b.context)
	}
	o := vae.Options{Dim: b.dim, Latent: m.Latent, Encoder: m.Encoder, Decoder: m.Decoder, Activation: m.Activation,
		Context: m.Context, FreeBits: m.FreeBits, StickTheLanding: m.StickTheLanding, Seed: b.c.Seed, Posterior: m.Posterior}
	if m.Posterior == "iaf" {
		if list := m.Order.Degrees; list != nil && len(list) != m.Latent {
			return nil, fmt.Errorf("model.order lists %d degrees, but there are %d latent variables", len(list), m.Latent)
		}
		o.Flow = iaf.Options(b.stack())
		o.Flow.Normalise = ""
	}
	return vae.New(o)
}

func pick[T any](err *error, dst *T, key, name string, known map[string]T) {
	v, ok := known[name]
	if !ok && *err == nil {
		*err = fmt.Errorf("%s: unknown value %q", key, name)
	}
	*dst = v
}
