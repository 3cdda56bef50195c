package exec

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

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
	// Draws is the number of draws of noise a row of a stochastic model, or of what a [models.Drawn] model draws; 0 means
	// 1. Other models take none.
	Draws int
	// Seed is what the noise follows from.
	Seed uint64
	// Progress, if not nil, is called now and then with how many rows are done, all
	// members together.
	Progress func(rows int)
	// Row, if not nil, is called by an evaluation with ln p of each row in turn, in nats and in the units of the source.
	Row func(logp float64)
}

// Evaluator computes log-likelihoods of a model for parameters that somebody
// else holds on the backend, such as a training loop. It compiles once. It is
// safe for concurrent use.
type Evaluator struct {
	model models.Definition
	// value is ln p of rows, or the bound of a stochastic model; of a model whose rows have
	// holes the parts of the values and of the holes, [batch, 2].
	value *Compiled
	parts bool
	// invert, if not nil, maps rows to the noise that value takes in their place.
	invert Inversion
	// drawn, if not nil, is a model whose objective is estimated by draws.
	drawn models.Drawn
	// passes reports that a call takes a pass for each variable.
	passes bool
}

// NewEvaluator returns an evaluator that works in batches of the given number of
// rows; 0 is what suits the model. Of a [models.Targeted] it is that of NewEstimator.
func NewEvaluator(b *backend.Backend, d models.Definition, batch int) (*Evaluator, error) {
	l := LayoutOf(d, batch)
	switch m := d.(type) {
	case models.Targeted:
		return NewEstimator(b, m, batch)
	case models.Stochastic:
		l.Noise = m.NoiseDim()
		if m.Objective().Kind == models.Divergence {
			l.X = 0
		}
		return newEvaluator(b, d, l, func(p models.Params, in Args[*Node]) *Node { return m.Bound(p, in.X, in.Context, in.Noise) })
	case models.Parts:
		if slices.ContainsFunc(models.VariablesOf(d), func(v models.Variable) bool { return v.Hole }) {
			e, err := newEvaluator(b, d, l, func(p models.Params, in Args[*Node]) *Node {
				values, holes := m.LogProbParts(p, in.X, in.Context)
				return Stack([]*Node{values, holes}, 1)
			})
			if err == nil {
				e.parts = true
			}
			return e, err
		}
	}
	if m, ok := d.(models.Density); ok {
		return newEvaluator(b, d, l, func(p models.Params, in Args[*Node]) *Node { return m.LogProb(p, in.X, in.Context) })
	}
	return nil, errors.New("the model has neither a density nor a bound to evaluate (implement models.Density or models.Stochastic)")
}

// ObjectiveDraws is the number of draws of each row by which an objective is estimated, in validation, and in a test of a
// [models.Targeted].
const ObjectiveDraws = 32

// DrawsOf is that number for a model: one of one target, for which every draw is the same.
func DrawsOf(d models.Definition) int {
	if t, ok := d.(models.Targeted); ok && len(t.Targets()) == 1 {
		return 1
	}
	return ObjectiveDraws
}

// NewEstimator returns an evaluator of the objective of a model that is estimated by draws, in batches
// as those of NewEvaluator. The likelihood of a row is the mean over Ensemble.Draws draws, which are spread
// evenly and the same in every evaluation.
func NewEstimator(b *backend.Backend, d models.Drawn, batch int) (*Evaluator, error) {
	l := LayoutOf(d, batch)
	l.Degrees, l.Noise = nil, d.NoiseDim()
	e, err := newEvaluator(b, d, l, func(p models.Params, in Args[*Node]) *Node {
		return d.Value(p, models.Batch{X: in.X, Context: in.Context, Noise: in.Noise})
	})
	if err != nil {
		return nil, err
	}
	e.drawn = d
	return e, nil
}

