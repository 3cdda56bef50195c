package monitor

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

func TestPathsThatHoldNoRun(t *testing.T) {
	dir := t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	for _, c := range []struct {
		paths []string
		want  string
	}{
		{nil, "no run to follow (name a run directory, or a folder that holds runs)"},
		{[]string{filepath.Join(dir, "absent")}, "absent: no such file or directory (name a run directory, or a folder that holds runs)"},
		{[]string{dir}, "holds no run (start one there with maskflow train CONFIG --run " + filepath.Join(dir, "NAME") + ")"},
		{[]string{filepath.Join(dir, "file")}, "not a directory (name a run directory, or a folder that holds runs)"},
	} {
		s, err := NewSource(c.paths, Options{})
		if s != nil || err == nil || !strings.HasSuffix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q gives %v\nnot …%s", c.paths, err, c.want)
		}
	}
	if _, err := NewSource([]string{dir}, Options{}); !errors.Is(err, runlog.ErrNoRun) {
		t.Errorf("the error is %v", err)
	}
}

func TestRunsOfAFolder(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"fold10", "fold2", "deep/a", "other/a"} {
		ended(t, filepath.Join(folder, name), 3)
	}
	link := filepath.Join(t.TempDir(), "link")
	ok(t, os.Symlink(filepath.Join(folder, "fold2"), link))

	w := newWatch(t, folder, filepath.Join(folder, "deep", "a"), link, folder)
	w.poll()
	var names []string
	for _, r := range w.set.Runs {
		names = append(names, r.Name)
	}
	if got, want := strings.Join(names, " "), "deep/a fold2 fold10 other/a"; got != want {
		t.Errorf("the runs are %q, not %q", got, want)
	}
	if r := w.set.Find(filepath.Join(folder, "fold2")); r == nil || r.Name != "fold2" || w.set.Find("fold2") != nil {
		t.Errorf("found %+v", r)
	}

	ended(t, filepath.Join(folder, "fold3"), 5)
	w.until(func() bool { return w.set.Find(filepath.Join(folder, "fold3")) != nil })
	r := w.set.Find(filepath.Join(folder, "fold3"))
	if r.Status() != runlog.Done || r.History.Train.Len() != 5 || len(w.set.Runs) != 5 || w.set.Runs[2] != r {
		t.Errorf("the new run is %+v of %d", r, len(w.set.Runs))
	}
}

// A folder whose link leads elsewhere has the runs that are there now, each of them once.
func TestALinkThatChanges(t *testing.T) {
	before, after, link := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "link")
	ended(t, filepath.Join(before, "a"), 3)
	ended(t, filepath.Join(after, "a"), 4)
	ended(t, filepath.Join(after, "b"), 5)
	ok(t, os.Symlink(before, link))
	w := newWatch(t, link)
	w.poll()
	ok(t, os.Remove(link))
	ok(t, os.Symlink(after, link))
	w.until(func() bool { return len(w.set.Runs) == 2 })
	for range 5 { // more than a second
		w.poll()
	}
	if a, b := w.set.Runs[0].History.Train.Len(), w.set.Runs[1].History.Train.Len(); a != 4 || b != 5 || len(w.source.runs) != 2 {
		t.Errorf("%d and %d records of %d runs", a, b, len(w.source.runs))
	}
}

func TestADirectoryByAPoint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "here")
	ended(t, dir, 1)
	t.Chdir(dir)
	w := newWatch(t, ".")
	w.poll()
	if r := w.run(); r.Name != "here" {
		t.Errorf("the name is %q", r.Name)
	}
}

func TestPollIsBounded(t *testing.T) {
	folder := t.TempDir()
	line := strings.Repeat(`{"t":"train","step":1}`+"\n", 70_000)
	for _, name := range []string{"a", "b", "c"} {
		rawRun(t, filepath.Join(folder, name), line)
	}
	w := newWatch(t, folder)
	sizes := map[string]int{}
	for i, more := 0, true; more; i++ {
		u := w.source.Poll()
		w.set.Apply(u)
		total := 0
		for _, news := range u.Runs {
			total += len(news.Batch.Records)
			sizes[news.Dir] += len(news.Batch.Records)
		}
		if total > pollRecords {
			t.Fatalf("%d records at once", total)
		}
		if i == 2 && len(w.set.Runs) != 3 {
			t.Error("three calls do not tell of three runs")
		}
		if more = u.More; more && i == 100 {
			t.Fatal("there is always more")
		}
		for _, r := range w.set.Runs {
			if sizes[r.Dir] < 70_000 && !r.Loading {
				t.Errorf("with %d records, loading is %v", sizes[r.Dir], r.Loading)
			}
		}
	}
	for dir, n := range sizes {
		if n != 70_000 || w.set.Find(dir).Loading {
			t.Errorf("%d records of %s, loading %v", n, dir, w.set.Find(dir).Loading)
		}
	}
}

