package monitor

import (
	"strings"
	"time"
)

// A Query chooses runs. The zero value chooses all.
type Query struct {
	text string
}

// ParseQuery reads a query: words that must all be true of a run.
func ParseQuery(text string) (Query, error) { return Query{text: text}, nil }

// String is the text that was parsed.
func (q Query) String() string { return q.text }

// Empty says whether the query chooses all runs.
func (q Query) Empty() bool { return strings.TrimSpace(q.text) == "" }

// Match reports whether a run is chosen.
func (q Query) Match(r *Run, now time.Time) bool {
	return strings.Contains(r.Name, q.text)
}
