package runlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
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

// Alive says whether a run may go on: it runs, or nobody can see that it does not.
func (s Status) Alive() bool { return s == Running || s == Silent }

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
	f, err := openRun(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	m, err := readManifest(f)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("finding the name of this host: %w", err)
	}
	// The lock first: when it is free, its holder has written all it ever will.
	lock, err := probe(f)
	if err != nil {
		return nil, err
	}
	s := &State{Manifest: m}
	news, err := s.readEnd(f)
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
func (s *State) readEnd(run *files.Folder) (news time.Time, err error) {
	f, info, err := run.Open(MetricsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return s.Manifest.Started, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the log of the run: %w", err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	if err = s.Manifest.checkLog(f); err == nil {
		s.End, err = lastEnd(f, info.Size())
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("reading %s: %w", run.Path(MetricsFile), err)
	}
	return info.ModTime(), nil
}

// listDepth is how many levels below a folder List looks for runs.
const listDepth = 4

// List finds the run directories in a folder and up to four levels below it,
// in lexical order; a folder that is a run is the only one. It looks neither
// into runs nor into hidden folders, follows no links below the folder, and
// passes over what it may not read.
func List(folder string) ([]string, error) {
	if _, err := os.ReadDir(folder); err != nil {
		return nil, fmt.Errorf("looking for runs: %w", err)
	}
	return appendRuns(nil, filepath.Clean(folder), listDepth), nil
}

func appendRuns(runs []string, dir string, depth int) []string {
	if info, err := os.Lstat(filepath.Join(dir, ManifestFile)); err == nil && info.Mode().IsRegular() {
		return append(runs, dir)
	}
	if depth == 0 {
		return runs
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return runs
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			runs = appendRuns(runs, filepath.Join(dir, e.Name()), depth-1)
		}
	}
	return runs
}

// maxGap is how many bytes without a newline are looked through: a few of the longest lines. errGap reports a file with
// more, which may be any number of zeros.
const maxGap = 4 * maxLine

var errGap = fmt.Errorf("it is no log: %d MB without the end of a line", maxGap>>20)

// newlineBefore is the place of the last newline in the first end bytes of a log, -1
// without one.
func newlineBefore(log io.ReaderAt, end int64) (int64, error) {
	text := make([]byte, 64<<10)
	for least := end - maxGap; end > 0; {
		if end <= least {
			return 0, errGap
		}
		n := min(end, int64(len(text)))
		if _, err := log.ReadAt(text[:n], end-n); err != nil && err != io.EOF {
			return 0, err
		}
		end -= n
		if i := bytes.LastIndexByte(text[:n], '\n'); i >= 0 {
			return end + int64(i), nil
		}
	}
	return -1, nil
}

// lastLine finds the last whole line of the first end bytes of a log, without its
// newline, and where it begins. What follows the last newline is torn and passed
// over. The line is nil when there is none, or it is longer than a line may be.
func lastLine(log io.ReaderAt, end int64) (line []byte, begin int64, err error) {
	if end, err = newlineBefore(log, end); err != nil || end < 0 {
		return nil, 0, err
	}
	begin, err = newlineBefore(log, end)
	if begin++; err != nil || end-begin > maxLine {
		return nil, 0, err
	}
	line = make([]byte, end-begin)
	if _, err := log.ReadAt(line, begin); err != nil && err != io.EOF {
		return nil, 0, err
	}
	return line, begin, nil
}

// wholeLines is the length of a log up to and with its last newline. A tail
// without one is torn whatever its length.
func wholeLines(log io.ReaderAt, size int64) (int64, error) {
	at, err := newlineBefore(log, size)
	return at + 1, err
}

// maxBad bounds the lines at the end of a log that carry no time.
const maxBad = 10_000

// lastTime is the time of the last record that carries one, or 0.
func lastTime(log io.ReaderAt, size int64) (float64, error) {
	for end, lines := size, 0; end > 0 && lines < maxBad; lines++ {
		line, begin, err := lastLine(log, end)
		if err != nil || line == nil {
			return 0, err
		}
		if r, err := decode(line); err == nil && r != nil && TimeOf(r) >= 0 && !math.IsInf(TimeOf(r), 0) {
			return TimeOf(r), nil
		}
		end = begin
	}
	return 0, nil
}

// lastEnd is the end record when that is how the log ends, else nil.
func lastEnd(log io.ReaderAt, size int64) (*End, error) {
	line, _, err := lastLine(log, size)
	if err != nil {
		return nil, err
	}
	if r, err := decode(line); err == nil {
		if end, ok := r.(End); ok {
			return &end, nil
		}
	}
	return nil, nil
}
