package monitor

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

func TestALivingRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	writer := create(t, dir)
	w := newWatch(t, dir)
	w.poll()
	r := w.run()
	if r.Status() != runlog.Running || r.Loading || r.Err != nil || r.Manifest.Name != "small" || r.Manifest.PID != os.Getpid() {
		t.Fatalf("the run is %s, loading %v, %v", r.Status(), r.Loading, r.Err)
	}
	if text, found := r.Setting("train.batch"); !found || text != "100" {
		t.Errorf("the batch is %q", text)
	}
	for step := int64(1); step <= 7; step++ {
		ok(t, writer.Append(runlog.Train{Step: step}))
		w.poll()
		if r.History.Train.Len() != int(step) || r.Curve(Loss, ByStep).Len() != int(step) {
			t.Fatalf("%d records after %d", r.History.Train.Len(), step)
		}
	}
	ok(t, writer.Append(runlog.Event{What: "hello"}))
	ok(t, writer.Append(runlog.End{Status: runlog.Stopped, Step: 7}))
	ok(t, writer.Close())
	w.poll()
	if r.Status() != runlog.Stopped || len(r.History.Events) != 1 || r.History.End == nil {
		t.Errorf("the run is %s with %d events", r.Status(), len(r.History.Events))
	}
}

func TestATornLineWaits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	rawRun(t, dir, `{"t":"train","step":1}`+"\n"+`{"t":"train","st`)
	w := newWatch(t, dir)
	w.poll()
	r := w.run()
	if r.History.Train.Len() != 1 || r.History.Bad != 0 {
		t.Fatalf("%d records and %d bad lines with half a line", r.History.Train.Len(), r.History.Bad)
	}
	appendTo(t, filepath.Join(dir, runlog.MetricsFile), `ep":2}`+"\n")
	w.poll()
	if r.History.Train.Len() != 2 || r.History.Bad != 0 {
		t.Errorf("%d records and %d bad lines with the other half", r.History.Train.Len(), r.History.Bad)
	}
}

func trainForEver(dir string) error {
	w, err := runlog.Create(dir, runlog.Manifest{}, nil, runlog.Options{})
	if err != nil {
		return err
	}
	if err := w.Append(runlog.Start{}); err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString("started\n"); err != nil {
		return err
	}
	for step := int64(1); ; step++ {
		if err := w.Append(runlog.Train{Step: step}); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAKilledTrainerIsCrashedAtTheNextPoll(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the lock of a killed process stays on this platform")
	}
	dir := filepath.Join(t.TempDir(), "run")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), trainRun+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	ok(t, err)
	ok(t, child.Start())
	_, err = bufio.NewReader(out).ReadString('\n')
	ok(t, err)

	w := newWatch(t, dir)
	w.poll()
	r := w.run()
	memory, known := Memory(r.Manifest)
	if r.Status() != runlog.Running {
		t.Errorf("with its trainer alive the run is %s", r.Status())
	}
	if runtime.GOOS == "linux" && (!known || memory < 1<<20 || memory > 1<<34) {
		t.Errorf("a living trainer has %d bytes (%v)", memory, known)
	}
	ok(t, child.Process.Kill())
	_ = child.Wait() // killed, as it should be
	w.poll()
	if r.Status() != runlog.Crashed {
		t.Errorf("with its trainer killed the run is %s", r.Status())
	}
	if _, known := Memory(r.Manifest); known {
		t.Error("a dead trainer has memory")
	}

	resumed, err := runlog.Resume(dir, runlog.Process{}, runlog.Options{})
	ok(t, err)
	defer resumed.Close()
	ok(t, resumed.Append(runlog.Start{}))
	w.poll()
	if r.Status() != runlog.Running || r.History.Train.Len() != 0 || len(r.Manifest.Earlier) != 1 {
		t.Errorf("resumed, the run is %s with %d records and %d processes", r.Status(), r.History.Train.Len(), 1+len(r.Manifest.Earlier))
	}
}

