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

	train, valid, orders int // records that were taken in
	ensembles            []Ensemble
	epochs               epochs

	best      int // of History.Valid, -1 without one
	nonFinite int // losses and likelihoods
}

// An Ensemble is an evaluation of several orders on the validation rows.
type Ensemble struct {
	*runlog.Orders
	Lowest, Highest float64 // of the single orders, NaN where none is known

	at   int // of History.Orders
	step int64
}

// grow takes in what was added to the history, or all of it when some was taken
// back.
func (x *index) grow(h *runlog.History) {
	var known []Ensemble
	if x.revision != h.Revision || x.train == 0 && x.valid == 0 {
		known = x.ensembles
		*x = index{revision: h.Revision, best: -1}
	}
	for ; x.train < h.Train.Len(); x.train++ {
		t := h.Train.At(x.train)
		x.epochs.inside(float64(t.Step), float64(t.Epoch))
		if !num.Finite(float64(t.Loss)) {
			x.nonFinite++
		}
	}
	for ; x.valid < len(h.Valid); x.valid++ {
		v := &h.Valid[x.valid]
		x.epochs.after(float64(v.Step), float64(v.Epoch))
		if !num.Finite(float64(v.NLL)) {
			x.nonFinite++
		} else if x.best < 0 || v.NLL < h.Valid[x.best].NLL {
			x.best = x.valid
		}
	}
	for ; x.orders < len(h.Orders); x.orders++ {
		o := &h.Orders[x.orders]
		if o.Split != validSplit {
			continue
		}
		e := ensembleOf(o)
		e.at, e.step = x.orders, o.Step
		if n := len(x.ensembles); o.PerOrder == nil && n < len(known) && known[n].at == e.at && known[n].step == e.step {
			e = known[n] // from before its orders were dropped
		}
		x.ensembles = append(x.ensembles, e)
	}
	thin(h.Orders)
}

// ordersKept bounds the values of single orders and of masks that a run keeps, at
// 4 MB. A log may hold a thousand orders of each of ten thousand validations; most
// logs hold less than this in all.
const ordersKept = 1 << 19

// lastWhole is how many evaluations are kept whole whatever they hold: those of one
// step, on every split.
const lastWhole = 3

// thin drops the values of single orders and masks of all but the last evaluations.
func thin(all []runlog.Orders) {
	values := 0
	for i := len(all) - 1; i >= 0; i-- {
		o := &all[i]
		if values += len(o.PerOrder) + len(o.MaskLoss); values > ordersKept && i < len(all)-lastWhole {
			o.PerOrder, o.MaskLoss = nil, nil
		}
	}
}

const validSplit = "valid"

func ensembleOf(o *runlog.Orders) Ensemble {
	e := Ensemble{Lowest: math.Inf(1), Highest: math.Inf(-1)}
	for _, nll := range o.PerOrder {
		if v := float64(nll); num.Finite(v) {
			e.Lowest, e.Highest = min(e.Lowest, v), max(e.Highest, v)
		}
	}
	if e.Lowest > e.Highest {
		e.Lowest, e.Highest = math.NaN(), math.NaN()
	}
	return e
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
