package train

import (
	"context"
	"errors"
	"math"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// validate evaluates the validation rows and remembers the best weights. A
// likelihood that is not finite beats nothing.
func (t *Trainer) validate(ctx context.Context) error {
	if err := t.emit(ctx, Validating{}); err != nil {
		return err
	}
	if err := t.estimate(ctx, false); err != nil {
		return err
	}
	e, err := t.evaluator.Evaluate(ctx, t.evaluated(), t.splits.Valid, t.ensemble())
	var lost *models.NonFiniteError
	if errors.As(err, &lost) {
		e.NLL = math.NaN()
	} else if err != nil {
		return err
	}
	// A best of NaN is beaten by anything; a NaN beats nothing.
	best := !math.IsNaN(e.NLL) && !(e.NLL >= float64(t.p.Best))
	if best {
		w, err := exec.HostWeights(t.evaluated())
		if err != nil {
			return err
		}
		t.best = w
		t.p.Best, t.p.BestEpoch, t.p.BestStep = runlog.Float(e.NLL), t.p.Epoch, t.p.Step
	}
	t.schedule.Validated(best)
	t.p.Validated = true
	return t.emit(ctx, Validation{Step: t.p.Step, Epoch: t.p.Epoch, Evaluation: e, Best: best})
}

// ensemble is what a likelihood is averaged over in validation.
func (t *Trainer) ensemble() exec.Ensemble {
	of := exec.Ensemble{Draws: t.o.ValidSamples}
	if t.masked != nil {
		of.Sets = exec.EvaluationSets(t.masked, 0, t.o.ValidOrders)
	}
	return of
}