// A run that has its last news while another takes all of a call is read in the next.
func TestNewsBehindALongLog(t *testing.T) {
	folder := t.TempDir()
	rawRun(t, filepath.Join(folder, "long"), "")
	ended(t, filepath.Join(folder, "short"), 3)
	w := newWatch(t, folder)
	w.poll()
	appendTo(t, filepath.Join(folder, "long", runlog.MetricsFile), strings.Repeat(`{"t":"train","step":1}`+"\n", pollRecords))
	writer, err := runlog.Resume(filepath.Join(folder, "short"), runlog.Process{}, runlog.Options{})
	ok(t, err)
	ok(t, writer.Append(runlog.Start{Step: 3}))
	ok(t, writer.Append(runlog.Train{Step: 4}))
	ok(t, writer.Append(runlog.End{Status: runlog.Stopped, Step: 4}))
	ok(t, writer.Close())
	w.source.turn = 0
	w.poll()
	if r := w.set.Runs[1]; r.History.Train.Len() != 4 || r.Status() != runlog.Stopped || r.History.End == nil {
		t.Errorf("%d records of a run that is %s", r.History.Train.Len(), r.Status())
	}
}

// No run waits until another is read.
func TestRunsTakeTurns(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a", "b"} {
		rawRun(t, filepath.Join(folder, name), strings.Repeat(`{"t":"train","step":1}`+"\n", 3*pollRecords))
	}
	w := newWatch(t, folder)
	for range 2 {
		w.set.Apply(w.source.Poll())
	}
	for _, r := range w.set.Runs {
		if r.History.Train.Len() == 0 {
			t.Errorf("nothing was read of %s", r.Name)
		}
	}
}

// When records and time run out in one call, the next begins with the first run
// whose records had to wait, not with the one that was not looked at.
func TestTheFirstThatWaitedIsNext(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		rawRun(t, filepath.Join(folder, name), strings.Repeat(`{"t":"train","step":1}`+"\n", pollRecords))
	}
	w := newWatch(t, folder)
	now, looks := time.Now(), 0
	w.source.watch = func() time.Time { // once at first, then before b and before c
		if looks++; looks%3 == 0 {
			now = now.Add(2 * pollTime)
		}
		return now
	}
	for _, want := range []string{"a", "a b", "a b c"} {
		w.set.Apply(w.source.Poll())
		var read []string
		for _, r := range w.set.Runs {
			if r.History.Train.Len() > 0 {
				read = append(read, r.Name)
			}
		}
		if got := strings.Join(read, " "); got != want {
			t.Errorf("%s are read, not %s", got, want)
		}
	}
}

func TestARunThatCannotBeRead(t *testing.T) {
	folder := t.TempDir()
	rawRun(t, filepath.Join(folder, "bad"), "")
	rawRun(t, filepath.Join(folder, "config"), "")
	ended(t, filepath.Join(folder, "good"), 3)
	manifest := filepath.Join(folder, "bad", runlog.ManifestFile)
	ok(t, os.WriteFile(manifest, []byte(`{"pid":`), 0o644))
	ok(t, os.WriteFile(filepath.Join(folder, "config", runlog.ConfigFile), []byte("a: [1\n"), 0o644))
	w := newWatch(t, folder)
	for range 2 {
		w.poll()
		bad, config, good := w.set.Runs[0], w.set.Runs[1], w.set.Runs[2]
		if bad.Err == nil || !strings.Contains(bad.Err.Error(), manifest) || bad.Status() != Unknown {
			t.Errorf("the broken run is %s: %v", bad.Status(), bad.Err)
		}
		if want := runlog.ConfigFile + ":2:1: not YAML"; config.Err == nil || !strings.Contains(config.Err.Error(), want) {
			t.Errorf("the run with a broken configuration says %v, not %s", config.Err, want)
		}
		if good.Err != nil || good.Status() != runlog.Done {
			t.Errorf("the good run is %s: %v", good.Status(), good.Err)
		}
	}
	done := `{"t":"end","status":"done"}` + "\n"
	rawRun(t, filepath.Join(folder, "bad"), done)
	w.poll()
	if bad := w.set.Runs[0]; bad.Err != nil || bad.Status() != runlog.Done {
		t.Errorf("mended, the run is %s: %v", bad.Status(), bad.Err)
	}
	ok(t, os.WriteFile(manifest, []byte(`{"pid":`), 0o644))
	for range 5 { // more than a second
		w.poll()
	}
	if bad := w.set.Runs[0]; bad.Err == nil || bad.Status() != runlog.Done {
		t.Errorf("broken again, the run is %s: %v", bad.Status(), bad.Err)
	}
	ok(t, os.WriteFile(manifest, []byte(`{"v":1,"id":"raw"}`), 0o644))
	w.poll()
	if bad := w.set.Runs[0]; bad.Err != nil {
		t.Errorf("mended again, the run says %v", bad.Err)
	}
}

