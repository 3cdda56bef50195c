package main

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/runlog"
)

// script writes a program of sh in the place of maskflow.
func script(t *testing.T, text string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the monitor is measured on Linux only")
	}
	if master, tty, err := pty.Open(); err != nil {
		t.Skip("no pseudo-terminal: ", err)
	} else {
		_, _ = master.Close(), tty.Close()
	}
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// A program that waits until its screen was read and q was pressed is seen and left.
func TestTerminal(t *testing.T) {
	program := script(t, "[ -t 0 ] && [ -t 1 ] || exit 3\nhead -c 100000 /dev/zero | tr '\\0' x\necho "+lastEvent+"\nhead -c 1 >/dev/null\n")
	ctx := context.Background()
	term, err := startTerminal(ctx, program)
	if err != nil {
		t.Fatal(err)
	}
	defer term.close()
	if rows, columns, err := pty.Getsize(term.master); err != nil || rows != 40 || columns != 120 {
		t.Errorf("the terminal has %d rows of %d columns (%v), want 40 of 120", rows, columns, err)
	}
	if after, err := term.picture(ctx); err != nil || after <= 0 {
		t.Errorf("shown after %v, %v", after, err)
	}
	if _, err := term.master.WriteString("\n"); err != nil { // this terminal hands over lines
		t.Error(err)
	}
	if err := term.leave(ctx); err != nil {
		t.Error(err)
	}
}

func TestTerminalOfAProgramThatFails(t *testing.T) {
	program := script(t, "echo no run here\nexit 1\n")
	term, err := startTerminal(context.Background(), program)
	if err != nil {
		t.Fatal(err)
	}
	defer term.close()
	if _, err := term.picture(context.Background()); err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "no run here") {
		t.Errorf("got %v, want the status and what the program said", err)
	}
	if err := term.leave(context.Background()); err == nil {
		t.Error("a program that failed was left without an error")
	}
}

// A program that computes all the time takes all of a core, as far as it gets one, and
// one that sleeps takes next to nothing.
func TestIdleShare(t *testing.T) {
	busy := script(t, "echo "+lastEvent+"\nwhile :; do :; done\n")
	asleep := script(t, "echo "+lastEvent+"\nexec sleep 60\n")
	share := map[string]float64{}
	for _, program := range []string{busy, asleep} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		term, err := startTerminal(ctx, program)
		if err != nil {
			t.Fatal(err)
		}
		if share[program], err = coreShare(ctx, term.cmd.Process.Pid, 300*time.Millisecond); err != nil {
			t.Error(err)
		}
		term.close()
		cancel()
	}
	if share[busy] < 10 || share[busy] > 110 || share[asleep] > 5 {
		t.Errorf("a busy program took %.1f %% of a core and a sleeping one %.1f", share[busy], share[asleep])
	}
}

// Steps that waited for the compiler do not count.
func TestStepsASecond(t *testing.T) {
	history := func(records ...runlog.Record) *runlog.History {
		h := new(runlog.History)
		h.Add(runlog.Batch{Records: records})
		return h
	}
	slow := runlog.Train{Step: 100, Time: 90}
	h := history(slow, runlog.Train{Step: 500, Time: 100}, runlog.Train{Step: 640, Time: 100.5}, runlog.Train{Step: 700, Time: 101},
		runlog.Train{Step: 740, Time: 102}, runlog.Train{Step: 900, Time: 104})
	if v, err := stepsASecond(h); err != nil || v != 100 {
		t.Errorf("%v steps a second, %v; want 100", v, err)
	}
	for _, h := range []*runlog.History{history(), history(slow), history(slow, runlog.Train{Step: 600, Time: 100})} {
		if rate, err := stepsASecond(h); err == nil {
			t.Errorf("%d records give %v steps a second, want an error", h.Train.Len(), rate)
		}
	}
}

// trainer writes the run of a training that takes 100 steps a second without the
// monitor and 90 with it, and stays open with it.
const trainer = `
while [ $# -gt 0 ]; do
	[ "$1" = --run ] && run=$2
	screen=$1
	shift
done
rate=100
[ $screen = --tui ] && rate=90
mkdir -p $run
echo '{"v":1,"id":"x","name":"x"}' >$run/run.json
{
	echo '{"t":"start","v":1,"time":0,"step":0}'
	echo '{"t":"train","step":500,"time":50}'
	echo '{"t":"train","step":'$((500 + 10 * rate))',"time":60}'
	echo '{"t":"end","status":"done","step":2000,"time":60}'
} >$run/metrics.jsonl
[ $screen = --tui ] && head -c 1 >/dev/null
exit 0
`

func TestCost(t *testing.T) {
	l := &lab{options: options{pairs: 6, steps: 2000, backend: "go"}, dir: t.TempDir(), maskflow: script(t, "stty -icanon\n"+trainer)}
	for name, c := range map[string]struct {
		old  string
		with string
		want float64
	}{
		"the monitor":   {"", "--tui", 10},
		"another build": {l.maskflow, "--no-tui", 0},
	} {
		values, err := slower(context.Background(), l, c.old, c.with)
		if err != nil {
			t.Fatal(err)
		}
		if v := num.Median(values); len(values) != 6 || math.Abs(v-c.want) > 1e-9 {
			t.Errorf("%s costs %v, want %v %%", name, values, c.want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(l.dir, "cost")); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
}

func TestMadeRuns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "live")
	w, err := makeRun(dir, 3000)
	if err != nil {
		t.Fatal(err)
	}
	status := func(dir string) runlog.Status {
		s, err := runlog.ReadState(dir, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return s.Status
	}
	if s := status(dir); s != runlog.Running {
		t.Errorf("a run with its writer is %s, want running", s)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	h, err := runlog.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if h.Train.Len() != 3000 || len(h.Valid) != 3 || len(h.Orders) != 3 || h.Bad != 0 {
		t.Errorf("%d train records, %d validations, %d with orders, %d bad lines; want 3000, 3, 3 and 0", h.Train.Len(), len(h.Valid), len(h.Orders), h.Bad)
	}
	if last := h.Train.At(2999); last.Time != 30 || last.Step != 3000 {
		t.Errorf("the last record is of step %d after %v s, want 3000 after 30", last.Step, last.Time)
	}
	if n := len(h.Events); n != 1 || h.Events[0].What != lastEvent {
		t.Errorf("the events are %v, want %q", h.Events, lastEvent)
	}
}

func TestStudyReportsWhatIsMissed(t *testing.T) {
	for value, missed := range map[float64]bool{1.62: false, 2.5: true} {
		r := row{name: "monitor-open", unit: "s", target: 2, values: func(context.Context, *lab) ([]float64, error) { return []float64{value}, nil }}
		found, err := r.measure(context.Background(), &lab{})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		found.write(&out)
		if line := out.String(); strings.Contains(line, "missed") != missed || !strings.Contains(line, significant(value)+" s") {
			t.Errorf("the row is %q", line)
		}
	}
}
