package train

import (
	"context"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
)

// Result is what a fit comes to.
type Result struct {
	// Model is the model of the best validation, or with the last weights when
	// the training ended before its first. Close frees it.
	*maskflow.Model
	// Losses are those of the batches, in nats a row and the units of the data as their
	// source gave them, one a step.
	Losses []float64
	// Validations are in their order.
	Validations []Validation
	// Ended is why training ended early: nil when a limit, the look-ahead or a
	// stopping rule completed it, otherwise the error that [Trainer.Run] returned.
	Ended error
}

// Fit trains a model in memory, on a backend or, for nil, the backend auto. It writes no
// files; Run does, and [maskflow.Model.Save] keeps the result. Whatever ends the
// training, a cancelled ctx or a divergence too, the result has a model; the error is
// for what gives none: options or data that do not fit, and a training that ends
// with an error of its own before its first step.
func Fit(ctx context.Context, b *backend.Backend, d models.Definition, splits *data.Splits, o Options) (*Result, error) {
	r := &Result{}
	o.Hooks = append(o.Hooks[:len(o.Hooks):len(o.Hooks)], func(_ context.Context, _ *Trainer, e Event) error {
		switch e := e.(type) {
		case Steps:
			for _, s := range e {
				r.Losses = append(r.Losses, s.Loss)
			}
		case Validation:
			r.Validations = append(r.Validations, e)
		}
		return nil
	})
	model := maskflow.Options{Batch: o.EvalBatch}
	if b == nil {
		var err error
		if b, err = backend.Open(ctx, "", backend.Options{}); err != nil {
			return nil, err
		}
		model.CloseBackend = true
		defer func() {
			if r.Model == nil {
				b.Close()
			}
		}()
	}
	t, err := NewTrainer(b, d, splits, o)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	r.Ended = t.Run(ctx)
	if r.Ended != nil && t.p.Step == 0 {
		return nil, r.Ended
	}
	w, err := t.BestWeights()
	if err != nil {
		return nil, err
	}
	model.Preparation = splits.Prep
	if r.Model, err = maskflow.New(b, d, w, model); err != nil {
		return nil, err
	}
	r.Shape, r.Step, r.Data, r.Figures = splits.Shape, t.p.BestStep, splits.Identity, map[string]float64{}
	if nll := float64(t.p.Best); num.Finite(nll) && t.p.BestBadRows == 0 {
		r.Figures["valid_nll"] = nll
	}
	return r, nil
}
