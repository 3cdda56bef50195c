package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/maskflow/maskflow/configs"
	"github.com/maskflow/maskflow/runlog"
)

// firstSteps are not counted: they wait for the compiler.
const firstSteps = 500

// trainLimit bounds the wait for the end of a training.
const trainLimit = 10 * time.Minute

// costs trains the preset connect4 in pairs, with the monitor and with the progress
// line, both on a terminal. The figure is by how many per cent the steps a second are
// fewer with the monitor: the median over pairs, with the interval of the sign test.
func costs(ctx context.Context, l *lab, o options) ([]figure, error) {
	program, err := l.program(ctx)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(l.dir, "cost")
	config, err := fs.ReadFile(configs.Files, "connect4.yaml")
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "connect4.yaml"), config, 0o644)
	}
	if err != nil {
		return nil, err
	}
	c := costing{program: program, dir: dir, backend: o.backend, steps: o.steps}
	rng := rand.New(rand.NewPCG(seed, 0))
	var slower []float64
	for i := range o.pairs {
		var rates [2]float64 // without and with the monitor
		first := rng.IntN(2)
		for _, with := range []int{first, 1 - first} {
			if rates[with], err = c.rate(ctx, with == 1); err != nil {
				return nil, fmt.Errorf("pair %d: %w", i+1, err)
			}
		}
		slower = append(slower, 100*(1-rates[1]/rates[0]))
	}
	f := figureOf(fmt.Sprintf("%d pairs of trainings", o.pairs), slower)
	f.Spread = "too few pairs for an interval"
	if lower, upper, ok := signInterval(slower); ok {
		f.Spread = fmt.Sprintf("95 %%: %s to %s", significant(lower), significant(upper))
	}
	return []figure{f}, nil
}

// costing is a training that is run again and again.
type costing struct {
	program, dir, backend string
	steps                 int
}

// rate is the steps a second of one training.
func (c costing) rate(ctx context.Context, monitor bool) (rate float64, err error) {
	run := filepath.Join(c.dir, "run")
	screen := "--no-tui"
	if monitor {
		screen = "--tui"
	}
	t, err := startTerminal(ctx, "", c.program, "train", filepath.Join(c.dir, "connect4.yaml"), "--run", run, "--backend", c.backend,
		"--set", fmt.Sprintf("train.max_steps=%d", c.steps), screen)
	if err != nil {
		return 0, err
	}
	defer t.close()
	defer func() { err = errors.Join(err, os.RemoveAll(run)) }()
	if err := c.wait(ctx, t, run); err != nil {
		return 0, fmt.Errorf("maskflow train %s: %w", screen, err)
	}
	if err := t.leave(ctx); err != nil {
		return 0, fmt.Errorf("maskflow train %s: %w", screen, err)
	}
	h, err := runlog.Load(run)
	if err != nil {
		return 0, err
	}
	return stepsASecond(h)
}

// wait waits until the training has ended. The process may go on: a monitor stays open.
func (c costing) wait(ctx context.Context, t *terminal, run string) error {
	late := time.After(trainLimit)
	for {
		state, err := runlog.ReadState(run, time.Now())
		if err == nil && state.End != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.ended:
			if state, err := runlog.ReadState(run, time.Now()); err == nil && state.End != nil {
				return nil
			}
			return fmt.Errorf("it ended (%v) before its training: %s", t.cmd.ProcessState, t.last())
		case <-late:
			return fmt.Errorf("it has not ended for %v: %s", trainLimit, t.last())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// stepsASecond is the speed of a training after its first steps.
func stepsASecond(h *runlog.History) (float64, error) {
	n := h.Train.Len()
	for i := range n {
		first, last := h.Train.At(i), h.Train.At(n-1)
		if first.Step < firstSteps {
			continue
		}
		if seconds := float64(last.Time - first.Time); seconds > 0 {
			return float64(last.Step-first.Step) / seconds, nil
		}
		break
	}
	return 0, fmt.Errorf("the log has no two train records after step %d that time has passed between", firstSteps)
}