func newEvaluator(b *backend.Backend, d models.Definition, l Layout, fn func(p models.Params, in Args[*Node]) *Node) (*Evaluator, error) {
	passes := models.Passes(d) && l.Degrees != nil
	if l.Batch <= 0 {
		values := onceValues
		if passes {
			values = passValues
		}
		l.Batch = suitableBatch(d, values)
	}
	l.Batch = min(l.Batch, max(1, mostValues/widest(d)))
	value, err := Compile(b, d, "log_prob", l, fn)
	if err != nil {
		return nil, err
	}
	return &Evaluator{model: d, value: value, passes: passes}, nil
}

// size is the number of rows of a call for n of them. Calls are filled up to whole batches, so that
// one executable serves all. Where a row takes long it is cheaper to compile others, up to eight.
func (e *Evaluator) size(n int) int {
	batch := e.Batch()
	if !e.passes {
		return batch
	}
	part := (batch + 7) / 8
	return min(batch, (n+part-1)/part*part)
}

// suitableBatch is the number of rows whose widest layer has some number of values: fewer rows a call
// leave the host too much of it, and more leave the caches.
func suitableBatch(d models.Definition, values int) int {
	const fewest, most = 500, 5000
	return min(most, max(fewest, values/widest(d)))
}

// The values of the widest layer of a call that goes through the layers once, and of one that does so
// for each variable: what it carries from one to the next stays in the caches of the processors.
const (
	onceValues = 640_000
	passValues = 256_000
)

// mostValues bounds those of a layer, of batches that are asked for: memory is taken for
// whole batches, however few rows there are.
const mostValues = 1 << 23

// widest is the width of the widest layer.
func widest(d models.Definition) int {
	widest := max(1, models.Width(d))
	for _, s := range d.Specs() {
		widest = max(widest, s.Shape[len(s.Shape)-1])
	}
	return widest
}

// Close frees the executables. A nil evaluator has none.
func (e *Evaluator) Close() {
	if e != nil {
		e.value.Close()
	}
}

// Batch is the number of rows a call.
func (e *Evaluator) Batch() int { return e.value.Batch() }

// member is a member of an ensemble.
type member struct {
	set *masks.Set // nil without one
	// values are what it computes the likelihood of n further rows x with: the degrees of a mask set,
	// or noise.
	values func(x []float32, n int) Values
}

func (e *Evaluator) members(of Ensemble) (all []member, err error) {
	const noiseStream = 0x6576616c
	stream := func(k int) *rand.Rand { return rand.New(rand.NewPCG(of.Seed, noiseStream<<32|uint64(k))) }
	stochastic, _ := e.model.(models.Stochastic)
	masked, _ := e.model.(models.Masked)
	switch {
	case e.drawn != nil:
		all = e.draws(max(of.Draws, 1), stream)
	case stochastic != nil:
		for k := range max(of.Draws, 1) {
			rng := stream(k)
			all = append(all, member{nil, func(_ []float32, n int) Values {
				return Values{Noise: models.Normal(1)(rng, []int{n, stochastic.NoiseDim()})}
			}})
		}
	case masked != nil && len(of.Sets) == 0:
		return nil, errors.New("evaluating a masked density needs at least one mask set")
	case masked != nil:
		for _, s := range of.Sets {
			all = append(all, member{s, func([]float32, int) Values { return Values{Degrees: DegreesOf(masked, s)} }})
		}
	default:
		all = append(all, member{nil, func([]float32, int) Values { return Values{} }})
	}
	if of.Progress != nil {
		done := 0
		for k, m := range all {
			all[k].values = func(x []float32, n int) Values {
				of.Progress(done / len(all))
				done += n
				return m.values(x, n)
			}
		}
	}
	return all, nil
}

// draws are so many draws of the noise of rows, spread evenly.
func (e *Evaluator) draws(n int, stream func(k int) *rand.Rand) (all []member) {
	for k := range n {
		rng, draw, width, noise := stream(k), e.drawn.Drawer(false), models.Width(e.model), e.drawn.NoiseDim()
		all = append(all, member{nil, func(x []float32, rows int) Values {
			v := Values{Noise: make([]float32, rows*noise)}
			for i := range rows {
				draw(rng, (float64(k)+rng.Float64())/float64(n), x[i*width:][:width], v.Noise[i*noise:][:noise])
			}
			return v
		}})
	}
	return all
}

