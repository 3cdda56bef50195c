package cli

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/runlog"
)

// bench is a folder in which the command runs.
type bench struct {
	dir string
	env []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no signals to send")
	}
	b := &bench{dir: t.TempDir(), env: os.Environ()}
	if err := setup(b.dir, t.TempDir(), func(key, value string) { b.env = append(b.env, key+"="+value) }); err != nil {
		t.Fatal(err)
	}
	return b
}

// command is `maskflow args` with its standard error in a buffer.
func (b *bench) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	var stderr bytes.Buffer
	c := exec.Command("maskflow", args...)
	c.Dir, c.Env, c.Stderr = b.dir, b.env, &stderr
	return c, &stderr
}

func (b *bench) run(t *testing.T, args ...string) {
	t.Helper()
	c, stderr := b.command(args...)
	if err := c.Run(); err != nil {
		t.Fatalf("maskflow %s: %v\n%s", strings.Join(args, " "), err, stderr)
	}
}

func (b *bench) path(parts ...string) string {
	return filepath.Join(append([]string{b.dir}, parts...)...)
}

// sameWeights compares the best weights and the last state of two runs, which
// hold all that a training is: byte for byte, but for the ids of the runs.
func (b *bench) sameWeights(t *testing.T, run, reference string) {
	t.Helper()
	states, err := filepath.Glob(b.path(reference, runlog.CheckpointsDir, "*.safetensors"))
	if err != nil || len(states) < 2 {
		t.Fatalf("%s has the checkpoints %q (%v)", reference, states, err)
	}
	for _, path := range []string{states[0], states[len(states)-1]} { // best comes before step
		name := filepath.Base(path)
		if err := sameState(b.path(run), b.path(reference), name); err != nil {
			t.Error(err)
		}
	}
}

// sameState compares a checkpoint of two runs, in all but the ids of the runs.
func sameState(run, reference, name string) error {
	var states [2]*checkpoint.State
	for i, dir := range []string{run, reference} {
		m, err := runlog.ReadManifest(dir)
		if err != nil {
			return err
		}
		if states[i], err = checkpoint.Load(filepath.Join(dir, runlog.CheckpointsDir, name)); err != nil {
			return err
		}
		states[i].Meta = bytes.Replace(states[i].Meta, []byte(m.ID), nil, 1)
	}
	if !reflect.DeepEqual(states[0], states[1]) {
		return fmt.Errorf("%s of %s is not that of %s", name, run, reference)
	}
	return nil
}

func (b *bench) hasRecord(run, kind string) func() bool {
	return func() bool {
		text, err := os.ReadFile(b.path(run, runlog.MetricsFile))
		return err == nil && bytes.Contains(text, []byte(`{"t":"`+kind+`"`))
	}
}

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

// tinyFor is a training of so many epochs.
func tinyFor(epochs int, flags ...string) []string {
	return append([]string{"train", "tiny.yaml", "--quiet", "--set", "train.look_ahead=0", "--set", "model.orders.count=2",
		"--set", "train.max_epochs=" + strconv.Itoa(epochs)}, flags...)
}

// A signal ends a training with a checkpoint, from which it continues to the
// same weights, bit for bit, as a training that was left alone.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		backend string
		signal  os.Signal
	}{{"go", syscall.SIGINT}, {"go", syscall.SIGTERM}, {"xla", syscall.SIGINT}} {
		t.Run(c.backend+"/"+c.signal.String(), func(t *testing.T) {
			if c.backend == "xla" && !hasXLA() {
				t.Skip("no XLA plugin (run: maskflow backend install)")
			}
			t.Parallel()
			b := newBench(t)
			train := tinyFor(250, "--backend", c.backend)
			b.run(t, append(train, "--run", "whole")...)

			cmd, stderr := b.command(append(train, "--run", "parts")...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the first validation", b.hasRecord("parts", "valid"))
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if code := exitCode(cmd.Wait()); code != codeInterrupted {
				t.Fatalf("exit code %d, want %d: %s", code, codeInterrupted, stderr)
			}
			hint := "(continue: maskflow train --resume --run parts --backend " + c.backend + ")\n"
			if !strings.HasSuffix(stderr.String(), hint) {
				t.Errorf("standard error does not end with %q: %q", hint, stderr)
			}
			h, err := runlog.Load(b.path("parts"))
			if err != nil || h.End == nil || h.End.Status != runlog.Stopped {
				t.Fatalf("the log ends with %+v (%v), want status stopped", h.End, err)
			}
			b.run(t, "train", "--resume", "--run", "parts", "--backend", c.backend, "--quiet")
			b.sameWeights(t, "parts", "whole")
		})
	}
}

