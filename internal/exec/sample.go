package exec

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

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
	// Context conditions the samples, row-major [N, contextDim], or one row for all.
	Context []float32
	// Given are values of the samples, row-major [N, dim], or one row for all: what is models.NotKnown is drawn given
	// the others. nil gives none.
	Given []float32
	// Complete draws a value of every variable: none is missing.
	Complete bool
}

// ContextOf is the context of n samples from first on, for a model with so many columns
// of context.
func (o Draw) ContextOf(first, n, width int) []float32 { return someRows(o.Context, first, n, width) }

// someRows are n rows from first on, or n times the only one.
func someRows(v []float32, first, n, width int) []float32 {
	if len(v) == width {
		return slices.Repeat(v, n)
	}
	return v[first*width : (first+n)*width]
}

// Streams of random numbers of a seed.
const (
	noiseStream = 0x6e6f697365 // the noise that becomes samples
	orderStream = 0x6f72646572 // which order draws which sample
)

// ErrNoGiven is the error of samples that are given values, of a model that takes none.
var ErrNoGiven = errors.New("this model draws no samples given some of their values")

// MaxSampleValues bounds the samples that are held at once.
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

// Check reports whether so many samples of a model can be drawn at once.
func (o Draw) Check(d models.Definition) error {
	if dim := max(d.Dim(), d.ContextDim()); o.N > MaxSampleValues/dim {
		return fmt.Errorf("%d samples of %d variables are too many at once: need %d or fewer (draw them by blocks)", o.N, dim, MaxSampleValues/dim)
	}
	return o.check(d)
}

func (o Draw) check(d models.Definition) error {
	if o.N < 0 {
		return fmt.Errorf("%d samples were asked for, need 0 or more", o.N)
	}
	width := d.ContextDim()
	if have := len(o.Context); width == 0 && have > 0 || width > 0 && have != width && (have%width != 0 || have/width != o.N) {
		return fmt.Errorf("%d samples need a context of %d values each, or one for all, but %d were given", o.N, width, have)
	}
	return o.checkGiven(d)
}

func (o Draw) checkGiven(d models.Definition) error {
	dim := d.Dim()
	if have := len(o.Given); have != 0 && have != dim && have != o.N*dim {
		return fmt.Errorf("%d samples may be given %d values each, or one row for all, but %d were given", o.N, dim, have)
	}
	variables := models.VariablesOf(d)
	for i, v := range o.Given {
		if err := variables[i%dim].Check(v); err != nil {
			return fmt.Errorf("row %d of what is given (counted from 0): %s: %w", i/dim, variables[i%dim].Label(i%dim), err)
		}
	}
	return nil
}

// Sample is the function Sample for the model.
func (l *Loaded) Sample(ctx context.Context, sets []*masks.Set, o Draw) (out []float32, passes int, err error) {
	if err := o.Check(l.Model); err != nil {
		return nil, 0, err
	}
	out = make([]float32, 0, o.N*l.Model.Dim())
	passes, err = l.SampleBlocks(ctx, sets, o, func(x []float32) error {
		out = append(out, x...)
		return nil
	})
	if err != nil {
		return nil, passes, err
	}
	return out, passes, nil
}

// SampleBlocks draws the samples of Sample, any number of them, and calls f with one
// block after the other, whose memory is used again.
func (l *Loaded) SampleBlocks(ctx context.Context, sets []*masks.Set, o Draw, f func(x []float32) error) (passes int, err error) {
	if err := o.check(l.Model); err != nil {
		return 0, err
	}
	if len(sets) == 0 {
		return 0, fmt.Errorf("sampling needs at least one mask set")
	}
	b := sampleBlocks{of: l, sets: sets, Draw: o, samplers: map[int]models.Sampler{},
		choose: rand.New(rand.NewPCG(o.Seed, orderStream)), draw: rand.New(rand.NewPCG(o.Seed, noiseStream))}
	const values, fewest, most = 1 << 22, 1 << 10, 1 << 16 // of a block, and its rows
	block := min(most, max(fewest, values/max(l.Model.Dim(), 1)))
	for first := 0; first < o.N; first += block {
		x, err := b.next(ctx, first, min(block, o.N-first))
		if err == nil {
			err = f(x)
		}
		if err != nil {
			return b.passes, err
		}
	}
	return b.passes, nil
}

// sampleBlocks are samples that are drawn block by block.
type sampleBlocks struct {
	Draw
	of           *Loaded
	sets         []*masks.Set
	samplers     map[int]models.Sampler
	choose, draw *rand.Rand
	passes       int
	x, noise     []float32 // memory that is used again
}

// sampler is that of set k, kept while there are few.
func (b *sampleBlocks) sampler(k int) (s models.Sampler, err error) {
	if kept := b.samplers[k]; kept != nil {
		return kept, nil
	}
	s, err = b.of.sampler(b.sets[k])
	if c, ok := s.(models.Completer); ok && b.Complete {
		s = c.Complete()
	}
	if err == nil && len(b.samplers) < MaxSampleSets {
		b.samplers[k] = s
	}
	return s, err
}

// next draws n samples, which first come before.
func (b *sampleBlocks) next(ctx context.Context, first, n int) ([]float32, error) {
	dim, width := b.of.Model.Dim(), b.of.Model.ContextDim()
	rowsOf := make([][]int, len(b.sets))
	for i := range n {
		k := b.choose.IntN(len(b.sets))
		rowsOf[k] = append(rowsOf[k], i)
	}
	b.x = slices.Grow(b.x[:0], n*dim)[:n*dim]
	cond, drawn := b.ContextOf(first, n, width), false
	var given []float32
	if b.Given != nil {
		given = someRows(b.Given, first, n, dim)
	}
	for k, rows := range rowsOf {
		if len(rows) == 0 {
			continue
		}
		sampler, err := b.sampler(k)
		if err != nil {
			return nil, err
		}
		if size := n * sampler.NoiseDim(); !drawn {
			b.noise, drawn = slices.Grow(b.noise[:0], size)[:size], true
			sampler.DrawNoise(b.draw, b.noise)
		}
		x, sample := make([]float32, len(rows)*dim), sampler.Sample
		if given != nil {
			s, ok := sampler.(models.GivenSampler)
			if !ok {
				return nil, fmt.Errorf("%w %s", ErrNoGiven, whoIsGiven(b.of.Model))
			}
			x, sample = TakeRows(given, rows, dim), s.SampleGiven
		}
		took, err := sample(ctx, x, TakeRows(b.noise, rows, sampler.NoiseDim()), TakeRows(cond, rows, width), b.Method)
		b.passes = max(b.passes, took)
		if bad := (*models.NonFiniteError)(nil); errors.As(err, &bad) && 0 <= bad.Row && bad.Row < len(rows) {
			bad.Row = first + rows[bad.Row]
		}
		if err != nil {
			return nil, err
		}
		for i, row := range rows {
			copy(b.x[row*dim:(row+1)*dim], x[i*dim:(i+1)*dim])
		}
	}
	return b.x, nil
}

// TakeRows are rows of so many values, by their numbers.
func TakeRows(v []float32, rows []int, width int) []float32 {
	out := make([]float32, len(rows)*width)
	for i, row := range rows {
		copy(out[i*width:(i+1)*width], v[row*width:(row+1)*width])
	}
	return out
}
