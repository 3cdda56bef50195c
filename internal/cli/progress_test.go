package cli

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

// newTestProgress tells a training to a buffer, by a clock that the test moves.
func newTestProgress(t *testing.T, terminal bool, c *train.Config) (p *progress, out *bytes.Buffer, clock *time.Time) {
	t.Helper()
	out, clock = &bytes.Buffer{}, new(time.Time)
	*clock = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	screen := &console{w: out}
	if terminal {
		null, err := os.Open(os.DevNull) // has no width, so nothing is cut
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = null.Close() })
		screen.tty = null
	}
	p = newProgress(screen, c, false)
	p.refresh = time.Hour
	p.now = func() time.Time { return *clock }
	return p, out, clock
}

func TestLiveLine(t *testing.T) {
	c := &train.Config{}
	c.Train.LookAhead, c.Train.MaxEpochs = 30, 100
	p, out, clock := newTestProgress(t, true, c)
	p.intro.add("model", "made")
	tell := func(r runlog.Record) string {
		*clock = clock.Add(time.Second)
		out.Reset()
		p.observe(r)
		return out.String()
	}
	for _, step := range []struct {
		record runlog.Record
		want   string
	}{
		{runlog.Start{}, "model    made\n\r0.00 s\x1b[K"},
		{runlog.Phase{Phase: runlog.Compiling}, "\r1.0 s  compiling …\x1b[K"},
		{runlog.Train{Step: 10, Epoch: 1, Loss: 9, EMA: 12.345, Rate: 123.44}, "\r2.0 s  epoch 1/100  step 10  loss 12.35  123.4 steps/s\x1b[K"},
		{runlog.Phase{Phase: runlog.Validating}, "\r3.0 s  epoch 1/100  step 10  loss 12.35  validating …\x1b[K"},
		{runlog.Valid{Step: 14, Epoch: 1, NLL: 11.5, NLL2SE: 0.2, Best: true},
			"\r4.0 s  epoch 1/100  step 14  loss 12.35  valid 11.50 (best)  look-ahead 30  123.4 steps/s\x1b[K"},
		{runlog.Valid{Step: 28, Epoch: 2, NLL: 11.75, NLL2SE: 0.2},
			"\r5.0 s  epoch 2/100  step 28  loss 12.35  valid 11.75 (best 11.50)  look-ahead 29  123.4 steps/s\x1b[K"},
		{runlog.Event{What: "saved"}, "\r\x1b[Ksaved\n\r6.0 s  epoch 2/100  step 28  loss 12.35  valid 11.75 (best 11.50)  look-ahead 29  123.4 steps/s\x1b[K"},
		{runlog.End{}, "\r\x1b[Kepoch    2  step     28  loss    12.35  valid   11.75 ± 0.20 (best 11.50)  7.0 s\n"},
	} {
		if got := tell(step.record); got != step.want {
			t.Errorf("%T: got  %q\nwant %q", step.record, got, step.want)
		}
	}
}

// How far a test has come is in the live line, and where there is none in a line now and then.
func TestTheTestShowsItsProgress(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		p, out, clock := newTestProgress(t, terminal, &train.Config{})
		p.observe(runlog.Start{})
		for i := range 100 {
			*clock = clock.Add(time.Second)
			p.observe(runlog.Phase{Phase: runlog.Testing, Done: i})
		}
		lines := 99
		if !terminal {
			lines = 3
		}
		if n := strings.Count(out.String(), "testing the best weights … "); n != lines || !strings.Contains(out.String(), " 61 %") {
			t.Errorf("terminal %v: %d lines: %q", terminal, n, out)
		}
	}
}

func TestLiveLineRate(t *testing.T) {
	p, out, clock := newTestProgress(t, true, &train.Config{})
	p.observe(runlog.Start{})
	for step := range int64(1000) { // ten seconds
		*clock = clock.Add(10 * time.Millisecond)
		p.observe(runlog.Train{Step: step + 1, Epoch: 1})
	}
	if n := strings.Count(out.String(), "\r"); n < 90 || n > 101 {
		t.Errorf("the line was written %d times in ten seconds, want ten times a second", n)
	}
}