// LogProb returns ln p(x | context) of each row in nats, averaged over the
// probabilities of the members of the ensemble: x is row-major [rows, dim], cond
// [rows, contextDim] (nil without a context). Where a member's density is not a number,
// or left the range of float32, it counts as zero: its logarithm is −Inf. For a stochastic
// model it is the bound, which of a model that is fitted to a target does not
// depend on the rows; see NewDensityEvaluator. Rows of which something is not known are averaged over
// the orders that have it last; a *NotKnownError reports a row that has none.
func (e *Evaluator) LogProb(ctx context.Context, params []*tensors.Tensor, x, cond []float32, of Ensemble) ([]float64, error) {
	rows, err := RowsOf(e.model, x, cond)
	if err != nil {
		return nil, err
	}
	all, err := e.members(of)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, rows)
	err = e.batches(ctx, params, rows, x, cond, all, func(perMember, _ [][]float64) {
		one := make([]float64, len(perMember))
		for i := range perMember[0] {
			for k := range perMember {
				one[k] = perMember[k][i]
			}
			out = append(out, Joint(one))
		}
	})
	return out, err
}

// Blocks returns a function that computes the log-likelihoods of rows under each member
// of an ensemble, as [Evaluator.LogProb] has them: of rows that come in blocks as if they
// came at once. They are NaN where something is not known that the member cannot sum out.
func (e *Evaluator) Blocks(ctx context.Context, params []*tensors.Tensor, of Ensemble) (func(x, cond []float32) (perMember [][]float64, err error), error) {
	all, err := e.members(of)
	if err != nil {
		return nil, err
	}
	return func(x, cond []float32) (perMember [][]float64, err error) {
		rows, err := RowsOf(e.model, x, cond)
		if err != nil {
			return nil, err
		}
		perMember = make([][]float64, len(all))
		err = e.batches(ctx, params, rows, x, cond, all, func(batch, _ [][]float64) {
			for k, values := range batch {
				perMember[k] = append(perMember[k], values...)
			}
		})
		return perMember, err
	}, nil
}

// batches computes the log-likelihoods of all rows under each member of an ensemble,
// batch by batch: f gets perMember[k][i], that of row i of the batch under member k, and
// the part of it that is due to holes, nil where rows have none.
func (e *Evaluator) batches(ctx context.Context, params []*tensors.Tensor, rows int, x, cond []float32, all []member,
	f func(perMember, holes [][]float64)) error {
	for first, batch := 0, e.Batch(); first < rows; first += batch {
		n := min(batch, rows-first)
		perMember, holes, err := e.one(ctx, params, all, Rows(x, first, n, rows), Rows(cond, first, n, rows), n)
		if err != nil {
			if lost := (*NotKnownError)(nil); errors.As(err, &lost) {
				lost.Row += first
			}
			return err
		}
		f(perMember, holes)
	}
	return nil
}

// leastLogProb is that of a row which has a likelihood. Below it a row is about to leave the
// range of float32, with some weights and not with others, and a mean that has it is no
// measure of the other rows.
const leastLogProb = -1e30

