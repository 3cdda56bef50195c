package runlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/maskflow/maskflow/internal/files"
)

// Status says where a run stands. The first four are written in [End].
type Status string

// The values of Status.
const (
	Done     Status = "done"
	Stopped  Status = "stopped"  // on request
	Diverged Status = "diverged" // non-finite loss
	Failed   Status = "failed"

	Running Status = "running"
	Crashed Status = "crashed" // the writer is gone without an end record
	Silent  Status = "silent"  // no news, and no lock to tell why
)

func (s Status) ended() bool {
	return s == Done || s == Stopped || s == Diverged || s == Failed
}

func (r End) check() error {
	if !r.Status.ended() {
		return fmt.Errorf("a run cannot end as %q, only as %s, %s, %s or %s", r.Status, Done, Stopped, Diverged, Failed)
	}
	return nil
}

// SilentAfter is how long a run that cannot be judged by its lock may be
// without news before it counts as [Silent].
const SilentAfter = 2 * time.Minute

// State is what a look at a run directory tells.
type State struct {
	Status   Status
	Manifest *Manifest
	End      *End          // of an ended run, else nil
	Quiet    time.Duration // since the log last grew
}

// ReadState tells whether a run is alive. A log that ends in an end record is
// an ended run. Otherwise the lock decides: held is [Running]; free is
// [Crashed] when the writer was a process of this host. A lock that looks free
// from another host proves nothing, since not every network file system passes
// locks on, and some have none; then news decides: [Running], or [Silent] when
// the log has not grown for [SilentAfter] before now.
func ReadState(dir string, now time.Time) (*State, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("finding the name of this host: %w", err)
	}
	// The lock first: when it is free, its holder has written all it ever will.
	lock, err := probe(filepath.Join(dir, LockFile))
	if err != nil {
		return nil, err
	}
	s := &State{Manifest: m}
	news, err := s.readEnd(dir)
	if err != nil {
		return nil, err
	}
	s.Quiet = max(0, now.Sub(news)) // hosts may disagree about the time
	switch {
	case s.End != nil:
		s.Status = s.End.Status
		if !s.Status.ended() {
			s.Status = Failed // an ending that this version does not know
		}
	case lock == lockHeld:
		s.Status = Running
	case lock == lockFree && m.Host == host && !m.NoFlock:
		s.Status = Crashed
	case s.Quiet < SilentAfter:
		s.Status = Running
	default:
		s.Status = Silent
	}
	return s, nil
}

// readEnd looks for the end record and returns when the log last grew.
func (s *State) readEnd(dir string) (news time.Time, err error) {
	path := filepath.Join(dir, MetricsFile)
	f, info, err := files.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.Manifest.Started, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the log of the run: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	if s.End, err = lastEnd(f, info.Size()); err != nil {
		return time.Time{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return info.ModTime(), nil
}
