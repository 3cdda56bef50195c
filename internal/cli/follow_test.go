package cli

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/monitor"
	"github.com/maskflow/maskflow/runlog"
)

// following is runs in a folder that are followed by a clock of the test.
type following struct {
	t      *testing.T
	folder string
	now    time.Time
	source *monitor.Source
	set    monitor.Group
	f      *follower
}

// newFollowing follows a folder in which make has begun runs.
func newFollowing(t *testing.T, query string, begin func(x *following)) *following {
	t.Helper()
	x := &following{t: t, folder: t.TempDir(), now: time.Now()}
	begin(x)
	q, err := monitor.ParseQuery(query)
	if err == nil {
		x.source, err = monitor.NewSource([]string{x.folder}, monitor.Options{Clock: func() time.Time { return x.now }})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.source.Close)
	x.f = &follower{query: q, named: true, told: map[string]*told{}, stuck: map[string]time.Time{}}
	return x
}

// run begins a run with some validations, an epoch each.
func (x *following) run(name string, nll ...float64) *runlog.Writer {
	x.t.Helper()
	w, err := runlog.Create(filepath.Join(x.folder, name), runlog.Manifest{Name: name}, []byte("name: "+name+"\n"), runlog.Options{})
	if err == nil {
		err = w.Append(runlog.Start{})
	}
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { _ = w.Close() })
	for i, v := range nll {
		x.valid(w, i+1, v)
	}
	return w
}

func (x *following) valid(w *runlog.Writer, epoch int, nll float64) {
	x.ok(w.Append(runlog.Valid{Step: int64(10 * epoch), Epoch: epoch, NLL: runlog.Float(nll), NLL2SE: 0.25}))
}

