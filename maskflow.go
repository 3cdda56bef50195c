// Package maskflow works with trained masked autoregressive densities: their
// log-likelihoods, alone or as an ensemble of orders, samples, and proofs that
// the masks hold.
//
// Training is package train; the models themselves, as GoMLX graphs, are under
// models. A trained model comes from a run directory,
//
//	b, err := backend.Open(ctx, "auto", backend.Options{})
//	m, err := maskflow.Open(b, "runs/dna")
//	e, err := m.Evaluate(ctx, rows, maskflow.EvalOptions{})
//	fmt.Printf("%.2f ± %.2f nats\n", e.NLL, e.NLL2SE)
//
// or straight from train.Fit. Log-likelihoods are in nats; the network computes
// in float32, sums over rows and orders run in float64 on the host.
package maskflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// Version is maskflow's.
const Version = "0.2.0"

// Model is a trained model with its weights on a backend and the preparation of
// its rows: it takes tables in the units of the source, and gives them. Its methods
// may be called from several goroutines; calls to the backend then wait for each
// other.
type Model struct {
	*Core
	// Path is the run directory or the file that the model was opened from.
	Path string
	// Config is the configuration that made the model; nil when the model alone is
	// known.
	Config *Config
	// Shape is that of one row when it is an image.
	Shape []int
	// Step is the number of training steps behind the weights.
	Step int64
	// Figures are numbers known of the model, as "valid_nll", in nats a row. Save writes
	// them.
	Figures map[string]float64
	// Data says which rows the model was trained on, nil where that is not known.
	Data *data.Identity

	prep *data.Preparation
	run  *runlog.Manifest // nil for a model that was not opened from a run
}

// Core is a model in the space that it is computed in: its rows are prepared, in
// float32, and its densities are those of such rows. It is a density, or a
// stochastic model whose likelihood is estimated.
type Core struct {
	of        *exec.Loaded
	density   *exec.Loaded // what of is, or what it fits to a target
	evaluator *exec.Evaluator
	o         Options

	calls  sync.WaitGroup // that use the backend
	mu     sync.Mutex
	closed bool
	free   sync.Once
	rows   *exec.Evaluator // of densities that evaluator does not compute, nil before it is needed
	pass   *exec.Compiled  // from noise to samples with their densities, nil before it is needed
}

// Options tune a Model.
type Options struct {
	// Batch is the number of rows a call to the backend; 0 means between 500 and
	// 5000, by the widths of the model. The last batch is padded, so that nothing
	// compiles twice.
	Batch int
	// EvalSets is the number of fresh mask sets that stand for an unlimited
	// cycle where a call does not say how many; 0 means 300.
	EvalSets int
	// Samples is the number of draws of noise a row by which the likelihood of a
	// stochastic model is estimated where a call does not say how many; 0 means
	// 128. A model that is fitted to a target takes one.
	Samples int
	// Preparation makes the rows of the model of those of its source; nil takes the
	// variables, followed by the context, as they are.
	Preparation *data.Preparation
	// CloseBackend lets Close close the backend, too.
	CloseBackend bool
}

// New puts the weights of a model on a backend; nil opens the backend auto, which
// Close then closes. It returns an error when the weights do not fit the model. Close
// frees what the model holds on the backend.
func New(b *backend.Backend, d models.Definition, w models.Weights, o Options) (_ *Model, err error) {
	if b == nil {
		if b, err = backend.Open(context.Background(), "", backend.Options{}); err != nil {
			return nil, err
		}
		o.CloseBackend = true
		defer func() {
			if err != nil {
				b.Close()
			}
		}()
	}
	of, err := exec.Load(b, d, w)
	if err != nil {
		return nil, err
	}
	if o.EvalSets <= 0 {
		o.EvalSets = 300
	}
	if masked, ok := d.(models.Masked); ok && masked.Cycle().Len() == masks.Unlimited && o.Batch > 0 {
		const held = 1 << 23 // likelihoods of a batch under all sets
		o.Batch = max(1, min(o.Batch, held/o.EvalSets))
	}
	evaluator, err := exec.NewEvaluator(b, d, o.Batch)
	if err != nil {
		of.Close()
		return nil, err
	}
	prep := o.Preparation
	if prep == nil {
		prep = data.NewPreparation(d.Dim(), d.ContextDim())
	}
	return &Model{Core: &Core{of: of, density: of.Density(), evaluator: evaluator, o: o}, prep: prep}, nil
}

