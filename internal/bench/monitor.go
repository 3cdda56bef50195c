package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/maskflow/maskflow/configs"
	"github.com/maskflow/maskflow/internal/python"
	"github.com/maskflow/maskflow/runlog"
)

// studies are measured at the command itself as a process of its own, of the monitor on a terminal.
var studies = []row{
	{name: "stream-memory", what: "the most memory that maskflow logprob has resident, of a Parquet and of a CSV file of -rows rows, MAF 5x(20-128-128)",
		target: 500, unit: "MB", values: streamMemory},
	{name: "monitor-open", what: "from the start of maskflow watch to its first whole picture of a run of a million train records",
		target: 2, unit: "s", values: opening},
	{name: "monitor-memory", what: "the most memory that it has resident, when it was asked for another x axis twenty times",
		target: 150, unit: "MB", values: memory},
	{name: "monitor-idle", what: "what maskflow watch computes while nothing happens, of a core", target: 1, unit: "%", values: idling},
	{name: "monitor-cost", what: "by how much slower maskflow train --tui takes its steps than with --no-tui, and where the median lies with 95 %",
		target: 2, unit: "%", values: func(ctx context.Context, l *lab) ([]float64, error) { return slower(ctx, l, "", "--tui") }},
	{name: "train-old", what: "by how much slower maskflow train takes its steps than the command of -old, and where the median lies with 95 %",
		target: 3, unit: "%", values: func(ctx context.Context, l *lab) ([]float64, error) { return slower(ctx, l, l.old, "--no-tui") }},
}

// program is the command maskflow, built as this program was.
func (l *lab) program(ctx context.Context) (string, error) {
	if l.maskflow != "" {
		return l.maskflow, nil
	}
	path := filepath.Join(l.dir, "maskflow")
	args := []string{"build", "-o", path}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-tags" {
				args = append(args, "-tags", s.Value)
			}
		}
	}
	if err := python.Run(ctx, "go", append(args, "github.com/maskflow/maskflow/cmd/maskflow")...); err != nil {
		return "", fmt.Errorf("building maskflow: %w", err)
	}
	l.maskflow = path
	return path, nil
}

// watch opens a run of so many records on a terminal, measures something there, and leaves.
func (l *lab) watch(ctx context.Context, records int, measure func(t *terminal, shown time.Duration) (float64, error)) (v float64, err error) {
	program, err := l.program(ctx)
	if err != nil {
		return 0, err
	}
	dir := filepath.Join(l.dir, fmt.Sprintf("run-%d", records))
	if _, err := os.Stat(dir); err != nil {
		w, err := makeRun(dir, records)
		if err != nil {
			return 0, err
		}
		l.ends = append(l.ends, func() { _ = w.Close() }) // its folder goes too
	}
	t, err := startTerminal(ctx, program, "watch", dir)
	if err != nil {
		return 0, err
	}
	defer t.close()
	shown, err := t.picture(ctx)
	if err == nil {
		v, err = measure(t, shown)
	}
	if err == nil {
		err = t.leave(ctx)
	}
	return v, err
}

const million = 1_000_000

