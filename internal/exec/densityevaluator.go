package exec

import (
	"context"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
)

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
func Looping(m models.Model) (models.Flow, bool) {
	f, ok := m.(models.Flow)
	return f, ok && f.Loops()
}