// Density is the density that the model is, or that it fits to a target, as graph
// functions; nil for a stochastic model without one.
func (m *Core) Density() models.Density {
	d, _ := m.density.Model.(models.Density)
	return d
}

// Definition is the model without its weights: its parameters and graph functions.
func (m *Core) Definition() models.Definition { return m.of.Model }

// Backend is what the model is computed with.
func (m *Core) Backend() *backend.Backend { return m.of.Backend }

// Weights are the model's parameters on the host; they must not be changed.
func (m *Core) Weights() models.Weights { return m.of.Weights }

// ErrClosed is the error of a model that was closed.
var ErrClosed = errors.New("the model is closed")

// begin holds off Close, of the model and of its backend, until done is called: what a call
// frees at its end is the backend's. The error is ErrClosed, or that of a closed backend.
func (m *Core) begin() (done func(), err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, ErrClosed
	}
	if err := m.of.Backend.Acquire(); err != nil {
		return nil, err
	}
	m.calls.Add(1)
	return func() {
		m.of.Backend.Release()
		m.calls.Done()
	}, nil
}

// Close waits for calls that run and frees the weights and executables on the
// backend. Later calls that need it return ErrClosed. The backend itself stays open.
func (m *Core) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.free.Do(func() {
		m.calls.Wait()
		m.evaluator.Close()
		m.rows.Close()
		m.pass.Close()
		m.of.Close()
		if m.o.CloseBackend {
			m.of.Backend.Close()
		}
	})
}

// Sets returns the mask sets of an ensemble. For a cycle of fixed length these
// are the sets that were trained, all of them, or the first n when 0 < n < K (0: as many as
// training found worth their time, where it looked);
// for an unlimited cycle n fresh ones (0: the options' number), always the same.
// A density without masks has none.
func (m *Core) Sets(n int) []*masks.Set {
	d, ok := m.of.Model.(models.Masked)
	if !ok {
		return nil
	}
	return exec.EvaluationSets(d, m.of.Weights, n, m.o.EvalSets)
}

// whole is the error of a [models.Targeted], which has no such thing as what names; nil for other models.
func (m *Core) whole(what string) error {
	targets := models.TargetsOf(m.of.Model)
	if targets == nil {
		return nil
	}
	return fmt.Errorf("the model predicts %s given the other columns, and has no %s (its evaluation is their conditional likelihood; train without model.targets for a model of whole rows)",
		text.Listed(targets), what)
}

// LogProb returns ln p(x | context) of each row in nats, averaged over the
// probabilities of the ensemble Sets(0), or over importance weights for a
// stochastic model; of a [models.Targeted] it is an error. x is row-major [rows, dim], cond [rows, contextDim] (nil
// without a context). A row without a likelihood, whose density is zero or not a number in
// float32, has −Inf.
func (m *Core) LogProb(ctx context.Context, x, cond []float32) ([]float64, error) {
	return m.logProbOf(ctx, x, cond, m.ensemble(0))
}

// LogProbSets is LogProb for an ensemble of the given mask sets; one set gives
// the plain log-density in its order.
func (m *Core) LogProbSets(ctx context.Context, x, cond []float32, sets []*masks.Set) ([]float64, error) {
	return m.logProbOf(ctx, x, cond, exec.Ensemble{Sets: sets})
}

func (m *Core) logProbOf(ctx context.Context, x, cond []float32, of exec.Ensemble) ([]float64, error) {
	if err := checkValues(m.density.Model, x, cond); err != nil {
		return nil, err
	}
	return m.logProb(ctx, x, cond, of)
}

// checkValues returns an error unless x and cond are whole rows that the model can be
// evaluated at; it names the first value that is not finite, or no bit where those are
// needed.
func checkValues(d models.Definition, x, cond []float32) error {
	rows, err := exec.RowsOf(d, x, cond)
	if err != nil {
		return err
	}
	s := &data.Prepared{Name: "rows", Rows: rows, Dim: d.Dim(), Cells: models.Width(d) - d.Dim(), ContextDim: d.ContextDim(), X: x, Context: cond}
	return cmp.Or(s.Check(), CheckRows(d, s))
}

func (m *Core) logProb(ctx context.Context, x, cond []float32, of exec.Ensemble) ([]float64, error) {
	if err := m.whole("likelihood of rows"); err != nil {
		return nil, err
	}
	done, err := m.begin()
	if err != nil {
		return nil, err
	}
	defer done()
	e, err := m.ofDensity()
	if err != nil {
		return nil, err
	}
	return e.LogProb(ctx, m.density.Params, x, cond, of)
}

