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
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/maskflow/maskflow/internal/files"
)

// ErrExists reports a directory that already holds a run, and ErrOccupied one that holds something else.
var (
	ErrExists   = errors.New("already holds a run")
	ErrOccupied = errors.New("is not empty")
)

// Options of a [Writer]. The zero value is the default.
type Options struct {
	Clock func() time.Time // nil means time.Now
}

// A Writer is the one process that writes a run. Its methods are safe for
// concurrent use.
type Writer struct {
	dir     string
	run     *Manifest // of which no more is used than whose files it owns
	clock   func() time.Time
	before  float64   // seconds that earlier processes spent
	since   time.Time // when this one began
	resumed bool

	mu      sync.Mutex
	lock    *lock
	log     logFile
	size    int64 // of the whole lines in log
	torn    bool  // log goes on after size with a part of a line
	started bool
	ended   bool
	closed  bool

	seen    map[string]bool   // file names in control/ that were dealt with
	pending map[string]string // path of each request not yet answered, by its id
}

// logFile is what the Writer needs of the open metrics.jsonl.
type logFile interface {
	io.Writer
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Create makes a run directory and its parents, writes run.json and
// config.yaml, and takes the lock. It fills in the fields of the manifest that
// say so. The error is [ErrExists] or [ErrOccupied] when the directory is not free,
// see [Vacant], and [ErrLocked] when another process is just creating a run there.
//
// The first record has to be a [Start].
func Create(dir string, m Manifest, config []byte, o Options) (*Writer, error) {
	err := Vacant(dir)
	if err == nil {
		err = createErr(os.MkdirAll(dir, 0o755))
	}
	if err != nil {
		return nil, err
	}
	return open(dir, o, func(w *Writer, p Process) error {
		if err := Vacant(dir); err != nil { // made while this process waited for the lock
			return err
		}
		path := filepath.Join(dir, ConfigFile)
		if left, err := files.ReadRegular(path, maxConfig); !errors.Is(err, fs.ErrNotExist) && !bytes.Equal(left, config) {
			return occupied(dir, ConfigFile)
		}
		for _, d := range []string{CheckpointsDir, SamplesDir, ControlDir} {
			if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
				return createErr(err)
			}
		}
		p.Versions, p.Backend, p.Args = m.Versions, m.Backend, m.Args
		m.Version, m.Process, m.Earlier = formatVersion, p, nil
		if m.ID == "" {
			m.ID = newID(p)
		}
		m.ConfigHash, m.ConfigNext = ConfigHash(config), ""
		w.run = &m
		if err := files.Replace(path, config); err != nil {
			return createErr(err)
		}
		if err := w.openLog(); err != nil {
			return err
		}
		return m.write(dir) // last: a directory with run.json is a whole run
	})
}

func createErr(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("creating the run directory: %w", err)
}

// Vacant returns nil for a directory that is absent or empty, where a run can be created. The error is [ErrExists] where
// there is a run, and [ErrOccupied], with the name of what is in the way, where there is something else. What a process
// left that was killed while it created a run, of which nothing is lost, is not in the way.
func Vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return createErr(err)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == name })
	}
	if has(ManifestFile) {
		return fmt.Errorf("%s %w (continue it with --resume, or name another directory with --run)", dir, ErrExists)
	}
	begun := has(LockFile)
	for _, e := range entries {
		if !begun || !leftByCreate(dir, e) {
			return occupied(dir, e.Name())
		}
	}
	return nil
}

func occupied(dir, name string) error {
	return fmt.Errorf("%s %w: %q is in the way (a run takes a new or empty directory: name another with --run)", dir, ErrOccupied, name)
}

// leftByCreate reports whether an entry of a directory may be what a Create that was killed left there: Create compares
// the configuration.
func leftByCreate(dir string, e fs.DirEntry) bool {
	path := filepath.Join(dir, e.Name())
	switch e.Name() {
	case CheckpointsDir, SamplesDir, ControlDir:
		inside, err := os.ReadDir(path)
		return err == nil && e.IsDir() && len(inside) == 0
	case LockFile:
		text, err := files.ReadRegular(path, maxOwner)
		return err == nil && e.Type().IsRegular() && (len(text) == 0 || bytes.HasPrefix(text, []byte("pid ")))
	case MetricsFile:
		info, err := e.Info()
		return err == nil && info.Mode().IsRegular() && info.Size() == 0
	case ConfigFile:
		return e.Type().IsRegular()
	}
	of, temporary := files.TemporaryOf(e.Name())
	return e.Type().IsRegular() && temporary && (of == ConfigFile || of == ManifestFile)
}

