package maskflow

import (
	"context"
	"errors"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
)

// densityEvaluator is newInverseEvaluator's, made when it is first asked for, with
// the model's flow on the host.
func (m *Model) densityEvaluator() (*Evaluator, error) {
	m.latent.once.Do(func() {
		e, err := newInverseEvaluator(m.evaluator.value.backend, m.model, m.evaluator.batch)
		if err != nil {
			m.latent.err = err
			return
		}
		e.change = m.evaluator.change
		e.invert = func(ctx context.Context, _ []*tensors.Tensor, x, cond []float32) ([]float32, error) {
			return m.Latent(ctx, x, cond)
		}
		m.latent.of = e
	})
	return m.latent.of, m.latent.err
}

// NewDensityEvaluator is NewEvaluator for the density of given rows where that is
// not what a model is trained by, as of a flow that is fitted to a target: the
// rows of each batch are mapped to noise on the host, which takes the weights
// there, and the graph goes back. It is an error for a model without a density. A
// value that leaves the range of float32 on the host is a *models.NonFiniteError.
func NewDensityEvaluator(b *backend.Backend, d models.Model, batch int) (*Evaluator, error) {
	if _, ok := d.(models.Density); !ok {
		return nil, errors.New("the model has no density to evaluate (NewEvaluator gives the bound of a stochastic model)")
	}
	if !inverts(d) {
		return NewEvaluator(b, d, batch)
	}
	f, ok := d.(models.HostInverter)
	if !ok {
		return nil, errors.New("the model is no flow, so that its density at given rows is not known (implement models.HostInverter, or evaluate its own samples)")
	}
	if batch <= 0 {
		batch = suitableBatch(d)
	}
	e, err := newInverseEvaluator(b, d, batch)
	if err != nil {
		return nil, err
	}
	e.invert = func(ctx context.Context, params []*tensors.Tensor, x, cond []float32) ([]float32, error) {
		w, err := HostWeights(params)
		if err != nil {
			return nil, err
		}
		host, err := f.NewInverter(w)
		if err != nil {
			return nil, err
		}
		z := append([]float32(nil), x...)
		_, err = host.ToNoise(ctx, z, cond, models.Solver{})
		return z, err
	}
	return e.withChange(b, d)
}

// newInverseEvaluator makes the evaluator of a flow that is fitted to a target, or
// whose density would take a loop in the graph, into one of densities: rows are
// mapped to noise on the host, touching every weight once, and the graph goes
// back. It lacks the way to noise and the change of units.
func newInverseEvaluator(b *backend.Backend, d models.Model, batch int) (*Evaluator, error) {
	s, ok := d.(onePass)
	if !ok {
		return nil, errors.New("the model does not give samples with their density (implement SampleAndLogProb, as flows do)")
	}
	e := &Evaluator{model: onlyDensity{d}, batch: batch}
	var err error
	e.value, err = compile(b, d, "log_prob", func(p models.Params, data []*Node) *Node {
		_, logp := s.SampleAndLogProb(p, data[0], second(data))
		return logp
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// onlyDensity hides what else a model is.
type onlyDensity struct{ models.Model }

// latentCodes is a Model's evaluator of densities.
type latentCodes struct {
	once sync.Once
	of   *Evaluator
	err  error
}

func (l *latentCodes) close() {
	if l.of != nil && l.err == nil {
		l.of.value.close() // the rest is the other evaluator's
	}
}

// inverts says whether the density of the model takes the variables one after
// the other in the graph, or is not what its evaluator computes.
func inverts(m models.Model) bool {
	if isVariational(m) {
		return true
	}
	l, ok := m.(models.Looping)
	return ok && l.Loops()
}
