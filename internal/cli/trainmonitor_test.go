//go:build unix

package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
	"github.com/maskflow/maskflow/tui"
)

// shown starts an endless training on a terminal and waits until its monitor shows it
// live.
func (b *bench) shown(t *testing.T, flags ...string) *process {
	t.Helper()
	p := b.on(newTerminal(t, 160, 40), nil, endless("run", flags...)...)
	p.shows(`running +run`)
	p.moves()
	return p
}

// summary waits for the summary of a training on the normal screen.
func (p *process) summary() {
	p.t.Helper()
	p.shows(`\nrun +run *\nresume +maskflow train --resume --run run`)
}

// The monitor of a training asks, when it is left, what becomes of the training, and
// however the training ends the summary stands on the screen that was there before.
func TestTrainWithAMonitor(t *testing.T) {
	t.Parallel()
	t.Run("stop", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		p := b.shown(t)
		p.press("q")
		p.shows(`What becomes of the training\?`)
		p.press("s")
		p.exits(codeDone)
		p.shows(`test +NLL \d`)
		p.summary()
		b.stoppedWhole(t)
	})
	t.Run("stop now", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		p := b.shown(t)
		p.press("q")
		p.shows(`What becomes of the training\?`)
		p.press("n")
		p.exits(codeDone)
		p.summary()
		if strings.Contains(p.text(), "\ntest ") {
			t.Error("a training that was stopped at once was tested")
		}
		b.stoppedWhole(t)
	})
	t.Run("kept open", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		p := b.shown(t, "--tui")
		p.press("ss")
		p.shows(`stopped +run`)
		p.until("the end of the training", func() bool {
			s, err := runlog.ReadState(b.path("run"), time.Now())
			return err == nil && s.Status == runlog.Stopped
		})
		if !p.full() {
			t.Error("the monitor did not stay open")
		}
		p.press("q")
		p.exits(codeDone)
		p.summary()
		b.stoppedWhole(t)
	})
	t.Run("detach", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		p := b.shown(t, "--tui")
		p.press("q")
		p.shows(`What becomes of the training\?`)
		p.press("d")
		p.restored() // while the process goes on
		p.shows(`the training goes on without the monitor \(Ctrl-C stops it\)`)
		p.shows(`\n\S+ s +epoch \d+  step \d+/100000000 .* steps/s`)
		p.press("\x03") // a signal again
		p.exits(codeInterrupted)
		p.shows(`interrupted at step \d+ \(continue: maskflow train --resume --run run\)`)
		b.stoppedWhole(t)
	})
	t.Run("ends by itself", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		p := b.on(newTerminal(t, 120, 36), nil, "train", "tiny.yaml", "--run", "run")
		p.exits(codeDone)
		p.shows(`test +NLL \d(?s:.*)next +maskflow eval run`)
		if all := p.all(); !strings.Contains(all, "\x1b[?1049h") {
			t.Error("no monitor was shown")
		}
	})
	t.Run("diverges", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		p := b.on(newTerminal(t, 120, 36), nil, "train", "tiny.yaml", "--run", "run", "--tui", "--set", "train.optimizer.name=sgd", "--set", "train.optimizer.learning_rate=1e38")
		p.shows(`diverged +run`)
		p.press("q")
		p.exits(codeDiverged)
		p.shows(`maskflow: training run: step 1 diverged: `)
	})
	t.Run("in the background", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		p := b.onTerminal(newTerminal(t, 120, 36), nil, "sh", "-c", "set -m; maskflow train tiny.yaml --run run & wait $!")
		p.exits(codeDone)
		p.shows(`test +NLL \d(?s:.*)next +maskflow eval run`)
		if strings.Contains(p.all(), "\x1b[?1049h") {
			t.Error("a monitor was shown")
		}
	})
	t.Run("XLA", func(t *testing.T) {
		if !hasXLA() {
			t.Skip("no XLA plugin (run: maskflow backend install)")
		}
		t.Parallel()
		b := newBench(t)
		p := b.shown(t, "--backend", "xla")
		p.press("q")
		p.shows(`What becomes of the training\?`)
		p.press("s")
		p.exits(codeDone)
		p.shows(`test +NLL \d`)
		b.stoppedWhole(t)
		if _, err := os.Stat(b.path("run", runlog.StderrFile)); err != nil || strings.Contains(p.all(), ".cc:") {
			t.Errorf("the plugin wrote to the terminal, or there is no %s (%v)", runlog.StderrFile, err)
		}
	})
	t.Run("no monitor", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		for i, c := range []struct{ env, flags []string }{{nil, []string{"--no-tui"}}, {nil, []string{"--quiet"}}, {nil, []string{"--json"}}, {[]string{"TERM=dumb"}, nil}} {
			p := b.on(newTerminal(t, 120, 36), c.env, append([]string{"train", "tiny.yaml", "--run", fmt.Sprint("run", i)}, c.flags...)...)
			p.exits(codeDone)
			if strings.Contains(p.all(), "\x1b[?1049h") {
				t.Errorf("%v %v: a monitor was shown", c.env, c.flags)
			}
		}
	})
}

