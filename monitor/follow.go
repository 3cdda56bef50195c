package monitor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/runlog"
)

// restEvery is how often a run that is not alive is looked at more closely than
// at the size and the time of its log.
const restEvery = time.Second

// A follower reads one run. A living run is looked at in every call of poll;
// one that rests, since it ended, crashed or fell silent, costs one system
// call, and holds no file open.
type follower struct {
	dir    string
	reader *runlog.Reader
	id     string // of the run that reader reads

	logPath, manifestPath string

	status    runlog.Status // "" until known
	gone      bool
	loading   bool  // records that were there at first are not all read
	more      bool  // there are records to be read at once
	void      bool  // what was delivered is void, and no batch has said so yet
	err       error // of the last look
	told      error // as an update told it last
	configErr error

	log, manifest fs.FileInfo // as they were before they were last read
	looked        time.Time   // when the last closer look at a resting run was

	stderr   stderrTail
	pictures pictures
}

func newFollower(dir string) *follower {
	return &follower{
		dir: dir, logPath: filepath.Join(dir, runlog.MetricsFile), manifestPath: filepath.Join(dir, runlog.ManifestFile),
		loading: true, more: true,
		stderr: stderrTail{path: filepath.Join(dir, runlog.StderrFile)}, pictures: pictures{dir: dir},
	}
}

// poll returns what is new, with at most limit records, or false.
func (f *follower) poll(now time.Time, limit int) (RunUpdate, bool) {
	u := RunUpdate{Dir: f.dir}
	if f.resting() && !f.stirred(now, &u) {
		news := u.News()
		return u, news
	}
	before, loading := f.status, f.loading
	f.look(now, limit, &u)
	f.tell(&u)
	return u, u.News() || f.status != before || f.status == runlog.Running || f.loading != loading
}

// tell puts into an update how the look ended, where that is news: what stays
// wrong with a run would else be drawn again and again.
func (f *follower) tell(u *RunUpdate) {
	switch {
	case f.gone:
		f.err = nil
	case f.err == nil:
		u.Mended = f.told != nil
	case f.told == nil || f.told.Error() != f.err.Error():
		u.Err = f.err
	}
	f.told = f.err
}

// resting reports whether nothing is expected of the run.
func (f *follower) resting() bool {
	return f.gone || !f.more && f.status != "" && f.status != runlog.Running
}

// stirred reports whether anything happened to a resting run, by as few system
// calls as will do: a resumption rewrites run.json and then appends to the log.
func (f *follower) stirred(now time.Time, u *RunUpdate) bool {
	if f.gone {
		return exists(f.manifestPath)
	}
	if changed(f.log, stat(f.logPath)) {
		return true
	}
	if !due(now, f.looked, restEvery) {
		return false
	}
	f.looked = now
	if changed(f.manifest, stat(f.manifestPath)) {
		return true
	}
	u.Stderr, u.StderrReset = f.stderr.read(true)
	u.Loading = f.loading
	return false
}

// look reads what there is.
func (f *follower) look(now time.Time, limit int, u *RunUpdate) {
	// Before what they describe is read, so that what changes meanwhile is seen by the next look.
	log, manifest := stat(f.logPath), stat(f.manifestPath)
	state, err := runlog.ReadState(f.dir, now)
	if errors.Is(err, runlog.ErrNoRun) {
		f.leave()
		u.Gone = true
		return
	}
	f.looked, f.log = now, log
	f.more = false // an error is not to be met again at once
	if err == nil {
		f.arrive(state.Manifest)
		if f.status == "" || changed(f.manifest, manifest) {
			f.manifest = manifest
			u.Manifest = state.Manifest
			u.Config, f.configErr = readConfig(filepath.Join(f.dir, runlog.ConfigFile))
		}
		u.State, f.status = state, state.Status
		err = f.readRecords(limit, u)
	}
	if f.err = err; err == nil {
		f.err = f.configErr
	} else {
		f.log = nil // so that a resting run is looked at again
	}
	resting := f.resting()
	u.Stderr, u.StderrReset = f.stderr.read(resting)
	if !f.more {
		f.pictures.latest(u)
	}
	u.Loading = f.loading
	if resting {
		f.close()
	}
}

// leave notes that the run directory is gone, and lets its file go, or the bytes
// would stay on the disk. Should the run come back, it is read from its beginning.
func (f *follower) leave() {
	f.gone, f.more = true, false
	f.forget()
}

// forget has the next look read the run from its beginning.
func (f *follower) forget() {
	if f.reader != nil {
		f.close()
		f.reader, f.void = nil, true
	}
	f.manifest, f.loading = nil, true
}

// arrive notes which run is in the directory. Another one than before, or one
// that came back, is read from its beginning.
func (f *follower) arrive(m *runlog.Manifest) {
	if f.reader != nil && f.id != m.ID {
		f.forget()
	}
	f.id, f.gone = m.ID, false
}

func (f *follower) readRecords(limit int, u *RunUpdate) (err error) {
	if f.reader == nil {
		if f.reader, err = runlog.Open(f.dir); err != nil {
			f.reader = nil
			return err
		}
	}
	if limit <= 0 {
		f.more = true // but not now: others have their turn
		return nil
	}
	if u.Batch, err = f.reader.Read(limit); err != nil {
		return err
	}
	u.Batch.Reset = u.Batch.Reset || f.void
	f.void = false
	f.more = u.Batch.More
	f.loading = f.loading && f.more
	f.pictures.take(&u.Batch)
	return nil
}

func (f *follower) close() {
	if f.reader != nil {
		_ = f.reader.Close() // nothing was written
	}
}

// maxConfig bounds the bytes of config.yaml.
const maxConfig = 1 << 20

func readConfig(path string) ([]config.Value, error) {
	src, err := files.ReadRegular(path, maxConfig)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of the run: %w", err)
	}
	values, err := config.Values(path, src)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration of the run: %w", err)
	}
	return values, nil
}

// stat returns nil for a file that is not there or cannot be looked at.
func stat(path string) fs.FileInfo {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

func exists(path string) bool { return stat(path) != nil }

// changed reports whether a file is not what it was.
func changed(before, now fs.FileInfo) bool {
	if before == nil || now == nil {
		return before != now
	}
	return before.Size() != now.Size() || !before.ModTime().Equal(now.ModTime()) || !os.SameFile(before, now)
}