// A second signal does not wait for the call that is running.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cmd, stderr := b.command("train", "tiny.yaml", "--run", "run", "--set", "model.hidden=[2500,2500]", "--set", "model.init=he")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the start", b.hasRecord("run", "start"))
	for range 2 {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if code := exitCode(cmd.Wait()); code != codeInterrupted {
		t.Errorf("exit code %d, want %d: %s", code, codeInterrupted, stderr)
	}
}

// A terminal that closes says so more than once, by the kernel and by a shell: the
// training still ends with its checkpoint.
func TestHangUps(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cmd, stderr := b.command(tinyFor(100000, "--run", "run", "--quiet")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a step", b.hasRecord("run", "train"))
	for range 5 {
		if err := cmd.Process.Signal(syscall.SIGHUP); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if code := exitCode(cmd.Wait()); code != codeInterrupted {
		t.Errorf("exit code %d, want %d: %s", code, codeInterrupted, stderr)
	}
	if !b.hasRecord("run", "end")() {
		t.Error("the run has no end record")
	}
}

// A training that is killed, again and again and at any moment, continues from
// a whole checkpoint each time and ends with the weights of one that never was.
func TestKilledFiftyTimes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	b := newBench(t)
	train := tinyFor(600, "--set", "train.checkpoint_every=0.05")
	b.run(t, append(train, "--run", "whole")...)

	rng := rand.New(rand.NewPCG(50, 1))
	for range 50 {
		args := []string{"train", "--resume", "--run", "parts", "--quiet"}
		if _, err := runlog.ReadManifest(b.path("parts")); errors.Is(err, runlog.ErrNoRun) {
			args = slices.Concat(train, []string{"--run", "parts"}) // killed before there was a run
		}
		cmd, stderr := b.command(args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rng.Int64N(int64(300 * time.Millisecond))))
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		if err := cmd.Wait(); exitCode(err) > 0 { // -1 is killed
			t.Fatalf("maskflow %s: %v: %s", strings.Join(args, " "), err, stderr)
		}
	}
	b.run(t, "train", "--resume", "--run", "parts", "--quiet")
	b.sameWeights(t, "parts", "whole")

	h, err := runlog.Load(b.path("parts"))
	if err != nil {
		t.Fatal(err)
	}
	if h.Bad > 0 || h.End == nil || h.End.Status != runlog.Done {
		t.Errorf("the log has %d bad lines and ends with %+v", h.Bad, h.End)
	}
	for i := 1; i < len(h.Valid); i++ {
		if h.Valid[i].Epoch != h.Valid[i-1].Epoch+1 {
			t.Fatalf("validation of epoch %d follows that of %d", h.Valid[i].Epoch, h.Valid[i-1].Epoch)
		}
	}
	places := map[int64]bool{}
	for _, s := range h.Starts {
		places[s.Step] = true
	}
	if len(places) < 10 {
		t.Errorf("the training was resumed at %d different steps only: the kills tell little", len(places))
	}
	t.Logf("%d starts at %d different steps", len(h.Starts), len(places))
}

// A reproduction that is interrupted says how it goes on, and leaves a training
// that can be resumed.
func TestInterruptedReproduction(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var wine strings.Builder
	wine.WriteString("a;b;c;d;e;f;g;h;i;j;k;quality\n")
	rng := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		for range 11 {
			wine.WriteString(strconv.FormatFloat(rng.NormFloat64(), 'f', 4, 64) + ";")
		}
		wine.WriteString("6\n")
	}
	if err := errors.Join(os.Mkdir(b.path("real"), 0o755), os.WriteFile(b.path("real", "winequality-white.csv"), []byte(wine.String()), 0o644)); err != nil {
		t.Fatal(err)
	}
	c, stderr := b.command("reproduce", "wine-white", "--run", "wine", "--quiet")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a step", b.hasRecord("wine/maf-fold1", "train"))
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := exitCode(c.Wait()); code != codeInterrupted || !strings.Contains(stderr.String(), "interrupted (continue with the same command)") {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if states, err := filepath.Glob(b.path("wine", "maf-fold1", runlog.CheckpointsDir, "step*")); err != nil || len(states) == 0 {
		t.Errorf("no checkpoint (%v)", err)
	}
}
