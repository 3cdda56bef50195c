package runlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/maskflow/maskflow/internal/files"
)

var epoch = time.Date(2026, 3, 5, 7, 11, 13, 0, time.UTC)

// testClock is a clock that moves by hand.
type testClock struct{ now time.Time }

func (c *testClock) options() Options { return Options{Clock: func() time.Time { return c.now }} }

func (c *testClock) pass(seconds float64) {
	c.now = c.now.Add(time.Duration(seconds * float64(time.Second)))
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, dir string, o Options) *Writer {
	t.Helper()
	w, err := Create(dir, Manifest{Name: "test", Seeds: map[string]uint64{"data": 3}}, []byte("name: test\n"), o)
	ok(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func load(t *testing.T, dir string) *History {
	t.Helper()
	h, err := Load(dir)
	ok(t, err)
	return h
}

func TestCreateWritesTheDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "a")
	clock := &testClock{now: epoch}
	config := []byte("name: test # byte for byte\n\n")
	m := Manifest{
		Name: "test", Seeds: map[string]uint64{"data": 1<<63 + 3},
		Process: Process{Versions: Versions{Maskflow: "v0.1.0", Go: "go1.26"}, Backend: "go", Args: []string{"train", "x.yaml"}},
	}
	w, err := Create(dir, m, config, clock.options())
	ok(t, err)
	defer func() { ok(t, w.Close()) }()

	got, err := ReadManifest(dir)
	ok(t, err)
	host, err := os.Hostname()
	ok(t, err)
	if got.PID != os.Getpid() || got.Host != host || !got.Started.Equal(epoch) || got.Version != 2 || got.ID == "" {
		t.Errorf("the manifest is %+v", got)
	}
	if got.Seeds["data"] != 1<<63+3 || got.Versions != m.Versions || got.Backend != "go" || len(got.Args) != 2 {
		t.Errorf("the manifest lost something: %+v", got)
	}
	if sum := sha256.Sum256(config); got.ConfigHash != hex.EncodeToString(sum[:]) {
		t.Errorf("the config hash is %s", got.ConfigHash)
	}
	if text, err := os.ReadFile(filepath.Join(dir, ConfigFile)); err != nil || string(text) != string(config) {
		t.Errorf("the config is %q (%v)", text, err)
	}
	for _, name := range []string{MetricsFile, CheckpointsDir, SamplesDir, LockFile, ControlDir} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestCreateRefusesARun(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	_, err := Create(dir, Manifest{}, nil, Options{})
	if !errors.Is(err, ErrExists) || !strings.Contains(err.Error(), "--resume") || !strings.Contains(err.Error(), "--run") {
		t.Errorf("while it is written: %v", err)
	}
	ok(t, w.Close())
	if _, err = Create(dir, Manifest{}, nil, Options{}); !errors.Is(err, ErrExists) {
		t.Errorf("when it is closed: %v", err)
	}
}

func TestCreateAfterACrashInsideCreate(t *testing.T) {
	dir := t.TempDir()
	ok(t, create(t, dir, Options{}).Close())
	ok(t, os.Rename(filepath.Join(dir, ManifestFile), filepath.Join(dir, "."+ManifestFile+".0.tmp"))) // it was to come last
	create(t, dir, Options{})
}

// A run takes a directory that is empty, or absent: what somebody has in one is named, and stays as it is.
func TestCreateTakesNobodysFiles(t *testing.T) {
	begun := map[string]string{LockFile: "pid 7 on host a\n", MetricsFile: "", ConfigFile: "name: test\n"}
	for _, c := range []struct {
		inTheWay string
		begun    bool // beside what a Create leaves that was killed
		content  string
	}{
		{"x", false, "mine"},
		{".hidden", true, "mine"},
		{ConfigFile, false, "name: test\n"},
		{ConfigFile, true, "name: mine\n"},
		{MetricsFile, true, "{}\n"},
		{LockFile, false, "mine"},
		{ControlDir + "/pid.json", true, "{}"},
		{SamplesDir + "/00000003.npy", true, "mine"},
		{CheckpointsDir + "/best.safetensors", false, "mine"},
		{".x.yaml.0.tmp", true, "mine"},
	} {
		dir := t.TempDir()
		write := func(name, text string) {
			ok(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
			ok(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
		}
		for name, text := range begun {
			if c.begun {
				write(name, text)
			}
		}
		write(c.inTheWay, c.content)
		_, err := Create(dir, Manifest{}, []byte("name: test\n"), Options{})
		name, _, _ := strings.Cut(c.inTheWay, "/")
		if !errors.Is(err, ErrOccupied) || !strings.Contains(err.Error(), strconv.Quote(name)) {
			t.Errorf("%s (begun: %v): %v", c.inTheWay, c.begun, err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, c.inTheWay)); err != nil || string(text) != c.content {
			t.Errorf("%s (begun: %v) became %q (%v)", c.inTheWay, c.begun, text, err)
		}
	}
}

// Each file of a run has its id, and one that has another is refused by every reader.
func TestFilesOfAnotherRun(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	w := create(t, other, Options{})
	ok(t, w.Append(Start{}))
	id := w.run.ID
	ok(t, w.Close())
	w = create(t, dir, Options{})
	ok(t, w.Append(Start{}))
	if h := load(t, dir); h.Starts[0].Run != w.run.ID || w.run.ID == id || h.Starts[0].Version != 2 {
		t.Errorf("run %s starts by %+v", w.run.ID, h.Starts[0])
	}
	for i, run := range []string{id, ""} {
		text := fmt.Sprintf(`{"id":"a","kind":"stop-now","run":%q}`, run)
		ok(t, os.WriteFile(filepath.Join(dir, ControlDir, strconv.Itoa(i)+".json"), []byte(text), 0o644))
	}
	if got := poll(t, w); got != nil {
		t.Errorf("requests to another run: %+v", got)
	}
	ok(t, w.Close())

	log, err := os.ReadFile(filepath.Join(other, MetricsFile))
	ok(t, err)
	without := strings.Replace(string(log), id, "", 1)
	for _, foreign := range []string{string(log), without} {
		ok(t, os.WriteFile(filepath.Join(dir, MetricsFile), []byte(foreign), 0o644))
		_, loading := Load(dir)
		_, looking := ReadState(dir, epoch)
		_, resuming := Resume(dir, Process{}, Options{})
		for _, err := range []error{loading, looking, resuming} {
			if !errors.Is(err, ErrForeign) {
				t.Errorf("another run's log: %v", err)
			}
		}
	}
	// In a run of version 1 nothing but run.json has an id.
	m, err := ReadManifest(dir)
	ok(t, err)
	m.Version = 1
	describe(t, dir, m)
	load(t, dir)
}

func TestFormatsToCome(t *testing.T) {
	dir := t.TempDir()
	ok(t, create(t, dir, Options{}).Close())
	for _, change := range []func(*Manifest){
		func(m *Manifest) { m.Version = formatVersion + 1 },
		func(m *Manifest) { m.Version = 0 },
	} {
		m, err := ReadManifest(dir)
		ok(t, err)
		before := *m
		change(m)
		describe(t, dir, m)
		for what, try := range map[string]func() error{
			"ReadState":  func() error { _, err := ReadState(dir, epoch); return err },
			"ReadConfig": func() error { _, _, err := ReadConfig(dir); return err },
			"Load":       func() error { _, err := Load(dir); return err },
			"Resume":     func() error { _, err := Resume(dir, Process{}, Options{}); return err },
			"Request":    func() error { _, err := Request(dir, StopNow, epoch); return err },
		} {
			if err := try(); !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), ManifestFile) {
				t.Errorf("%s of version %d: %v", what, m.Version, err)
			}
		}
		describe(t, dir, &before)
	}
	m, err := ReadManifest(dir)
	ok(t, err)
	m.ID = "../x"
	describe(t, dir, m)
	if _, err := ReadManifest(dir); err == nil {
		t.Error("an id that is no file name was taken")
	}
}

func TestOneWriter(t *testing.T) {
	dir := t.TempDir()
	create(t, dir, Options{})
	_, err := Resume(dir, Process{}, Options{})
	host, _ := os.Hostname()
	want := fmt.Sprintf("is being written by pid %d on host %s", os.Getpid(), host)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v does not say %q", err, want)
	}
	if _, err := Resume(t.TempDir(), Process{}, Options{}); !errors.Is(err, ErrNoRun) {
		t.Errorf("resuming nothing: %v", err)
	}
}

