package flow

import (
	"context"
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
