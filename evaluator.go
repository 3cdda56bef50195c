package maskflow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
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

// ensemble is that of n orders, or the model's own when n is 0.
func (m *Model) ensemble(n int) Ensemble {
	draws := m.o.Samples
	switch {
	case isVariational(m.model):
		draws = 1
	case draws <= 0:
		draws = 128
	}
	return Ensemble{Sets: m.Sets(n), Draws: draws}
}

// isVariational tells models that are fitted to a target instead of data.
func isVariational(m models.Model) bool {
	_, density := m.(models.Density)
	_, stochastic := m.(models.Stochastic)
	return density && stochastic
}

// Evaluator computes log-likelihoods of a model for parameters that somebody
// else holds on the backend, such as a training loop. It compiles once. It is
// safe for concurrent use.
type Evaluator struct {
	model models.Model
	batch int
	// value is ln p of rows, or the bound of a stochastic model.
	value *compiled
	// change is ln |det| of the preprocessing, nil when there is none.
	change *compiled
	// invert, if not nil, maps rows to the noise that value takes in their place.
	invert func(ctx context.Context, params []*tensors.Tensor, x, cond []float32) ([]float32, error)
}

// NewEvaluator returns an evaluator that works in batches of the given number of
// rows; 0 is what suits the model.
func NewEvaluator(b *backend.Backend, d models.Model, batch int) (*Evaluator, error) {
	if batch <= 0 {
		batch = suitableBatch(d)
	}
	e := &Evaluator{model: d, batch: batch}
	var err error
	switch m := d.(type) {
	case models.Stochastic:
		e.value, err = compile(b, d, "bound", func(p models.Params, data []*Node) *Node {
			x, context, noise := unpack(d, data)
			return m.Bound(p, x, context, noise)
		})
	case models.Density:
		e.value, err = compile(b, d, "log_prob", func(p models.Params, data []*Node) *Node {
			return m.LogProb(p, data[0], second(data))
		})
	default:
		return nil, errors.New("the model has neither a density nor a bound to evaluate (implement models.Density or models.Stochastic)")
	}
	if err != nil {
		return nil, err
	}
	return e.withChange(b, d)
}

// withChange is the evaluator with the change of units by the model's
// preprocessing. When that fails the evaluator is closed.
func (e *Evaluator) withChange(b *backend.Backend, d models.Model) (*Evaluator, error) {
	var err error
	if e.change, err = compileChange(b, d); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// compileChange is ln |det| of the preprocessing of rows, nil for a model without.
func compileChange(b *backend.Backend, d models.Model) (*compiled, error) {
	m, ok := d.(models.Preprocessed)
	if !ok {
		return nil, nil
	}
	return compile(b, d, "preprocess", func(p models.Params, data []*Node) *Node {
		if change := m.PreprocessLogDet(p, data[0]); change != nil {
			return change
		}
		return Const(data[0].Graph(), make([]float32, data[0].Shape().Dimensions[0]))
	})
}

// suitableBatch is the number of rows whose widest layer has some 640,000 values:
// fewer rows a call leave the host too much of it, and more leave the caches.
func suitableBatch(d models.Model) int {
	const values, fewest, most = 640_000, 500, 5000
	widest := d.Dim()
	for _, s := range d.Specs() {
		widest = max(widest, s.Shape[len(s.Shape)-1])
	}
	return min(most, max(fewest, values/widest))
}

// unpack takes apart the rows, the context and the noise of a stochastic model,
// whose noise comes last; rows are absent when it has none.
func unpack(d models.Model, data []*Node) (x, context, noise *Node) {
	noise, data = data[len(data)-1], data[:len(data)-1]
	if d.ContextDim() > 0 {
		context, data = data[len(data)-1], data[:len(data)-1]
	}
	if len(data) > 0 {
		x = data[0]
	}
	return x, context, noise
}

// second is the context, where the data have one.
func second(data []*Node) *Node {
	if len(data) < 2 {
		return nil
	}
	return data[1]
}

// Close frees the executables.
func (e *Evaluator) Close() {
	e.value.close()
	if e.change != nil {
		e.change.close()
	}
}

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
		all[k].degrees = degreesOf(e.model, s)
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
	rows, err := rowsOf(e.model, x, cond)
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
			out = append(out, LogMeanExp(one))
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
			finalize(m.degrees)
		}
	}()
	for first := 0; first < rows; first += e.batch {
		n := min(e.batch, rows-first)
		perMember, err := e.one(ctx, params, all, part(x, first, n, rows), part(cond, first, n, rows), n)
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
		if x, err = e.invert(ctx, params, x, cond); err != nil {
			return nil, err
		}
	}
	data := []*tensors.Tensor{pad(x, len(x)/n, n, e.batch), pad(cond, e.model.ContextDim(), n, e.batch)}
	defer finalize(data)
	perMember := make([][]float64, len(all))
	for k, m := range all {
		values, err := e.member(ctx, params, m, data, n)
		if err != nil {
			return nil, err
		}
		perMember[k] = toFloat64(values[:n])
	}
	return perMember, nil
}

// member computes the log-likelihoods of a padded batch of n rows under one
// member of an ensemble.
func (e *Evaluator) member(ctx context.Context, params []*tensors.Tensor, m member, data []*tensors.Tensor, n int) ([]float32, error) {
	if m.noise == nil {
		return e.value.call(ctx, params, m.degrees, data...)
	}
	noise := e.noise(m.noise, n)
	defer finalize([]*tensors.Tensor{noise})
	return e.value.call(ctx, params, m.degrees, slices.Concat(data, []*tensors.Tensor{noise})...)
}

// noise draws that of n rows.
func (e *Evaluator) noise(rng *rand.Rand, n int) *tensors.Tensor {
	width := e.model.(models.Stochastic).NoiseDim()
	noise := make([]float32, n*width)
	for i := range noise {
		noise[i] = float32(rng.NormFloat64())
	}
	return pad(noise, width, n, e.batch)
}

// preprocessing is the mean over rows of ln |det| of the model's preprocessing.
func (e *Evaluator) preprocessing(ctx context.Context, params []*tensors.Tensor, s *data.Set) (float64, error) {
	if e.change == nil {
		return 0, nil
	}
	sum := 0.0
	for first := 0; first < s.Rows; first += e.batch {
		n := min(e.batch, s.Rows-first)
		x := pad(part(s.X, first, n, s.Rows), s.Dim, n, e.batch)
		values, err := e.change.call(ctx, params, degreesOfFirst(e.model), x)
		finalize([]*tensors.Tensor{x})
		if err != nil {
			return 0, err
		}
		for _, v := range values[:n] {
			sum += float64(v)
		}
	}
	return sum / float64(s.Rows), nil
}

// part are n rows from first on, of values that belong to so many rows in all.
func part(values []float32, first, n, rows int) []float32 {
	width := len(values) / max(rows, 1)
	return values[first*width : (first+n)*width]
}

func toFloat64(v []float32) []float64 {
	r := make([]float64, len(v))
	for i, x := range v {
		r[i] = float64(x)
	}
	return r
}
