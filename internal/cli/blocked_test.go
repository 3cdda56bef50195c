//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maskflow/maskflow/runlog"
)

// endsSoon waits for a process that has to end within a second; twice that is for a
// machine that has much else to do.
func endsSoon(t *testing.T, c *exec.Cmd) (code int) {
	t.Helper()
	began := time.Now()
	killed := time.AfterFunc(waitTime, func() { _ = c.Process.Kill() })
	defer killed.Stop()
	code = exitCode(c.Wait())
	if spent := time.Since(began); spent > 2*time.Second {
		t.Errorf("the end took %v", spent)
	}
	return code
}

// fullPipe is the end of a pipe into which nothing more fits, and its other end.
func fullPipe(t *testing.T) (in, out *os.File) {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = in.Close(), out.Close() })
	if err := in.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = in.Write(bytes.Repeat([]byte("\n"), 4096))
	}
	return in, out
}

func isDone(b *bench, run string) bool {
	h, err := runlog.Load(b.path(run))
	return err == nil && h.End != nil && h.End.Status == runlog.Done
}

// What becomes of its progress is none of a training's business: the pipe may be full, or
// nobody at its other end.
func TestNobodyReadsTheProgress(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, gone := range []bool{false, true} {
		in, out := fullPipe(t)
		if gone {
			if err := out.Close(); err != nil {
				t.Fatal(err)
			}
		}
		run := fmt.Sprint("run-", gone)
		c, _ := b.command("train", "tiny.yaml", "--run", run)
		c.Stderr = in
		if err := c.Run(); err != nil || !isDone(b, run) {
			t.Errorf("with a reader that is gone (%v): %v", gone, err)
		}
	}
}

func TestDroppedLinesAreCounted(t *testing.T) {
	out, in := io.Pipe()
	c := newConsole(in)
	const lines = 3 * mostWaiting
	began := time.Now()
	for i := range lines {
		c.line("%d", i)
	}
	if spent := time.Since(began); spent > 10*writeTime {
		t.Errorf("%d lines that nobody read took %v", lines, spent)
	}
	dropped, read := 0, 0
	for s := bufio.NewScanner(out); read+dropped < lines && s.Scan(); {
		if _, err := fmt.Sscanf(s.Text(), "(%d lines dropped:", &dropped); err != nil {
			read++
		}
	}
	if dropped == 0 || read < mostWaiting {
		t.Errorf("%d lines were read and %d counted", read, dropped)
	}
}

// A terminal that is stopped (Ctrl-S) stops neither the training nor its saving.
func TestStoppedTerminal(t *testing.T) {
	t.Parallel()
	b, x := newBench(t), newTerminal(t, 100, 30)
	p := b.on(x, nil, "train", "tiny.yaml", "--run", "run", "--no-tui")
	x.press("\x13")
	eventually(t, "the end of the training", func() bool { return isDone(b, "run") })
	x.press("\x11")
	p.exits(codeDone)
	x.shows("maskflow eval run")
}

// Two signals end a training that is blocked, one any other command; a training is
// saved by SIGQUIT, too.
func TestSignalsActBeforeTheyPrint(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in, _ := fullPipe(t)
	c, _ := b.command("train", "tiny.yaml", "--run", "twice", "--set", "model.hidden=[2500,2500]", "--set", "model.init=he")
	c.Stderr = in
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the start", b.hasRecord("twice", "start"))
	for range 2 {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if code := endsSoon(t, c); code != codeInterrupted {
		t.Errorf("exit code %d", code)
	}

	c, _ = b.command(tinyFor(100000, "--run", "quit")...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a step", b.hasRecord("quit", "train"))
	if err := c.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	if code := endsSoon(t, c); code != codeInterrupted || !b.hasRecord("quit", "checkpoint")() || goText.MatchString(stderr.String()) {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
}

// Ctrl-C ends every command within a second, whatever it waits for, and leaves nothing
// half-written.
func TestInterruptedCommands(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.run(t, tinyFor(1, "--run", "run", "--set", "model.hidden=[1000,1000]", "--set", "model.init=he")...)
	b.run(t, "train", "flow.yaml", "--run", "flow", "--quiet", "--set", "train.max_epochs=1")
	for _, line := range []string{
		"eval run --data tiny.csv --orders 2",
		"logprob run - -o out.csv",
		"sample run -n 10000000 -o out.npy",
		"latent flow - -o out.csv",
		"plot flow --kind samples -n 1000000 -o out.png",
		"verify run",
		"data show tiny.csv",
		"masks tiny.yaml",
		"reproduce maf-toy --quick --run toy",
		"backend doctor",
		"backend install --force",
		"watch run",
	} {
		t.Run(line, func(t *testing.T) {
			c, stderr := b.command(strings.Fields(line)...)
			data := t.TempDir()
			c.Env = append(c.Env, "XDG_DATA_HOME="+data)
			stdin, err := c.StdinPipe() // which never ends
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close() //nolint:errcheck // nothing was written
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(300 * time.Millisecond)
			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			if code := endsSoon(t, c); code != codeInterrupted && code != codeDone {
				t.Errorf("exit code %d: %s", code, stderr)
			}
			for _, left := range []string{b.path("out.*"), b.path(".*"), filepath.Join(data, "maskflow", "plugins", ".*")} {
				if found, err := filepath.Glob(left); err != nil || len(found) > 0 {
					t.Errorf("it left %q (%v)", found, err)
				}
			}
		})
	}
}

// A table has the names of its columns as they are, but a terminal is not given them so.
func TestTablesOnATerminal(t *testing.T) {
	t.Parallel()
	b, x := newBench(t), newTerminal(t, 100, 30)
	rows, err := os.ReadFile(b.path("curve.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.path("curve.csv"), append([]byte("\x1b]0;title\x07,y\n"), rows...), 0o644); err != nil {
		t.Fatal(err)
	}
	b.run(t, "train", "flow.yaml", "--run", "run", "--quiet", "--set", "train.max_epochs=1")
	b.on(x, nil, "sample", "run", "-n", "2", "-o", "-").exits(codeDone)
	x.shows(`\\u001b\]0;title\\u0007`)
	if all := x.all(); strings.Contains(all, "\x1b]") {
		t.Errorf("the terminal was given %q", all)
	}
}
