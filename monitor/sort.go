package monitor

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/maskflow/maskflow/internal/text"
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

// sortings are what each Sorting is called, and compares.
var sortings = []struct {
	name    string
	compare func(a, b *Run) int
}{
	{"directory", func(a, b *Run) int { return 0 }},
	{"best", func(a, b *Run) int { return cmp.Compare(a.bestNLL(), b.bestNLL()) }},
	{"name", func(a, b *Run) int { return text.Compare(a.Name, b.Name) }},
	{"started", func(a, b *Run) int { return b.started().Compare(a.started()) }},
	{"step", func(a, b *Run) int { return cmp.Compare(b.lastStep(), a.lastStep()) }},
	{"status", func(a, b *Run) int { return urgency(a.Status()) - urgency(b.Status()) }},
}

// of is a Sorting that there is.
func (s Sorting) of() Sorting {
	if s < 0 || int(s) >= len(sortings) {
		return ByDir
	}
	return s
}

// Next is the sorting after this one, of the last the first.
func (s Sorting) Next() Sorting { return (s.of() + 1) % Sorting(len(sortings)) }

// String is a word for what is sorted by.
func (s Sorting) String() string { return sortings[s.of()].name }

// Sorted returns the runs that a query chooses at a moment, sorted.
func (s *Set) Sorted(sorting Sorting, q Query, now time.Time) []*Run {
	runs := make([]*Run, 0, len(s.Runs))
	for _, r := range s.Runs {
		if q.Match(r, now) {
			runs = append(runs, r)
		}
	}
	slices.SortStableFunc(runs, sortings[sorting.of()].compare)
	return runs
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
