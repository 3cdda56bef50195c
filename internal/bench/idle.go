package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// Runs that are watched while nothing happens.
const (
	idleRecords      = 50_000 // of the run that goes on
	idleEnded        = 20
	idleEndedRecords = 5_000 // of each of those
)

// idling watches a run whose writer holds its lock and writes nothing, and runs that
// have ended.
func idling(ctx context.Context, l *lab, o options) ([]figure, error) {
	program, err := l.program(ctx)
	if err != nil {
		return nil, err
	}
	live := filepath.Join(l.dir, "idle", "live")
	w, err := makeRun(live, idleRecords)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	ended := filepath.Join(l.dir, "idle", "ended")
	for i := range idleEnded {
		if err := makeEnded(filepath.Join(ended, fmt.Sprintf("run-%02d", i)), idleEndedRecords); err != nil {
			return nil, err
		}
	}
	var figures []figure
	for _, watched := range []struct{ of, path string }{{"a run that goes on", live}, {fmt.Sprintf("%d ended runs", idleEnded), ended}} {
		share, err := idleShare(ctx, program, watched.path, time.Duration(o.idle*float64(time.Second)))
		if err != nil {
			return nil, err
		}
		f := figureOf(watched.of, []float64{100 * share})
		f.Spread = fmt.Sprintf("over %g s", o.idle)
		figures = append(figures, f)
	}
	return figures, nil
}

// settle is how long a picture has been there before idling begins.
const settle = 2 * time.Second

// idleShare is the part of a core's time that a monitor of runs takes.
func idleShare(ctx context.Context, program, path string, d time.Duration) (float64, error) {
	t, err := startTerminal(ctx, lastEvent, program, "watch", path)
	if err != nil {
		return 0, err
	}
	defer t.close()
	if _, err := t.wait(ctx); err != nil {
		return 0, fmt.Errorf("maskflow watch: %w", err)
	}
	if err := sleep(ctx, settle); err != nil {
		return 0, err
	}
	share, err := shareOf(ctx, t, d)
	if err != nil {
		return 0, err
	}
	return share, t.leave(ctx)
}

// shareOf is the part of a core's time that a process takes for a while.
func shareOf(ctx context.Context, t *terminal, d time.Duration) (float64, error) {
	before, err := cpuTime(t.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := sleep(ctx, d); err != nil {
		return 0, err
	}
	after, err := cpuTime(t.cmd.Process.Pid)
	return (after - before).Seconds() / time.Since(began).Seconds(), err
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
