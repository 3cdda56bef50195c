package runlog

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// childRun names the variable that makes this binary a trainer to be killed.
const childRun = "RUNLOG_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childRun); dir != "" {
		if err := trainForEver(dir); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// trainForEver continues, or begins, a run and tells after its start record.
func trainForEver(dir string) error {
	w, err := Resume(dir, Process{}, Options{})
	step := int64(0)
	if errors.Is(err, ErrNoRun) {
		w, err = Create(dir, Manifest{}, nil, Options{})
	} else if err == nil {
		h, loadErr := Load(dir)
		if loadErr != nil {
			return loadErr
		}
		if n := len(h.Checkpoints); n > 0 {
			step = h.Checkpoints[n-1].Step
		}
	}
	if err != nil {
		return err
	}
	if err := w.Append(Start{Step: step}); err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString("started\n"); err != nil {
		return err
	}
	for {
		step++
		if err := w.Append(Train{Step: step}); err != nil {
			return err
		}
		if step%7 == 0 {
			if err := w.Append(Checkpoint{Step: step}); err != nil {
				return err
			}
		}
	}
}

func state(t *testing.T, dir string, now time.Time) *State {
	t.Helper()
	s, err := ReadState(dir, now)
	ok(t, err)
	return s
}

// A trainer that is killed with SIGKILL is seen as crashed at once, can be
// resumed at once, and its series stays whole through all of it.
func TestKilledTrainer(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the lock of a killed process stays on this platform")
	}
	dir := t.TempDir()
	for range 5 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childRun+"="+dir)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		ok(t, err)
		ok(t, child.Start())
		_, err = bufio.NewReader(out).ReadString('\n')
		ok(t, err)
		if s := state(t, dir, time.Now()); s.Status != Running || s.Manifest.PID != child.Process.Pid {
			t.Errorf("with its trainer alive (pid %d) the run is %s, pid %d", child.Process.Pid, s.Status, s.Manifest.PID)
		}
		if _, err := Resume(dir, Process{}, Options{}); !errors.Is(err, ErrLocked) {
			t.Errorf("with its trainer alive the run can be resumed (%v)", err)
		}
		time.Sleep(11 * time.Millisecond)
		ok(t, child.Process.Kill())
		_ = child.Wait() // killed, as it should be
		if s := state(t, dir, time.Now()); s.Status != Crashed {
			t.Errorf("with its trainer killed the run is %s", s.Status)
		}
		if _, err := Request(dir, StopCleanly, time.Now()); err == nil {
			t.Error("a dead trainer was asked to stop")
		}
	}
	h := load(t, dir)
	if len(h.Starts) != 5 || h.Bad != 0 || h.Train.Len() == 0 {
		t.Errorf("%d starts, %d bad lines, %d records", len(h.Starts), h.Bad, h.Train.Len())
	}
	for i := range h.Train.Len() {
		if h.Train.At(i).Step != int64(i)+1 {
			t.Fatalf("record %d is of step %d", i, h.Train.At(i).Step)
		}
	}
}

func TestStateOfAnEndedRun(t *testing.T) {
	for _, status := range []Status{Done, Stopped, Diverged, Failed} {
		dir := t.TempDir()
		w := create(t, dir, Options{})
		if s := state(t, dir, time.Now()); s.Status != Running || s.End != nil {
			t.Errorf("before its first record the run is %s", s.Status)
		}
		ok(t, w.Append(Start{}))
		ok(t, w.Append(End{Status: status, Step: 3, Error: "why", Test: &Result{NLL: 1.5}}))
		if s := state(t, dir, time.Now()); s.Status != status {
			t.Errorf("with its writer still open the run is %s, not %s", s.Status, status)
		}
		ok(t, w.Close())
		if s := state(t, dir, time.Now()); s.Status != status || s.End.Error != "why" || s.End.Test.NLL != 1.5 {
			t.Errorf("the run is %s, not %s, with %+v", s.Status, status, s.End)
		}
		w, err := Resume(dir, Process{}, Options{})
		ok(t, err)
		ok(t, w.Append(Start{Step: 3}))
		if s := state(t, dir, time.Now()); s.Status != Running || s.End != nil {
			t.Errorf("resumed, the run is %s", s.Status)
		}
		ok(t, w.Close())
		if s := state(t, dir, time.Now()); s.Status != Crashed {
			t.Errorf("closed without an end record, the run is %s", s.Status)
		}
	}
}

