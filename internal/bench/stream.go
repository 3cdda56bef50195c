package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/models"
)

// streamed is a MAF of named columns whose rows are in a file: numbers with all digits that float64 has.
type streamed struct{ flow }

// rowsOf calls write with pages of the rows, each correlated with the one before it in its row.
func (s streamed) rowsOf(write func(*data.Table) error) error {
	const page = 1 << 14
	rng := rand.New(rand.NewPCG(seed, 1))
	names := make([]string, s.dim)
	for c := range names {
		names[c] = fmt.Sprintf("x%d", c)
	}
	for first := 0; first < s.rows; first += page {
		x := make([]float64, min(page, s.rows-first)*s.dim)
		for i := range x {
			if x[i] = rng.NormFloat64(); i%s.dim > 0 {
				x[i] = 0.6*x[i-1] + 0.8*x[i]
			}
		}
		t, err := data.FromFlat(x, s.dim, names...)
		if err == nil {
			err = write(t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// file writes the rows, once.
func (s streamed) file(l *lab, suffix string) (string, error) {
	path := filepath.Join(l.dir, fmt.Sprintf("rows-%d-%d%s", s.dim, s.rows, suffix))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, format.WriteRows(path, s.rows, s.rowsOf)
}

// open makes the model, whose preparation is fitted to the first rows.
func (s streamed) open(l *lab) (*maskflow.Model, error) {
	var few *data.Table
	first := s
	first.rows = 1 << 12
	err := first.rowsOf(func(t *data.Table) error { few = t; return nil })
	if err != nil {
		return nil, err
	}
	splits, err := data.Split(few, data.Options{})
	if err != nil {
		return nil, err
	}
	inner, err := s.model()
	if err != nil {
		return nil, err
	}
	return maskflow.New(l.main, inner, models.Initialize(inner, seed), maskflow.Options{Preparation: splits.Prep})
}

// calls is a side that calls do on the model.
func (s streamed) calls(name string, l *lab, do func(ctx context.Context, m *maskflow.Model, use func(logp []float64)) error) (*side, error) {
	m, err := s.open(l)
	if err != nil {
		return nil, err
	}
	var check []float64
	call := func(ctx context.Context) error {
		check = check[:0]
		return do(ctx, m, func(logp []float64) { check = append(check, logp[:min(100-len(check), len(logp))]...) })
	}
	if err := call(context.Background()); err != nil {
		m.Close()
		return nil, err
	}
	return &side{name: name, check: check, close: m.Close, round: repeat(call)}, nil
}

// fromFile reads the rows of a file, computes ln p of each and writes it to another.
func fromFile(suffix string) maker {
	return func(_ context.Context, l *lab, c row) (*side, error) {
		s := c.of.(streamed)
		path, err := s.file(l, suffix)
		if err != nil {
			return nil, err
		}
		return s.calls(suffix, l, func(ctx context.Context, m *maskflow.Model, use func([]float64)) error {
			return format.WriteRows(filepath.Join(l.dir, "log_prob"+suffix), format.AnyRows, func(write func(*data.Table) error) error {
				return m.LogProbBlocks(ctx, format.Pages(ctx, path, format.ReadOptions{}), nil, func(_ *data.Prepared, logp []float64, _ [][]float64) error {
					use(logp)
					t, err := data.FromFlat(logp, 1, "log_prob")
					if err != nil {
						return err
					}
					return write(t)
				})
			})
		})
	}
}

// inMemory computes ln p of the same rows, which are prepared and held.
func inMemory(_ context.Context, l *lab, c row) (*side, error) {
	s := c.of.(streamed)
	var held *data.Table
	if err := s.rowsOf(func(t *data.Table) error {
		if held == nil {
			held = t
			return nil
		}
		return held.Extend(t)
	}); err != nil {
		return nil, err
	}
	var rows *data.Prepared
	return s.calls("in memory", l, func(ctx context.Context, m *maskflow.Model, use func([]float64)) (err error) {
		if rows == nil {
			if rows, err = m.Prepare(held); err != nil {
				return err
			}
			held = nil
		}
		logp, err := m.LogProbOf(ctx, rows, nil)
		use(logp)
		return err
	})
}

// streamMemory is the most memory that the command takes to score such a file of either kind.
func streamMemory(ctx context.Context, l *lab) ([]float64, error) {
	if l.rows < 1 {
		return nil, errors.New("-rows: need more than 0")
	}
	s := streamed{maf20.withRows(l.rows)}
	program, err := l.program(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.open(l)
	if err != nil {
		return nil, err
	}
	model := filepath.Join(l.dir, "streamed.safetensors")
	err = m.Save(model)
	m.Close()
	if err != nil {
		return nil, err
	}
	most := 0.0
	for _, suffix := range []string{".parquet", ".csv"} {
		path, err := s.file(l, suffix)
		if err != nil {
			return nil, err
		}
		begin := time.Now()
		peak, err := peakOf(exec.CommandContext(ctx, program, "logprob", model, path, "-o", filepath.Join(l.dir, "log_prob"+suffix)))
		if err != nil {
			return nil, err
		}
		spent := time.Since(begin).Seconds()
		l.say(fmt.Sprintf("maskflow logprob of %d rows from %s: %.1f s, %.0f rows a second, %.0f MB", s.rows, suffix, spent, float64(s.rows)/spent, peak))
		most = max(most, peak)
	}
	return []float64{most}, nil
}

// peakOf runs a command and returns the most memory that it had resident, in MB.
func peakOf(c *exec.Cmd) (most float64, err error) {
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for {
		select {
		case err := <-ended:
			switch {
			case err != nil:
				err = fmt.Errorf("%w: %s", err, said.String())
			case most == 0:
				err = errNoPeak
			}
			return most, err
		case <-time.After(20 * time.Millisecond):
			if v, err := peakMemory(c.Process.Pid); err == nil {
				most = max(most, v)
			}
		}
	}
}

var errNoPeak = errors.New("the system does not report the peak of a process's memory")

// peakMemory is the most that was resident of a process that lives, in MB.
func peakMemory(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	kib := 0.0
	if _, err := fmt.Sscan(peak, &kib); err != nil {
		return 0, errNoPeak
	}
	return 1024 * kib / 1e6, nil
}
