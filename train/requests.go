package train

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/runlog"
)

// pollEvery is the time between looks for requests.
const pollEvery = 200 * time.Millisecond

// requests are what readers of the run directory ask for. Its methods may be called
// by several goroutines.
type requests struct {
	w         *runlog.Writer
	clock     func() time.Time
	polling   hiccup                  // of looking for them
	judged    bool                    // the model can be calibrated
	tests     bool                    // there are rows to test with
	interrupt context.CancelCauseFunc // ends the evaluation that runs, and training with it

	mu      sync.Mutex
	stop    runlog.Control          // that was asked for, or empty
	waiting []runlog.ControlRequest // for a checkpoint, or a calibration
}

// asked returns the way to stop that was asked for, or nothing.
func (q *requests) asked() (stop runlog.Control) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stop
}

// waits reports whether somebody waits for a checkpoint, or a calibration.
func (q *requests) waits(kind runlog.Control) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.ContainsFunc(q.waiting, func(r runlog.ControlRequest) bool { return r.Kind == kind })
}

// stopNow reports whether it was asked to stop now.
func (q *requests) stopNow() bool { return q.asked() == runlog.StopNow }

// look answers new requests, during Training between two calls to the backend, or
// beside an evaluation during Validating or Testing. The step is the present one, of
// a test that of the last checkpoint. It is called by one goroutine at a time.
func (q *requests) look(during runlog.PhaseName, step int64) {
	now := q.clock()
	if !q.polling.Due(now) {
		return
	}
	found, err := q.w.Poll()
	q.polling.tried(now, err)
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range found {
		if (r.Kind == runlog.SaveCheckpoint || r.Kind == runlog.Calibrate && q.judged) && during != runlog.Testing {
			q.waiting = append(q.waiting, r) // the state may be saved between two calls only, and is validated after some
		} else {
			_ = q.w.Answer(r.ID, q.answerTo(r.Kind, during, step)) // it is pending
		}
	}
}

// answerTo takes a request to stop, or what cannot be waited for, and returns its
// answer. An evaluation is interrupted only when nothing is to be waited for: a
// validation counts as not begun then.
func (q *requests) answerTo(kind runlog.Control, during runlog.PhaseName, step int64) string {
	switch {
	case kind == runlog.SaveCheckpoint:
		return fmt.Sprintf("saved %s before the test", checkpoint.StepName(step))
	case kind == runlog.Calibrate && q.judged:
		return "no calibration: the test is running, and no validation follows"
	case kind == runlog.Calibrate:
		return "no calibration: that is for models with a context, samples and a likelihood"
	}
	if q.stop != runlog.StopNow {
		q.stop = kind
	}
	now := q.stop == runlog.StopNow
	if now && during != runlog.Training {
		q.interrupt(ErrStopped)
	}
	stopping := fmt.Sprintf("stopping at step %d: checkpoint", step)
	switch {
	case during == runlog.Testing && now:
		return "stopping now, without the test"
	case during == runlog.Testing:
		return "the test is running; it ends with it"
	case !q.tests:
		return stopping
	case now:
		return stopping + ", without the test"
	}
	return stopping + ", then the test"
}

// answer answers those who wait for a checkpoint, or a calibration.
func (q *requests) answer(kind runlog.Control, what string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.waiting {
		if r.Kind != kind {
			continue
		}
		if err := q.w.Answer(r.ID, what); err != nil {
			return err
		}
	}
	q.waiting = slices.DeleteFunc(q.waiting, func(r runlog.ControlRequest) bool { return r.Kind == kind })
	return nil
}

// watch looks for requests beside an evaluation, which has the goroutine of the
// training to itself for minutes. The function that it returns ends it.
func (q *requests) watch(during runlog.PhaseName, step int64) (end func()) {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		again := time.NewTicker(pollEvery)
		defer again.Stop()
		for {
			q.look(during, step)
			select {
			case <-again.C:
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		watching.Wait()
	}
}
