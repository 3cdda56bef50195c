package monitor

import (
	"math"

	"github.com/maskflow/maskflow/internal/num"
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

// X is the place of a step and a time on an axis.
func (r *Run) X(a Axis, step int64, time runlog.Float) float64 {
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
		x = r.X(a, t.Step, t.Time)
		if epoch := float64(t.Epoch); a == ByEpoch {
			x = min(max(x, epoch-1), epoch)
		}
		return x, number(t)
	}
	return curve{r.History.Train.Len, at}
}

// ValidCurve is the negative log-likelihood of the validation rows that have one, in
// nats a row.
func (r *Run) ValidCurve(a Axis) Points {
	return curve{func() int { return len(r.History.Valid) }, func(i int) (x, y float64) {
		v := &r.History.Valid[i]
		return r.X(a, v.Step, v.Time), float64(v.OfOthers())
	}}
}

// OrdersCurve is a number of the ensembles over orders that were evaluated on
// the validation rows.
func (r *Run) OrdersCurve(number func(*Ensemble) float64, a Axis) Points {
	return curve{func() int { return len(r.index.ensembles) }, func(i int) (x, y float64) {
		e := r.Ensemble(i)
		return r.X(a, e.Step, e.Time), number(e)
	}}
}

// Ensemble is what point i of an [Run.OrdersCurve] is of.
func (r *Run) Ensemble(i int) *Ensemble { return &r.index.ensembles[i] }

// Calibration is the last one of the run on an axis up to x, nil before the first.
func (r *Run) Calibration(a Axis, x float64) *runlog.Calibration {
	for i := len(r.History.Calibrations) - 1; i >= 0; i-- {
		if c := &r.History.Calibrations[i]; !(r.X(a, c.Step, c.Time) > x) {
			return c
		}
	}
	return nil
}

// A Smooth is the exponential moving average of the y of Points as TensorBoard
// draws it: over the raw points, without the bias to the first of them. Point i
// is the mean of the points up to it in which one that lies k finite points
// back weighs sᵏ. A point that is not finite is a gap: it stays as it is and
// does not enter. It takes about 4 bytes a point. Where points were taken back or
// replaced, as [Run.Generation] tells, a new one has to be made.
type Smooth struct {
	points Points
	factor float64
	y      []float32
	state  average
}

// maxFactor leaves an average that still follows a million points.
const maxFactor = 0.999999

// An average is a mean of n points and the weight sⁿ that they leave to what came
// before them. The zero value is that of none.
type average struct {
	mean    float64
	left    float64
	entered bool // any point
}

// NewSmooth averages points with a factor s from 0, which changes nothing, to
// below 1, and takes in those that there are.
func NewSmooth(p Points, factor float64) *Smooth {
	if !(factor > 0) {
		factor = 0
	}
	s := &Smooth{points: p, factor: min(factor, maxFactor)}
	s.y = make([]float32, 0, p.Len())
	s.Grow()
	return s
}

// Len is the number of points taken in.
func (s *Smooth) Len() int { return len(s.y) }

// At returns point i: its x, and the average up to it.
func (s *Smooth) At(i int) (x, y float64) {
	x, _ = s.points.At(i)
	return x, float64(s.y[i])
}

// Grow takes in the points that were appended since.
func (s *Smooth) Grow() {
	for i, n := len(s.y), s.points.Len(); i < n; i++ {
		_, y := s.points.At(i)
		s.y = append(s.y, toFloat32(s.state.add(y, s.factor)))
	}
}

// add takes in a value and returns what is drawn for it.
func (a *average) add(y, factor float64) float64 {
	if !num.Finite(y) {
		return y
	}
	if !a.entered || factor == 0 {
		*a = average{mean: y, left: factor, entered: true}
		return y
	}
	a.left *= factor
	weight := (1 - factor) / (1 - a.left)
	if delta := y - a.mean; num.Finite(delta) { // leaves equal values exactly as they are
		a.mean += delta * weight
	} else {
		a.mean = a.mean*(1-weight) + y*weight
	}
	return a.mean
}

// toFloat32 keeps finite numbers finite.
func toFloat32(v float64) float32 {
	if num.Finite(v) {
		v = min(max(v, -math.MaxFloat32), math.MaxFloat32)
	}
	return float32(v)
}