// Readers that look at the lock all the time keep no writer out.
func TestLockAgainstReaders(t *testing.T) {
	dir := t.TempDir()
	ok(t, create(t, dir, Options{}).Close())
	f, err := openRun(dir)
	ok(t, err)
	defer f.Close() //nolint:errcheck // nothing was written
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = probe(f)
					time.Sleep(50 * time.Microsecond)
				}
			}
		})
	}
	for range 20 {
		w, err := Resume(dir, Process{}, Options{})
		ok(t, err)
		ok(t, w.Close())
	}
	close(stop)
	readers.Wait()
}

// Where there is no flock, the file itself is the lock.
func TestLockWithoutFlock(t *testing.T) {
	f, err := files.OpenFolder(t.TempDir())
	ok(t, err)
	defer f.Close() //nolint:errcheck // nothing was written
	path := f.Path(LockFile)
	take := func(owner string) (*lock, error) {
		return acquire(f, owner, func(*flock.Flock, context.Context, time.Duration) (bool, error) { return false, errors.ErrUnsupported })
	}
	first, err := take("pid 3 on host a")
	ok(t, err)
	if first.flocked {
		t.Error("a lock that the kernel does not hold says that it does")
	}
	_, err = take("pid 5 on host b")
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "pid 3 on host a") || !strings.Contains(err.Error(), "remove "+path) {
		t.Errorf("a second one: %v", err)
	}
	ok(t, first.release())
	second, err := take("pid 5 on host b")
	ok(t, err)
	ok(t, second.release())
}