// A phase is shown at once: until it ends there may be no other record.
func TestLiveLineOfAPhase(t *testing.T) {
	p, out, _ := newTestProgress(t, true, &train.Config{})
	p.observe(runlog.Start{})
	p.observe(runlog.Train{Step: 1, Epoch: 1})
	p.observe(runlog.Phase{Phase: runlog.Testing})
	if !strings.HasSuffix(out.String(), "testing the best weights …\x1b[K") {
		t.Errorf("the line is %q", out)
	}
}

// The time goes on where no records come, as while the first call is compiled, until the
// training ends.
func TestLiveLineWithoutRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, out, _ := newTestProgress(t, true, &train.Config{})
		p.now, p.refresh = time.Now, time.Second
		p.observe(runlog.Start{})
		p.observe(runlog.Phase{Phase: runlog.Compiling})
		time.Sleep(3500 * time.Millisecond)
		synctest.Wait()
		if !strings.HasSuffix(out.String(), "\r3.0 s  compiling …\x1b[K") {
			t.Errorf("the line is %q", out)
		}
		p.observe(runlog.End{})
		length := out.Len()
		time.Sleep(time.Minute)
		synctest.Wait()
		if out.Len() != length {
			t.Errorf("the line goes on after the end: %q", out)
		}
	})
}

// A run of version 0.1.0 that goes on has losses and validations in two units on a line.
func TestOldUnitsAreNamed(t *testing.T) {
	p, out, _ := newTestProgress(t, false, &train.Config{})
	if p.observe(runlog.Start{Step: 7, Resumed: true}); !strings.Contains(out.String(), "0.1.0") {
		t.Errorf("it begins with %q", out)
	}
}

// What is printed begins on a line of its own.
func TestPrintingEndsTheLiveLine(t *testing.T) {
	p, out, _ := newTestProgress(t, true, &train.Config{})
	p.observe(runlog.Start{})
	a := &app{console: p.console, stdout: out}
	if err := a.print("run\n"); err != nil || !strings.HasSuffix(out.String(), "\r\x1b[Krun\n") {
		t.Errorf("%q, %v", out, err)
	}
}

func TestPlainLines(t *testing.T) {
	p, out, clock := newTestProgress(t, false, &train.Config{})
	p.observe(runlog.Start{Step: 7, Resumed: true, Units: runlog.DataUnits})
	for epoch := range 100 { // ten seconds
		*clock = clock.Add(100 * time.Millisecond)
		p.observe(runlog.Train{Step: int64(epoch + 1), Epoch: int32(epoch + 1), EMA: 3})
		p.observe(runlog.Valid{Step: int64(epoch + 1), Epoch: epoch + 1, NLL: runlog.Float(100 - epoch), Best: true})
	}
	p.observe(runlog.End{})
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if lines[0] != "resumed  after step 7" || !strings.HasPrefix(lines[1], "epoch    1 ") {
		t.Errorf("it begins with %q", lines[:2])
	}
	if last := lines[len(lines)-1]; last != "epoch  100  step    100  loss     3.00  valid    1.00 ± 0.00 (best)  10.0 s" {
		t.Errorf("it ends with %q", last)
	}
	if len(lines) < 6 || len(lines) > 8 {
		t.Errorf("%d lines in ten seconds: %q", len(lines), lines)
	}
	if strings.ContainsAny(out.String(), "\r\x1b") {
		t.Error("there are control characters in a pipe")
	}
}

func TestQuiet(t *testing.T) {
	p, out, _ := newTestProgress(t, true, &train.Config{})
	p.quiet = true
	p.intro.add("model", "made")
	p.observe(runlog.Start{})
	p.observe(runlog.Valid{Step: 1, Epoch: 1, Best: true})
	p.observe(runlog.End{})
	if out.Len() > 0 {
		t.Errorf("quiet, but it says %q", out)
	}
}
