package maskflow

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

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
	// Context conditions the samples, row-major [n, contextDim].
	Context []float32
}

// noise streams of a seed
const (
	noiseStream = 0x6e6f697365 // the noise that becomes samples
	orderStream = 0x6f72646572 // which order draws which sample
)

// maxSampleValues bounds what one call draws; samples and noise are held at once.
const maxSampleValues = 1 << 31

// maxSampleSets bounds the orders that samples of an unlimited cycle come from:
// each keeps a sorted copy of the weights.
const maxSampleSets = 32

// Sample draws n samples, row-major [n, dim], by ancestral sampling on the host.
// The same seed gives the same samples on every machine and backend, and the
// first rows do not depend on n.
func (m *Model) Sample(ctx context.Context, n int, o SampleOptions) ([]float32, error) {
	sets, err := m.samplingSets(o.Order)
	if err != nil {
		return nil, err
	}
	return sampleBy(ctx, m.model, sets, n, o, m.sampler)
}

// sampler returns the sampler of a mask set. Those of a fixed cycle, which are
// the same each time, are kept: preparing one sorts all weights.
func (m *Model) sampler(set *masks.Set) (models.Sampler, error) {
	m.samplers.mu.Lock()
	defer m.samplers.mu.Unlock()
	if s, ok := m.samplers.of[set]; ok {
		return s, nil
	}
	s, err := newSampler(m.model, m.weights, set)
	if err != nil {
		return nil, err
	}
	masked, ok := m.model.(models.Masked)
	if fixed := !ok || masked.Cycle().Len() != masks.Unlimited; fixed && len(m.samplers.of) < maxSampleSets {
		if m.samplers.of == nil {
			m.samplers.of = map[*masks.Set]models.Sampler{}
		}
		m.samplers.of[set] = s
	}
	return s, nil
}

// samplers are kept by their mask sets, nil for a model without.
type samplers struct {
	mu sync.Mutex
	of map[*masks.Set]models.Sampler
}

// Sample draws n samples of a model with the given weights, each in the order of
// a random one of the mask sets; a model without masks takes one nil set.
// The options' Order is not looked at.
func Sample(ctx context.Context, d models.Model, w models.Weights, sets []*masks.Set, n int, o SampleOptions) ([]float32, error) {
	return sampleBy(ctx, d, sets, n, o, func(set *masks.Set) (models.Sampler, error) { return newSampler(d, w, set) })
}

func newSampler(d models.Model, w models.Weights, set *masks.Set) (models.Sampler, error) {
	sampled, ok := d.(models.HostSampler)
	if !ok {
		return nil, fmt.Errorf("this model cannot be sampled")
	}
	return sampled.NewSampler(w, set)
}

// checkSampling says whether so many samples can be drawn.
func checkSampling(d models.Model, n int, o SampleOptions) error {
	if dim := max(d.Dim(), d.ContextDim()); n > maxSampleValues/dim {
		return fmt.Errorf("%d samples of %d variables are too many at once: need %d or fewer (draw them in parts, each with a seed of its own)", n, dim, maxSampleValues/dim)
	}
	if n < 0 {
		return fmt.Errorf("%d samples were asked for, need 0 or more", n)
	}
	if width := d.ContextDim(); len(o.Context) != n*width {
		return fmt.Errorf("%d samples need a context of %d values each, %d in all, but %d were given", n, width, n*width, len(o.Context))
	}
	return nil
}

func sampleBy(ctx context.Context, d models.Model, sets []*masks.Set, n int, o SampleOptions, samplerOf func(*masks.Set) (models.Sampler, error)) ([]float32, error) {
	if err := checkSampling(d, n, o); err != nil {
		return nil, err
	}
	if len(sets) == 0 {
		return nil, fmt.Errorf("sampling needs at least one mask set")
	}
	dim, width := d.Dim(), d.ContextDim()
	var noise []float32
	rowsOf := make([][]int, len(sets))
	choose := rand.New(rand.NewPCG(o.Seed, orderStream))
	for i := range n {
		k := choose.IntN(len(sets))
		rowsOf[k] = append(rowsOf[k], i)
	}
	out := make([]float32, n*dim)
	for k, rows := range rowsOf {
		if len(rows) == 0 {
			continue
		}
		sampler, err := samplerOf(sets[k])
		if err != nil {
			return nil, err
		}
		if noise == nil {
			noise = make([]float32, n*sampler.NoiseDim())
			sampler.DrawNoise(rand.New(rand.NewPCG(o.Seed, noiseStream)), noise)
		}
		x := make([]float32, len(rows)*dim)
		if err := sampler.Sample(ctx, x, takeRows(noise, rows, sampler.NoiseDim()), takeRows(o.Context, rows, width), o.Method); err != nil {
			return nil, err
		}
		for i, row := range rows {
			copy(out[row*dim:(row+1)*dim], x[i*dim:(i+1)*dim])
		}
	}
	return out, nil
}

func (m *Model) samplingSets(order int) ([]*masks.Set, error) {
	masked, ok := m.model.(models.Masked)
	if !ok {
		return []*masks.Set{nil}, nil
	}
	cycle := masked.Cycle()
	if order < 0 || cycle.Len() != masks.Unlimited && order > cycle.Len() {
		return nil, fmt.Errorf("order %d does not exist: the model has %d (0 draws from all of them)", order, cycle.Len())
	}
	if order > 0 {
		return []*masks.Set{cycle.At(order - 1)}, nil
	}
	if cycle.Len() == masks.Unlimited {
		return m.Sets(min(m.o.EvalSets, maxSampleSets)), nil
	}
	return m.Sets(0), nil
}

func takeRows(v []float32, rows []int, width int) []float32 {
	out := make([]float32, len(rows)*width)
	for i, row := range rows {
		copy(out[i*width:(i+1)*width], v[row*width:(row+1)*width])
	}
	return out
}
