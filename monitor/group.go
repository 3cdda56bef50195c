package monitor

import (
	"cmp"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// A Group is the runs as they stand. The zero value is empty. Its methods do no
// I/O and are for one goroutine at a time.
type Group struct {
	Runs []*Run // sorted by directory, numbers in its name by their value

	byDir map[string]*Run
}

// Apply takes in what a [Source] found. Runs appear in the Group when a Source
// first tells of them, and stay, those too whose directories are removed: what
// was read of them is kept for as long as the Group is, for whoever looks at them.
func (s *Group) Apply(u Update) {
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
func (s *Group) Find(dir string) *Run { return s.byDir[dir] }

// An Update is what one [Source.Poll] found.
type Update struct {
	Now  time.Time   // by the clock of the Source
	Runs []RunUpdate // those with news, and the state of every living one
	More bool        // the call stopped at its bound: poll again at once
}

// A RunUpdate is what is new of one run. A nil pointer or slice means no news.
type RunUpdate struct {
	Dir      string
	Manifest *runlog.Manifest
	Config   []config.Value
	Batch    runlog.Batch
	State    *runlog.State
	Stderr   []string // the last lines of stderr.log, cleaned
	Samples  *Samples
	Density  *Grid
	Gone     bool  // the directory is no run any more
	Err      error // why this look failed
	Loading  bool  // records that were there before are still being read
	News     bool  // there is more than how long a living run has been quiet
}

// news reports whether anything but the state is in the update.
func (u *RunUpdate) news() bool {
	return u.Manifest != nil || u.Config != nil || u.Gone || u.Samples != nil || u.Density != nil ||
		u.Stderr != nil || u.Batch.Reset || u.Batch.Bad > 0 || len(u.Batch.Records) > 0
}

// Samples are rows drawn from a model while it was trained.
type Samples struct {
	Step   int64
	Shape  []int     // [rows, columns] or, for images, [rows, height, width] or [rows, channels, height, width]
	Values []float32 // row after row; non-finite values are kept
	// Columns are the names of the columns of a table and Cells its cells, row after row; a table has no Values.
	Columns []string
	Cells   []string
}

// Rows is how many there are, and Width how many values each has.
func (s *Samples) Rows() int { return s.Shape[0] }

// Width is how many values a row has.
func (s *Samples) Width() int {
	n := 1
	for _, d := range s.Shape[1:] {
		n *= d
	}
	return n
}

// A Grid is the log-density of a model of two variables: ln p in nats in the
// middle of each cell, −Inf or NaN where there is none.
type Grid struct {
	Step int64
	plot.Grid
}

// setNames gives every run the shortest end of its path that no other run has.
func setNames(runs []*Run) {
	runsOf := map[string]int{} // that have an end
	for _, r := range runs {
		for end := range ends(r.Dir) {
			runsOf[end]++
		}
	}
	for _, r := range runs {
		for r.Name = range ends(r.Dir) {
			if runsOf[r.Name] == 1 {
				break
			}
		}
	}
}

// ends are the last part of a path, its last two parts, and so on up to all of it.
func ends(dir string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for from := len(dir); from > 0; {
			from = strings.LastIndexByte(dir[:from], filepath.Separator)
			if end := dir[from+1:]; end != "" && !yield(end) {
				return
			}
		}
		yield(dir)
	}
}

// A Sorting is how runs are sorted. Runs that are equal in it stay sorted by directory.
type Sorting int

// The values of Sorting.
const (
	ByDir      Sorting = iota
	ByBest             // class after class, see [Group.Classes], the lowest best validation first
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
	{"best", nil},
	{"name", func(a, b *Run) int { return text.Compare(a.Name, b.Name) }},
	{"started", func(a, b *Run) int { return b.started().Compare(a.started()) }},
	{"step", func(a, b *Run) int { return cmp.Compare(b.lastStep(), a.lastStep()) }},
	{"status", func(a, b *Run) int { return a.urgency() - b.urgency() }},
}

// Next is the sorting after this one, of the last the first.
func (s Sorting) Next() Sorting { return (s + 1) % Sorting(len(sortings)) }

// String is a word for what is sorted by.
func (s Sorting) String() string { return sortings[s].name }

// Sorted returns the runs that a query chooses at a moment, sorted.
func (s *Group) Sorted(sorting Sorting, q Query, now time.Time) []*Run {
	runs := s.chosen(q, now)
	if sorting == ByBest {
		classes := classesOf(runs)
		runs = runs[:0]
		for _, c := range classes {
			runs = append(runs, c.Runs...)
		}
		return runs
	}
	slices.SortStableFunc(runs, sortings[sorting].compare)
	return runs
}

// Classes divides the runs that a query chooses at a moment into those whose likelihoods can be compared: the largest class
// first, and last the runs of which that is not known.
func (s *Group) Classes(q Query, now time.Time) []Class { return classesOf(s.chosen(q, now)) }

// chosen are the runs that a query chooses at a moment.
func (s *Group) chosen(q Query, now time.Time) (runs []*Run) {
	for _, r := range s.Runs {
		if q.Match(r, now) {
			runs = append(runs, r)
		}
	}
	return runs
}

// compareBest has the better validation first, nil last.
func compareBest(a, b *runlog.Valid) int {
	switch {
	case a == b:
		return 0
	case b == nil || a != nil && a.Better(*b):
		return -1
	case a == nil || b.Better(*a):
		return 1
	}
	return 0
}

// started is the zero time when it is not known.
func (r *Run) started() time.Time {
	if r.Manifest == nil {
		return time.Time{}
	}
	return r.Manifest.FirstStarted()
}

// byUrgency has first the states that a person would rather see.
var byUrgency = []runlog.Status{
	runlog.Running, runlog.Silent, runlog.Crashed, runlog.Diverged, runlog.Failed, Unknown, runlog.Stopped, runlog.Done, Deleted,
}

func (r *Run) urgency() int { return slices.Index(byUrgency, r.Status()) }
