package train

import (
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/runlog"
)

const (
	pollEvery  = 200 * time.Millisecond // between looks for requests
	keepStates = 2
)

// between runs between two calls to the backend: requests and checkpoints.
func (r *run) between(*Trainer) (stop bool, err error) {
	now := r.o.Clock()
	if !now.Before(r.nextPoll) {
		r.nextPoll = now.Add(pollEvery)
		if stop, err := r.answer(); stop || err != nil {
			return stop, err
		}
	}
	if !now.Before(r.nextCheckpoint) {
		return false, r.save()
	}
	return false, nil
}

// answer carries out what readers of the run directory asked for.
func (r *run) answer() (stop bool, err error) {
	requests, err := r.w.Poll()
	if err != nil {
		return false, err
	}
	for _, q := range requests {
		switch q.Kind {
		case runlog.StopCleanly, runlog.StopNow:
			stop = true
			if r.stop != runlog.StopNow {
				r.stop = q.Kind
			}
			err = r.w.Answer(q.ID, fmt.Sprintf("stopping at step %d", r.trainer.Step()))
		case runlog.SaveCheckpoint:
			if err = r.save(); err == nil {
				err = r.w.Answer(q.ID, "saved "+checkpoint.StepName(r.trainer.Step()))
			}
		}
		if err != nil {
			return stop, err
		}
	}
	return stop, nil
}

// save writes the state, then the best weights, and forgets older states. The
// state holds the best weights too, so that a crash between the two loses
// nothing.
func (r *run) save() error {
	defer func() { r.nextCheckpoint = r.o.Clock().Add(r.interval()) }()
	if r.saved != r.moment() {
		state, err := r.trainer.State()
		if err != nil {
			return err
		}
		path, err := checkpoint.Save(r.checkpoints(), checkpoint.StepName(r.trainer.Step()), state)
		if err != nil {
			return err
		}
		r.saved = r.moment()
		file, err := filepath.Rel(r.o.Dir, path)
		if err != nil {
			return err
		}
		if err := r.write(runlog.Checkpoint{Step: r.trainer.Step(), File: filepath.ToSlash(file)}); err != nil {
			return err
		}
	}
	if nll, _ := r.trainer.Best(); !math.IsNaN(nll) {
		best, err := r.trainer.BestState()
		if err != nil {
			return err
		}
		if _, err := checkpoint.Save(r.checkpoints(), checkpoint.Best, best); err != nil {
			return err
		}
	}
	return checkpoint.Prune(r.checkpoints(), keepStates)
}
