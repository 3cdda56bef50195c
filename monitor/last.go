package monitor

import (
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// What is known of a run last, each by itself: lists of many runs are sorted and
// chosen by one or two of these numbers, and all [Figures] would cost much more.

// lastStep is that of the last record.
func (r *Run) lastStep() (step int64) {
	h := &r.History
	if n := len(h.Starts); n > 0 {
		step = h.Starts[n-1].Step
	}
	if t := r.lastTrain(); t != nil {
		step = max(step, t.Step)
	}
	if v := r.lastValid(); v != nil {
		step = max(step, v.Step)
	}
	if h.End != nil {
		step = max(step, h.End.Step)
	}
	return step
}

// lastEpoch is the one that the last train record is in, or, once a validation followed
// it, how many have ended, as records of validations count.
func (r *Run) lastEpoch() (epoch int) {
	t, v := r.lastTrain(), r.lastValid()
	if t != nil {
		epoch = int(t.Epoch)
	}
	if v != nil && (t == nil || v.Step >= t.Step) {
		epoch = v.Epoch
	}
	return epoch
}

// lastTrain is nil without a train record.
func (r *Run) lastTrain() *runlog.Train {
	if n := r.History.Train.Len(); n > 0 {
		return r.History.Train.At(n - 1)
	}
	return nil
}

// lastValid is nil without a validation.
func (r *Run) lastValid() *runlog.Valid {
	if n := len(r.History.Valid); n > 0 {
		return &r.History.Valid[n-1]
	}
	return nil
}

// best is the validation of the lowest finite NLL, nil without one.
func (r *Run) best() *runlog.Valid {
	if best := r.index.best; best >= 0 && best < len(r.History.Valid) {
		return &r.History.Valid[best]
	}
	return nil
}

// lastOrders is the last evaluation of an ensemble on the validation rows, nil
// without one.
func (r *Run) lastOrders() *runlog.Orders {
	if n := len(r.index.ensembles); n > 0 {
		return &r.History.Orders[r.index.ensembles[n-1].at]
	}
	return nil
}

// quiet is how long the log has not grown at a moment.
func (r *Run) quiet(now time.Time) time.Duration {
	if r.State == nil {
		return 0
	}
	return max(0, r.State.Quiet) + max(0, now.Sub(r.looked))
}

// elapsed is the training up to a moment, summed over resumptions.
func (r *Run) elapsed(now time.Time) time.Duration {
	passed := seconds(r.clock)
	if r.alive() {
		passed += r.quiet(now)
	}
	return passed
}

func (r *Run) alive() bool { return r.Status() == runlog.Running }
