// Package maskflow works with trained masked autoregressive densities: their
// log-likelihoods, alone or as an ensemble of orders, samples, and proofs that
// the masks hold.
//
// Training is package train; the models themselves, as GoMLX graphs, are under
// models. A trained model comes from a run directory,
//
//	b, err := backend.Open(ctx, "auto", backend.Options{})
//	m, err := maskflow.Open(b, "runs/dna")
//	e, err := m.Evaluate(ctx, test, maskflow.EvalOptions{})
//	fmt.Printf("%.2f ± %.2f nats\n", e.NLL, e.NLL2SE)
//
// or straight from train.Fit. Log-likelihoods are in nats; the network computes
// in float32, sums over rows and orders run in float64 on the host.
package maskflow

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Version is maskflow's.
const Version = "0.1.0"

// Model is a model with its weights on a backend: a density, or a stochastic one
// whose likelihood is estimated. Its methods may be called from several
// goroutines; calls to the backend then wait for each other.
type Model struct {
	model     models.Model
	weights   models.Weights
	params    []*tensors.Tensor
	evaluator *Evaluator
	o         Options
	host      hostInverter
	latent    latentCodes
	pass      samplePass
	samplers  samplers
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
}

// New puts the weights of a model on a backend. It returns an error when they
// do not fit the model. Close frees what it holds there.
func New(b *backend.Backend, d models.Model, w models.Weights, o Options) (*Model, error) {
	if err := w.Check(d); err != nil {
		return nil, err
	}
	evaluator, err := NewEvaluator(b, d, o.Batch)
	if err != nil {
		return nil, err
	}
	if o.EvalSets <= 0 {
		o.EvalSets = 300
	}
	m := &Model{model: d, weights: w, evaluator: evaluator, o: o}
	for i, s := range d.Specs() {
		m.params = append(m.params, tensors.FromFlatDataAndDimensions(w[i], s.Shape...))
	}
	return m, nil
}

// Density is the model as graph functions, nil when it is a stochastic model
// without a density.
func (m *Model) Density() models.Density {
	d, _ := m.model.(models.Density)
	return d
}

// Graph is the model as graph functions.
func (m *Model) Graph() models.Model { return m.model }

// Weights are the model's parameters on the host; they must not be changed.
func (m *Model) Weights() models.Weights { return m.weights }

// Close frees the weights and executables on the backend. The backend itself
// stays open.
func (m *Model) Close() {
	m.evaluator.Close()
	m.latent.close()
	m.pass.close()
	finalize(m.params)
	m.params = nil
}

// Sets returns the mask sets of an ensemble. For a cycle of fixed length these
// are the sets that were trained, all of them, or the first n when 0 < n < K;
// for an unlimited cycle n fresh ones (0: the options' number), always the same.
// A density without masks has none.
func (m *Model) Sets(n int) []*masks.Set {
	d, ok := m.model.(models.Masked)
	if !ok {
		return nil
	}
	return EvaluationSets(d, n, m.o.EvalSets)
}

// EvaluationSets are the sets that the ensemble of a masked density consists of:
// see Model.Sets. unlimited replaces n = 0 for an unlimited cycle.
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

// LogProb returns ln p(x | context) of each row in nats, averaged over the
// probabilities of the ensemble Sets(0), or over importance weights for a
// stochastic model. x is row-major [rows, dim], cond [rows, contextDim] (nil
// without a context). A log-density of a flow that is not finite is a
// *models.NonFiniteError.
func (m *Model) LogProb(ctx context.Context, x, cond []float32) ([]float64, error) {
	return m.logProb(ctx, x, cond, m.ensemble(0))
}

// LogProbSets is LogProb for an ensemble of the given mask sets; one set gives
// the plain log-density in its order.
func (m *Model) LogProbSets(ctx context.Context, x, cond []float32, sets []*masks.Set) ([]float64, error) {
	return m.logProb(ctx, x, cond, Ensemble{Sets: sets})
}

func (m *Model) logProb(ctx context.Context, x, cond []float32, of Ensemble) ([]float64, error) {
	e := m.evaluator
	if inverts(m.model) {
		var err error
		if e, err = m.densityEvaluator(); err != nil {
			return nil, err
		}
	}
	out, err := e.LogProb(ctx, m.params, x, cond, of)
	if err == nil && !models.IsDiscrete(m.model) {
		err = checkLogProbs(out)
	}
	return out, err
}

// checkLogProbs reports the first log-density that is not finite.
func checkLogProbs(logp []float64) error {
	for i, v := range logp {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return &models.NonFiniteError{Where: "log-density", Row: i, Variable: -1, Value: v}
		}
	}
	return nil
}

// LogMeanExp is ln(1/K Σ_k exp v_k), computed so that neither underflow nor
// overflow can lose it: the log-likelihood of a mixture of K equally likely
// models. It is NaN for no values or when one is NaN, and −Inf when all are.
func LogMeanExp(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	top := math.Inf(-1)
	for _, x := range v {
		if math.IsNaN(x) {
			return math.NaN()
		}
		top = math.Max(top, x)
	}
	if math.IsInf(top, 0) {
		return top
	}
	sum := 0.0
	for _, x := range v {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum/float64(len(v)))
}

func rowsOf(d models.Model, x, cond []float32) (int, error) {
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
