package monitor

import (
	"math"

	"github.com/maskflow/maskflow/plot"
)

// Points are the points of a line, as package plot draws it: x does not
// decrease, and y may be anything, NaN and infinities included.
type Points = plot.Points

// A Field is a number of a train record.
type Field int

// The values of Field.
const (
	Loss     Field = iota // mean over the batch, nats a row
	LR                    // learning rate
	GradNorm              // Euclidean norm before clipping
)

// An OrdersField is a number of an evaluation of an ensemble over orders.
type OrdersField int

// The values of OrdersField, in nats a row.
const (
	OrdersNLL  OrdersField = iota // of the ensemble
	OrdersMean                    // mean over the single orders
	OrdersMin                     // lowest of the single orders
	OrdersMax                     // highest of the single orders
)

// An Axis is what x is.
type Axis int

// The values of Axis.
const (
	ByStep  Axis = iota
	ByEpoch      // with the fraction of an epoch that has passed at the step
	ByTime       // seconds of training, summed over resumptions
)

// Curve is a field over the train records of the run. Like the curves below it
// reads the run as it stands, so it grows with it, and costs no memory. A step
// or a time that is less than one before it is drawn at that one. See
// [Run.Generation] for when points change.
func (r *Run) Curve(f Field, a Axis) Points { return &trainCurve{r, f, a} }

type trainCurve struct {
	run   *Run
	field Field
	axis  Axis
}

// Len is the number of train records.
func (c *trainCurve) Len() int { return c.run.index.train.step.n }

// At returns a train record as a point.
func (c *trainCurve) At(i int) (x, y float64) {
	train := &c.run.History.Train
	switch c.field {
	case Loss:
		y = train.Loss(i)
	case LR:
		y = train.LR(i)
	case GradNorm:
		y = train.GradNorm(i)
	default:
		y = math.NaN()
	}
	known := &c.run.index.train
	switch c.axis {
	case ByTime:
		return known.time.at(i, train.Time(i)), y
	case ByEpoch:
		x = c.run.index.epochs.at(known.step.at(i, float64(train.Step(i))))
		epoch := known.epoch.at(i, float64(train.Epoch(i)))
		return min(max(x, epoch-1), epoch), y
	}
	return known.step.at(i, float64(train.Step(i))), y
}

// ValidCurve is the negative log-likelihood of the validation rows in nats a
// row.
func (r *Run) ValidCurve(a Axis) Points { return &validCurve{r, a} }

type validCurve struct {
	run  *Run
	axis Axis
}

// Len is the number of validations.
func (c *validCurve) Len() int { return c.run.index.valid.step.n }

// At returns a validation as a point.
func (c *validCurve) At(i int) (x, y float64) {
	v, known := &c.run.History.Valid[i], &c.run.index.valid
	y = float64(v.NLL)
	switch c.axis {
	case ByTime:
		return known.time.at(i, float64(v.Time)), y
	case ByEpoch:
		return c.run.index.epochs.at(known.step.at(i, float64(v.Step))), y
	}
	return known.step.at(i, float64(v.Step)), y
}

// OrdersCurve is a number of the ensembles over orders that were evaluated on
// the validation rows. [OrdersMin] and [OrdersMax] are NaN where the log has no
// single orders.
func (r *Run) OrdersCurve(f OrdersField, a Axis) Points { return &ordersCurve{r, f, a} }

type ordersCurve struct {
	run   *Run
	field OrdersField
	axis  Axis
}

// Len is the number of evaluations on the validation rows.
func (c *ordersCurve) Len() int { return len(c.run.index.spreads) }

// At returns an evaluation as a point.
func (c *ordersCurve) At(i int) (x, y float64) {
	known := &c.run.index
	s := known.spreads[i]
	o := &c.run.History.Orders[s.at]
	switch c.field {
	case OrdersNLL:
		y = float64(o.NLL)
	case OrdersMean:
		y = float64(o.Mean)
	case OrdersMin:
		y = s.min
	case OrdersMax:
		y = s.max
	default:
		y = math.NaN()
	}
	step := known.orders.step.at(i, float64(o.Step))
	switch c.axis {
	case ByTime:
		return known.orders.time.at(i, float64(o.Time)), y
	case ByEpoch:
		return known.epochs.at(step), y
	}
	return step, y
}
