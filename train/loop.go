package train

import (
	"context"
	"errors"
	"math"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/runlog"
)

// Run trains until a limit, the look-ahead, Between, ctx or a divergence ends
// it. It returns nil when training is complete (a limit or the look-ahead),
// ErrStopped when Between asked to stop, ctx's error, or a *DivergedError. After
// each of these the state is whole and can be saved.
func (t *Trainer) Run(ctx context.Context) error {
	if err := t.announce(runlog.Compiling); err != nil {
		return err
	}
	if t.p.Step == 0 {
		if err := t.estimate(ctx, true); err != nil {
			return err
		}
	}
	t.lastLog, t.lastStep, t.stepRate = t.o.Clock(), t.p.Step, math.NaN()
	for {
		if t.p.Cursor == t.stepsPerEpoch() {
			if err := t.endEpoch(ctx); err != nil {
				return err
			}
		}
		if t.complete() {
			return t.finish(ctx)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if t.o.Between != nil {
			stop, err := t.o.Between(t)
			if err != nil {
				return err
			}
			if stop {
				return ErrStopped
			}
		}
		if err := t.proceed(); err != nil {
			return err
		}
	}
}

// proceed takes the next steps and says what this does: the first call compiles, and
// not every call has a step that is recorded.
func (t *Trainer) proceed() error {
	if !t.phases.stepped {
		if err := t.announce(runlog.Compiling); err != nil {
			return err
		}
	}
	if err := t.advance(); err != nil {
		return err
	}
	t.phases.stepped = true
	return t.announce(runlog.Training)
}

// ErrStopped reports a training that was asked to stop.
var ErrStopped = errors.New("stopped on request")

func (t *Trainer) complete() bool {
	return t.o.MaxSteps > 0 && t.p.Step >= int64(t.o.MaxSteps) ||
		t.o.MaxEpochs > 0 && t.p.Epoch >= t.o.MaxEpochs ||
		t.o.LookAhead > 0 && t.p.Epoch-t.p.BestEpoch >= t.o.LookAhead && t.p.Epoch > 0
}

// finish validates once more when max_steps ended training inside an epoch.
func (t *Trainer) finish(ctx context.Context) error {
	if t.p.Cursor > 0 && !t.p.Validated {
		return t.validate(ctx)
	}
	return nil
}

func (t *Trainer) endEpoch(ctx context.Context) error {
	t.p.Epoch++
	t.p.Cursor = 0
	if err := t.validate(ctx); err != nil {
		// The epoch is validated again when the training goes on.
		t.p.Epoch--
		t.p.Cursor = t.stepsPerEpoch()
		return err
	}
	return nil
}

// advance takes the next steps in one call, up to the end of the epoch.
func (t *Trainer) advance() error {
	n := min(t.program.chunk, t.stepsPerEpoch()-t.p.Cursor)
	if t.o.MaxSteps > 0 {
		n = int(min(int64(n), int64(t.o.MaxSteps)-t.p.Step))
	}
	steps := make([]exec.Values, n)
	for i := range steps {
		steps[i] = t.next(t.p.Step+int64(i)+1, t.p.Cursor+i)
	}
	if err := t.backend.Acquire(); err != nil {
		return err
	}
	losses, norms, err := t.program.run(t.backend.Compute, t.state, steps)
	t.backend.Release()
	if err != nil {
		return backend.OneLine(err)
	}
	for i := range losses {
		loss, norm := float64(losses[i]), float64(norms[i])
		at := t.p.Step + 1
		if sum := loss + norm; math.IsNaN(sum) || math.IsInf(sum, 0) {
			return &DivergedError{Step: at, Loss: loss, Norm: norm}
		}
		t.p.Step, t.p.Validated = at, false
		t.p.Cursor++
		t.p.LossEMA = lossDecay*t.p.LossEMA + (1-lossDecay)*loss
		t.p.EMAWeight = lossDecay*t.p.EMAWeight + (1 - lossDecay)
		mask := t.maskIndex(at)
		t.recordMaskLoss(mask, loss)
		if at%int64(t.o.LogEvery) == 0 {
			if err := t.logStep(loss, norm, mask); err != nil {
				return err
			}
		}
	}
	return nil
}
