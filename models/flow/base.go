package flow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Normal is the standard normal density over vectors, the usual base of a flow:
// ln p(z) = −½·Σ z² − D/2·ln 2π. It has no parameters.
type Normal int

var (
	_ models.Density     = Normal(1)
	_ models.HostSampler = Normal(1)
)

// Dim is the number of variables.
func (n Normal) Dim() int { return int(n) }

// ContextDim is 0.
func (Normal) ContextDim() int { return 0 }

// Specs is empty.
func (Normal) Specs() []models.Spec { return nil }

// Support is that of real numbers.
func (Normal) Support(int) models.Support { return models.Reals() }

// LogProb is ln p(z), [batch] in nats.
func (n Normal) LogProb(_ models.Params, z, _ *Node) *Node { return nn.StandardNormalLogProb(z) }

// NewSampler returns the noise as it is.
func (n Normal) NewSampler(models.Weights, *masks.Set) (models.Sampler, error) { return n, nil }

// NoiseDim is the number of variables.
func (n Normal) NoiseDim() int { return int(n) }

// DrawNoise fills rows with standard normal numbers.
func (Normal) DrawNoise(rng *rand.Rand, noise []float32) {
	for i := range noise {
		noise[i] = float32(rng.NormFloat64())
	}
}

// Sample copies the noise.
func (n Normal) Sample(ctx context.Context, dst, noise, cond []float32, _ models.Method) (passes int, err error) {
	if len(dst) != len(noise) || len(dst)%int(n) != 0 || len(cond) != 0 {
		return 0, fmt.Errorf("sampling %d variables: %d values, %d of noise and %d of context do not fit together", n, len(dst), len(noise), len(cond))
	}
	copy(dst, noise)
	return 0, ctx.Err()
}

// Ordered is a flow over a masked base density, whose orders and connectivity
// are inputs of the graph.
type Ordered struct {
	*Flow
	masked models.Masked
}

var _ models.Masked = (*Ordered)(nil)

// NewOrdered is New for a masked base.
func NewOrdered(base models.Masked, layers ...Layer) (*Ordered, error) {
	f, err := New(base, layers...)
	if err != nil {
		return nil, err
	}
	return &Ordered{f, base}, nil
}

// String describes the base density.
func (o *Ordered) String() string { return fmt.Sprint(o.masked) }

// Cycle is the base density's.
func (o *Ordered) Cycle() *masks.Cycle { return o.masked.Cycle() }

// DegreeSpecs are the base density's, called "base.…".
func (o *Ordered) DegreeSpecs() []models.DegreeSpec {
	specs := o.masked.DegreeSpecs()
	for i := range specs {
		specs[i].Name = o.BasePart().Name(specs[i].Name)
	}
	return specs
}

// Degrees are the base density's.
func (o *Ordered) Degrees(set *masks.Set) [][]int32 { return o.masked.Degrees(set) }

// DrawnBase is a base density that is trained by draws, in any order: a NADE.
type DrawnBase interface {
	models.Sized
	models.Drawn
}

// Drawn is a flow over a base density of any order. It is trained by what the base estimates in one pass, the mean over
// orders of ln p_z, whose gradient goes through the layers:
//
//	E ln p_z(z) + ln |det ∂z/∂x|,   z = f(x)
//
// Its likelihood takes the passes of the base, and no gradient goes through that. Given some of x, z is not known of any
// variable: only the base answers for variables given others.
type Drawn struct {
	*Ordered
	base DrawnBase
}

var (
	_ models.Drawn = (*Drawn)(nil)
	_ models.Sized = (*Drawn)(nil)
	_ Layered      = (*Drawn)(nil)
)

// NewDrawn is New for a base of any order. It is an error, too, where the base has stages.
func NewDrawn(base DrawnBase, layers ...Layer) (*Drawn, error) {
	if base == nil {
		return nil, errors.New("flow: the base density is nil")
	}
	if len(base.Stages()) > 0 {
		return nil, errors.New("flow: the base density takes statistics of the rows, which a base does not see")
	}
	o, err := NewOrdered(base, layers...)
	if err != nil {
		return nil, err
	}
	return &Drawn{o, base}, nil
}

// Objective is that of the base: the mean over orders of the likelihood.
func (d *Drawn) Objective() models.Objective { return d.base.Objective() }

// NoiseDim is the number of values that the base takes beside each row in training.
func (d *Drawn) NoiseDim() int { return d.base.NoiseDim() }

// Drawer is the base density's.
func (d *Drawn) Drawer(train bool) models.RowDrawer { return d.base.Drawer(train) }

// Value is the estimate, by one pass through the base, of the mean over orders of ln p(x | context), [batch] in nats.
func (d *Drawn) Value(p models.Params, b models.Batch) *Node {
	z, logDet := d.through(p, b.X, b.Context, 0, len(d.layers), b.Weights)
	b.X, b.Context = z, contextOf(d.base, b.Context)
	return Add(d.base.Value(d.BasePart().Params(p), b), logDet)
}

// Orders is the base density's, called "base.…", "" where it gives the number.
func (d *Drawn) Orders() string {
	if name := d.base.Orders(); name != "" {
		return d.BasePart().Name(name)
	}
	return ""
}

// Ensemble is the number of orders whose densities are averaged.
func (d *Drawn) Ensemble(w models.Weights) int {
	if len(w) != len(d.specs) {
		return d.base.Ensemble(nil)
	}
	return d.base.Ensemble(d.BasePart().Weights(w))
}
