package exec

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Ensemble is what the likelihood of a row is averaged over.
type Ensemble struct {
	// Sets are the mask sets of a masked density; others take none.
	Sets []*masks.Set
	// Draws is the number of draws of noise a row of a stochastic model; 0 means
	// 1. Other models take none.
	Draws int
	// Seed is what the noise follows from.
	Seed uint64
}

// Evaluator computes log-likelihoods of a model for parameters that somebody
// else holds on the backend, such as a training loop. It compiles once. It is
// safe for concurrent use.
type Evaluator struct {
	backend *backend.Backend
	model   models.Definition
	batch   int
	// value is ln p of rows, or the bound of a stochastic model.
	value *Compiled
	// invert, if not nil, maps rows to the noise that value takes in their place.
	invert Inversion
}

// NewEvaluator returns an evaluator that works in batches of the given number of
// rows; 0 is what suits the model.
func NewEvaluator(b *backend.Backend, d models.Definition, batch int) (*Evaluator, error) {
	if batch <= 0 {
		batch = suitableBatch(d)
	}
	e := &Evaluator{backend: b, model: d, batch: batch}
	l := LayoutOf(d, batch)
	var err error
	switch m := d.(type) {
	case models.Stochastic:
		l.Noise = m.NoiseDim()
		if m.Objective().Kind == models.Divergence {
			l.X = 0
		}
		e.value, err = Compile(b, d, "bound", l, func(p models.Params, in Args[*Node]) *Node { return m.Bound(p, in.X, in.Context, in.Noise) })
	case models.Density:
		e.value, err = Compile(b, d, "log_prob", l, func(p models.Params, in Args[*Node]) *Node { return m.LogProb(p, in.X, in.Context) })
	default:
		return nil, errors.New("the model has neither a density nor a bound to evaluate (implement models.Density or models.Stochastic)")
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// suitableBatch is the number of rows whose widest layer has some 640,000 values:
// fewer rows a call leave the host too much of it, and more leave the caches.
func suitableBatch(d models.Definition) int {
	const values, fewest, most = 640_000, 500, 5000
	widest := d.Dim()
	for _, s := range d.Specs() {
		widest = max(widest, s.Shape[len(s.Shape)-1])
	}
	return min(most, max(fewest, values/widest))
}

// Close frees the executables. A nil evaluator has none.
func (e *Evaluator) Close() {
	if e == nil {
		return
	}
	e.value.Close()
}

// Batch is the number of rows a call.
func (e *Evaluator) Batch() int { return e.batch }

func (e *Evaluator) stochastic() bool {
	_, ok := e.model.(models.Stochastic)
	return ok
}

// members are what each computes the likelihood of a batch with, one after the
// other: the degrees of a mask set, or a stream of noise.
type member struct {
	degrees []*tensors.Tensor
	noise   *rand.Rand
}

func (e *Evaluator) members(of Ensemble) ([]member, error) {
	if e.stochastic() {
		const noiseStream = 0x6576616c
		all := make([]member, max(of.Draws, 1))
		for k := range all {
			all[k].noise = rand.New(rand.NewPCG(of.Seed, noiseStream<<32|uint64(k)))
		}
		return all, nil
	}
	if _, ok := e.model.(models.Masked); !ok {
		return make([]member, 1), nil
	}
	if len(of.Sets) == 0 {
		return nil, fmt.Errorf("evaluating a masked density needs at least one mask set")
	}
	all := make([]member, len(of.Sets))
	for k, s := range of.Sets {
		all[k].degrees = e.value.layout.Tensors(Values{Degrees: DegreesOf(e.model, s)}).Degrees
	}
	return all, nil
}

// LogProb returns ln p(x | context) of each row in nats, averaged over the
// probabilities of the members of the ensemble: x is row-major [rows, dim], cond
// [rows, contextDim] (nil without a context). Values that are not finite come back
// as they are: beyond the range of a logit a density has none. For a stochastic
// model it is the bound, which of a model that is fitted to a target does not
// depend on the rows; see NewDensityEvaluator.
func (e *Evaluator) LogProb(ctx context.Context, params []*tensors.Tensor, x, cond []float32, of Ensemble) ([]float64, error) {
	rows, err := RowsOf(e.model, x, cond)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, rows)
	err = e.each(ctx, params, rows, x, cond, of, func(perMember [][]float64) {
		one := make([]float64, len(perMember))
		for i := range perMember[0] {
			for k := range perMember {
				one[k] = perMember[k][i]
			}
			out = append(out, num.LogMeanExp(one))
		}
	})
	return out, err
}

// each computes the log-likelihoods of all rows under each member of an
// ensemble, batch by batch: f gets perMember[k][i], the log-likelihood of row i of
// the batch under member k.
func (e *Evaluator) each(ctx context.Context, params []*tensors.Tensor, rows int, x, cond []float32, of Ensemble, f func(perMember [][]float64)) error {
	all, err := e.members(of)
	if err != nil {
		return err
	}
	defer func() {
		for _, m := range all {
			Finalize(m.degrees)
		}
	}()
	for first := 0; first < rows; first += e.batch {
		n := min(e.batch, rows-first)
		perMember, err := e.one(ctx, params, all, Rows(x, first, n, rows), Rows(cond, first, n, rows), n)
		if err != nil {
			return err
		}
		f(perMember)
	}
	return nil
}

// one computes the log-likelihoods of the n rows of a batch.
func (e *Evaluator) one(ctx context.Context, params []*tensors.Tensor, all []member, x, cond []float32, n int) ([][]float64, error) {
	if e.invert != nil {
		var err error
		if x, err = e.invert.toNoise(ctx, params, x, cond); err != nil {
			return nil, err
		}
	}
	in := e.value.layout.Tensors(Values{X: x, Context: cond})
	defer e.value.layout.finalize(in)
	perMember := make([][]float64, len(all))
	for k, m := range all {
		values, err := e.member(ctx, params, m, in, n)
		if err != nil {
			return nil, err
		}
		perMember[k] = num.Convert[float64](values[:n])
	}
	return perMember, nil
}

// member computes the log-likelihoods of a padded batch of n rows under one
// member of an ensemble.
func (e *Evaluator) member(ctx context.Context, params []*tensors.Tensor, m member, in Args[*tensors.Tensor], n int) ([]float32, error) {
	in.Degrees = m.degrees
	if m.noise != nil {
		noise := make([]float32, n*e.value.layout.Noise)
		for i := range noise {
			noise[i] = float32(m.noise.NormFloat64())
		}
		in.Noise = e.value.layout.Tensors(Values{Noise: noise}).Noise
		defer Finalize([]*tensors.Tensor{in.Noise})
	}
	return e.value.CallTensors(ctx, params, in)
}

// EvaluationSets are the sets that the ensemble of a masked density consists of:
// those of a fixed cycle, or the first n of them when 0 < n < K; of an unlimited
// cycle n fresh ones, always the same, where unlimited replaces n = 0.
func EvaluationSets(d models.Masked, n, unlimited int) []*masks.Set {
	fresh := n
	if n <= 0 {
		fresh = unlimited
	}
	sets := d.Cycle().Eval(fresh)
	if n > 0 && n < len(sets) {
		sets = sets[:n]
	}
	return sets
}

// RowsOf is the number of rows that x and their contexts are for a model. The error
// names what does not fit.
func RowsOf(d models.Definition, x, cond []float32) (int, error) {
	dim, width := d.Dim(), d.ContextDim()
	rows := len(x) / dim
	if len(x)%dim != 0 {
		return 0, fmt.Errorf("%d values are not whole rows of %d variables", len(x), dim)
	}
	if len(cond) != rows*width {
		return 0, fmt.Errorf("%d rows need a context of %d values each, %d in all, but %d were given", rows, width, rows*width, len(cond))
	}
	return rows, nil
}

// Inversion prepares a flow on the host by its parameters on the backend.
type Inversion func(params []*tensors.Tensor) (models.Inverter, error)

// NewDensityEvaluator is NewEvaluator for given rows of a flow whose density takes a
// loop in the graph: the rows of each batch are mapped to noise on the host, using
// each weight once, and the graph goes back. A nil inversion copies the weights to the
// host for each batch. A value that leaves the range of float32 on the host is a
// *models.NonFiniteError.
func NewDensityEvaluator(b *backend.Backend, d models.Density, batch int, invert Inversion) (*Evaluator, error) {
	f, ok := Looping(d)
	if !ok {
		return NewEvaluator(b, d, batch)
	}
	if batch <= 0 {
		batch = suitableBatch(d)
	}
	if invert == nil {
		invert = func(params []*tensors.Tensor) (models.Inverter, error) {
			w, err := HostWeights(params)
			if err != nil {
				return nil, err
			}
			return f.NewInverter(w)
		}
	}
	e := &Evaluator{backend: b, model: d, batch: batch, invert: invert}
	var err error
	e.value, err = Compile(b, d, "log_prob", LayoutOf(d, batch), func(p models.Params, in Args[*Node]) *Node {
		_, logp := f.SampleAndLogProb(p, in.X, in.Context)
		return logp
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// DensityEvaluator is NewDensityEvaluator for the model, which must be a density.
func (l *Loaded) DensityEvaluator(batch int) (*Evaluator, error) {
	return NewDensityEvaluator(l.Backend, l.Model.(models.Density), batch,
		func([]*tensors.Tensor) (models.Inverter, error) { return l.Inverter() })
}

// toNoise maps a copy of the rows to noise.
func (i Inversion) toNoise(ctx context.Context, params []*tensors.Tensor, x, cond []float32) ([]float32, error) {
	f, err := i(params)
	if err != nil {
		return nil, err
	}
	z := append([]float32(nil), x...)
	_, err = f.ToNoise(ctx, z, cond, models.Solver{})
	return z, err
}

// Looping returns the flow that a model is, when its density takes a loop in the graph.
func Looping(m models.Definition) (models.Flow, bool) {
	f, ok := m.(models.Flow)
	return f, ok && f.Loops()
}
