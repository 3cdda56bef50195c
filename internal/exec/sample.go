package exec

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Draw is what samples are drawn from beside the weights.
type Draw struct {
	// N is their number.
	N int
	// Seed is the random seed of their noise and of their orders.
	Seed uint64
	// Method is how; all methods give the same bits.
	Method models.Method
	// Context conditions the samples, row-major [N, contextDim].
	Context []float32
}

// Streams of random numbers of a seed.
const (
	noiseStream = 0x6e6f697365 // the noise that becomes samples
	orderStream = 0x6f72646572 // which order draws which sample
)

// MaxSampleValues bounds what one call draws; samples and noise are held at once.
const MaxSampleValues = 1 << 31

// MaxSampleSets bounds the orders that samples of an unlimited cycle come from:
// each keeps a sorted copy of the weights.
const MaxSampleSets = 32

// Sample draws samples of a model with the given weights, row-major [N, dim], each
// in the order of a random one of the mask sets; a model without masks takes one
// nil set. The same seed gives the same samples on every machine, and the first
// rows do not depend on N. passes is the largest number of times that any row went
// through any one network, 0 where no network is inverted.
func Sample(ctx context.Context, d models.Definition, w models.Weights, sets []*masks.Set, o Draw) (x []float32, passes int, err error) {
	return load(nil, d, w, nil).Sample(ctx, sets, o)
}

// sampler returns the sampler of a mask set. Those of a fixed cycle, which are
// the same each time, are kept: preparing one sorts all weights.
func (l *Loaded) sampler(set *masks.Set) (models.Sampler, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s, ok := l.samplers[set]; ok {
		return s, nil
	}
	sampled, ok := l.Model.(models.HostSampler)
	if !ok {
		return nil, fmt.Errorf("this model cannot be sampled")
	}
	s, err := sampled.NewSampler(l.Weights, set)
	if err != nil {
		return nil, err
	}
	masked, ok := l.Model.(models.Masked)
	if fixed := !ok || masked.Cycle().Len() != masks.Unlimited; fixed && len(l.samplers) < MaxSampleSets {
		l.samplers[set] = s
	}
	return s, nil
}

// Check reports whether so many samples of a model can be drawn.
func (o Draw) Check(d models.Definition) error {
	n := o.N
	if dim := max(d.Dim(), d.ContextDim()); n > MaxSampleValues/dim {
		return fmt.Errorf("%d samples of %d variables are too many at once: need %d or fewer (draw them in parts, each with a seed of its own)", n, dim, MaxSampleValues/dim)
	}
	if n < 0 {
		return fmt.Errorf("%d samples were asked for, need 0 or more", n)
	}
	if width := d.ContextDim(); len(o.Context) != n*width {
		return fmt.Errorf("%d samples need a context of %d values each, %d in all, but %d were given", n, width, n*width, len(o.Context))
	}
	return nil
}

// Sample is the function Sample for the model.
func (l *Loaded) Sample(ctx context.Context, sets []*masks.Set, o Draw) (out []float32, passes int, err error) {
	d := l.Model
	if err := o.Check(d); err != nil {
		return nil, 0, err
	}
	if len(sets) == 0 {
		return nil, 0, fmt.Errorf("sampling needs at least one mask set")
	}
	n, dim, width := o.N, d.Dim(), d.ContextDim()
	var noise []float32
	rowsOf := make([][]int, len(sets))
	choose := rand.New(rand.NewPCG(o.Seed, orderStream))
	for i := range n {
		k := choose.IntN(len(sets))
		rowsOf[k] = append(rowsOf[k], i)
	}
	out = make([]float32, n*dim)
	for k, rows := range rowsOf {
		if len(rows) == 0 {
			continue
		}
		sampler, err := l.sampler(sets[k])
		if err != nil {
			return nil, 0, err
		}
		if noise == nil {
			noise = make([]float32, n*sampler.NoiseDim())
			sampler.DrawNoise(rand.New(rand.NewPCG(o.Seed, noiseStream)), noise)
		}
		x := make([]float32, len(rows)*dim)
		took, err := sampler.Sample(ctx, x, takeRows(noise, rows, sampler.NoiseDim()), takeRows(o.Context, rows, width), o.Method)
		if passes = max(passes, took); err != nil {
			return nil, passes, err
		}
		for i, row := range rows {
			copy(out[row*dim:(row+1)*dim], x[i*dim:(i+1)*dim])
		}
	}
	return out, passes, nil
}

func takeRows(v []float32, rows []int, width int) []float32 {
	out := make([]float32, len(rows)*width)
	for i, row := range rows {
		copy(out[i*width:(i+1)*width], v[row*width:(row+1)*width])
	}
	return out
}
