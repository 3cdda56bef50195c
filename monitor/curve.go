package monitor

import (
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// Points are the points of a line, as package plot draws it: x should not
// decrease, and y may be anything, NaN and infinities included.
type Points = plot.Points

// An Axis is what x is.
type Axis int

// The values of Axis.
const (
	ByStep  Axis = iota
	ByEpoch      // with the fraction of an epoch that has passed at the step
	ByTime       // seconds of training, summed over resumptions
)

// curve is points that are read from the records of a run.
type curve struct {
	len func() int
	at  func(i int) (x, y float64)
}

func (c curve) Len() int                { return c.len() }
func (c curve) At(i int) (x, y float64) { return c.at(i) }

// x is the place of a step and a time on an axis.
func (r *Run) x(a Axis, step int64, time runlog.Float) float64 {
	switch a {
	case ByTime:
		return float64(time)
	case ByEpoch:
		return r.index.epochs.at(float64(step))
	}
	return float64(step)
}

// Curve is a number over the train records of the run. Like the curves below it
// reads the run as it is, so it grows with it, and costs no memory. See
// [Run.Generation] for when points change.
func (r *Run) Curve(number func(*runlog.Train) float64, a Axis) Points {
	at := func(i int) (x, y float64) {
		t := r.History.Train.At(i)
		x = r.x(a, t.Step, t.Time)
		if epoch := float64(t.Epoch); a == ByEpoch {
			x = min(max(x, epoch-1), epoch)
		}
		return x, number(t)
	}
	return curve{r.History.Train.Len, at}
}

// ValidCurve is the negative log-likelihood of the validation rows in nats a
// row.
func (r *Run) ValidCurve(a Axis) Points {
	return curve{func() int { return len(r.History.Valid) }, func(i int) (x, y float64) {
		v := &r.History.Valid[i]
		return r.x(a, v.Step, v.Time), float64(v.NLL)
	}}
}

// OrdersCurve is a number of the ensembles over orders that were evaluated on
// the validation rows.
func (r *Run) OrdersCurve(number func(Ensemble) float64, a Axis) Points {
	return curve{func() int { return len(r.index.ensembles) }, func(i int) (x, y float64) {
		e := r.index.ensembles[i]
		e.Orders = &r.History.Orders[e.at]
		return r.x(a, e.Step, e.Time), number(e)
	}}
}
