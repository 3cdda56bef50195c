package monitor

import (
	"math"

	"github.com/maskflow/maskflow/runlog"
)

// An index is what follows from a history and would be slow to find each time a
// screen is drawn. It grows with the history.
type index struct {
	revision uint64 // of the history

	train, valid, orders axes
	spreads              []spread
	epochs               epochs

	// thinned is the beginning of spreads of which the history has the single
	// orders no more.
	thinned []spread

	best      int // of History.Valid, -1 without one
	nonFinite int // losses and likelihoods
}

// axes are the three x of a series.
type axes struct {
	step, epoch, time monotone
}

// A spread is the range of the single orders in an evaluation on the validation
// rows; at is its place in History.Orders.
type spread struct {
	at       int
	step     int64
	min, max float64
}

// grow takes in what was added to the history, or all of it when some was taken
// back.
func (x *index) grow(h *runlog.History) {
	if x.revision != h.Revision || x.train.step.n == 0 && x.valid.step.n == 0 {
		*x = index{revision: h.Revision, best: -1, thinned: x.thinned}
	}
	for i := x.train.step.n; i < h.Train.Len(); i++ {
		x.train.step.add(float64(h.Train.Step(i)))
		x.train.epoch.add(float64(h.Train.Epoch(i)))
		x.train.time.add(h.Train.Time(i))
		x.epochs.inside(x.train.step.max, x.train.epoch.max)
		if !finite(h.Train.Loss(i)) {
			x.nonFinite++
		}
	}
	for i := x.valid.step.n; i < len(h.Valid); i++ {
		v := &h.Valid[i]
		x.valid.step.add(float64(v.Step))
		x.valid.epoch.add(float64(v.Epoch))
		x.valid.time.add(float64(v.Time))
		x.epochs.after(x.valid.step.max, x.valid.epoch.max)
		if !finite(float64(v.NLL)) {
			x.nonFinite++
		} else if x.best < 0 || v.NLL < h.Valid[x.best].NLL {
			x.best = i
		}
	}
	x.growOrders(h)
}

func (x *index) growOrders(h *runlog.History) {
	from := 0
	if n := len(x.spreads); n > 0 {
		from = x.spreads[n-1].at + 1
	}
	for i := from; i < len(h.Orders); i++ {
		o := &h.Orders[i]
		if o.Split != validSplit {
			continue
		}
		s := spreadOf(o.PerOrder)
		s.at, s.step = i, o.Step
		if n := len(x.spreads); len(o.PerOrder) == 0 && n < len(x.thinned) && x.thinned[n].at == i {
			s = x.thinned[n]
		}
		x.spreads = append(x.spreads, s)
		x.orders.step.add(float64(o.Step))
		x.orders.time.add(float64(o.Time))
	}
}

const validSplit = "valid"

// spreadOf is NaN to NaN without a finite value.
func spreadOf(perOrder []runlog.Float) spread {
	s := spread{min: math.NaN(), max: math.NaN()}
	for _, nll := range perOrder {
		if v := float64(nll); finite(v) {
			s.min = lesser(s.min, v)
			s.max = -lesser(-s.max, -v)
		}
	}
	return s
}

// lesser is the smaller of two numbers, of which a may not be known.
func lesser(a, b float64) float64 {
	if a < b {
		return a
	}
	return b
}

func finite(v float64) bool { return v-v == 0 }

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
