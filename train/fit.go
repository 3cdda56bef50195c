package train

import (
	"context"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/models"
)

// Fit trains a model and returns the model of the best validation. It writes
// no files; Run does. When ctx is cancelled or the training diverges, the error
// says so and the model, if not nil, is the best so far.
func Fit(ctx context.Context, b *backend.Backend, d models.Model, splits *data.Splits, o Options) (*maskflow.Model, error) {
	t, err := NewTrainer(b, d, splits, o)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	runErr := t.Run(ctx)
	if runErr != nil && t.best == nil {
		return nil, runErr
	}
	w, err := t.BestWeights()
	if err != nil {
		return nil, err
	}
	m, err := maskflow.New(b, d, w, maskflow.Options{Batch: o.EvalBatch})
	if err != nil {
		return nil, err
	}
	return m, runErr
}
