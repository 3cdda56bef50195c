package monitor

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// A Sorting is how runs are sorted. Runs that are equal in it stay sorted by directory.
type Sorting int

// The values of Sorting.
const (
	ByDir      Sorting = iota
	ByBest             // lowest best validation first, those without one last
	ByName             // numbers in names by their value
	ByStarted          // newest first
	ByProgress         // most steps first
	ByStatus           // living ones first, then those that need a look, then those that ended well
)

var orderNames = []string{"directory", "best", "name", "started", "step", "status"}

// Sortings are all values of [Sorting].
func Sortings() []Sorting {
	orders := make([]Sorting, len(orderNames))
	for i := range orders {
		orders[i] = Sorting(i)
	}
	return orders
}

// String is a word for the order.
func (o Sorting) String() string {
	if o < 0 || int(o) >= len(orderNames) {
		return orderNames[ByDir]
	}
	return orderNames[o]
}

// Sorted returns the runs that a query chooses at a moment, in an order.
func (s *Set) Sorted(by Sorting, q Query, now time.Time) []*Run {
	runs := make([]*Run, 0, len(s.Runs))
	for _, r := range s.Runs {
		if q.Match(r, now) {
			runs = append(runs, r)
		}
	}
	slices.SortStableFunc(runs, func(a, b *Run) int {
		switch by {
		case ByBest:
			return cmp.Compare(a.bestNLL(), b.bestNLL())
		case ByName:
			return compareNames(a.Name, b.Name)
		case ByStarted:
			return b.started().Compare(a.started())
		case ByProgress:
			return cmp.Compare(b.step(), a.step())
		case ByStatus:
			return cmp.Compare(urgency(a.Status()), urgency(b.Status()))
		}
		return 0
	})
	return runs
}

// bestNLL is +Inf without a validation.
func (r *Run) bestNLL() float64 {
	if best := r.index.best; best >= 0 && best < len(r.History.Valid) {
		return float64(r.History.Valid[best].NLL)
	}
	return math.Inf(1)
}

// started is the zero time when it is not known.
func (r *Run) started() time.Time {
	if r.Manifest == nil {
		return time.Time{}
	}
	return r.Manifest.FirstStarted()
}

func (r *Run) step() int64 {
	var f Figures
	r.lastRecords(&f)
	return f.Step
}

// urgency is lower for a run that a person would rather see.
func urgency(s runlog.Status) int {
	return slices.Index([]runlog.Status{
		runlog.Running, runlog.Silent, runlog.Crashed, runlog.Diverged, runlog.Failed, runlog.Stopped, runlog.Done, Deleted,
	}, s)
}