// A signal, or Ctrl-C, which is a key while the monitor is shown, ends the training with
// a checkpoint, and the monitor with it, even one that was to stay open.
func TestInterruptWithAMonitor(t *testing.T) {
	t.Parallel()
	for name, interrupt := range map[string]func(p *process){
		"Ctrl-C":  func(p *process) { p.press("\x03") },
		"SIGINT":  func(p *process) { p.signal(syscall.SIGINT) },
		"SIGTERM": func(p *process) { p.signal(syscall.SIGTERM) },
		"SIGHUP":  func(p *process) { p.signal(syscall.SIGHUP) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			p := b.shown(t, "--tui")
			interrupt(p)
			p.exits(codeInterrupted)
			p.shows(`maskflow: training run: interrupted at step \d+ \(continue: maskflow train --resume --run run\)`)
			b.stoppedWhole(t)
		})
	}
}

// A second Ctrl-C does not wait for the call that is running.
func TestSecondInterruptWithAMonitor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.on(newTerminal(t, 120, 36), nil, endless("run", "--set", "model.hidden=[2500,2500]", "--set", "model.init=he")...)
	p.shows(`running +run`)
	p.press("\x03")
	p.shows(`once more to stop at once`)
	p.press("\x03")
	p.exits(codeInterrupted)
}

// What a native library writes to standard error goes to the log of the run and never
// over the screen.
func TestNativeStderrWithAMonitor(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("no way into the standard error of another process")
	}
	b := newBench(t)
	p := b.shown(t)
	stderr, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/2", p.cmd.Process.Pid), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	long := strings.Repeat("x", 300) // more than any panel has room for
	if _, err := stderr.WriteString("hello " + long + "\n"); err != nil {
		t.Fatal(err)
	}
	p.shows(`\bhello\b`) // in the panel of the log, from the file
	text, err := os.ReadFile(b.path("run", runlog.StderrFile))
	if err != nil || !bytes.Contains(text, []byte("hello "+long+"\n")) {
		t.Errorf("stderr.log has %q (%v)", text, err)
	}
	p.press("\x03")
	p.exits(codeInterrupted)
	if strings.Contains(p.all(), long) {
		t.Error("it was written over the screen")
	}
}

// A panic of the training closes the monitor, which shows the run of a directory, and is
// raised again where the command reports it.
func TestPanicBesideAMonitor(t *testing.T) {
	x := newTerminal(t, 80, 24)
	dir := filepath.Join(t.TempDir(), "run")
	w, err := runlog.Create(dir, runlog.Manifest{Name: "run"}, []byte("name: run\n"), runlog.Options{})
	if err == nil {
		err = w.Append(runlog.Start{})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var stderr bytes.Buffer
	a := &app{stdin: x.tty, stdout: x.tty, console: newConsole(&stderr)}
	ctx, stop := a.catchSignals(context.Background())
	defer stop()
	started := make(chan struct{})
	close(started)
	raised := func() (p any) {
		defer func() { p = recover() }()
		_, _, _ = a.beside(ctx, tui.Options{Own: dir, Hold: true}, started, func() (*train.Summary, error) {
			x.until("the monitor", x.full)
			panic("bang")
		})
		return nil
	}()
	carried, ok := raised.(*carriedPanic)
	if !ok || carried.value != "bang" || !regexp.MustCompile(`^cli/trainmonitor_test\.go:\d+$`).MatchString(carried.site) {
		t.Errorf("raised %+v", raised)
	}
	x.restored()
}
