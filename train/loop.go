package train

import (
	"context"
	"errors"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/runlog"
)

// Run trains until a limit, the look-ahead, a stopping rule, a hook, ctx or a
// divergence ends it. It returns nil when training is complete (a limit, the
// look-ahead or the rule), the error of a hook, which is ErrStopped where it stops the
// training cleanly, ctx's error, or a *DivergedError. After each of these the state is
// whole and can be saved.
func (t *Trainer) Run(ctx context.Context) error {
	if err := t.emit(ctx, Begin{Notes: t.notes()}); err != nil {
		return err
	}
	if t.p.Step == 0 {
		if err := t.estimate(ctx, true); err != nil {
			return err
		}
	}
	for {
		if t.p.Cursor == t.stepsPerEpoch() {
			if err := t.endEpoch(ctx); err != nil {
				return err
			}
		}
		if t.complete() {
			if t.p.Step > 0 && !t.p.Validated { // max_steps ended it inside an epoch, or between validations
				if err := t.validate(ctx); err != nil {
					return err
				}
			}
			return t.choose(ctx)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.emit(ctx, Between{}); err != nil {
			return err
		}
		if err := t.advance(ctx); err != nil {
			return err
		}
	}
}

func (t *Trainer) complete() bool {
	at, o := t.p.Progress, &t.o
	return o.MaxSteps > 0 && at.Step >= int64(o.MaxSteps) ||
		o.MaxEpochs > 0 && at.Epoch >= o.MaxEpochs ||
		o.LookAhead > 0 && at.Epoch > 0 && at.Epoch-at.BestEpoch >= o.LookAhead ||
		o.Stop != nil && o.Stop.Stop(at)
}

func (t *Trainer) endEpoch(ctx context.Context) error {
	t.p.Epoch++
	t.p.Cursor = 0
	if t.p.Epoch%t.validateEvery() != 0 {
		return nil
	}
	if err := t.validate(ctx); err != nil {
		// The epoch is validated again when the training goes on.
		t.p.Epoch--
		t.p.Cursor = t.stepsPerEpoch()
		return err
	}
	return nil
}

// validateEvery is the number of epochs between validations.
func (t *Trainer) validateEvery() int {
	switch {
	case t.o.ValidateEvery > 0:
		return t.o.ValidateEvery
	case t.draw == nil:
		return 1
	}
	const backward = 2 // a step costs a pass forward and two backward
	return max(1, 4*exec.DrawsOf(t.model)*t.splits.Valid.Rows/((1+backward)*t.splits.Train.Rows))
}

// advance takes the next steps in one call, up to the end of the epoch.
func (t *Trainer) advance(ctx context.Context) error {
	n := min(t.program.chunk, t.stepsPerEpoch()-t.p.Cursor)
	if t.o.MaxSteps > 0 {
		n = int(min(int64(n), int64(t.o.MaxSteps)-t.p.Step))
	}
	if err := t.redraw(); err != nil {
		return err
	}
	steps, logDets := make([]exec.Values, n), make([]float64, n)
	for i := range steps {
		steps[i], logDets[i] = t.next(t.p.Step+int64(i)+1, t.p.Cursor+i), t.logDet(t.batchRows(t.p.Cursor+i))
	}
	if err := t.backend.Acquire(); err != nil {
		return err
	}
	losses, norms, err := t.program.run(t.backend.Compute, t.state, steps)
	t.backend.Release()
	if err != nil {
		t.lost = true // its buffers were given to the call
		return backend.OneLine(err)
	}
	taken := make(Steps, 0, len(losses))
	for i := range losses {
		loss, norm := float64(losses[i])-logDets[i], float64(norms[i])
		at := t.p.Step + 1
		if sum := loss + norm; !num.Finite(sum) {
			return errors.Join(t.emit(ctx, taken), t.diverged(ctx, t.p.Cursor, steps[i], at, loss, norm))
		}
		t.p.Step, t.p.Validated = at, false
		t.p.Cursor++
		t.p.LossEMA = lossDecay*t.p.LossEMA + (1-lossDecay)*loss
		t.p.EMAWeight = lossDecay*t.p.EMAWeight + (1 - lossDecay)
		mask := t.maskIndex(at)
		t.recordMaskLoss(mask, loss)
		taken = append(taken, Step{Number: at, Epoch: t.p.Epoch + 1, Loss: loss, Average: t.p.LossEMA / t.p.EMAWeight,
			GradNorm: norm, LearningRate: t.o.Optimizer.Rate() * t.schedule.Factor(at), Mask: mask})
	}
	return t.emit(ctx, taken)
}

// validate evaluates the validation rows and remembers the best weights.
func (t *Trainer) validate(ctx context.Context) error {
	if err := t.emit(ctx, Validating{}); err != nil {
		return err
	}
	if err := t.estimate(ctx, false); err != nil {
		return err
	}
	e, err := t.evaluateValid(ctx)
	if err != nil {
		return err
	}
	best := validOf(e).Better(t.p.best())
	if best {
		w, err := exec.HostWeights(t.evaluated())
		if err != nil {
			return err
		}
		t.best = w
		t.p.Best, t.p.Best2SE, t.p.BestBadRows, t.p.BestFirstBad = runlog.Float(e.NLLOthers), runlog.Float(e.NLL2SE), e.BadRows, e.FirstBad
		t.p.BestEpoch, t.p.BestStep = t.p.Epoch, t.p.Step
	}
	if t.estimator != nil {
		if err := t.consider(e); err != nil {
			return err
		}
	}
	t.schedule.Validated(best)
	t.p.Validated = true
	return t.emit(ctx, Validation{Step: t.p.Step, Epoch: t.p.Epoch, Evaluation: e, Best: best})
}

func (t *Trainer) evaluateValid(ctx context.Context) (maskflow.Evaluation, error) {
	if t.estimator != nil {
		return t.estimator.Evaluate(ctx, t.evaluated(), t.splits.Valid, exec.Ensemble{Draws: exec.DrawsOf(t.model)})
	}
	return t.evaluator.Evaluate(ctx, t.evaluated(), t.splits.Valid, t.ensemble())
}

// ensemble is what a likelihood is averaged over in validation.
func (t *Trainer) ensemble() exec.Ensemble {
	of := exec.Ensemble{Draws: t.o.ValidSamples}
	if t.draw != nil {
		of.Draws = exec.DrawsOf(t.model)
	}
	if t.masked != nil {
		of.Sets = exec.EvaluationSets(t.masked, nil, 0, t.o.ValidOrders)
	}
	return of
}