// ofDensity is the evaluator of densities at given rows.
func (m *Core) ofDensity() (*exec.Evaluator, error) {
	if _, loops := exec.Looping(m.density.Model); !loops && m.density == m.of {
		return m.evaluator, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var err error
	if m.rows == nil {
		m.rows, err = m.density.DensityEvaluator(m.o.Batch)
	}
	return m.rows, err
}

// ensemble is that of n orders, or the model's own when n is 0.
func (m *Core) ensemble(n int) exec.Ensemble {
	draws := m.o.Samples
	switch kind := models.ObjectiveOf(m.of.Model).Kind; {
	case kind == models.Divergence:
		draws = 1
	case kind == models.ConditionalLikelihood:
		draws = exec.DrawsOf(m.of.Model)
	case draws <= 0:
		draws = 128
	}
	return exec.Ensemble{Sets: m.Sets(n), Draws: draws}
}

// Evaluation is what a data set tells about a model. All likelihoods are means
// over rows in nats.
type Evaluation = exec.Evaluation

// EvalOptions say how to evaluate.
type EvalOptions struct {
	// Orders is the number of mask sets in the ensemble; 0 means all that were
	// trained, or the model's default number when the cycle is unlimited. Other numbers are an error of a
	// [models.Targeted].
	Orders int
	// Samples is the number of draws of noise a row for a stochastic model; 0
	// means the model's default number.
	Samples int
	// Progress, if not nil, is called now and then with how many rows are done.
	Progress func(rows int)
	// Row, if not nil, is called with what the evaluation is the mean of: ln p of each row in turn, in nats and in the
	// units of the source, not finite of a row without a likelihood.
	Row func(logp float64)
}

// EvaluateOf computes the negative log-likelihood of prepared rows under the
// ensemble of orders: the probabilities of the orders are averaged, row by row,
// never their logits or log-likelihoods. Of a stochastic model it estimates it
// from importance weights, of a [models.Targeted] the conditional likelihood of its targets from draws. Rows without a likelihood are counted: see [Evaluation].
func (m *Core) EvaluateOf(ctx context.Context, s *data.Prepared, o EvalOptions) (Evaluation, error) {
	if err := m.checkSet(s); err != nil {
		return Evaluation{}, err
	}
	return m.evaluate(ctx, s.Dim == 0, o, func(int) iter.Seq2[*data.Prepared, error] { return oneBlock(s) })
}

// checkSet returns an error unless the model can be evaluated at prepared rows, or at the points of a target.
func (m *Core) checkSet(s *data.Prepared) error {
	if s == nil {
		return errors.New("no rows are given to evaluate")
	}
	if s.Dim == 0 {
		return nil
	}
	return cmp.Or(s.Check(), CheckRows(m.of.Model, s))
}

// oneBlock has rows as the only block.
func oneBlock[T any](rows T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) { yield(rows, nil) }
}

// evaluate evaluates rows that come in blocks, of some batches each, or the points of a target,
// which have no variables.
func (m *Core) evaluate(ctx context.Context, target bool, o EvalOptions, blocks func(batch int) iter.Seq2[*data.Prepared, error]) (Evaluation, error) {
	p, done, err := m.part(target, o)
	if err != nil {
		return Evaluation{}, err
	}
	defer done()
	return p.Evaluator.EvaluateBlocks(ctx, p.Params, blocks(p.Evaluator.Batch()), p.Of)
}

// part is the model as it is evaluated, but for the rows: at rows, or at the points of its target. It holds off Close until done is called.
func (m *Core) part(target bool, o EvalOptions) (p exec.Part, done func(), err error) {
	if err := m.whole("orders"); err != nil && o.Orders > 0 {
		return p, nil, err
	}
	if done, err = m.begin(); err != nil {
		return p, nil, err
	}
	p = exec.Part{Evaluator: m.evaluator, Params: m.of.Params, Of: m.ensemble(o.Orders)}
	p.Of.Progress, p.Of.Row = o.Progress, o.Row
	if o.Samples > 0 && models.TargetsOf(m.of.Model) == nil {
		p.Of.Draws = o.Samples
	}
	if target {
		return p, done, nil
	}
	if p.Evaluator, err = m.ofDensity(); err != nil {
		done()
	}
	p.Params = m.density.Params
	return p, done, err
}