// Resume takes over a run whose writer is gone: it takes the lock, cuts a torn
// last line off metrics.jsonl, removes requests that were meant for an earlier
// process, and continues the time where the last record left it. Of p, only
// Versions, Backend and Args are used; the process before moves to Earlier in
// run.json. The error is [ErrNoRun] or [ErrLocked] where those apply.
//
// The first record has to be a [Start] with the step of the checkpoint that the
// caller continues from.
func Resume(dir string, p Process, o Options) (*Writer, error) {
	if _, err := ReadManifest(dir); err != nil {
		return nil, err
	}
	return open(dir, o, func(w *Writer, here Process) error {
		m, err := ReadManifest(dir) // again, now that nobody else writes it
		if err != nil {
			return err
		}
		w.run = m
		if err := w.openLog(); err != nil {
			return err
		}
		if err := checkLog(w.logPath(), m); err != nil {
			return err
		}
		if err := w.clearControl(); err != nil {
			return err
		}
		here.Versions, here.Backend, here.Args = p.Versions, p.Backend, p.Args
		m.Earlier = append(m.Earlier, m.Process)
		m.Process = here
		w.resumed = true
		return m.write(dir)
	})
}

// open takes the lock and lets fill do the rest.
func open(dir string, o Options, fill func(*Writer, Process) error) (*Writer, error) {
	clock := o.Clock
	if clock == nil {
		clock = time.Now
	}
	w := &Writer{
		dir: dir, clock: clock, since: clock(),
		seen: map[string]bool{}, pending: map[string]string{},
	}
	p, err := thisProcess(w.since)
	if err != nil {
		return nil, err
	}
	owner := fmt.Sprintf("pid %d on host %s", p.PID, p.Host)
	if w.lock, err = acquire(dir, filepath.Join(dir, LockFile), owner, (*flock.Flock).TryLockContext); err != nil {
		return nil, err
	}
	p.NoFlock = !w.lock.flocked
	if err := fill(w, p); err != nil {
		_ = w.Close() // the first error is the one to report
		return nil, err
	}
	return w, nil
}

// openLog opens metrics.jsonl for appending, after its last whole line.
func (w *Writer) openLog() error {
	path := filepath.Join(w.dir, MetricsFile)
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("opening the log of the run: %w", err)
	}
	w.log = f
	info, err := f.Stat()
	if err == nil {
		w.size, err = wholeLines(f, info.Size())
	}
	if err == nil && w.size < info.Size() {
		err = f.Truncate(w.size)
	}
	if err == nil {
		w.before, err = lastTime(f, w.size)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

// Elapsed is the time since the start of the run in seconds, to the
// millisecond, as records have it.
func (w *Writer) Elapsed() float64 {
	spent := max(0, w.clock().Sub(w.since).Seconds())
	return math.Round((w.before+spent)*1000) / 1000
}

// Append writes a record with the time that it is. It returns an error when the line
// could not be written whole (a full disk); nothing of it is in the file then, and
// the next record is tried afresh.
//
// The first record is a [Start], whose Step is 0 or that of the checkpoint that
// training continues from: records of later steps that the log may hold are void
// from there on. The last one is an [End], with which the log is synced to disk.
func (w *Writer) Append(r Record) error {
	if v, ok := r.(interface{ check() error }); ok {
		if err := v.check(); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.append(r)
}

// Close releases the run. Closing twice does nothing.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	var err error
	if w.log != nil {
		err = w.log.Close()
	}
	if lockErr := w.lock.release(); err == nil {
		err = lockErr
	}
	if err != nil {
		return fmt.Errorf("closing %s: %w", w.dir, err)
	}
	return nil
}

// append writes one line with one write(2). The caller holds the mutex.
func (w *Writer) append(r Record) error {
	start, begins := r.(Start)
	switch {
	case w.closed:
		return fmt.Errorf("writing %s: %w", w.logPath(), os.ErrClosed)
	case w.ended:
		return fmt.Errorf("a %s record after the end of the log %s", r.kind(), w.logPath())
	case begins && w.started:
		return fmt.Errorf("the log of %s has its start record already", w.dir)
	case begins:
		start.Version, start.Run, start.Resumed = w.run.Version, w.run.ID, w.resumed
		r = start
	case !w.started:
		return fmt.Errorf("a %s record before the start record of %s", r.kind(), w.logPath())
	}
	line, err := encode(at(r, Float(w.Elapsed())))
	if err != nil {
		return err
	}
	if w.torn {
		if err := w.log.Truncate(w.size); err != nil {
			return fmt.Errorf("cutting half a line off %s: %w", w.logPath(), err)
		}
		w.torn = false
	}
	if _, err := w.log.Write(line); err != nil {
		w.torn = w.log.Truncate(w.size) != nil // else the next line tries again
		return fmt.Errorf("logging a %s record: %w", r.kind(), err)
	}
	w.size += int64(len(line))
	w.started = true
	if _, w.ended = r.(End); w.ended {
		if err := w.log.Sync(); err != nil {
			return fmt.Errorf("syncing %s: %w", w.logPath(), err)
		}
	}
	return nil
}

func (w *Writer) logPath() string { return filepath.Join(w.dir, MetricsFile) }
