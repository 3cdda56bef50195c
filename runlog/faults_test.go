package runlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maskflow/maskflow/internal/files"
)

// failing has operations on a file fail until it is called again with nil.
func failing(t *testing.T, name string, op files.Op) func(err error) {
	t.Helper()
	var now error
	t.Cleanup(files.Inject(func(o files.Op, path string) error {
		if o == op && filepath.Base(path) == name {
			return now
		}
		return nil
	}))
	return func(err error) { now = err }
}

func eventsOf(events []Event) (all []string) {
	for _, e := range events {
		all = append(all, e.What)
	}
	return all
}

// Records that cannot be written are written once they can be, in their order and without half a line between, and two
// events say so.
func TestRecordsComeLate(t *testing.T) {
	for _, err := range []error{files.ErrShort, syscall.EIO, syscall.ESTALE} {
		for _, noTruncate := range []bool{false, true} {
			dir := t.TempDir()
			clock := &testClock{now: epoch}
			var observed []Record
			o := clock.options()
			o.Observe = func(r Record) { observed = append(observed, r) }
			w := create(t, dir, o)
			ok(t, w.Append(Start{}))
			ok(t, w.Append(Event{What: "before"}))
			fail, cut := error(nil), error(nil)
			end := files.Inject(func(op files.Op, path string) error {
				switch {
				case filepath.Base(path) != MetricsFile:
				case op == files.OpWrite:
					return fail
				case op == files.OpTruncate:
					return cut
				}
				return nil
			})
			fail = err
			if noTruncate {
				cut = err
			}
			for i := range 7 {
				clock.pass(1)
				ok(t, w.Append(Event{What: fmt.Sprint("late ", i)}))
			}
			if err := w.Flush(); !errors.Is(err, fail) || !strings.Contains(err.Error(), MetricsFile) {
				t.Errorf("the records that are missing give %v", err)
			}
			fail, cut = nil, nil
			clock.pass(10)
			ok(t, w.Append(Event{What: "after"}))
			ok(t, w.Flush())
			end()
			h := load(t, dir)
			got := eventsOf(h.Events)
			if h.Bad != 0 || len(got) != 11 || got[0] != "before" || got[1] != "late 0" || got[8] != "late 6" || got[9] != "after" {
				t.Fatalf("%d bad lines, events %q", h.Bad, got)
			}
			if !strings.Contains(got[2], err.Error()) || !strings.Contains(got[10], "8 records came late") {
				t.Errorf("what was reported is %q and %q", got[2], got[10])
			}
			if len(observed) != 12 {
				t.Errorf("%d records were observed", len(observed))
			}
			if late := h.Events[3].Time; late != 2 {
				t.Errorf("a late record is of %v, not of when it happened", late)
			}
		}
	}
}

// What is kept is bounded: then records are lost, and that is an error in the end.
func TestTooManyRecordsToKeep(t *testing.T) {
	w := create(t, t.TempDir(), Options{})
	ok(t, w.Append(Start{}))
	fail := failing(t, MetricsFile, files.OpWrite)
	fail(syscall.ENOSPC)
	for range maxBacklog/(maxLine-100) + 3 {
		ok(t, w.Append(Event{What: strings.Repeat("x", maxLine-100)}))
	}
	fail(nil)
	if err := w.Append(End{Status: Done}); err == nil || !strings.Contains(err.Error(), "are lost") {
		t.Errorf("the end of a log that lost records gives %v", err)
	}
	h := load(t, w.Files().Path(""))
	if h.End == nil || len(h.Events) < maxBacklog/maxLine-1 {
		t.Errorf("%d events, end %+v", len(h.Events), h.End)
	}
}

// A run whose log cannot be begun, or ended, is told so.
func TestALogThatCannotBeBegunOrEnded(t *testing.T) {
	w := create(t, t.TempDir(), Options{})
	fail := failing(t, MetricsFile, files.OpWrite)
	fail(syscall.EIO)
	if err := w.Append(Start{}); !errors.Is(err, syscall.EIO) {
		t.Errorf("the start gives %v", err)
	}
	fail(nil)
	ok(t, w.Append(Start{}))
	fail(syscall.EIO)
	if err := w.Append(End{Status: Done}); !errors.Is(err, syscall.EIO) {
		t.Errorf("the end gives %v", err)
	}
	fail(nil)
	ok(t, w.Flush())
	if h := load(t, w.Files().Path("")); h.End == nil || h.End.Status != Done {
		t.Errorf("the end is %+v", h.End)
	}
}

