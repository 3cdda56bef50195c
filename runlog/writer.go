package runlog

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
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
	// Observe, if not nil, is given every record. It is called by one goroutine at a time, and calls no method of the Writer.
	Observe func(Record)
}

// A Writer is the one process that writes a run, whose directory it holds open:
// what takes its place is not written. Its methods are safe for concurrent use.
type Writer struct {
	clock   func() time.Time
	observe func(Record)
	before  float64   // seconds that earlier processes spent
	since   time.Time // when this one began
	resumed bool

	mu      sync.Mutex
	folder  *files.Folder
	run     *Manifest // as it was last written, and config.yaml
	config  []byte
	former  *Manifest // what a resumption puts back that does not begin
	lock    *lock
	log     *files.File
	logInfo fs.FileInfo
	size    int64 // of the whole lines in log
	torn    bool  // log goes on after size with a part of a line
	kept    backlog
	started bool
	ended   bool
	closed  bool

	seen    map[string]bool   // file names in control/ that were dealt with
	pending map[string]string // file of each request not yet answered, by its id
}

// Create makes a run directory and its parents, writes run.json and
// config.yaml, and takes the lock. It fills in the fields of the manifest that
// say so. The error is [ErrExists] or [ErrOccupied] when the directory is not free,
// see [Vacant], and [ErrLocked] when another process is just creating a run there.
//
// The first record has to be a [Start].
func Create(dir string, m Manifest, config []byte, o Options) (*Writer, error) {
	if err := Vacant(dir); err != nil {
		return nil, err
	}
	f, err := files.MakeFolder(dir)
	if err != nil {
		return nil, createErr(err)
	}
	return open(f, o, func(w *Writer, p Process) error {
		if err := Vacant(dir); err != nil { // made while this process waited for the lock
			return err
		}
		if left, err := f.Read(ConfigFile, maxConfig); !errors.Is(err, fs.ErrNotExist) && !bytes.Equal(left, config) {
			return occupied(dir, ConfigFile)
		}
		p.Versions, p.Backend, p.Args, p.DataDir = m.Versions, m.Backend, m.Args, m.DataDir
		m.Version, m.Process, m.Earlier = formatVersion, p, nil
		if m.ID == "" {
			m.ID = newID(p)
		}
		m.ConfigHash, m.ConfigNext = ConfigHash(config), ""
		return w.fill(&m, config)
	})
}

// fill writes the files of a new run.
func (w *Writer) fill(m *Manifest, config []byte) error {
	if err := w.makeFolders(); err != nil {
		return createErr(err)
	}
	w.run, w.config = m, config
	if err := w.folder.Replace(ConfigFile, config); err != nil {
		return createErr(err)
	}
	if err := w.openLog(); err != nil {
		return err
	}
	return m.write(w.folder) // last: a directory with run.json is a whole run
}

