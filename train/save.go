package train

import (
	"math"
	"path/filepath"

	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/runlog"
)

const keepStates = 2

// save writes the state, then the best weights, and forgets older states. The
// state holds the best weights too, so that a crash between the two loses
// nothing. Those who asked for a checkpoint have it then.
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
	if err := checkpoint.Prune(r.checkpoints(), keepStates); err != nil {
		return err
	}
	return r.requests.answerWaiting(r.saved.step)
}
