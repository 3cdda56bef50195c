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
// line, both on a terminal. The figures are by how many per cent the steps a second are
// fewer with the monitor, over all of a training and in its best second, which other
// work of the machine disturbs least and in which the monitor has drawn as often as in
// any other: the medians over pairs, with the intervals of the sign test.
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
	var slower, slowerAtBest []float64
	for i := range o.pairs {
		var rates [2]speed // without and with the monitor
		first := rng.IntN(2)
		for _, with := range []int{first, 1 - first} {
			if rates[with], err = c.rate(ctx, with == 1); err != nil {
				return nil, fmt.Errorf("pair %d: %w", i+1, err)
			}
		}
		slower = append(slower, 100*(1-rates[1].mean/rates[0].mean))
		slowerAtBest = append(slowerAtBest, 100*(1-rates[1].best/rates[0].best))
	}
	return []figure{
		costFigure(fmt.Sprintf("%d pairs, all steps", o.pairs), slower),
		costFigure(fmt.Sprintf("%d pairs, best second", o.pairs), slowerAtBest),
	}, nil
}

// costFigure is the median of values with the interval that it has by the sign test.
func costFigure(of string, values []float64) figure {
	f := figure{Of: of, Value: median(values), Values: values, Spread: "too few pairs for an interval"}
	if lower, upper, ok := signInterval(values); ok {
		f.Spread = fmt.Sprintf("95 %%: %s to %s", significant(lower), significant(upper))
	}
	return f
}

// costing is a training that is run again and again.
type costing struct {
	program, dir, backend string
	steps                 int
}

// speed is the steps a second of a training, over all of it and in its best second.
type speed struct{ mean, best float64 }

// rate is the speed of one training.
func (c costing) rate(ctx context.Context, monitor bool) (v speed, err error) {
	run := filepath.Join(c.dir, "run")
	screen := "--no-tui"
	if monitor {
		screen = "--tui"
	}
	t, err := startTerminal(ctx, "", c.program, "train", filepath.Join(c.dir, "connect4.yaml"), "--run", run, "--backend", c.backend,
		"--set", fmt.Sprintf("train.max_steps=%d", c.steps), screen)
	if err != nil {
		return v, err
	}
	defer t.close()
	defer func() { err = errors.Join(err, os.RemoveAll(run)) }()
	if err := c.wait(ctx, t, run); err != nil {
		return v, fmt.Errorf("maskflow train %s: %w", screen, err)
	}
	if err := t.leave(ctx); err != nil {
		return v, fmt.Errorf("maskflow train %s: %w", screen, err)
	}
	h, err := runlog.Load(run)
	if err != nil {
		return v, err
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
func stepsASecond(h *runlog.History) (v speed, err error) {
	train, first := &h.Train, 0
	for first < train.Len() && train.At(first).Step < firstSteps {
		first++
	}
	rate := func(i, j int) float64 {
		return float64(train.At(j).Step-train.At(i).Step) / float64(train.At(j).Time-train.At(i).Time)
	}
	last := train.Len() - 1
	if first >= last || train.At(last).Time <= train.At(first).Time {
		return v, fmt.Errorf("the log has no two train records after step %d that time has passed between", firstSteps)
	}
	v.mean = rate(first, last)
	v.best = v.mean // of a training that is over within a second
	j := first
	for i := first; i <= last; i++ {
		for j < last && train.At(j).Time-train.At(i).Time < 1 {
			j++
		}
		if train.At(j).Time-train.At(i).Time < 1 {
			break
		}
		v.best = max(v.best, rate(i, j))
	}
	return v, nil
}
