package runlog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ErrExists reports a directory that already holds a run.
var ErrExists = errors.New("already holds a run")

// Options of a [Writer]. The zero value is the default.
type Options struct {
	Clock func() time.Time // nil means time.Now
}

// A Writer is the one process that writes a run. Its methods are safe for
// concurrent use.
type Writer struct {
	dir     string
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
// say so. The error is [ErrExists] when the directory holds a run already, and
// [ErrLocked] when another process is just creating one there.
//
// The first record has to be [Writer.Start].
func Create(dir string, m Manifest, config []byte, o Options) (*Writer, error) {
	if err := refuseRun(dir); err != nil {
		return nil, err
	}
	for _, d := range []string{CheckpointsDir, SamplesDir, ControlDir} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, fmt.Errorf("creating the run directory: %w", err)
		}
	}
	return open(dir, o, func(w *Writer, p Process) error {
		if err := refuseRun(dir); err != nil { // made while this process waited for the lock
			return err
		}
		p.Versions, p.Backend, p.Args = m.Versions, m.Backend, m.Args
		m.Version, m.Process, m.Earlier = formatVersion, p, nil
		if m.ID == "" {
			m.ID = newID(p)
		}
		m.ConfigHash = configHash(config)
		if err := replaceFile(filepath.Join(dir, ConfigFile), config); err != nil {
			return fmt.Errorf("creating the run directory: %w", err)
		}
		if err := w.openLog(); err != nil {
			return err
		}
		return m.write(dir) // last: a directory with run.json is a whole run
	})
}

// refuseRun returns ErrExists, with what to do, for a directory with a run.
func refuseRun(dir string) error {
	for _, name := range []string{ManifestFile, MetricsFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && name == MetricsFile && info.Size() == 0 {
			continue
		}
		if err != nil {
			return fmt.Errorf("creating the run directory: %w", err)
		}
		return fmt.Errorf("%s %w (continue it with --resume, or name another directory with --run)", dir, ErrExists)
	}
	return nil
}

// Resume takes over a run whose writer is gone: it takes the lock, cuts a torn
// last line off metrics.jsonl, removes requests that were meant for an earlier
// process, and continues the time where the last record left it. Of p, only
// Versions, Backend and Args are used; the process before moves to Earlier in
// run.json. The error is [ErrNoRun] or [ErrLocked] where those apply.
//
// The first record has to be [Writer.Start] with the step of the checkpoint
// that the caller continues from.
func Resume(dir string, p Process, o Options) (*Writer, error) {
	if _, err := ReadManifest(dir); err != nil {
		return nil, err
	}
	return open(dir, o, func(w *Writer, here Process) error {
		m, err := ReadManifest(dir) // again, now that nobody else writes it
		if err != nil {
			return err
		}
		if err := w.openLog(); err != nil {
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
	if w.lock, err = acquire(dir, filepath.Join(dir, LockFile), owner, flock); err != nil {
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

// Dir is the run directory.
func (w *Writer) Dir() string { return w.dir }

// Elapsed is the time since the start of the run in seconds, to the
// millisecond, as records have it.
func (w *Writer) Elapsed() float64 {
	spent := max(0, w.clock().Sub(w.since).Seconds())
	return math.Round((w.before+spent)*1000) / 1000
}

// Start opens the run, or the resumption, at a step: 0, or the step of the
// checkpoint that training continues from. Records of later steps that the log
// may hold are void from here on.
func (w *Writer) Start(step int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.started {
		return fmt.Errorf("the log of %s has its start record already", w.dir)
	}
	w.started = true
	err := w.append(Start{Version: formatVersion, Time: Float(w.Elapsed()), Step: step, Resumed: w.resumed})
	w.started = err == nil
	return err
}

// Train appends a [Train] record. Like all appending methods it sets Time, and
// it returns an error when the line could not be written whole (a full disk);
// nothing of it is in the file then, and the next record is tried afresh.
func (w *Writer) Train(r Train) error {
	return w.record(func(t Float) Record { r.Time = t; return r })
}

// Valid appends a [Valid] record.
func (w *Writer) Valid(r Valid) error {
	return w.record(func(t Float) Record { r.Time = t; return r })
}

// Orders appends an [Orders] record.
func (w *Writer) Orders(r Orders) error {
	return w.record(func(t Float) Record { r.Time = t; return r })
}

// Samples appends a [Samples] record.
func (w *Writer) Samples(r Samples) error {
	return w.record(func(t Float) Record { r.Time = t; return r })
}

// Density appends a [Density] record.
func (w *Writer) Density(r Density) error {
	return w.record(func(t Float) Record { r.Time = t; return r })
}

// Checkpoint appends a [Checkpoint] record.
func (w *Writer) Checkpoint(r Checkpoint) error {
	return w.record(func(t Float) Record { r.Time = t; return r })
}

// Phase appends a [Phase] record. The name has to be one of the four.
func (w *Writer) Phase(r Phase) error {
	if !r.Phase.valid() {
		return fmt.Errorf("a run has no phase %q, only %s, %s, %s and %s", r.Phase, Compiling, Training, Validating, Testing)
	}
	return w.record(func(t Float) Record { r.Time = t; return r })
}

// Event appends an [Event] that answers no request; see [Writer.Answer].
func (w *Writer) Event(what string) error {
	return w.record(func(t Float) Record { return Event{Time: t, What: what} })
}

// End appends the [End] record and syncs the log to disk. Nothing but Close
// may follow.
func (w *Writer) End(r End) error {
	if !r.Status.ended() {
		return fmt.Errorf("a run cannot end as %q, only as %s, %s, %s or %s", r.Status, Done, Stopped, Diverged, Failed)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	r.Time = Float(w.Elapsed())
	if err := w.append(r); err != nil {
		return err
	}
	w.ended = true
	if err := w.log.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", w.logPath(), err)
	}
	return nil
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

func (w *Writer) record(at func(Float) Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.append(at(Float(w.Elapsed())))
}

// append writes one line with one write(2). The caller holds the mutex.
func (w *Writer) append(r Record) error {
	switch {
	case w.closed:
		return fmt.Errorf("writing %s: %w", w.logPath(), os.ErrClosed)
	case w.ended:
		return fmt.Errorf("a %s record after the end of the log %s", r.kind(), w.logPath())
	case !w.started:
		return fmt.Errorf("a %s record before the start record of %s", r.kind(), w.logPath())
	}
	line, err := encode(r)
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
	return nil
}

func (w *Writer) logPath() string { return filepath.Join(w.dir, MetricsFile) }
