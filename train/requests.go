package train

import (
	"fmt"
	"time"

	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/runlog"
)

// pollEvery is the time between looks for requests.
const pollEvery = 200 * time.Millisecond

// look answers what readers of the run directory asked for, during one of
// Training, where it is called between two calls to the backend, Validating and
// Testing, where it is called beside them. What a request asks for is then done as
// stop, waiting and interrupt say.
func (r *run) look(during runlog.PhaseName) error {
	requests, err := r.w.Poll()
	if err != nil {
		return err
	}
	for _, q := range requests {
		what := ""
		switch {
		case during == runlog.Testing:
			what = r.whileTesting(q.Kind)
		case q.Kind == runlog.SaveCheckpoint:
			r.waiting = append(r.waiting, q) // the state may be saved between two calls only
			continue
		default:
			what = r.whileTraining(q.Kind, during)
		}
		if err := r.w.Answer(q.ID, what); err != nil {
			return err
		}
	}
	return nil
}

// whileTraining takes a request to stop and returns its answer. A validation is
// interrupted only when nothing is to be waited for: it counts as not begun then.
func (r *run) whileTraining(kind runlog.Control, during runlog.PhaseName) (answer string) {
	if r.stop != runlog.StopNow {
		r.stop = kind
	}
	if r.stop == runlog.StopNow && during == runlog.Validating {
		r.interrupt(ErrStopped)
	}
	answer = fmt.Sprintf("stopping at step %d: checkpoint", r.trainer.Step())
	switch {
	case !r.tests():
	case r.stop == runlog.StopNow:
		answer += ", without the test"
	default:
		answer += ", then the test"
	}
	return answer
}

// whileTesting takes a request that comes when training is over and saved, and
// returns its answer.
func (r *run) whileTesting(kind runlog.Control) (answer string) {
	switch {
	case kind == runlog.SaveCheckpoint:
		return fmt.Sprintf("saved %s before the test", checkpoint.StepName(r.saved.step))
	case kind == runlog.StopNow || r.stop == runlog.StopNow:
		r.stop = runlog.StopNow
		r.interrupt(ErrStopped)
		return "stopping now, without the test"
	}
	return "the test is running; it ends with it"
}

// answerWaiting tells those who asked for a checkpoint which one there is now.
func (r *run) answerWaiting() error {
	for _, q := range r.waiting {
		if err := r.w.Answer(q.ID, "saved "+checkpoint.StepName(r.saved.step)); err != nil {
			return err
		}
	}
	r.waiting = nil
	return nil
}

// A watch looks for requests beside an evaluation, which has the goroutine of the
// training to itself for minutes. Until it has ended nothing else of the run may
// touch what requests change.
type watch struct {
	done  chan struct{}
	ended chan error
}

// watch begins one. When it cannot look the evaluation is interrupted.
func (r *run) watch(during runlog.PhaseName) *watch {
	w := &watch{done: make(chan struct{}), ended: make(chan error, 1)}
	go func() {
		again := time.NewTicker(pollEvery)
		defer again.Stop()
		for {
			if err := r.look(during); err != nil {
				r.interrupt(err)
				w.ended <- err
				return
			}
			select {
			case <-again.C:
			case <-w.done:
				w.ended <- nil
				return
			}
		}
	}()
	return w
}

// end waits for a watch to end, and returns why it could not look.
func (w *watch) end() error {
	if w == nil {
		return nil
	}
	close(w.done)
	return <-w.ended
}

// heed watches for requests while a validation runs that was announced: from that
// record to the one of the result.
func (r *run) heed(rec runlog.Record) error {
	switch v := rec.(type) {
	case runlog.Phase:
		if v.Phase == runlog.Validating {
			r.validation = r.watch(runlog.Validating)
		}
	case runlog.Valid:
		return r.heedNoMore()
	}
	return nil
}

// heedNoMore ends the watch over a validation, if there is one.
func (r *run) heedNoMore() error {
	w := r.validation
	r.validation = nil
	return w.end()
}