func TestADirectoryThatIsNotTheRunsAnyMore(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"removed":            os.RemoveAll,
		"renamed":            func(dir string) error { return os.Rename(dir, dir+".moved") },
		"replaced":           func(dir string) error { return errors.Join(os.Rename(dir, dir+".moved"), os.Mkdir(dir, 0o755)) },
		"a file instead":     func(dir string) error { return errors.Join(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o644)) },
		"the parent removed": func(dir string) error { return os.RemoveAll(filepath.Dir(dir)) },
		"emptied": func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, ManifestFile)), os.Remove(filepath.Join(dir, MetricsFile)))
		},
		"another log": func(dir string) error {
			path := filepath.Join(dir, MetricsFile)
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, []byte("theirs\n"), 0o644))
		},
		"another run's files": func(dir string) error { // as cp -r writes them, over those that are there
			other := filepath.Join(filepath.Dir(dir), "other")
			w := create(t, other, Options{})
			err := errors.Join(w.Append(Start{}), w.Close())
			for _, name := range []string{ManifestFile, ConfigFile, MetricsFile, LockFile} {
				text, problem := os.ReadFile(filepath.Join(other, name))
				err = errors.Join(err, problem, os.WriteFile(filepath.Join(dir, name), text, 0o644))
			}
			return err
		},
		"no configuration": func(dir string) error { return os.Remove(filepath.Join(dir, ConfigFile)) },
		"no lock":          func(dir string) error { return os.Remove(filepath.Join(dir, LockFile)) },
		"taken over": func(dir string) error {
			if err := os.Remove(filepath.Join(dir, LockFile)); err != nil {
				return err
			}
			w, err := Resume(dir, Process{}, Options{})
			if err == nil {
				err = errors.Join(w.Append(Start{}), w.Append(Event{What: "theirs"}), w.Close())
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "runs", "run")
			w := create(t, dir, Options{})
			ok(t, errors.Join(w.Append(Start{}), w.Append(Train{Step: 1}), w.Check()))
			ok(t, spoil(dir))
			if err := w.Check(); !errors.Is(err, files.ErrGone) || !strings.Contains(err.Error(), dir) {
				t.Fatalf("the check gives %v", err)
			}
			ok(t, w.Append(Train{Step: 2}))
			new, err := w.Rescue(2, files.ErrGone)
			ok(t, err)
			if !strings.HasPrefix(new, dir+".lost-") {
				t.Errorf("it goes on in %s", new)
			}
			ok(t, errors.Join(w.Check(), w.Append(Train{Step: 3}), w.Append(End{Status: Failed, Step: 3}), w.Close()))
			// A process that took over has written into the same log.
			if h := load(t, new); h.Train.Len() != 3 && name != "taken over" && name != "another run's files" || h.End == nil || h.Bad != 0 {
				t.Errorf("%d steps, end %+v", h.Train.Len(), h.End)
			}
			if _, _, err := ReadConfig(new); err != nil {
				t.Error(err)
			}
			again, err := Resume(new, Process{}, Options{})
			ok(t, err)
			ok(t, again.Close())
			if name == "renamed" {
				if h := load(t, dir+".moved"); h.Train.Len() != 2 || h.End == nil || !strings.Contains(h.End.Error, new) {
					t.Errorf("under its new name it has %d steps and the end %+v", h.Train.Len(), h.End)
				}
			}
			if text, err := os.ReadFile(filepath.Join(dir, MetricsFile)); err == nil && name == "another log" && string(text) != "theirs\n" {
				t.Errorf("the file that took its place has %q", text)
			}
		})
	}
}

// That a directory cannot be seen for now is no loss.
func TestADirectoryThatCannotBeSeen(t *testing.T) {
	w := create(t, filepath.Join(t.TempDir(), "run"), Options{})
	failing(t, "run", files.OpStat)(syscall.ESTALE)
	if err := w.Check(); !errors.Is(err, syscall.ESTALE) || errors.Is(err, files.ErrGone) {
		t.Errorf("the check gives %v", err)
	}
}