// one computes the log-likelihoods of the n rows of a batch.
func (e *Evaluator) one(ctx context.Context, params []*tensors.Tensor, all []member, x, cond []float32, n int) (perMember, holes [][]float64, err error) {
	unknown, err := unusable(e.model, all, x, n)
	if err != nil {
		return nil, nil, err
	}
	var lost []int
	if e.invert != nil {
		if x, lost, err = e.toNoise(ctx, params, x, cond, n); err != nil {
			return nil, nil, err
		}
	}
	l := e.value.layout
	l.Batch = e.size(n)
	in := l.Tensors(Values{X: x, Context: cond})
	defer l.finalize(in)
	perMember = make([][]float64, len(all))
	for k, member := range all {
		own := l.Tensors(member.values(x, n))
		in.Noise, in.Degrees = own.Noise, own.Degrees
		values, err := e.value.CallTensors(ctx, params, in)
		l.finalize(own)
		if err != nil {
			return nil, nil, err
		}
		if e.parts {
			sum, part := make([]float64, n), make([]float64, n)
			for i := range n {
				part[i] = float64(values[2*i+1])
				sum[i] = float64(values[2*i]) + part[i]
			}
			perMember[k], holes = sum, append(holes, part)
		} else {
			perMember[k] = num.Convert[float64](values[:n])
		}
		for i, v := range perMember[k] {
			if !num.Finite(v) || v < leastLogProb {
				perMember[k][i] = math.Inf(-1)
			}
		}
		for _, i := range lost {
			perMember[k][i] = math.Inf(-1)
		}
		if unknown != nil {
			for _, i := range unknown[k] {
				perMember[k][i] = math.NaN()
			}
		}
	}
	return perMember, holes, nil
}

// toNoise maps a copy of n rows to noise, and returns which of them left the range of
// float32 on the way. These are found one by one: they are rare.
func (e *Evaluator) toNoise(ctx context.Context, params []*tensors.Tensor, x, cond []float32, n int) (z []float32, lost []int, err error) {
	f, err := e.invert(params)
	if err != nil {
		return nil, nil, err
	}
	z = slices.Clone(x)
	var left *models.NonFiniteError
	if _, err = f.ToNoise(ctx, z, cond, models.Solver{}); !errors.As(err, &left) {
		return z, nil, err
	}
	copy(z, x)
	for i := range n {
		row := Rows(z, i, 1, n)
		if _, err := f.ToNoise(ctx, row, Rows(cond, i, 1, n), models.Solver{}); errors.As(err, &left) {
			lost = append(lost, i)
			clear(row)
		} else if err != nil {
			return nil, nil, err
		}
	}
	return z, lost, nil
}

// EvaluationSets are the sets that the ensemble of a masked density consists of:
// those of a fixed cycle, or the first n of them when 0 < n < K; of an unlimited
// cycle n fresh ones, always the same, where unlimited replaces n = 0. Of a models.Sized the number by the
// weights replaces it.
func EvaluationSets(d models.Masked, w models.Weights, n, unlimited int) []*masks.Set {
	if s, ok := d.(models.Sized); ok && n <= 0 {
		n = s.Ensemble(w)
	}
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
	wide, width := models.Width(d), d.ContextDim()
	rows := len(x) / wide
	if len(x)%wide != 0 {
		of := fmt.Sprintf("%d variables", d.Dim())
		if cells := wide - d.Dim(); cells > 0 {
			of += fmt.Sprintf(" and the widths of %d cells", cells)
		}
		return 0, fmt.Errorf("%d values are not whole rows of %s", len(x), of)
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
// host for each batch.
func NewDensityEvaluator(b *backend.Backend, d models.Density, batch int, invert Inversion) (*Evaluator, error) {
	f, ok := Looping(d)
	if !ok {
		return NewEvaluator(b, d, batch)
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
	e, err := newEvaluator(b, d, LayoutOf(d, batch), func(p models.Params, in Args[*Node]) *Node {
		_, logp := f.SampleAndLogProb(p, in.X, in.Context)
		return logp
	})
	if err != nil {
		return nil, err
	}
	e.invert = invert
	return e, nil
}

// DensityEvaluator is NewDensityEvaluator for the model, which must be a density.
func (l *Loaded) DensityEvaluator(batch int) (*Evaluator, error) {
	return NewDensityEvaluator(l.Backend, l.Model.(models.Density), batch,
		func([]*tensors.Tensor) (models.Inverter, error) { return l.Inverter() })
}

// Looping returns the flow that a model is, when its density takes a loop in the graph.
func Looping(m models.Definition) (models.Flow, bool) {
	f, ok := m.(models.Flow)
	return f, ok && f.Loops()
}
