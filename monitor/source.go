package monitor

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
)

// A call of Poll ends after about this many records or this long, so that a
// screen sees something soon and a slow file system does not stop its updates.
const (
	pollRecords = 50_000
	pollTime    = 100 * time.Millisecond
)

// Folders are searched for new runs this often, and a search may take no more
// than one part in scanShare of the time: a folder may be a whole disk.
const (
	scanEvery = 2 * time.Second
	scanShare = 200
)

// Options of a [Source]. The zero value is the default.
type Options struct {
	Clock func() time.Time // nil means time.Now
	Await bool             // a folder that holds no run yet, or is not there yet, is no error: runs may come
}

// A Source follows run directories. Its methods are for one goroutine at a
// time. Poll does all the reading, so it is called outside of the loop that
// draws the screen, and what it returns is then given to [Group.Apply].
type Source struct {
	clock   func() time.Time
	watch   func() time.Time // measures how long a call takes, however clock is set
	folders []string         // searched for runs to come
	runs    []*follower
	known   map[string]bool // directories that are followed, as found and with links resolved
	turn    int             // which of runs is the first of the next Poll

	scanned time.Time     // when the folders were searched last
	pause   time.Duration // until they are again
}

// NewSource follows runs: each path is a run directory, or a folder of which
// all runs are followed, present and coming, as [runlog.List] finds them. A run
// that several paths lead to is followed once. The error tells in one line of
// the first path that does not exist or, unless runs are awaited, holds no run.
func NewSource(paths []string, o Options) (*Source, error) {
	if len(paths) == 0 {
		return nil, errors.New("no run to follow (name a run directory, or a folder that holds runs)")
	}
	s := &Source{clock: o.Clock, watch: time.Now, known: map[string]bool{}, pause: scanEvery}
	if s.clock == nil {
		s.clock = time.Now
	}
	for _, path := range paths {
		dirs, err := runlog.List(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && o.Await: // it may come
		case err != nil:
			return nil, fmt.Errorf("%w (name a run directory, or a folder that holds runs)", err)
		case len(dirs) == 0 && !o.Await:
			return nil, fmt.Errorf("%s %w (start one there with maskflow train CONFIG --run %s)", path, runlog.ErrNoRun, text.Shell(filepath.Join(path, "NAME")))
		}
		if len(dirs) == 0 || dirs[0] != filepath.Clean(path) {
			s.folders = append(s.folders, path)
		}
		s.follow(dirs)
	}
	s.scanned = s.clock()
	return s, nil
}

// follow adds the runs that are not followed yet.
func (s *Source) follow(dirs []string) {
	for _, dir := range dirs {
		if s.known[dir] { // what its links lead to now is seen by its follower
			continue
		}
		key := resolved(dir)
		if !s.known[key] {
			s.runs = append(s.runs, newFollower(named(dir)))
		}
		s.known[dir], s.known[key] = true, true
	}
	slices.SortStableFunc(s.runs, func(a, b *follower) int { return text.Compare(a.dir, b.dir) })
}

// resolved is the one path of a directory that may have several.
func resolved(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	return dir
}

// named gives a directory such as . a name that tells it from others.
func named(dir string) string {
	if base := filepath.Base(dir); base == "." || base == ".." {
		if abs, err := filepath.Abs(dir); err == nil {
			return abs
		}
	}
	return dir
}

// Poll returns what is new since the last call, of about fifty thousand records
// or as much as a tenth of a second allows: the runs take turns. Call it again
// at once while More is set, else after a quarter of a second or so. Nothing
// that goes wrong with one run keeps it from the others: see [RunUpdate]. A nil
// Source has no runs.
func (s *Source) Poll() Update {
	if s == nil || s.clock == nil {
		return Update{Now: time.Now()}
	}
	u := Update{Now: s.clock()}
	s.scan(u.Now)
	began, left := s.watch(), pollRecords
	first := s.turn
	for i := range s.runs {
		s.turn = (first + i) % len(s.runs)
		if i > 0 && (left <= 0 || s.watch().Sub(began) > pollTime) {
			break
		}
		if news, ok := s.runs[s.turn].poll(u.Now, left); ok {
			left -= len(news.Batch.Records) + news.Batch.Bad
			u.Runs = append(u.Runs, news)
		}
	}
	u.More = left <= 0 || slices.ContainsFunc(s.runs, func(f *follower) bool { return f.more })
	return u
}

// scan looks for new runs in the folders. A folder that cannot be read any more
// may come back; its runs say themselves that they are gone.
func (s *Source) scan(now time.Time) {
	if len(s.folders) == 0 || !due(now, s.scanned, s.pause) {
		return
	}
	began := time.Now()
	for _, folder := range s.folders {
		if dirs, err := runlog.List(folder); err == nil {
			s.follow(dirs)
		}
	}
	s.scanned, s.pause = now, max(scanEvery, scanShare*time.Since(began))
}

// due reports whether a pause is over. A clock that was set back ends it too.
func due(now, last time.Time, pause time.Duration) bool {
	passed := now.Sub(last)
	return passed < 0 || passed >= pause
}

// ReadAll polls until all that there is now has been read.
func (s *Source) ReadAll() (set *Group, now time.Time) {
	set = &Group{}
	for {
		u := s.Poll()
		set.Apply(u)
		if !u.More {
			return set, u.Now
		}
	}
}

// Close releases the files that are held open.
func (s *Source) Close() {
	for _, run := range s.runs {
		run.close()
	}
}
