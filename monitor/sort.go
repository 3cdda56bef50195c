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

var sortingNames = []string{"directory", "best", "name", "started", "step", "status"}

// Sortings are all values of [Sorting].
func Sortings() []Sorting {
	all := make([]Sorting, len(sortingNames))
	for i := range all {
		all[i] = Sorting(i)
	}
	return all
}

// String is a word for what is sorted by.
func (s Sorting) String() string {
	if s < 0 || int(s) >= len(sortingNames) {
		return sortingNames[ByDir]
	}
	return sortingNames[s]
}

// Sorted returns the runs that a query chooses at a moment, sorted.
func (s *Set) Sorted(sorting Sorting, q Query, now time.Time) []*Run {
	runs := make([]*Run, 0, len(s.Runs))
	for _, r := range s.Runs {
		if q.Match(r, now) {
			runs = append(runs, r)
		}
	}
	switch sorting {
	case ByBest:
		sortBy(runs, (*Run).bestNLL, cmp.Compare)
	case ByName:
		sortBy(runs, func(r *Run) string { return r.Name }, compareNames)
	case ByStarted:
		sortBy(runs, (*Run).started, func(a, b time.Time) int { return b.Compare(a) })
	case ByProgress:
		sortBy(runs, (*Run).lastStep, func(a, b int64) int { return cmp.Compare(b, a) })
	case ByStatus:
		sortBy(runs, func(r *Run) int { return urgency(r.Status()) }, cmp.Compare)
	case ByDir:
	}
	return runs
}

// sortBy sorts runs by a key, which is asked for once of each.
func sortBy[K any](runs []*Run, key func(*Run) K, compare func(a, b K) int) {
	type keyed struct {
		run *Run
		key K
	}
	all := make([]keyed, len(runs))
	for i, r := range runs {
		all[i] = keyed{r, key(r)}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return compare(a.key, b.key) })
	for i := range all {
		runs[i] = all[i].run
	}
}

// bestNLL is +Inf without a validation.
func (r *Run) bestNLL() float64 {
	if best := r.best(); best != nil {
		return float64(best.NLL)
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

var byUrgency = []runlog.Status{
	runlog.Running, runlog.Silent, runlog.Crashed, runlog.Diverged, runlog.Failed, Unknown, runlog.Stopped, runlog.Done, Deleted,
}

// urgency is lower for a run that a person would rather see.
func urgency(s runlog.Status) int {
	if i := slices.Index(byUrgency, s); i >= 0 {
		return i
	}
	return slices.Index(byUrgency, Unknown)
}