func opening(ctx context.Context, l *lab) (values []float64, err error) {
	for range max(3, l.rounds/3) {
		v, err := l.watch(ctx, million, func(_ *terminal, shown time.Duration) (float64, error) { return shown.Seconds(), nil })
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// memory is the most that was resident of a monitor whose curves were made anew again and again. It is read while the
// process lives: the figure of one that has ended begins with the memory of the process that started it.
func memory(ctx context.Context, l *lab) ([]float64, error) {
	v, err := l.watch(ctx, million, func(t *terminal, _ time.Duration) (float64, error) {
		for range 20 {
			if _, err := t.master.WriteString("x"); err != nil {
				return 0, err
			}
			if err := sleep(ctx, 100*time.Millisecond); err != nil {
				return 0, err
			}
		}
		return peakMemory(t.cmd.Process.Pid)
	})
	return []float64{v}, err
}

// idling watches a run whose writer holds its lock and writes nothing.
func idling(ctx context.Context, l *lab) ([]float64, error) {
	v, err := l.watch(ctx, 50_000, func(t *terminal, _ time.Duration) (float64, error) {
		if err := sleep(ctx, 2*time.Second); err != nil { // until the picture has settled
			return 0, err
		}
		return coreShare(ctx, t.cmd.Process.Pid, time.Duration(l.idle*float64(time.Second)))
	})
	return []float64{v}, err
}

// coreShare is how many per cent of a core's time the threads of a process take for a while.
func coreShare(ctx context.Context, pid int, d time.Duration) (float64, error) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0, err
	}
	return p.PercentWithContext(ctx, d)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// lastEvent is written behind all records of a made run. A picture that shows it has taken in all of them. Its letters
// follow each other nowhere else, so that a terminal is not sent a part of it only.
const lastEvent = "qzxjkqzxjkqzxjk"

// makeRun writes the run of a MADE with eight orders: so many train records, one a step, and for every thousand of them
// a validation with its orders. The run goes on until the writer that is returned is closed.
func makeRun(dir string, records int) (*runlog.Writer, error) {
	const rate = 100 // steps a second
	config, err := fs.ReadFile(configs.Files, "connect4.yaml")
	if err != nil {
		return nil, err
	}
	began, step := time.Now().Add(-time.Duration(records)*time.Second/rate), 0
	clock := func() time.Time { return began.Add(time.Duration(step) * time.Second / rate) }
	w, err := runlog.Create(dir, runlog.Manifest{Name: "connect4", Process: runlog.Process{Backend: "go"}}, config, runlog.Options{Clock: clock})
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(seed, uint64(records)))
	err = w.Append(runlog.Start{})
	for step = 1; step <= records && err == nil; step++ {
		level := 12 + 70*math.Exp(-float64(step)/500)
		err = w.Append(runlog.Train{Step: int64(step), Epoch: int32(1 + step/1000), Loss: runlog.Float(level + 0.3*rng.NormFloat64()),
			EMA: runlog.Float32(level), LR: 0.01, GradNorm: runlog.Float32(math.Exp(0.3 * rng.NormFloat64())), Rate: rate, Mask: int32(step % 8)})
		if step%1000 == 0 {
			nll := runlog.Float(level)
			o := runlog.Orders{Step: int64(step), Split: "valid", NLL: nll, Mean: nll + 0.2, BestOrder: nll + 0.1, Gain: 0.2, Gain2SE: 0.002, ESS: 6}
			for k := range 8 {
				o.PerOrder = append(o.PerOrder, nll+0.1+runlog.Float(k)/40)
			}
			o.MaskLoss = o.PerOrder
			valid := runlog.Valid{Step: int64(step), Epoch: step / 1000, NLL: nll, NLL2SE: 0.02, Best: true}
			err = errors.Join(err, w.Append(valid), w.Append(o))
		}
	}
	step = records
	if err = errors.Join(err, w.Append(runlog.Event{What: lastEvent})); err != nil {
		_ = w.Close() // the first error is the one to report
		return nil, fmt.Errorf("making a run to watch: %w", err)
	}
	return w, nil
}

// firstSteps are not counted: they wait for the compiler.
const firstSteps = 500

// slower trains the preset connect4 in pairs, one of each without the monitor by a command, that of this tree where it is
// empty, and one by that of this tree with a flag. It returns by how many per cent the second takes fewer steps a second
// in each pair, whose order is drawn.
func slower(ctx context.Context, l *lab, old, flag string) (values []float64, err error) {
	program, err := l.program(ctx)
	if err != nil {
		return nil, err
	}
	programs, flags := [2]string{cmp.Or(old, program), program}, [2]string{"--no-tui", flag}
	run := filepath.Join(l.dir, "cost")
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range l.pairs {
		var rates [2]float64
		first := rng.IntN(2)
		for _, k := range []int{first, 1 - first} {
			rates[k], err = trainingRate(ctx, run, programs[k], "train", filepath.Join(l.dir, "connect4.yaml"), "--run", run,
				"--backend", l.backend, "--set", fmt.Sprintf("train.max_steps=%d", l.steps), flags[k])
			if err != nil {
				return nil, fmt.Errorf("pair %d: %w", i+1, err)
			}
		}
		values = append(values, 100*(1-rates[1]/rates[0]))
	}
	return values, nil
}

// trainingRate is the steps a second of a training on a terminal, by the times in its log. A monitor stays open when the
// training has ended.
func trainingRate(ctx context.Context, run, program string, args ...string) (rate float64, err error) {
	t, err := startTerminal(ctx, program, args...)
	if err != nil {
		return 0, err
	}
	defer t.close()
	defer func() { err = errors.Join(err, os.RemoveAll(run)) }()
	err = t.until(ctx, "its training ended", "", func() bool {
		state, err := runlog.ReadState(run, time.Now())
		return err == nil && state.End != nil
	})
	if err == nil {
		err = t.leave(ctx)
	}
	if err != nil {
		return 0, err
	}
	h, err := runlog.Load(run)
	if err != nil {
		return 0, err
	}
	return stepsASecond(h)
}

// stepsASecond is the speed of a training after its first steps.
func stepsASecond(h *runlog.History) (float64, error) {
	train, first := &h.Train, 0
	for first < train.Len() && train.At(first).Step < firstSteps {
		first++
	}
	if last := train.Len() - 1; first < last && train.At(last).Time > train.At(first).Time {
		return float64(train.At(last).Step-train.At(first).Step) / float64(train.At(last).Time-train.At(first).Time), nil
	}
	return 0, fmt.Errorf("the log has no two train records after step %d that time has passed between", firstSteps)
}
