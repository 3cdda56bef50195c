package monitor

import (
	"errors"
	"fmt"
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

	status    runlog.Status // "" until known
	gone      bool
	loading   bool  // records that were there at first are not all read
	more      bool  // there are records to be read at once
	void      bool  // what was delivered is void, and no batch has said so yet
	err       error // of the last look
	configErr error

	log, manifest, stderr stamp     // of the files as they were before they were last read
	looked                time.Time // when the last closer look at a resting run was

	pictures pictures
}

func newFollower(dir string) *follower {
	return &follower{dir: dir, loading: true, more: true, pictures: pictures{dir: dir}}
}

// poll returns what is new, with at most limit records, or false.
func (f *follower) poll(now time.Time, limit int) (RunUpdate, bool) {
	u := RunUpdate{Dir: f.dir}
	if f.resting() && !f.stirred(now) {
		return u, false
	}
	before, loading, trouble := f.status, f.loading, f.err
	f.look(now, limit, &u)
	u.Err = f.err
	u.News = u.news() || f.status != before || f.loading != loading || fmt.Sprint(f.err) != fmt.Sprint(trouble)
	return u, u.News || f.status == runlog.Running
}

// resting reports whether nothing is expected of the run.
func (f *follower) resting() bool {
	return f.gone || !f.more && f.status != "" && f.status != runlog.Running
}

// stirred reports whether anything happened to a resting run, by as few system
// calls as will do: a resumption rewrites run.json and then appends to the log.
func (f *follower) stirred(now time.Time) bool {
	if f.gone {
		return f.stamp(runlog.ManifestFile) != stamp{}
	}
	if f.stamp(runlog.MetricsFile) != f.log {
		return true
	}
	if !due(now, f.looked, restEvery) {
		return false
	}
	f.looked = now
	return f.stamp(runlog.ManifestFile) != f.manifest || f.stamp(runlog.StderrFile) != f.stderr
}

// look reads what there is.
func (f *follower) look(now time.Time, limit int, u *RunUpdate) {
	// Before what they describe is read, so that what changes meanwhile is seen by the next look.
	log, manifest, stderr := f.stamp(runlog.MetricsFile), f.stamp(runlog.ManifestFile), f.stamp(runlog.StderrFile)
	state, err := runlog.ReadState(f.dir, now)
	if errors.Is(err, runlog.ErrNoRun) {
		f.forget() // and let the file go, or the bytes would stay on the disk
		f.gone, f.more, f.err, u.Gone = true, false, nil, true
		return
	}
	f.looked, f.log = now, log
	f.more = false // an error is not to be met again at once
	if err == nil {
		if f.reader != nil && f.id != state.Manifest.ID {
			f.forget()
		}
		f.id, f.gone = state.Manifest.ID, false
		if f.status == "" || f.manifest != manifest {
			f.manifest = manifest
			u.Manifest = state.Manifest
			u.Config, f.configErr = readConfig(f.dir)
		}
		u.State, f.status = state, state.Status
		err = f.readRecords(limit, u)
	}
	if f.err = err; err == nil {
		f.err = f.configErr
	} else {
		f.log = stamp{} // so that a resting run is looked at again
	}
	if f.stderr != stderr {
		f.stderr = stderr
		u.Stderr = readStderr(f.dir)
	}
	if !f.more {
		f.pictures.latest(u)
	}
	u.Loading = f.loading
	if f.resting() {
		f.close()
	}
}

// forget has the next look read the run from its beginning: it went, or another came in
// its place.
func (f *follower) forget() {
	if f.reader != nil {
		f.close()
		f.reader, f.void = nil, true
	}
	f.manifest, f.loading = stamp{}, true
}

func (f *follower) readRecords(limit int, u *RunUpdate) (err error) {
	if f.reader == nil {
		if f.reader, err = runlog.Open(f.dir); err != nil {
			return err
		}
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

func readConfig(dir string) ([]config.Value, error) {
	_, src, err := runlog.ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	return config.Values(filepath.Join(dir, runlog.ConfigFile), src)
}

// readOwn reads a file of a run, of a size, to which no link leads.
func readOwn[T any](dir, name string, read func(f *files.File, size int64) (T, error)) (content T, err error) {
	folder, err := files.OpenFolder(dir)
	if err != nil {
		return content, err
	}
	defer folder.Close() //nolint:errcheck // nothing was written
	f, info, err := folder.Open(filepath.ToSlash(name))
	if err != nil {
		return content, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return read(f, info.Size())
}

// A stamp is what changes about a file that is written. That of no file is zero.
type stamp struct{ size, time int64 }

func (f *follower) stamp(name string) stamp {
	info, err := os.Lstat(filepath.Join(f.dir, name))
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime().UnixNano()}
}
