package maskflow

import (
	"fmt"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
)

// NewDensity makes the density that a resolved configuration describes, for data
// of the given width and context. Its orders and connectivity follow from the
// configuration's seed.
func NewDensity(c *config.Config, dim, contextDim int) (models.Density, error) {
	m := c.Model
	o := made.Options{
		Dim: dim, Context: contextDim, Hidden: m.Hidden, Activation: m.Activation, Direct: m.Direct,
		Conditioning: m.Conditioning, Init: m.Init, Order: masks.Order(m.Order.Degrees), Groups: m.Groups,
		Masks: int(m.Orders.Count), Seed: c.Seed,
	}
	if m.Orders.Count == config.Unlimited {
		o.Masks, o.Unlimited = 0, true
	}
	if o.Order != nil && len(o.Order) != dim {
		return nil, fmt.Errorf("model.order lists %d degrees, but the data have %d variables", len(o.Order), dim)
	}
	var err error
	pick(&err, &o.Start, "model.order", m.Order.Name, map[string]masks.OrderKind{
		"": masks.RandomOrder, "natural": masks.NaturalOrder, "reversed": masks.ReversedOrder, "random": masks.RandomOrder})
	pick(&err, &o.Degrees, "model.degrees", m.Degrees, map[string]masks.Kind{
		"": masks.SampledDegrees, "sampled": masks.SampledDegrees, "sequential": masks.SequentialDegrees})
	pick(&err, &o.Resample, "model.orders.resample", m.Orders.Resample, map[string]masks.Resample{
		"": masks.ResampleBoth, "both": masks.ResampleBoth, "order": masks.ResampleOrder, "connectivity": masks.ResampleConnectivity})
	if err != nil {
		return nil, err
	}
	return made.New(o)
}

func pick[T any](err *error, dst *T, key, name string, known map[string]T) {
	v, ok := known[name]
	if !ok && *err == nil {
		*err = fmt.Errorf("%s: unknown value %q", key, name)
	}
	*dst = v
}
