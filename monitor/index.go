package monitor

import (
	"math"

	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/runlog"
)

// An index is what follows from a history and would be slow to find each time a
// screen is drawn. It grows with the history.
type index struct {
	revision uint64 // of the history

	starts, train, valid, orders int // records that were taken in
	ensembles                    []Ensemble
	epochs                       epochs

	best      *runlog.Valid // nil without one
	since     int64         // the step up to which validations are of something else than now
	nonFinite int           // losses and likelihoods
}

// An Ensemble is an evaluation of several orders on the validation rows.
type Ensemble struct {
	runlog.Orders
	Lowest, Highest float64 // of the finite ones of PerOrder, NaN without one
}

// least is the least of the finite values times a sign, NaN without one.
func least(values []runlog.Float, sign float64) float64 {
	least := math.NaN()
	for _, v := range values {
		if v := sign * float64(v); num.Finite(v) && !(v >= least) {
			least = v
		}
	}
	return least
}

// grow takes in what was added to the history, or all of it when some was taken
// back.
func (x *index) grow(h *runlog.History) {
	if x.revision != h.Revision {
		*x = index{revision: h.Revision}
	}
	for ; x.starts < len(h.Starts); x.starts++ {
		now := h.Starts[x.starts]
		if x.starts > 0 && now.Basis != nil && h.Starts[x.starts-1].Basis != nil && *now.Basis != *h.Starts[x.starts-1].Basis {
			x.best, x.since = nil, now.Step
		}
	}
	for ; x.train < h.Train.Len(); x.train++ {
		t := h.Train.At(x.train)
		x.epochs.inside(float64(t.Step), float64(t.Epoch))
		if !num.Finite(float64(t.Loss)) {
			x.nonFinite++
		}
	}
	for ; x.valid < len(h.Valid); x.valid++ {
		v := h.Valid[x.valid]
		x.epochs.after(float64(v.Step), float64(v.Epoch))
		if !num.Finite(float64(v.OfOthers())) {
			x.nonFinite++
		} else if (x.since == 0 || v.Step > x.since) && (x.best == nil || v.Better(*x.best)) {
			x.best = &v
		}
	}
	for ; x.orders < len(h.Orders); x.orders++ {
		if o := h.Orders[x.orders]; o.Split == "valid" {
			x.ensembles = append(x.ensembles, Ensemble{o, least(o.PerOrder, +1), -least(o.PerOrder, -1)})
		}
	}
}

// epochs estimates how many steps an epoch has. Records say which epoch a step
// is in, counted from 1, and validations after how many epochs they were made.
type epochs struct {
	exact    float64 // by the validations, 0 before one
	low, top float64 // bounds by train records, 0 when there are none
}

// inside takes in that a step is in an epoch: it is step/epoch that an epoch has
// at the least, and step/(epoch − 1) at the most.
func (e *epochs) inside(step, epoch float64) {
	if step <= 0 || epoch <= 0 {
		return
	}
	e.low = max(e.low, step/epoch)
	if epoch > 1 && (e.top == 0 || step/(epoch-1) < e.top) {
		e.top = step / (epoch - 1)
	}
}

// after takes in that so many epochs had ended by a step: with it, but where a
// training was ended between two epochs.
func (e *epochs) after(step, epoch float64) {
	if step > 0 && epoch > 0 && (e.exact == 0 || step/epoch < e.exact) {
		e.exact = step / epoch
	}
}

// length is the steps of an epoch, 0 when nothing is known. In a first epoch
// whose end is not known the present step counts as its middle.
func (e *epochs) length() float64 {
	switch {
	case e.exact > 0:
		return e.exact
	case e.top > e.low:
		return (e.low + e.top) / 2
	case e.top > 0:
		return e.low
	}
	return 2 * e.low
}

// at is how many epochs have passed at a step.
func (e *epochs) at(step float64) float64 {
	if length := e.length(); length > 0 {
		return step / length
	}
	return 0
}
