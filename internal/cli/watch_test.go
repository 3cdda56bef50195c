//go:build unix

package cli

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/runlog"
)

// endless is a training that does not end by itself.
func endless(dir string, flags ...string) []string {
	return append([]string{"train", "tiny.yaml", "--run", dir, "--set", "train.look_ahead=0", "--set", "train.max_epochs=0",
		"--set", "train.max_steps=100000000", "--set", "train.log_every=50", "--set", "model.orders.count=3"}, flags...)
}

// trainer starts an endless training without a terminal.
func (b *bench) trainer(t *testing.T, dir string, flags ...string) *exec.Cmd {
	t.Helper()
	c, stderr := b.command(endless(dir, append(flags, "--quiet")...)...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	})
	eventually(t, "the first validation of "+dir+" "+stderr.String(), b.hasRecord(dir, "valid"))
	return c
}

// stoppedWhole checks that the training in run was stopped on request and that its last
// checkpoint is whole and that of its last step.
func (b *bench) stoppedWhole(t *testing.T) {
	t.Helper()
	h, err := runlog.Load(b.path("run"))
	if err != nil || h.End == nil || h.End.Status != runlog.Stopped {
		t.Fatalf("the log ends with %+v (%v), want status stopped", h.End, err)
	}
	found, err := checkpoint.Latest(b.path("run", runlog.CheckpointsDir))
	if err != nil {
		t.Fatal(err)
	}
	if found.State.Step != h.End.Step {
		t.Errorf("the last checkpoint is of step %d, the last step is %d", found.State.Step, h.End.Step)
	}
}

// A monitor beside a training shows it live and stops it cleanly; closing the monitor is
// no failure.
func TestWatchStopsATraining(t *testing.T) {
	t.Parallel()
	b, x := newBench(t), newTerminal(t, 120, 40)
	trainer := b.trainer(t, "run")
	p := b.on(x, nil, "watch", "run")
	x.shows(`running +run`)
	x.moves()
	x.press("s")
	x.shows(`Stop the training of run\?`)
	x.press("s")
	x.shows(`stopping at step \d+`) // the answer
	x.shows(`stopped +run`)
	if code := exitCode(trainer.Wait()); code != codeDone {
		t.Errorf("the trainer's exit code is %d", code)
	}
	b.stoppedWhole(t)
	x.press("q")
	p.exits(codeDone)
}

// A conditional model is calibrated while it trains, when somebody asks for it.
func TestWatchCalibratesATraining(t *testing.T) {
	t.Parallel()
	b, x := newBench(t), newTerminal(t, 120, 40)
	b.trainer(t, "run", "--set", "data.context_columns=2")
	p := b.on(x, nil, "watch", "run")
	x.shows(`8 calibration`)
	x.press("r")
	x.shows(`calibrated on validation rows`)
	x.shows(`gains? .+ nats`)
	x.shows(`density +0\.\d+ `)
	x.press("q")
	p.exits(codeDone)
}

// A training that is killed is seen as a crash at once.
func TestWatchSeesACrash(t *testing.T) {
	t.Parallel()
	b, x := newBench(t), newTerminal(t, 100, 30)
	trainer := b.trainer(t, "run")
	p := b.on(x, nil, "watch", "run")
	x.moves()
	killed := time.Now()
	if err := trainer.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	x.shows(`crashed +run`)
	t.Logf("seen after %v", time.Since(killed).Round(time.Millisecond))
	_ = trainer.Wait()
	x.press("q")
	p.exits(codeDone)
}

// Signals that end the monitor are an interruption, Ctrl-C and q, which are keys here,
// are not; in all cases the terminal is as it was.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.run(t, append(tinyFor(3), "--run", "run")...)
	for name, c := range map[string]struct {
		end  func(p *process)
		code int
		says string
	}{
		"q":       {func(p *process) { p.press("q") }, codeDone, `^\s*$`},
		"Ctrl-C":  {func(p *process) { p.press("\x03") }, codeDone, `^\s*$`},
		"SIGINT":  {func(p *process) { p.signal(syscall.SIGINT) }, codeInterrupted, `^maskflow: interrupted\s*$`},
		"SIGTERM": {func(p *process) { p.signal(syscall.SIGTERM) }, codeInterrupted, `^maskflow: interrupted\s*$`},
		"SIGHUP":  {func(p *process) { p.signal(syscall.SIGHUP) }, codeInterrupted, `^maskflow: interrupted\s*$`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := b.on(newTerminal(t, 80, 24), nil, "watch", "run")
			p.shows(`done +run`)
			c.end(p)
			p.exits(c.code)
			p.shows(c.says)
		})
	}
}

// The screen is laid out anew for every size, down to a few cells and back.
func TestWatchResized(t *testing.T) {
	t.Parallel()
	b, x := newBench(t), newTerminal(t, 120, 40)
	b.run(t, append(tinyFor(3), "--run", "run")...)
	p := b.on(x, nil, "watch", "run")
	x.shows(`config  sha256`)
	for _, size := range [][2]int{{59, 20}, {16, 4}, {3, 1}, {1, 1}, {200, 60}, {80, 24}} {
		x.resize(size[0], size[1])
		// Its first line begins with the state of the run, at any size.
		state := "■ done"[:min(len("■ done"), len("■")-1+size[0])]
		x.until("a screen of "+state, func() bool { return strings.HasPrefix(x.text(), state) })
		if size[0] >= 80 {
			x.shows(`loss .*(?s:.*)log `)
		}
	}
	p.press("q")
	p.exits(codeDone)
}

