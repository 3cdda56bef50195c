package monitor

import "time"

// An Order sorts runs.
type Order int

// The values of Order. Equal runs stay sorted by directory.
const (
	ByDir     Order = iota
	ByBest          // lowest best validation first, without one last
	ByName          // numbers in names by their value
	ByStarted       // newest first
	ByProgress      // most steps first
	ByStatus        // running first
)

// SortOrders are all values of [Order].
func SortOrders() []Order { return []Order{ByDir, ByBest, ByName, ByStarted, ByProgress, ByStatus} }

// String names the order.
func (o Order) String() string {
	return [...]string{"directory", "best", "name", "started", "step", "status"}[o]
}

// Sorted returns the runs that a query chooses, in an order.
func (s *Set) Sorted(by Order, q Query, now time.Time) []*Run {
	var runs []*Run
	for _, r := range s.Runs {
		if q.Match(r, now) {
			runs = append(runs, r)
		}
	}
	return runs
}