func (x *following) ok(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// after looks at the runs after a while, and checks the lines, regular expressions.
func (x *following) after(d time.Duration, want ...string) {
	x.t.Helper()
	x.now = x.now.Add(d)
	for more := true; more; {
		u := x.source.Poll()
		x.set.Apply(u)
		x.f.look(&x.set, u.Now)
		more = u.More
	}
	text := x.f.lines.String()
	x.f.lines.Reset()
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	matched := len(lines) == len(want)
	for i := range min(len(lines), len(want)) {
		matched = matched && regexp.MustCompile("^(?:"+want[i]+")\n$").MatchString(lines[i])
	}
	if !matched {
		x.t.Errorf("told\n%swant\n%s", text, strings.Join(want, "\n"))
	}
}

func (x *following) going(want bool) {
	x.t.Helper()
	if got, err := x.f.going(&x.set, x.now); got != want || err != nil {
		x.t.Errorf("going on: %t (%v), want %t", got, err, want)
	}
}

// A living run is told by where it stands, then by what happens: validations that follow
// each other quickly are thinned out, but not the last.
func TestFollowALivingRun(t *testing.T) {
	var w *runlog.Writer
	x := newFollowing(t, "", func(x *following) { w = x.run("dna", 9, 8) })
	x.ok(w.Append(runlog.Event{What: "before anybody looked"}))
	x.after(0, `dna  epoch    2  step     20  loss +-  valid    8\.00 ± 0\.25 \(best\)  .+`)
	x.after(time.Second)
	x.valid(w, 3, 8.5)
	x.after(time.Second / 2) // too soon
	x.valid(w, 4, 7)
	x.after(time.Second, `dna  epoch    4 .+ 7\.00 ± 0\.25 \(best\) .+`)
	x.ok(w.Append(runlog.Event{What: "saved \x1b[2Jstep-00000040\nand more"}))
	x.after(time.Second/2, `dna  saved step-00000040 and more`)
	x.valid(w, 5, 7.5)
	x.after(time.Second / 2) // too soon, but the last
	x.after(time.Second*2, `dna  epoch    5 .+ 7\.50 ± 0\.25 \(best 7\.00\) .+`)
	x.going(true)
	x.valid(w, 6, 6)
	x.ok(w.Append(runlog.End{Status: runlog.Done, Step: 61, Test: &runlog.Result{NLL: 6.5, NLL2SE: 0.5}}))
	x.ok(w.Close())
	x.after(time.Second/4, `dna  epoch    6 .+`, `dna  done at step 61, test NLL 6\.50 ± 0\.50 nats a row`)
	x.going(false)
	x.after(time.Hour)
}

// What ended before is told by a line or two, however it ended.
func TestFollowEndedRuns(t *testing.T) {
	x := newFollowing(t, "", func(x *following) {
		done := x.run("done", 9, 8)
		x.ok(done.Append(runlog.Event{What: "asked to stop"}))
		x.ok(done.Append(runlog.End{Status: runlog.Stopped, Step: 25}))
		diverged := x.run("diverged")
		x.ok(diverged.Append(runlog.End{Status: runlog.Diverged, Step: 3, Error: "loss NaN"}))
		for _, w := range []*runlog.Writer{done, diverged, x.run("lost", 9)} {
			x.ok(w.Close())
		}
	})
	x.after(0, `diverged  diverged at step 3: loss NaN`,
		`done  epoch    2 .+`, `done  stopped at step 25`,
		`lost  epoch    1 .+`, `lost  crashed at step 10: .+lost/stderr\.log may have the reason; continue: maskflow train --resume --run \S+lost\)`)
	x.going(false)
}

// Runs come, crash, are resumed and are deleted.
func TestFollowAFolder(t *testing.T) {
	var a *runlog.Writer
	x := newFollowing(t, "", func(x *following) { a = x.run("a") })
	x.after(0, `a  running at step 0, not validated yet`)
	b := x.run("b", 5)
	x.after(3*time.Second, `b  epoch    1 .+`)
	x.ok(a.Close())
	x.after(time.Second, `a  crashed at step 0: .+`)
	a, err := runlog.Resume(filepath.Join(x.folder, "a"), runlog.Process{}, runlog.Options{})
	x.ok(err)
	x.ok(a.Append(runlog.Start{}))
	x.after(2*time.Second, `a  running again, at step 0`)
	x.ok(a.Append(runlog.End{Status: runlog.Failed, Step: 4, Error: "disk full"}))
	x.ok(a.Close())
	x.after(2*time.Second, `a  failed at step 4: disk full`)
	x.going(true)
	x.ok(b.Close())
	x.ok(os.RemoveAll(filepath.Join(x.folder, "b")))
	x.after(2*time.Second, `b  deleted`)
	x.going(false)
}

// Nobody waits for a silent run without knowing.
func TestFollowASilentRun(t *testing.T) {
	x := newFollowing(t, "", func(x *following) {
		w := x.run("far", 9)
		x.ok(w.Close())
		path := filepath.Join(x.folder, "far", runlog.ManifestFile)
		text, err := os.ReadFile(path)
		x.ok(err)
		var m map[string]any
		x.ok(json.Unmarshal(text, &m))
		m["host"] = "another"
		text, err = json.Marshal(m)
		x.ok(err)
		x.ok(os.WriteFile(path, text, 0o644))
	})
	x.after(0, `far  epoch    1 .+`)
	x.after(3*time.Minute, `far  silent: no news for 3m\d\ds, .+ waiting for more`)
	x.after(time.Hour)
	x.going(true)
}

// A run that passes the filter is told to its end, one that does not yet may.
func TestFollowWithAFilter(t *testing.T) {
	var a, b *runlog.Writer
	x := newFollowing(t, "best<8", func(x *following) { a, b = x.run("a", 9), x.run("b", 10) })
	x.after(0)
	x.going(true)
	x.valid(a, 2, 7)
	x.after(time.Second, `a  epoch    2 .+`)
	for _, w := range []*runlog.Writer{a, b} {
		x.ok(w.Append(runlog.End{Status: runlog.Done, Step: 20}))
		x.ok(w.Close())
	}
	x.after(time.Second, `a  done at step 20`)
	x.going(false)
}

// A run that cannot be read does not keep others from being told, and is told once.
func TestFollowWhatCannotBeRead(t *testing.T) {
	x := newFollowing(t, "", func(x *following) {
		x.ok(x.run("good", 9).Close())
		x.ok(x.run("bad").Close())
		x.ok(os.WriteFile(filepath.Join(x.folder, "bad", runlog.ManifestFile), []byte("{"), 0o644))
	})
	x.after(0, `bad  cannot be read: .+`, `good  epoch    1 .+`, `good  crashed .+`)
	x.after(time.Second)
	x.going(true)
}

// One run needs no name on its lines.
func TestNamedLines(t *testing.T) {
	x := newFollowing(t, "", func(x *following) { x.ok(errors.Join(x.run("a").Close(), x.run("b").Close())) })
	a, b := filepath.Join(x.folder, "a"), filepath.Join(x.folder, "b")
	if named([]string{a}) || !named([]string{a, b}) || !named([]string{x.folder}) {
		t.Error("a single run is named, or one of several is not")
	}
}