// Where the lock proves nothing, news decides.
func TestStateWithoutALock(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Manifest)
	}{
		{"another host", func(m *Manifest) { m.Host += "-elsewhere" }},
		{"no flock", func(m *Manifest) { m.NoFlock = true }},
	} {
		dir := t.TempDir()
		w := create(t, dir, Options{})
		ok(t, w.Append(Start{}))
		m, err := ReadManifest(dir)
		ok(t, err)
		c.change(m)
		describe(t, dir, m)
		late := time.Now().Add(SilentAfter + time.Second)
		if s := state(t, dir, late); s.Status != Running {
			t.Errorf("%s: with the lock held the run is %s", c.name, s.Status)
		}
		ok(t, w.Close())
		if s := state(t, dir, time.Now()); s.Status != Running {
			t.Errorf("%s: with news the run is %s", c.name, s.Status)
		}
		if s := state(t, dir, late); s.Status != Silent || s.Quiet < SilentAfter {
			t.Errorf("%s: without news the run is %s (%v)", c.name, s.Status, s.Quiet)
		}
		if s := state(t, dir, time.Now().Add(-time.Hour)); s.Status != Running || s.Quiet != 0 {
			t.Errorf("%s: with a clock that is late the run is %s (%v)", c.name, s.Status, s.Quiet)
		}
	}
}

func TestStateOfDamagedLogs(t *testing.T) {
	end := `{"t":"end","status":"done","step":3}`
	for _, c := range []struct {
		log  string
		want Status
	}{
		{"", Crashed},
		{end + "\n", Done},
		{end, Crashed}, // torn
		{end + "\n{\"t\":", Done},
		{end + "\n" + `{"t":"start","step":3,"resumed":true}` + "\n", Crashed},
		{`{"t":"end","status":"on fire"}` + "\n", Failed},
		{`{"t":"end","status":"done","step":"three"}` + "\n", Crashed},
		{"\n\n\n", Crashed},
	} {
		dir, _ := rawRun(t, []byte(c.log))
		host, err := os.Hostname()
		ok(t, err)
		m := &Manifest{Version: 1, Process: Process{Host: host}}
		describe(t, dir, m)
		if s := state(t, dir, epoch); s.Status != c.want {
			t.Errorf("%q: %s, not %s", c.log, s.Status, c.want)
		}
	}
}

func TestList(t *testing.T) {
	top := t.TempDir()
	for _, dir := range []string{"b", "a/x", "a/y", "a/y/below-a-run", ".hidden", "1/2/3/4", "1/2/3/5/6", "empty"} {
		ok(t, os.MkdirAll(filepath.Join(top, dir), 0o755))
		if dir != "empty" {
			ok(t, os.WriteFile(filepath.Join(top, dir, ManifestFile), []byte("{}"), 0o644))
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(top, link); err != nil {
		t.Skip("no links here: ", err)
	}
	for _, folder := range []string{top, link} {
		got, err := List(folder)
		ok(t, err)
		var want []string
		for _, dir := range []string{"1/2/3/4", "a/x", "a/y", "b"} {
			want = append(want, filepath.Join(folder, filepath.FromSlash(dir)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("found %v, not %v", got, want)
		}
	}
	if got, err := List(filepath.Join(top, "b")); err != nil || !slices.Equal(got, []string{filepath.Join(top, "b")}) {
		t.Errorf("a run lists as %v (%v)", got, err)
	}
	if _, err := List(filepath.Join(top, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an absent folder: %v", err)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"v":1,"id":"x","pid":3,"started":"2026-03-05T07:11:13Z","seeds":{"a":18446744073709551615},"earlier":[{}]}`))
	f.Add([]byte(`{"pid":-1,"started":""}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		ok(t, os.WriteFile(filepath.Join(dir, ManifestFile), text, 0o644))
		m, err := ReadManifest(dir)
		if err != nil {
			return
		}
		if _, err := json.Marshal(m); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadState(dir, epoch); err != nil {
			t.Fatal(err)
		}
	})
}

// describe writes a run.json.
func describe(t *testing.T, dir string, m *Manifest) {
	t.Helper()
	text, err := json.Marshal(m)
	ok(t, err)
	ok(t, os.WriteFile(filepath.Join(dir, ManifestFile), text, 0o644))
}
