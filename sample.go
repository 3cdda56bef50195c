package maskflow

import (
	"context"
	"errors"
	"fmt"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// SampleOptions say how to sample. The zero value draws from the ensemble.
type SampleOptions struct {
	// Seed is what the samples follow from.
	Seed uint64
	// Order draws all samples in the order of one mask set, by its number in the
	// cycle from 1; 0 draws each from a random one of the ensemble.
	Order int
	// Method is how; all methods give the same bits.
	Method models.Method
	// Context conditions the samples: n rows, or one for all of them; nil for a model
	// without one.
	Context *data.Table
	// Given are rows, n or one for all samples, of which the model draws what is not known given what is; nil gives
	// nothing. A [Model] takes them in the units of the source, see [data.Preparation.Given], with the context of the
	// samples in place of Context; a [Core] as it sees rows, with models.NotKnown where there is no value, or codes of
	// states. A NADE can do it; of other models it is an error.
	Given *data.Table
	// Complete draws every variable a value: none is missing, but where a hole is given.
	Complete bool

	prepared, given []float32 // the context and what is given as the model sees them, where they are prepared
}

// Sample draws n samples, row-major [n, dim], by ancestral sampling on the host.
// The same seed gives the same samples on every machine and backend, and the
// first rows do not depend on n.
func (m *Core) Sample(ctx context.Context, n int, o SampleOptions) ([]float32, error) {
	x, _, err := m.SampleAndPasses(ctx, n, o)
	return x, err
}

// SampleAndPasses is Sample with the largest number of times that any row went
// through any one network, 0 where no network is inverted.
func (m *Core) SampleAndPasses(ctx context.Context, n int, o SampleOptions) (x []float32, passes int, err error) {
	sets, err := m.samplingSets(o.Order)
	if err != nil {
		return nil, 0, err
	}
	d, err := o.draw(n)
	if err != nil {
		return nil, 0, err
	}
	return m.of.Sample(ctx, sets, d)
}

// SampleBlocks draws the same samples as Sample, any number of them, and calls write
// with one block of whole rows after the other, whose memory is used again: they are
// never all held. passes is as of SampleAndPasses. An error of write ends it.
func (m *Core) SampleBlocks(ctx context.Context, n int, o SampleOptions, write func(x []float32) error) (passes int, err error) {
	sets, err := m.samplingSets(o.Order)
	if err != nil {
		return 0, err
	}
	d, err := o.draw(n)
	if err != nil {
		return 0, err
	}
	if write == nil {
		return 0, errors.New("samples by blocks need a function that takes them")
	}
	return m.of.SampleBlocks(ctx, sets, d, write)
}

func (o SampleOptions) draw(n int) (d exec.Draw, err error) {
	d = exec.Draw{N: n, Seed: o.Seed, Method: o.Method, Context: o.prepared, Given: o.given, Complete: o.Complete}
	if o.Context != nil && o.prepared == nil {
		if d.Context, err = o.Context.Values(); err != nil {
			return d, err
		}
	}
	if o.Given != nil && o.given == nil {
		d.Given, err = o.Given.Values()
	}
	return d, err
}

func (m *Core) samplingSets(order int) ([]*masks.Set, error) {
	if err := m.whole("samples"); err != nil {
		return nil, err
	}
	masked, ok := m.of.Model.(models.Masked)
	if !ok {
		return []*masks.Set{nil}, nil
	}
	switch cycle := masked.Cycle(); {
	case order < 0 || cycle.Len() != masks.Unlimited && order > cycle.Len():
		return nil, fmt.Errorf("order %d does not exist: the model has %d (0 draws from all of them)", order, cycle.Len())
	case order > 0:
		return []*masks.Set{cycle.At(order - 1)}, nil
	case cycle.Len() == masks.Unlimited:
		return m.Sets(min(m.o.EvalSets, exec.MaxSampleSets)), nil
	}
	return m.Sets(0), nil
}