func TestARunOfAnotherHostFallsSilent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	rawRun(t, dir, `{"t":"train","step":1}`+"\n")
	w := newWatch(t, dir)
	w.poll()
	r := w.run()
	if r.Status() != runlog.Running {
		t.Fatalf("with news of just now the run is %s", r.Status())
	}
	w.now = w.now.Add(runlog.SilentAfter)
	w.poll()
	if q := r.Figures(w.now.Add(time.Minute)).Quiet; r.Status() != runlog.Silent || q < runlog.SilentAfter+time.Minute {
		t.Fatalf("after %v the run is %s", q, r.Status())
	}
	log := filepath.Join(dir, runlog.MetricsFile)
	appendTo(t, log, `{"t":"train","step":2}`+"\n")
	ok(t, os.Chtimes(log, w.now, w.now))
	w.poll()
	if r.Status() != runlog.Running || r.History.Train.Len() != 2 {
		t.Errorf("with news the run is %s with %d records", r.Status(), r.History.Train.Len())
	}
}

func TestADeletedRunComesBack(t *testing.T) {
	for name, alive := range map[string]bool{"alive": true, "ended": false} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			writer := create(t, dir)
			ok(t, writer.Append(runlog.Train{Step: 1}))
			ok(t, writer.Append(runlog.Train{Step: 2}))
			if !alive {
				ok(t, writer.Append(runlog.End{Status: runlog.Done, Step: 2}))
				ok(t, writer.Close())
			}
			w := newWatch(t, dir)
			w.poll()
			r := w.run()
			before := r.Generation()
			ok(t, os.RemoveAll(dir))
			w.poll()
			if !r.Gone || r.Status() != Deleted || r.History.Train.Len() != 2 || r.Manifest == nil || r.Err != nil {
				t.Fatalf("deleted, the run is %s with %d records (%v)", r.Status(), r.History.Train.Len(), r.Err)
			}
			w.poll()
			ended(t, dir, 3)
			w.poll()
			if r.Gone || r.Status() != runlog.Done || r.History.Train.Len() != 3 || r.Generation() == before {
				t.Errorf("back, the run is %s with %d records", r.Status(), r.History.Train.Len())
			}
		})
	}
}

// A run that is moved away and back, before or after its log could be read, is what
// it was.
func TestARunThatIsMovedAwayAndBack(t *testing.T) {
	for name, log := range map[string]string{"with records": `{"t":"train","step":1}` + "\n" + `{"t":"end","status":"done"}` + "\n", "without": ""} {
		dir := filepath.Join(t.TempDir(), "run")
		rawRun(t, dir, log)
		w := newWatch(t, dir)
		w.poll()
		r := w.run()
		status, records := r.Status(), r.History.Train.Len()
		ok(t, os.Rename(dir, dir+"-away"))
		w.poll()
		if f := w.source.runs[0]; !r.Gone || f.reader != nil {
			t.Errorf("%s: away, the run is %s, and its reader is kept: %v", name, r.Status(), f.reader != nil)
		}
		ok(t, os.Rename(dir+"-away", dir))
		w.poll()
		if r.Gone || r.Status() != status || r.History.Train.Len() != records || r.Loading {
			t.Errorf("%s: back, the run is %s with %d records, loading %v", name, r.Status(), r.History.Train.Len(), r.Loading)
		}
	}
}

func TestALogThatIsReplacedOrCut(t *testing.T) {
	three := `{"t":"train","step":1}` + "\n" + `{"t":"train","step":2,"time":9}` + "\n" + `{"t":"valid","step":2,"nll":1,"time":9}` + "\n"
	for name, change := range map[string]func(log string) error{
		"cut": func(log string) error { return os.Truncate(log, 23) },
		"replaced": func(log string) error {
			if err := os.WriteFile(log+".new", []byte(`{"t":"train","step":9}`+"\n"), 0o644); err != nil {
				return err
			}
			return os.Rename(log+".new", log)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			rawRun(t, dir, three)
			w := newWatch(t, dir)
			w.poll()
			r := w.run()
			before := r.Generation()
			ok(t, change(filepath.Join(dir, runlog.MetricsFile)))
			w.poll()
			if r.History.Train.Len() != 1 || len(r.History.Valid) != 0 || r.Generation() == before || r.Figures(w.now).Best != nil {
				t.Errorf("%d records and %d validations, generation %d and %d", r.History.Train.Len(), len(r.History.Valid), before, r.Generation())
			}
			if n := r.Curve(Loss, ByStep).Len(); n != 1 {
				t.Errorf("a curve of %d points", n)
			}
			if f := r.Figures(w.now); f.Elapsed > f.Quiet {
				t.Errorf("%v passed in a run without times, quiet for %v", f.Elapsed, f.Quiet)
			}
		})
	}
}

