package exec

import (
	"context"
	"errors"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
)

// NewDensityEvaluator is NewEvaluator for the density of given rows where that is
// not what a model is trained by, as of a flow that is fitted to a target: the
// rows of each batch are mapped to noise on the host, which takes the weights
// there, and the graph goes back. It is an error for a model without a density. A
// value that leaves the range of float32 on the host is a *models.NonFiniteError.
func NewDensityEvaluator(b *backend.Backend, d models.Model, batch int) (*Evaluator, error) {
	if _, ok := d.(models.Density); !ok {
		return nil, errors.New("the model has no density to evaluate (NewEvaluator gives the bound of a stochastic model)")
	}
	if !Inverts(d) {
		return NewEvaluator(b, d, batch)
	}
	f, ok := d.(models.HostInverter)
	if !ok {
		return nil, errors.New("the model is no flow, so that its density at given rows is not known (implement models.HostInverter, or evaluate its own samples)")
	}
	return newInverseEvaluator(b, d, batch, func(ctx context.Context, params []*tensors.Tensor, x, cond []float32) ([]float32, error) {
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
	})
}

// InverseEvaluator is that of the densities of a model which inverts, by its flow
// on the host.
func (l *Loaded) InverseEvaluator(batch int) (*Evaluator, error) {
	return newInverseEvaluator(l.Backend, l.Model, batch, func(ctx context.Context, _ []*tensors.Tensor, x, cond []float32) ([]float32, error) {
		f, err := l.Inverter()
		if err != nil {
			return nil, err
		}
		z := append([]float32(nil), x...)
		_, err = f.ToNoise(ctx, z, cond, models.Solver{})
		return z, err
	})
}

// newInverseEvaluator makes the evaluator of a flow that is fitted to a target, or
// whose density would take a loop in the graph, into one of densities: rows are
// mapped to noise on the host, touching every weight once, and the graph goes
// back.
func newInverseEvaluator(b *backend.Backend, d models.Model, batch int, invert inversion) (*Evaluator, error) {
	s, ok := d.(OnePass)
	if !ok {
		return nil, errors.New("the model does not give samples with their density (implement SampleAndLogProb, as flows do)")
	}
	if batch <= 0 {
		batch = suitableBatch(d)
	}
	e := &Evaluator{backend: b, model: onlyDensity{d}, batch: batch, invert: invert}
	if masked, ok := d.(models.Masked); ok {
		e.model = onlyMasked{masked}
	}
	l := LayoutOf(d, batch)
	var err error
	e.value, err = Compile(b, d, "log_prob", l, func(p models.Params, in Args[*Node]) *Node {
		_, logp := s.SampleAndLogProb(p, in.X, in.Context)
		return logp
	})
	if err != nil {
		return nil, err
	}
	return e.withChange(d)
}

// OnePass is a flow whose samples come with their densities, from samples of its
// base.
type OnePass interface {
	Base() models.Density
	BasePart() models.Part
	SampleAndLogProb(p models.Params, z, context *Node) (x, logProb *Node)
}

// onlyDensity hides what else a model is.
type onlyDensity struct{ models.Model }

type onlyMasked struct{ models.Masked }

// Inverts says whether the density of the model takes the variables one after
// the other in the graph, or is not what its evaluator computes.
func Inverts(m models.Model) bool {
	if IsVariational(m) {
		return true
	}
	l, ok := m.(models.Looping)
	return ok && l.Loops()
}
