package monitor

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// openAndTell opens a run as a monitor does and writes the seconds that it took
// and the most memory that the process ever had, in MB.
func openAndTell(dir string) error {
	debug.SetGCPercent(50)
	began := time.Now()
	source, err := NewSource([]string{dir}, Options{})
	if err != nil {
		return err
	}
	defer source.Close()
	var set Group
	for more := true; more; {
		u := source.Poll()
		set.Apply(u)
		more = u.More
	}
	took := time.Since(began).Seconds()
	smooth := NewSmooth(set.Runs[0].Curve(Loss, ByStep), 0.9)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	if _, err := fmt.Sscan(peak, &kilobytes); err != nil {
		return err
	}
	_, err = fmt.Printf("%d %d %g %g\n", set.Runs[0].History.Train.Len(), smooth.Len(), took, float64(kilobytes)*1024/1e6)
	return err
}

// million writes a run of so many train records and some validations.
func million(t testing.TB, dir string, n int) {
	t.Helper()
	var log bytes.Buffer
	log.WriteString(`{"t":"start","v":1,"time":0,"step":0,"resumed":false}` + "\n")
	for i := range n {
		fmt.Fprintf(&log, `{"t":"train","step":%d,"epoch":%d,"time":%.3f,"loss":%.14f,"ema":%.14f,"lr":0.001,"grad_norm":%.14f,"rate":%.12f,"mask":%d}`+"\n",
			i+1, 1+i/500, float64(i)/97, 86+1/float64(i+1), 86+2/float64(i+1), 1/float64(i+3), 97+1/float64(i+7), i%32)
		if i%500 == 499 {
			log.WriteString(validLine(int64(i+1), 1+i/500, float64(i)/97, 90-float64(i%7)) + "\n")
		}
	}
	log.WriteString(`{"t":"end","status":"done","step":1}` + "\n")
	rawRun(t, dir, log.String())
}

// open measures it in a fresh process, whose memory is nobody else's.
func open(t testing.TB, dir string) (records int, seconds, megabytes float64) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), openRun+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.Output()
	ok(t, err)
	smoothed := 0
	_, err = fmt.Sscan(string(out), &records, &smoothed, &seconds, &megabytes)
	ok(t, err)
	if smoothed != records {
		t.Fatalf("%d of %d points are smoothed", smoothed, records)
	}
	return records, seconds, megabytes
}

func TestOpeningAMillionRecordsIsLean(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 150 MB")
	}
	if runtime.GOOS != "linux" || raceDetector {
		t.Skip("reads the memory of a process from /proc, which with the race detector is another")
	}
	dir := filepath.Join(t.TempDir(), "run")
	million(t, dir, 1_000_000)
	records, seconds, megabytes := open(t, dir)
	t.Logf("%d records in %.2f s with %.0f MB", records, seconds, megabytes)
	if records != 1_000_000 || megabytes > 150 {
		t.Errorf("%d records take %.0f MB", records, megabytes)
	}
}

func BenchmarkOpenMillion(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "run")
	million(b, dir, 1_000_000)
	var seconds, megabytes float64
	for b.Loop() {
		_, s, mb := open(b, dir)
		seconds, megabytes = max(seconds, s), max(megabytes, mb)
	}
	b.ReportMetric(seconds, "s")
	b.ReportMetric(megabytes, "MB")
}

// BenchmarkIdle is the cost of one Poll, every quarter of a second by the clock
// of the Source, when nothing happens.
func BenchmarkIdle(b *testing.B) {
	b.Run("20 ended", func(b *testing.B) {
		folder := b.TempDir()
		for i := range 20 {
			ended(b, filepath.Join(folder, fmt.Sprint(i)), 100)
		}
		benchmarkPoll(b, folder)
	})
	b.Run("1 living", func(b *testing.B) {
		dir := filepath.Join(b.TempDir(), "run")
		w := create(b, dir)
		for step := range 100 {
			ok(b, w.Append(runlog.Train{Step: int64(step)}))
		}
		benchmarkPoll(b, dir)
	})
}

func benchmarkPoll(b *testing.B, path string) {
	w := newWatch(b, path)
	w.poll()
	for b.Loop() {
		w.now = w.now.Add(250 * time.Millisecond)
		w.set.Apply(w.source.Poll())
	}
}

func BenchmarkFigures(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "run")
	million(b, dir, 50_000)
	w := newWatch(b, dir)
	w.poll()
	ended := w.run()
	living := *ended
	living.State = &runlog.State{Status: runlog.Running}
	for name, r := range map[string]*Run{"ended": ended, "living": &living} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r.Figures(w.now)
			}
		})
	}
}

func BenchmarkCurve(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "run")
	million(b, dir, 50_000)
	w := newWatch(b, dir)
	w.poll()
	for axis, name := range []string{"step", "epoch", "time"} {
		curve := w.run().Curve(Loss, Axis(axis))
		b.Run(name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				curve.At(i)
				i = (i + 7919) % curve.Len()
			}
		})
	}
}

// BenchmarkManyRuns is the cost of choosing and sorting a thousand runs, which a
// screen of them does for every picture.
func BenchmarkManyRuns(b *testing.B) {
	s := &Group{}
	for i := range 1000 {
		r := &Run{Name: fmt.Sprint("run", i*7919%1000), State: &runlog.State{Status: runlog.Running}}
		for step := range int64(200) {
			r.History.Add(runlog.Batch{Records: []runlog.Record{
				runlog.Train{Step: step + int64(i*31%1000), Loss: 1.5, EMA: 1.25, LR: 0.001, GradNorm: 3},
				runlog.Valid{Step: step, NLL: runlog.Float(i * 17 % 1000)},
			}})
		}
		r.index.grow(&r.History)
		s.Runs = append(s.Runs, r)
	}
	now := time.Now()
	for _, c := range []struct {
		sorting Sorting
		query   string
	}{{ByProgress, ""}, {ByBest, ""}, {ByName, ""}, {ByStatus, ""}, {ByDir, "best<1000 step>1"}, {ByDir, "elapsed>=0 rate=1"}} {
		q, err := ParseQuery(c.query)
		ok(b, err)
		b.Run(c.sorting.String()+" "+c.query, func(b *testing.B) {
			for b.Loop() {
				s.Sorted(c.sorting, q, now)
			}
		})
	}
}