// colourCode is a sequence that sets a colour.
var colourCode = regexp.MustCompile(`\x1b\[(?:[\d;]*;)?[34]8[;:]`)

// What the terminal lacks, or the user does not want, does not come.
func TestWatchOnPoorTerminals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.run(t, append(tinyFor(3), "--run", "run")...)
	for name, c := range map[string]struct {
		env           []string
		flags         []string
		colour, ascii bool
	}{
		"all":          {nil, nil, true, false},
		"NO_COLOR=yes": {[]string{"NO_COLOR=yes"}, nil, false, false},
		"NO_COLOR=0":   {[]string{"NO_COLOR=0"}, nil, false, false},
		"--ascii":      {nil, []string{"--ascii"}, true, true},
		"LANG=C":       {[]string{"LANG=C"}, nil, true, true},
		"no LANG":      {[]string{"LANG="}, nil, true, false},
		"TERM=linux":   {[]string{"TERM=linux"}, nil, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := b.on(newTerminal(t, 100, 30), c.env, append([]string{"watch", "run"}, c.flags...)...)
			p.shows(`done +run`)
			p.press("q")
			p.exits(codeDone)
			if got := colourCode.MatchString(p.all()); got != c.colour {
				t.Errorf("colours: %t, want %t", got, c.colour)
			}
			if got := !strings.ContainsFunc(p.all(), func(r rune) bool { return r > 0x7f }); got != c.ascii {
				t.Errorf("ASCII only: %t, want %t", got, c.ascii)
			}
		})
	}
	t.Run("TERM=dumb", func(t *testing.T) {
		t.Parallel()
		p := b.on(newTerminal(t, 100, 30), []string{"TERM=dumb"}, "watch", "run")
		p.exits(codeDone)
		p.shows(`^epoch +3 .+\n *done at step 15, test NLL `)
		if strings.Contains(p.all(), "\x1b") {
			t.Errorf("a dumb terminal was sent %q", p.all())
		}
	})
}

// Runs that begin later are shown, in a folder.
func TestWatchAFolder(t *testing.T) {
	t.Parallel()
	b, x := newBench(t), newTerminal(t, 120, 40)
	b.run(t, append(tinyFor(3), "--run", filepath.Join("runs", "first"))...)
	p := b.on(x, nil, "watch", "runs")
	x.shows(`done +first`)
	b.run(t, append(tinyFor(4), "--run", filepath.Join("runs", "second"))...)
	x.shows(`runs  2 by best(?s:.*) second .*done`)
	x.press("q")
	p.exits(codeDone)
}

// Scripts rely on the keys of --json; more may come.
func TestJSONOfWatch(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.run(t, append(tinyFor(3), "--run", "run")...)
	var stdout bytes.Buffer
	c, stderr := b.command("watch", "run", "--json")
	c.Stdout = &stdout
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	var got map[string][]map[string]any
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil || len(got) != 1 || len(got["runs"]) != 1 {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	run := got["runs"][0]
	has := func(of map[string]any, keys string) {
		t.Helper()
		for _, key := range strings.Fields(keys) {
			if _, ok := of[key]; !ok {
				t.Errorf("no key %q", key)
			}
		}
	}
	has(run, `dir name title id status loading trouble error host pid backend started step epoch elapsed_s quiet_s
		steps_per_second examples_per_second loss ema lr grad_norm non_finite bad_lines valid best epochs_since_best
		look_ahead max_epochs max_steps orders test config`)
	for key, keys := range map[string]string{
		"valid":  "step epoch time_s nll nll_2se",
		"best":   "step epoch time_s nll nll_2se",
		"orders": "step count nll mean best_order gain gain_2se ess",
		"test":   "split rows dim nll nll_2se nll_model orders nll_order_mean gain",
		"config": "data.source model.hidden train.batch",
	} {
		of, ok := run[key].(map[string]any)
		if !ok {
			t.Errorf("%s is %v", key, run[key])
		}
		has(of, keys)
	}
}

// A terminal that is closed ends a monitor, and a training in order.
func TestTheTerminalIsClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.run(t, append(tinyFor(3), "--run", "ended")...)
	for name, args := range map[string][]string{"watch": {"watch", "ended"}, "train": endless("run", "--tui")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newTerminal(t, 100, 30)
			p := b.on(x, nil, args...)
			x.shows(`(running|done) +(run|ended)`)
			_ = x.tty.Close()
			_ = x.master.Close()
			select {
			case <-p.done:
			case <-time.After(waitTime):
				t.Fatal("the process did not end")
			}
			if p.code != codeInterrupted {
				t.Errorf("exit code %d, want %d", p.code, codeInterrupted)
			}
			if name == "train" {
				b.stoppedWhole(t)
			}
		})
	}
}
