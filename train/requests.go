package train

import (
	"context"
	"fmt"
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
	tests     bool                    // there are rows to test with
	interrupt context.CancelCauseFunc // ends the evaluation that runs, and training with it

	mu      sync.Mutex
	stop    runlog.Control          // that was asked for, or empty
	waiting []runlog.ControlRequest // for a checkpoint
}

// asked returns the way to stop that was asked for, or nothing, and whether somebody
// waits for a checkpoint.
func (q *requests) asked() (stop runlog.Control, checkpoint bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stop, len(q.waiting) > 0
}

// stopNow reports whether it was asked to stop now.
func (q *requests) stopNow() bool {
	stop, _ := q.asked()
	return stop == runlog.StopNow
}

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
		if r.Kind == runlog.SaveCheckpoint && during != runlog.Testing {
			q.waiting = append(q.waiting, r) // the state may be saved between two calls only
		} else {
			_ = q.w.Answer(r.ID, q.answer(r.Kind, during, step)) // it is pending
		}
	}
}

// answer takes a request to stop, or for a checkpoint during the test, and returns its
// answer. An evaluation is interrupted only when nothing is to be waited for: a
// validation counts as not begun then.
func (q *requests) answer(kind runlog.Control, during runlog.PhaseName, step int64) string {
	if kind == runlog.SaveCheckpoint {
		return fmt.Sprintf("saved %s before the test", checkpoint.StepName(step))
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

// answerWaiting reports to those who asked for a checkpoint which one there is now.
func (q *requests) answerWaiting(saved int64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.waiting {
		if err := q.w.Answer(r.ID, "saved "+checkpoint.StepName(saved)); err != nil {
			return err
		}
	}
	q.waiting = nil
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
