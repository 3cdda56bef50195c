package monitor

import (
	"time"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/runlog"
	"os"
	"path/filepath"
)

// Options of a [Source]. The zero value is the default.
type Options struct {
	Clock func() time.Time // nil means time.Now
}

// A Source follows run directories. Its methods are for one goroutine at a
// time. Poll does all the reading, so it is called outside of the loop that
// draws the screen, and what it returns is then given to [Set.Apply].
type Source struct {
	clock func() time.Time
	dirs  []string
	r     map[string]*runlog.Reader
}

// NewSource follows runs: each path is a run directory, or a folder whose runs,
// present and coming, are all followed. The error tells of a path that does not
// exist or holds no run, in one line.
func NewSource(paths []string, o Options) (*Source, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	s := &Source{clock: o.Clock, r: map[string]*runlog.Reader{}}
	for _, p := range paths {
		dirs, err := runlog.List(p)
		if err != nil {
			return nil, err
		}
		s.dirs = append(s.dirs, dirs...)
	}
	return s, nil
}

// Poll returns what is new since the last call.
func (s *Source) Poll() Update {
	u := Update{Now: s.clock()}
	for _, d := range s.dirs {
		ru := RunUpdate{Dir: d}
		if s.r[d] == nil {
			s.r[d], ru.Err = runlog.Open(d)
			if ru.Err != nil {
				continue
			}
			ru.Manifest, _ = runlog.ReadManifest(d)
			if src, err := os.ReadFile(filepath.Join(d, runlog.ConfigFile)); err == nil {
				ru.Config, ru.Err = config.Values(filepath.Join(d, runlog.ConfigFile), src)
			}
		}
		ru.Batch, ru.Err = s.r[d].Read(0)
		ru.State, _ = runlog.ReadState(d, u.Now)
		ru.Loading = ru.Batch.More
		u.More = u.More || ru.Batch.More
		u.Runs = append(u.Runs, ru)
	}
	return u
}

// Close releases the files that are held open.
func (s *Source) Close() {
	for _, r := range s.r {
		_ = r.Close()
	}
}
