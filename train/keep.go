package train

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/runlog"
)

const keepStates = 2

func (r *run) checkpoints() checkpoint.Folder {
	return checkpoint.In(r.w.Files().Sub(runlog.CheckpointsDir), r.own)
}

// present returns files.ErrGone once the run directory has been away for a while. That it cannot be seen is a hiccup.
func (r *run) present(now time.Time) error {
	err := r.w.Check()
	if !errors.Is(err, files.ErrGone) {
		r.missed = time.Time{}
		r.looking.tried(now, err)
		return nil
	}
	if r.missed.IsZero() {
		r.missed = now
	}
	if now.Sub(r.missed) < away {
		return nil
	}
	return err
}

// save writes the state, then the best weights, and forgets older states. On a full disk samples make room first, then
// older states. The state holds the best weights too, so that a crash between the two loses nothing. Those who asked for
// a checkpoint have it then.
func (r *run) save() error {
	err := r.saving.again(r.w, runlog.CheckpointsDir)
	if err == nil {
		err = r.saveState()
	}
	for _, makeRoom := range []func() error{r.shows.makeRoom, func() error { return r.checkpoints().Prune(1) }} {
		if full(err) && makeRoom() == nil {
			err = r.saveState()
		}
	}
	if err != nil {
		return err
	}
	r.nextCheckpoint = r.o.Clock().Add(r.interval())
	return r.requests.answer(runlog.SaveCheckpoint, "saved "+checkpoint.StepName(r.saved.step))
}

func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

func (r *run) saveState() error {
	if r.saved != r.moment() {
		state, err := r.trainer.State()
		if err != nil {
			return err
		}
		name := checkpoint.StepName(r.trainer.p.Step)
		if _, err := r.checkpoints().Save(name, state); err != nil {
			return err
		}
		r.saved = r.moment()
		if err := r.write(runlog.Checkpoint{Step: r.trainer.p.Step, File: runlog.CheckpointsDir + "/" + name}); err != nil {
			return err
		}
	}
	if r.trainer.best != nil {
		best, err := r.trainer.BestState()
		if err != nil {
			return err
		}
		if _, err := r.checkpoints().Save(checkpoint.Best, best); err != nil {
			return err
		}
	}
	return r.checkpoints().Prune(keepStates)
}

// secure has the state on disk when a run ends: in the run directory or, where that is gone or cannot be written,
// beside it, which is an error too.
func (r *run) secure() error {
	err := r.insist(func() error {
		err := r.w.Check()
		if err == nil {
			err = r.save()
		}
		if !errors.Is(err, files.ErrGone) {
			r.saving.tried(r.o.Clock(), err)
		}
		return err
	})
	if err == nil || full(err) {
		return err
	}
	was := r.saved
	dir, beside := r.w.Rescue(r.trainer.p.Step, err)
	if beside == nil {
		r.saved.step = -1
		beside = r.save()
	}
	if beside != nil {
		r.saved = was
		return also(err, beside)
	}
	return fmt.Errorf("%w; the run goes on from step %d in %s", err, r.saved.step, dir)
}
