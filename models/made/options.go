package made

import (
	"fmt"
	"slices"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/output"
)

// Options describe a MADE. The zero value of a field means the default that its
// comment names.
type Options struct {
	// Dim is the number of variables, at least 1.
	Dim int
	// Variables are what is known of each; nil is what Output takes.
	Variables []models.Variable
	// ContextDim is the width of the context, 0 for none.
	ContextDim int
	// Hidden are the widths of the hidden layers; nil means [500]. An empty list
	// feeds the inputs directly to the outputs (a fully visible sigmoid belief
	// network).
	Hidden []int
	// Activation of the hidden units: relu (default), softplus, tanh, sigmoid,
	// elu, leaky_relu, silu or gelu.
	Activation string
	// Direct adds input → output connections (eq. 11). Without hidden layers the
	// output layer is just these, and Direct changes nothing.
	Direct bool
	// Conditioning adds the conditioning weights (eq. 14).
	Conditioning bool
	// Residual makes each hidden width a residual block of two layers above a
	// first layer of the same width. It needs equal widths and sequential degrees.
	Residual bool
	// Output is the distribution of a variable given those before it: that of one of
	// the families of package output, bernoulli being the default, or mixed for that
	// of the kind of each variable, where the network is shown which inputs it sees. A
	// configuration takes mixed for bernoulli where a table has other columns than binary ones.
	Output string
	// Reals is the family of numbers where Output is mixed: mol (default), or another
	// one that takes numbers.
	Reals string
	// Components is the number of components of a mixture; 0 means 10.
	Components int
	// Narrowest is the least standard deviation of a component, 0 for none.
	Narrowest float64
	// Scale makes inverse standard deviations from outputs: soft_clip (default),
	// softplus, sigmoid or exp, which is the MAF paper's log-precision.
	Scale string
	// Init names how weights are drawn: orthogonal (default, as in the paper's
	// code), he, glorot or lecun, whose fan-in counts unmasked inputs. Biases,
	// conditioning weights and direct connections start at zero, but for the output
	// biases of mixtures, which are N(0, 1).
	Init string
	// Start is the first order: random (default), natural or reversed.
	Start masks.OrderKind
	// Order is an explicit first order (the degree of each input), in place of
	// Start.
	Order masks.Order
	// Groups lets neighbouring inputs of an order share a degree, so many groups
	// in all; 0 for none. Inputs of a group are independent given the earlier
	// groups.
	Groups int
	// Degrees of the hidden units: sampled (default) or sequential.
	Degrees masks.Kind
	// Masks is the number of mask sets that training cycles through, or
	// masks.Unlimited for a fresh set every update; 0 means 1.
	Masks int
	// Resample is what the sets of the cycle differ in: both (default), order or
	// connectivity.
	Resample masks.Resample
	// Seed of the orders and degrees.
	Seed uint64
}

func (o Options) clone() Options {
	o.Hidden, o.Order, o.Variables = slices.Clone(o.Hidden), slices.Clone(o.Order), slices.Clone(o.Variables)
	return o
}

func (o *Options) choice() output.Choice {
	return output.Choice{Fields: output.Fields{Family: &o.Output, Components: &o.Components, Scale: &o.Scale, Narrowest: &o.Narrowest}, Reals: &o.Reals, Visible: true}
}

// Table declares the options.
func (o *Options) Table() option.Table {
	fields := nn.Fields{Hidden: &o.Hidden, Residual: &o.Residual, Activation: &o.Activation, Init: &o.Init, Degrees: &o.Degrees, Start: &o.Start, Order: &o.Order}
	return append(option.Table{
		o.choice().Row(),
		option.Of("direct", &o.Direct, false, "connections from the inputs straight to the outputs (MADE, eq. 11)"),
		option.Of("conditioning_weights", &o.Conditioning, false, "weights from which a unit learns which of its inputs are connected (MADE, eq. 14)"),
		option.Of("groups", &o.Groups, 0, "number of degrees that an order is merged down to, neighbours in the order sharing one").
			Within(0, option.MaxSize).Default("0, degrees stay as the order has them"),
		option.Section("orders", option.Table{
			option.Of("count", &o.Masks, 1, "number of mask sets, or unlimited for a fresh one in every step").Within(1, masks.MaxSets).Named("unlimited", masks.Unlimited),
			option.Words("resample", (*string)(&o.Resample),
				"what differs from set to set: the order, the connectivity (degrees of the hidden units), or both", "both", "order", "connectivity"),
		}),
		option.Rule(o.check),
	}, fields.Table(false)...)
}

func (o *Options) check(report option.Report) {
	several := o.Masks != 1
	if several && o.Resample != masks.ResampleOrder && o.Degrees == masks.SequentialDegrees {
		report("sequential degrees are the same in every mask set, so there is no connectivity to resample (use sampled degrees, or model.orders.resample: order)",
			"degrees", "orders.resample", "orders.count")
	}
	if several && o.Resample == masks.ResampleConnectivity && len(o.Hidden) == 0 {
		report("without hidden layers there is no connectivity to resample, so all mask sets would be the same (use order)",
			"orders.resample", "hidden", "orders.count")
	}
	for d, v := range o.Variables {
		if len(o.Order) != len(o.Variables) || !v.Hole {
			continue
		}
		for e, other := range o.Variables {
			if !other.Hole && o.Order[d] <= o.Order[e] {
				report(fmt.Sprintf("%s may have holes and has to come after all that have none, but does not come after %s", v.Label(d), other.Label(e)), "order")
				return
			}
		}
	}
	if degrees := o.Order.Max(); o.Order != nil && o.Groups > degrees {
		report(fmt.Sprintf("the order has only %d degrees to merge, fewer than %d", degrees, o.Groups), "groups", "order")
	}
}

// Name is the word by which a configuration names the kind of model.
func (*Options) Name() string { return "made" }

// Help describes the kind of model.
func (*Options) Help() string { return "one masked network" }

// Traits are what other options depend on.
func (o *Options) Traits() models.Traits {
	t := o.choice().Traits()
	t.Orders = true
	return t
}

// Mix lets the kind of each variable choose its output.
func (o *Options) Mix() { o.Output = output.ByKind }

// Size is about the number of parameters.
func (o *Options) Size(in models.Input) float64 { return o.choice().Size(in, 0, o.Hidden) }

// Build makes the model.
func (o *Options) Build(in models.Input) (models.Definition, error) {
	b := *o
	b.Dim, b.ContextDim, b.Seed, b.Variables = in.Dim, in.ContextDim, in.Seed, in.Variables
	return New(b)
}
