package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"time"
)

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
	var stderr lastLine
	cmd := exec.CommandContext(ctx, "go", append(args, "github.com/maskflow/maskflow/cmd/maskflow")...)
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("building maskflow: %w: %s", err, stderr.String())
	}
	l.maskflow = path
	return path, nil
}

// opening is what it took to show a run.
type opening struct {
	seconds float64 // from the start of the process to the whole picture
	bytes   float64 // resident at most
}

// openOnce has one picture printed. The pipe that it is printed into is narrower than
// the picture, so that the process is there until its memory was looked at.
func openOnce(ctx context.Context, program, run string) (o opening, err error) {
	ctx, cancel := context.WithTimeout(ctx, terminalLimit)
	defer cancel()
	out, in, err := os.Pipe()
	if err != nil {
		return o, err
	}
	defer out.Close()
	var stderr lastLine
	cmd := exec.CommandContext(ctx, program, "watch", run, "--once", "--size", "200x60")
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	cmd.Stdout, cmd.Stderr = in, &stderr
	began := time.Now()
	if err = narrow(in); err == nil {
		err = cmd.Start()
	}
	_ = in.Close() // the process has its own
	if err != nil {
		return o, err
	}
	picture := bufio.NewReader(out)
	_, err = picture.Peek(1)
	if err == nil {
		o.bytes, err = peakMemory(cmd.Process.Pid)
	}
	text, readErr := io.ReadAll(picture)
	o.seconds = time.Since(began).Seconds()
	if failed := cmd.Wait(); failed != nil {
		return o, fmt.Errorf("maskflow watch --once: %w: %s", failed, stderr.String())
	}
	if err = errors.Join(err, readErr); err == nil && !bytes.Contains(text, []byte(lastEvent)) {
		err = errors.New("maskflow watch --once printed a picture without the last event of the run")
	}
	return o, err
}

// presses is how often another x axis is asked for on a terminal, which has the curves
// of all records made anew, and how long each may take.
const (
	presses    = 20
	pressEvery = 100 * time.Millisecond
)

// openTerminal opens a run on a terminal, looks at it in other ways, and closes it.
func openTerminal(ctx context.Context, program, run string) (o opening, err error) {
	t, err := startTerminal(ctx, lastEvent, program, "watch", run)
	if err != nil {
		return o, err
	}
	defer t.close()
	after, err := t.wait(ctx)
	if err != nil {
		return o, fmt.Errorf("maskflow watch: %w", err)
	}
	o.seconds = after.Seconds()
	for range presses {
		if _, err := t.master.WriteString("x"); err != nil {
			return o, err
		}
		if err := sleep(ctx, pressEvery); err != nil {
			return o, err
		}
	}
	if o.bytes, err = peakMemory(t.cmd.Process.Pid); err != nil {
		return o, err
	}
	return o, t.leave(ctx)
}

// open opens the run of a million records so many times, by turns in both ways.
func open(ctx context.Context, l *lab, times int) (once, onTerminal []opening, err error) {
	program, err := l.program(ctx)
	if err != nil {
		return nil, nil, err
	}
	run, err := l.million()
	if err != nil {
		return nil, nil, err
	}
	for range times {
		a, err := openOnce(ctx, program, run)
		if err != nil {
			return nil, nil, err
		}
		b, err := openTerminal(ctx, program, run)
		if err != nil {
			return nil, nil, err
		}
		once, onTerminal = append(once, a), append(onTerminal, b)
	}
	return once, onTerminal, nil
}

func openings(ctx context.Context, l *lab, o options) ([]figure, error) {
	return openFigures(ctx, l, max(3, o.rounds/3), func(o opening) float64 { return o.seconds })
}

func openedMemory(ctx context.Context, l *lab, _ options) ([]figure, error) {
	return openFigures(ctx, l, 3, func(o opening) float64 { return o.bytes / 1e6 })
}

func openFigures(ctx context.Context, l *lab, times int, number func(opening) float64) ([]figure, error) {
	once, onTerminal, err := open(ctx, l, times)
	if err != nil {
		return nil, err
	}
	numbers := func(openings []opening) []float64 {
		v := make([]float64, len(openings))
		for i, o := range openings {
			v[i] = number(o)
		}
		return v
	}
	return []figure{figureOf("--once, 200x60", numbers(once)), figureOf("terminal, 120x40", numbers(onTerminal))}, nil
}
