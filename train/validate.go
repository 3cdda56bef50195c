package train

import (
	"context"
	"errors"
	"math"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// validate evaluates the validation rows, remembers the best weights and tells
// the schedule. A likelihood that is not finite is recorded, and beats nothing.
func (t *Trainer) validate(ctx context.Context) error {
	if err := t.announceValidation(); err != nil {
		return err
	}
	from := t.o.Clock()
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
	t.phases.spent(t.o.Clock().Sub(from))
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
	t.p.Schedule.validated(best)
	t.p.Validated = true
	if err := t.record(runlog.Valid{Step: t.p.Step, Epoch: t.p.Epoch, NLL: runlog.Float(e.NLL), NLL2SE: runlog.Float(e.NLL2SE), Best: best}); err != nil {
		return err
	}
	if e.Orders < 2 {
		return nil
	}
	return t.record(OrdersRecord(e, "valid", t.p.Step, t.p.MaskLoss))
}

// ensemble is what a likelihood is averaged over in validation.
func (t *Trainer) ensemble() exec.Ensemble {
	of := exec.Ensemble{Draws: t.o.ValidSamples}
	if t.masked != nil {
		of.Sets = exec.EvaluationSets(t.masked, 0, t.o.ValidOrders)
	}
	return of
}

// OrdersRecord is the record of an evaluation by several orders.
func OrdersRecord(e maskflow.Evaluation, split string, step int64, maskLoss []runlog.Float) runlog.Orders {
	best := math.Inf(1)
	for _, v := range e.PerOrder {
		best = math.Min(best, v)
	}
	return runlog.Orders{Step: step, Split: split, NLL: runlog.Float(e.NLL), Mean: runlog.Float(e.OrderMean),
		BestOrder: runlog.Float(best), Gain: runlog.Float(e.Gain), Gain2SE: runlog.Float(e.Gain2SE), ESS: runlog.Float(e.ESS),
		PerOrder: runlog.Floats(e.PerOrder), MaskLoss: maskLoss}
}