// What is wrong with a run is told when it begins, when it changes and when it
// ends, and not at every look: an idle screen draws nothing.
func TestTroubleIsToldOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	rawRun(t, dir, `{"t":"end","status":"done"}`+"\n")
	manifest := filepath.Join(dir, runlog.ManifestFile)
	good, err := os.ReadFile(manifest)
	ok(t, err)
	w := newWatch(t, dir)
	told := func(looks int) (text string) {
		for range looks {
			trouble := len(w.set.Runs) > 0 && w.run().Err != nil
			w.now = w.now.Add(restEvery)
			u := w.source.Poll()
			w.set.Apply(u)
			for _, r := range u.Runs {
				switch {
				case r.Err != nil:
					text += "trouble "
				case trouble && !r.Gone:
					text += "mended "
				default:
					text += "news "
				}
			}
		}
		return text
	}
	for i, c := range []struct {
		manifest string
		want     string
		trouble  bool
	}{{string(good), "news ", false}, {`{"pid":`, "trouble ", true}, {`{"pid":"x"}`, "trouble ", true}, {string(good), "mended ", false}, {`{"pid":`, "trouble ", true}} {
		ok(t, os.WriteFile(manifest, []byte(c.manifest), 0o644))
		if got := told(5); got != c.want {
			t.Errorf("%d: told %q in five looks, not %q", i, got, c.want)
		}
		if r := w.run(); (r.Err != nil) != c.trouble || r.Status() != runlog.Done {
			t.Errorf("%d: the run is %s and says %v", i, r.Status(), r.Err)
		}
	}
	ok(t, os.RemoveAll(dir))
	if got := told(5); got != "news " || w.run().Err != nil || !w.run().Gone {
		t.Errorf("deleted: told %q, and the run says %v", got, w.run().Err)
	}
}

// A clock that is set forward or back disturbs neither what is looked for nor
// how long a run was quiet.
func TestAClockThatIsSet(t *testing.T) {
	folder := t.TempDir()
	writer := create(t, filepath.Join(folder, "a"))
	w := newWatch(t, folder)
	w.poll()
	for i, jump := range []time.Duration{time.Hour, -3 * time.Hour, time.Hour} {
		w.now = w.now.Add(jump)
		ok(t, writer.Append(runlog.Train{Step: int64(i) + 1}))
		ended(t, filepath.Join(folder, "b", string(rune('a'+i))), 1)
		w.until(func() bool { return len(w.set.Runs) == i+2 })
		r := w.set.Find(filepath.Join(folder, "a"))
		if n := r.History.Train.Len(); n != i+1 {
			t.Errorf("after %v: %d records", jump, n)
		}
		for _, now := range []time.Time{w.now, w.now.Add(-time.Hour)} {
			if f := r.Figures(now); f.Quiet < 0 || f.Elapsed < 0 {
				t.Errorf("after %v: quiet for %v of %v", jump, f.Quiet, f.Elapsed)
			}
		}
	}
}

// A folder without a run, or that is not there, is followed where that is asked for, and
// the first run in it is found.
func TestRunsAreAwaited(t *testing.T) {
	empty := t.TempDir()
	folder := filepath.Join(empty, "later")
	for _, path := range []string{empty, folder} {
		if _, err := NewSource([]string{path}, Options{}); err == nil {
			t.Errorf("%s without a run is followed though nobody waits", path)
		}
	}
	s, err := NewSource([]string{folder}, Options{Await: true})
	ok(t, err)
	defer s.Close()
	if u := s.Poll(); len(u.Runs) != 0 {
		t.Errorf("%d runs in an empty folder", len(u.Runs))
	}
	w, err := runlog.Create(filepath.Join(folder, "first"), runlog.Manifest{Name: "first"}, []byte("name: first\n"), runlog.Options{})
	ok(t, err)
	defer w.Close()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if u := s.Poll(); len(u.Runs) == 1 {
			return
		}
	}
	t.Error("the first run was not found within a minute")
}