func TestResume(t *testing.T) {
	dir := t.TempDir()
	clock := &testClock{now: epoch}
	w := create(t, dir, clock.options())
	ok(t, w.Append(Start{}))
	clock.pass(2.5)
	ok(t, w.Append(Train{Step: 10, Loss: 3}))
	clock.pass(7)
	ok(t, w.Append(Train{Step: 20, Loss: 2}))
	ok(t, w.Close())

	log := filepath.Join(dir, MetricsFile)
	whole, err := os.ReadFile(log)
	ok(t, err)
	ok(t, os.WriteFile(log, append(whole, `{"t":"train","step":30,"lo`...), 0o644))

	clock.pass(1000) // between the processes: does not count
	p := Process{Backend: "go", Args: []string{"train", "--resume"}}
	w, err = Resume(dir, p, clock.options())
	ok(t, err)
	if text, err := os.ReadFile(log); err != nil || string(text) != string(whole) {
		t.Errorf("the torn line is still there: %q (%v)", text, err)
	}
	ok(t, w.Append(Start{Step: 10}))
	clock.pass(0.25)
	ok(t, w.Append(Train{Step: 11, Loss: 2.5}))
	ok(t, w.Append(End{Status: Done, Step: 11}))
	ok(t, w.Close())

	h := load(t, dir)
	if len(h.Starts) != 2 || !h.Starts[1].Resumed || h.Starts[0].Resumed || h.Starts[1].Step != 10 || h.Starts[1].Time != 9.5 {
		t.Errorf("the starts are %+v", h.Starts)
	}
	var steps []int64
	for i := range h.Train.Len() {
		steps = append(steps, h.Train.At(i).Step)
	}
	if fmt.Sprint(steps) != "[10 11]" || h.Train.At(1).Time != 9.75 {
		t.Errorf("the steps are %v, the last at %v", steps, h.Train.At(1).Time)
	}
	if h.End == nil || h.End.Time != 9.75 {
		t.Errorf("the end is %+v", h.End)
	}
	m, err := ReadManifest(dir)
	ok(t, err)
	if len(m.Earlier) != 1 || !m.FirstStarted().Equal(epoch) || !m.Started.After(epoch) || m.Backend != "go" || m.Name != "test" {
		t.Errorf("the manifest is %+v", m)
	}
}

func TestOrderOfRecords(t *testing.T) {
	w := create(t, t.TempDir(), Options{})
	if err := w.Append(Train{}); err == nil || !strings.Contains(err.Error(), "before the start") {
		t.Errorf("a record before the start: %v", err)
	}
	ok(t, w.Append(Start{}))
	if err := w.Append(Start{}); err == nil {
		t.Error("two start records")
	}
	for _, s := range []Status{Running, Crashed, Silent, ""} {
		if err := w.Append(End{Status: s}); err == nil {
			t.Errorf("a run ends as %q", s)
		}
	}
	ok(t, w.Append(End{Status: Stopped}))
	if err := w.Append(Event{What: "more"}); err == nil || !strings.Contains(err.Error(), "after the end") {
		t.Errorf("a record after the end: %v", err)
	}
	ok(t, w.Close())
	ok(t, w.Close())
	if err := w.Append(Event{What: "more"}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a record after Close: %v", err)
	}
}

func TestConcurrentRecords(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	ok(t, w.Append(Start{}))
	const writers, each = 7, 53
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for range each {
				if err := w.Append(Event{What: strings.Repeat("x", 100*i)}); err != nil {
					t.Error(err)
				}
				if _, err := w.Poll(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if h := load(t, dir); h.Bad != 0 || len(h.Events) != writers*each {
		t.Errorf("%d events, %d bad lines", len(h.Events), h.Bad)
	}
}

func TestRecordTooLong(t *testing.T) {
	dir := t.TempDir()
	w := create(t, dir, Options{})
	ok(t, w.Append(Start{}))
	if err := w.Append(Event{What: strings.Repeat("x", maxLine)}); err == nil || !strings.Contains(err.Error(), "longer") {
		t.Errorf("a record that no reader takes: %v", err)
	}
	ok(t, w.Append(Event{What: strings.Repeat("y", maxLine-100)}))
	if h := load(t, dir); h.Bad != 0 || len(h.Events) != 1 {
		t.Errorf("%d bad lines, %d events", h.Bad, len(h.Events))
	}
}

func BenchmarkWriteTrain(b *testing.B) {
	w, err := Create(b.TempDir(), Manifest{}, nil, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close() //nolint:errcheck // a benchmark
	if err := w.Append(Start{}); err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		if err := w.Append(Train{Step: int64(i), Loss: 1.0 / 3, EMA: 1.0 / 7, LR: 1e-3, GradNorm: 1.0 / 11, Rate: 101.7}); err != nil {
			b.Fatal(err)
		}
	}
}