// Links in the directory of a run lead to files of others: nothing there is read, written or removed.
func TestLinksInARunAreNotFollowed(t *testing.T) {
	for _, name := range []string{ManifestFile, ConfigFile, MetricsFile, LockFile, ControlDir} {
		t.Run(name, func(t *testing.T) {
			outside := filepath.Join(t.TempDir(), "theirs")
			dir := t.TempDir()
			w := create(t, dir, Options{})
			ok(t, errors.Join(w.Append(Start{}), w.Close()))
			path := filepath.Join(dir, name)
			ok(t, os.Rename(path, outside)) // so that what it leads to is as it should be
			if name == ControlDir {
				ok(t, os.WriteFile(filepath.Join(outside, "1.json"), []byte(`{"id":"a","kind":"stop"}`), 0o644))
			}
			if err := os.Symlink(outside, path); err != nil {
				t.Skip(err)
			}
			before := snapshot(t, outside)
			if w, err := Resume(dir, Process{}, Options{}); !errors.Is(err, files.ErrLink) || !strings.Contains(err.Error(), path) {
				t.Errorf("resuming gives %v", err)
				if w != nil {
					_ = w.Close()
				}
			}
			_, errOfState := ReadState(dir, time.Now())
			_, errOfLoad := Load(dir)
			_, _, errOfConfig := ReadConfig(dir)
			for reader, c := range map[string]struct {
				err   error
				reads bool
			}{
				"ReadState":  {errOfState, name == ManifestFile || name == MetricsFile || name == LockFile},
				"Load":       {errOfLoad, name == ManifestFile || name == MetricsFile},
				"ReadConfig": {errOfConfig, name == ManifestFile || name == ConfigFile},
			} {
				if errors.Is(c.err, files.ErrLink) != c.reads {
					t.Errorf("%s gives %v", reader, c.err)
				}
			}
			if after := snapshot(t, outside); after != before {
				t.Errorf("what the link leads to was %s and is %s", before, after)
			}
		})
	}
}

// What is written to a run whose files have second names, as after cp -al, does not appear under those.
func TestARunWithACopyOfLinks(t *testing.T) {
	dir, twin := filepath.Join(t.TempDir(), "run"), t.TempDir()
	w := create(t, dir, Options{})
	ok(t, w.Append(Start{}))
	for _, name := range []string{ManifestFile, ConfigFile, MetricsFile, LockFile} {
		if err := os.Link(filepath.Join(dir, name), filepath.Join(twin, name)); err != nil {
			t.Skip(err)
		}
	}
	for _, dir := range []string{dir, twin} {
		if _, err := Resume(dir, Process{}, Options{}); !errors.Is(err, ErrLocked) {
			t.Errorf("resuming %s while it is written gives %v", dir, err)
		}
	}
	ok(t, errors.Join(w.Append(Train{Step: 1}), w.Close()))
	before := snapshot(t, filepath.Join(twin, MetricsFile)) + snapshot(t, filepath.Join(twin, LockFile))
	again, err := Resume(dir, Process{}, Options{})
	ok(t, err)
	ok(t, errors.Join(again.Append(Start{Step: 1}), again.Check()))
	other, err := Resume(twin, Process{}, Options{})
	ok(t, err)
	if after := snapshot(t, filepath.Join(twin, MetricsFile)) + snapshot(t, filepath.Join(twin, LockFile)); after != before {
		t.Errorf("the other copy was\n%s\nand is\n%s", before, after)
	}
	ok(t, errors.Join(other.Close(), again.Append(Train{Step: 2}), again.Close()))
	if h := load(t, dir); h.Train.Len() != 2 || h.Bad != 0 {
		t.Errorf("%d steps, %d bad lines", h.Train.Len(), h.Bad)
	}
}

// snapshot is a file, or what is in a folder.
func snapshot(t *testing.T, path string) (all string) {
	t.Helper()
	ok(t, filepath.WalkDir(path, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			var text []byte
			text, err = os.ReadFile(path)
			all += fmt.Sprintf("%s: %q\n", path, text)
		}
		return err
	}))
	return all
}