// Another run in the same directory is read from its beginning, whether or not a look fell between the two, and even when
// it was copied over the files of the first.
func TestAnotherRunInItsPlace(t *testing.T) {
	for name, c := range map[string]struct{ removed, seen bool }{"seen": {true, true}, "unseen": {true, false}, "copied": {false, false}} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			rawRun(t, dir, strings.Repeat(`{"t":"train","step":1,"loss":1}`+"\n", 5))
			w := newWatch(t, dir)
			w.poll()
			r := w.run()
			if c.removed {
				ok(t, os.RemoveAll(dir))
			}
			if c.seen {
				w.poll()
			}
			rawRun(t, dir, strings.Repeat(`{"t":"train","step":1,"loss":2}`+"\n", 7))
			ok(t, os.WriteFile(filepath.Join(dir, runlog.ManifestFile), []byte(`{"v":1,"id":"other","name":"other"}`), 0o644))
			w.poll()
			if n := r.History.Train.Len(); n != 7 || r.History.Train.At(0).Loss != 2 || r.Manifest.Name != "other" || r.Gone {
				t.Errorf("%d records of the run %s", n, r.Manifest.Name)
			}
		})
	}
}

// Before a resumed process has a record it is known by run.json.
func TestAResumptionThatHasNotLoggedYet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ended(t, dir, 3)
	w := newWatch(t, dir)
	w.poll()
	writer, err := runlog.Resume(dir, runlog.Process{Backend: "another"}, runlog.Options{})
	ok(t, err)
	defer writer.Close()
	for range 5 { // more than a second
		w.poll()
	}
	if m := w.run().Manifest; len(m.Earlier) != 1 || m.Backend != "another" {
		t.Errorf("the process is %+v, after %d", m.Process, len(m.Earlier))
	}
}

// What a living run writes in a burst was not there at first.
func TestABurstIsNotLoading(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	rawRun(t, dir, `{"t":"train","step":1}`+"\n")
	w := newWatch(t, dir)
	w.poll()
	appendTo(t, filepath.Join(dir, runlog.MetricsFile), strings.Repeat(`{"t":"train","step":1}`+"\n", pollRecords+7))
	u := w.source.Poll()
	w.set.Apply(u)
	if !u.More || w.run().Loading {
		t.Errorf("in a burst, more is %v and loading is %v", u.More, w.run().Loading)
	}
}

func TestARunThatEndsAndIsResumed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	ended(t, dir, 20)
	w := newWatch(t, dir)
	w.poll()
	r := w.run()
	if r.Status() != runlog.Done || len(r.Manifest.Earlier) != 0 {
		t.Fatalf("the run is %s", r.Status())
	}
	before := r.Generation()
	writer, err := runlog.Resume(dir, runlog.Process{}, runlog.Options{})
	ok(t, err)
	defer writer.Close()
	ok(t, writer.ReplaceConfig([]byte("name: longer\n")))
	ok(t, writer.Append(runlog.Start{Step: 10}))
	ok(t, writer.Append(runlog.Train{Step: 11}))
	w.poll()
	if r.Status() != runlog.Running || r.History.Train.Len() != 11 || r.History.End != nil || r.Generation() == before {
		t.Errorf("resumed, the run is %s with %d records", r.Status(), r.History.Train.Len())
	}
	if text, _ := r.Setting("name"); text != "longer" || len(r.Manifest.Earlier) != 1 {
		t.Errorf("resumed, the configuration is of %q and %d processes", text, 1+len(r.Manifest.Earlier))
	}
}
