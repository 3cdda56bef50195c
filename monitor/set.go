package monitor

import (
	"slices"

	"github.com/maskflow/maskflow/internal/text"
)

// A Set is the runs as they stand. The zero value is empty. Its methods do no
// I/O and are for one goroutine at a time.
type Set struct {
	Runs []*Run // sorted by directory, numbers in its name by their value

	byDir map[string]*Run
}

// Apply takes in what a [Source] found. Runs appear in the Set when a Source
// first tells of them, and stay, those too whose directories are removed: what
// was read of them is kept for as long as the Set is, for whoever looks at them.
func (s *Set) Apply(u Update) {
	before := len(s.Runs)
	for i := range u.Runs {
		news := &u.Runs[i]
		r := s.byDir[news.Dir]
		if r == nil {
			r = &Run{Dir: news.Dir}
			if s.byDir == nil {
				s.byDir = map[string]*Run{}
			}
			s.byDir[news.Dir] = r
			s.Runs = append(s.Runs, r)
		}
		r.apply(news, u.Now)
	}
	if len(s.Runs) > before {
		slices.SortFunc(s.Runs, func(a, b *Run) int { return text.Compare(a.Dir, b.Dir) })
		setNames(s.Runs)
	}
}

// Find returns the run in a directory as [Run] has it, or nil.
func (s *Set) Find(dir string) *Run { return s.byDir[dir] }