// makeFolders makes those that are missing, when a process begins. Later a missing one may be a sign that the directory is
// just being removed, which ends with an error when something new is in it.
func (w *Writer) makeFolders() error {
	return cmp.Or(w.folder.Sub(CheckpointsDir).Make(), w.folder.Sub(ControlDir).Make(), w.folder.Sub(SamplesDir).Make())
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
	if m, err := ReadMembers(dir); m != nil || err != nil {
		return cmp.Or(err, fmt.Errorf("%s %w: those of an ensemble (continue it with --resume, or name another directory with --run)", dir, ErrExists))
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
// Versions, Backend, Args and DataDir are used; the process before moves to Earlier in
// run.json, and back when the Writer is closed before its first record. The error is
// [ErrNoRun] or [ErrLocked] where those apply.
//
// The first record has to be a [Start] with the step of the checkpoint that the
// caller continues from.
func Resume(dir string, p Process, o Options) (*Writer, error) {
	f, err := openRun(dir)
	if err != nil {
		return nil, err
	}
	if _, err := readManifest(f); err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return open(f, o, func(w *Writer, here Process) error {
		m, err := readManifest(f) // again, now that nobody else writes it
		if err != nil {
			return err
		}
		w.run = m
		if w.config, err = f.Read(ConfigFile, maxConfig); err != nil {
			return fmt.Errorf("resuming the run: %w", err)
		}
		if err := w.openLog(); err != nil {
			return err
		}
		if err := m.checkLog(w.log); err != nil {
			return fmt.Errorf("%s: %w", w.logPath(), err)
		}
		_ = w.makeFolders() // who needs one says what is wrong
		if err := w.clearControl(); err != nil {
			return err
		}
		here.Versions, here.Backend, here.Args, here.DataDir = p.Versions, p.Backend, p.Args, cmp.Or(p.DataDir, m.DataDir)
		former := *m
		m.Earlier = append(m.Earlier, m.Process)
		m.Process = here
		w.resumed, w.former = true, &former
		return m.write(f)
	})
}

// open takes the lock and lets fill do the rest.
func open(f *files.Folder, o Options, fill func(*Writer, Process) error) (*Writer, error) {
	w := &Writer{folder: f, clock: o.Clock, observe: o.Observe, seen: map[string]bool{}, pending: map[string]string{}}
	if w.clock == nil {
		w.clock = time.Now
	}
	if w.observe == nil {
		w.observe = func(Record) {}
	}
	w.since = w.clock()
	p, err := thisProcess(w.since)
	if err == nil {
		w.lock, err = acquire(f, p.owner(), (*flock.Flock).TryLockContext)
	}
	if err == nil {
		p.NoFlock = !w.lock.flocked
		err = fill(w, p)
	}
	if err != nil {
		_ = w.Close() // the first error is the one to report
		return nil, err
	}
	return w, nil
}

// openLog opens metrics.jsonl for appending, after its last whole line.
func (w *Writer) openLog() error {
	err := w.folder.Own(MetricsFile)
	var f *files.File
	var info fs.FileInfo
	if err == nil {
		f, info, err = w.folder.OpenLog(MetricsFile)
	}
	if err != nil {
		return fmt.Errorf("opening the log of the run: %w", err)
	}
	w.log, w.logInfo = f, info
	if w.size, err = wholeLines(f, info.Size()); err == nil && w.size < info.Size() {
		err = f.Truncate(w.size)
	}
	if err == nil {
		w.before, err = lastTime(f, w.size)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", w.logPath(), err)
	}
	return nil
}

// Files is the directory of the run. It is another after [Writer.Rescue].
func (w *Writer) Files() *files.Folder {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.folder
}

// Elapsed is the time since the start of the run in seconds, to the
// millisecond, as records have it.
func (w *Writer) Elapsed() float64 {
	spent := max(0, w.clock().Sub(w.since).Seconds())
	return math.Round((w.before+spent)*1000) / 1000
}

// Tag is what the names of files carry that are the run's: a digest of its id, which may be anything.
func (w *Writer) Tag() string { return ConfigHash([]byte(w.run.ID))[:8] }

// Append writes a record with the time that it is. A line that cannot be written (a full disk, a server that does not
// answer) is kept and written before the next ones once it can be: two events report when that begins and when it is
// over. [Writer.Flush] returns why there are still some.
//
// The first record is a [Start], whose Step is 0 or that of the checkpoint that
// training continues from: records of later steps that the log may hold are void
// from there on. It is not kept: a run whose log cannot be begun has not begun. The
// last one is an [End], which returns the error of [Writer.Flush].
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
		if err = w.kept.flush(w); w.ended {
			err = nil // Append or Flush has returned it
		}
		err = errors.Join(err, w.log.Close())
	}
	if w.former != nil && !w.started {
		err = errors.Join(err, w.former.write(w.folder))
	}
	if w.lock != nil {
		err = errors.Join(err, w.lock.release())
	}
	if err = errors.Join(err, w.folder.Close()); err != nil {
		return fmt.Errorf("closing %s: %w", w.folder.Path(""), err)
	}
	return nil
}

// append writes one line with one write(2), or keeps it. The caller holds the mutex.
func (w *Writer) append(r Record) error {
	start, begins := r.(Start)
	switch {
	case w.closed:
		return fmt.Errorf("writing %s: %w", w.logPath(), os.ErrClosed)
	case w.ended:
		return fmt.Errorf("a %s record after the end of the log %s", r.kind(), w.logPath())
	case begins && w.started:
		return fmt.Errorf("the log of %s has its start record already", w.folder.Path(""))
	case begins:
		start.Version, start.Run, start.Resumed = w.run.Version, w.run.ID, w.resumed
		r = start
	case !w.started:
		return fmt.Errorf("a %s record before the start record of %s", r.kind(), w.logPath())
	}
	r = at(r, Float(w.Elapsed()))
	line, err := encode(r)
	if err != nil {
		return err
	}
	if begins {
		if err := w.writeLine(line); err != nil {
			return fmt.Errorf("logging a start record: %w", err)
		}
	} else {
		w.kept.write(w, r, line)
	}
	w.started = true
	w.observe(r)
	if _, w.ended = r.(End); w.ended {
		return w.flush()
	}
	return nil
}

// writeLine writes a whole line, or nothing that a reader would take for one.
func (w *Writer) writeLine(line []byte) error {
	if w.torn {
		if err := w.log.Truncate(w.size); err != nil {
			return err
		}
		w.torn = false
	}
	if _, err := w.log.Write(line); err != nil {
		w.torn = w.log.Truncate(w.size) != nil // else the next line tries again
		return err
	}
	w.size += int64(len(line))
	return nil
}

func (w *Writer) logPath() string { return w.folder.Path(MetricsFile) }
