package monitor

import (
	"time"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/runlog"
)

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
	Stderr   []string // whole new lines of stderr.log, cleaned
	// StderrReset says that stderr.log was replaced or cut, or that there is
	// more of it than is kept: lines of before are void.
	StderrReset bool
	Samples     *Samples
	Density     *Grid
	Gone        bool  // the directory is no run any more
	Err         error // why this look failed, unless the last one failed alike
	Mended      bool  // this look did not fail, and the last one had
	Loading     bool  // records that were there before are still being read
}

// Samples are rows drawn from a model while it was trained.
type Samples struct {
	Step   int64
	Shape  []int     // [rows, columns] or, for images, [rows, height, width] or [rows, channels, height, width]
	Values []float32 // row after row; non-finite values are kept
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
	Step       int64
	Rows, Cols int
	Values     []float64  // [Rows, Cols], row 0 that of the smallest y
	X, Y       [2]float64 // outer edges, lower and upper
}
