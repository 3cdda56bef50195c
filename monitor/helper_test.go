package monitor

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/runlog"
)

// Environment variables that make the test binary do something else: train a
// run for ever, or open one and tell what that cost.
const (
	trainRun = "MASKFLOW_MONITOR_TRAIN"
	openRun  = "MASKFLOW_MONITOR_OPEN"
)

func TestMain(m *testing.M) {
	for name, act := range map[string]func(string) error{trainRun: trainForEver, openRun: openAndTell} {
		if dir := os.Getenv(name); dir != "" {
			if err := act(dir); err != nil {
				_, _ = os.Stderr.WriteString(err.Error() + "\n")
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// watch is a Source with its Group and a clock that a test sets.
type watch struct {
	t      testing.TB
	now    time.Time
	source *Source
	set    Group
}

func newWatch(t testing.TB, paths ...string) *watch {
	t.Helper()
	w := &watch{t: t, now: time.Now()}
	var err error
	w.source, err = NewSource(paths, Options{Clock: func() time.Time { return w.now }})
	ok(t, err)
	t.Cleanup(w.source.Close)
	return w
}

// poll reads on while there is more. Each call is a quarter of a second after
// the last.
func (w *watch) poll() {
	w.t.Helper()
	w.now = w.now.Add(250 * time.Millisecond)
	for i := 0; ; i++ {
		u := w.source.Poll()
		w.set.Apply(u)
		if !u.More {
			return
		}
		if i == 1000 {
			w.t.Fatal("there is always more")
		}
	}
}

// until polls until something holds, or a minute has passed by its clock. How
// often folders are searched depends on how long a search takes here.
func (w *watch) until(holds func() bool) {
	w.t.Helper()
	for range 240 {
		if w.poll(); holds() {
			return
		}
	}
	w.t.Fatal("nothing came of it in a minute")
}

// run is the only run.
func (w *watch) run() *Run {
	w.t.Helper()
	if len(w.set.Runs) != 1 {
		w.t.Fatalf("%d runs", len(w.set.Runs))
	}
	return w.set.Runs[0]
}

const smallConfig = "name: small\ntrain: {batch: 100, look_ahead: 30, max_epochs: 50}\n"

// create begins a run by the writer of real ones, at step 0.
func create(t testing.TB, dir string) *runlog.Writer {
	t.Helper()
	w, err := runlog.Create(dir, runlog.Manifest{Name: "small"}, []byte(smallConfig), runlog.Options{})
	ok(t, err)
	t.Cleanup(func() { _ = w.Close() })
	ok(t, w.Append(runlog.Start{}))
	return w
}

// ended writes a whole run.
func ended(t testing.TB, dir string, steps int64) {
	t.Helper()
	w := create(t, dir)
	for step := range steps {
		ok(t, w.Append(runlog.Train{Step: step + 1, Epoch: 1, Loss: 3}))
	}
	ok(t, w.Append(runlog.End{Status: runlog.Done, Step: steps}))
	ok(t, w.Close())
}

// rawRun writes a run around a log, by a process of a host that is not this.
func rawRun(t testing.TB, dir, log string) {
	t.Helper()
	ok(t, os.MkdirAll(dir, 0o755))
	for name, content := range map[string]string{
		runlog.ManifestFile: `{"v":1,"id":"raw","name":"raw","host":"elsewhere","pid":7,"started":"2026-01-02T03:04:05Z","backend":"go"}`,
		runlog.ConfigFile:   smallConfig,
		runlog.MetricsFile:  log,
	} {
		ok(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644))
	}
}

func appendTo(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	ok(t, err)
	_, err = f.WriteString(text)
	ok(t, err)
	ok(t, f.Close())
}

// inMemory is a run whose log is given line by line, as an update brings it.
func inMemory(t testing.TB, lines ...string) *Run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	rawRun(t, dir, strings.Join(lines, "\n")+"\n")
	w := newWatch(t, dir)
	w.poll()
	return w.run()
}

func trainLine(step int64, epoch int, time, loss float64) string {
	return fmt.Sprintf(`{"t":"train","step":%d,"epoch":%d,"time":%s,"loss":%s,"ema":1,"lr":0.5,"grad_norm":2,"rate":7}`, step, epoch, jsonFloat(time), jsonFloat(loss))
}

func validLine(step int64, epoch int, time, nll float64) string {
	return fmt.Sprintf(`{"t":"valid","step":%d,"epoch":%d,"time":%s,"nll":%s}`, step, epoch, jsonFloat(time), jsonFloat(nll))
}

func jsonFloat(v float64) string {
	text, err := runlog.Float(v).MarshalJSON()
	if err != nil {
		panic(err)
	}
	return string(text)
}

func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance || math.IsNaN(a) && math.IsNaN(b)
}

// writeArray writes what a trainer would.
func writeArray(t testing.TB, path string, shape []int, values []float32) {
	t.Helper()
	ok(t, os.MkdirAll(filepath.Dir(path), 0o755))
	table, err := data.FromFlat(values, len(values)/shape[0])
	ok(t, err)
	table.Shape = shape[1:]
	ok(t, format.WriteFile(path, table))
}
