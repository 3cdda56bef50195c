package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/train"
)

// within are the parts of the rows that are not test rows: to train with, to choose an epoch with, and to compare settings by.
var within = []float64{0.7, 0.1, 0.2}

// Measured is what one training came to.
type Measured struct {
	Table string   `json:"table"`
	Seed  uint64   `json:"seed"`
	Sets  []string `json:"sets"`
	// NLL is that of the rows that settings are compared by, in nats a row; no number where the training diverged.
	NLL *float64 `json:"nll"`
	// Independent and Baseline are those of independent columns and of the best baseline, and Better2SE the error of the
	// difference to the latter.
	Independent float64 `json:"independent"`
	Baseline    float64 `json:"baseline"`
	Named       string  `json:"named"`
	Better2SE   float64 `json:"better_2se"`
	Variables   int     `json:"variables"`
	Steps       int64   `json:"steps"`
	Seconds     float64 `json:"seconds"`
	Problem     string  `json:"problem,omitempty"`
}

func (m *Measured) String() string {
	if m.NLL == nil {
		return fmt.Sprintf("%-14s seed %d  %s  (%s)", m.Table, m.Seed, m.Problem, strings.Join(m.Sets, " "))
	}
	return fmt.Sprintf("%-14s seed %d  NLL %9.3f  over %s %+.3f ± %.3f  %d steps %.0f s  (%s)", m.Table, m.Seed, *m.NLL, m.Named,
		m.Baseline-*m.NLL, m.Better2SE, m.Steps, m.Seconds, strings.Join(m.Sets, " "))
}

// read reads a table.
func read(ctx context.Context, path string) (*data.Table, error) {
	return format.ReadFile(ctx, path, format.ReadOptions{})
}

// withoutTest are the rows of a table but those that a training by default tests with.
func withoutTest(t *data.Table) (*data.Table, error) {
	c, err := train.SourceConfig(data.InMemory, nil)
	if err != nil {
		return nil, err
	}
	s := data.Source{Train: data.Part{Table: t}}
	if err := s.Divide(c.DataOptions()); err != nil {
		return nil, err
	}
	return data.Part{Table: t, Rows: slices.Sorted(slices.Values(slices.Concat(s.Train.Rows, s.Valid.Rows)))}.Select(), nil
}

// measure trains with settings, apart from the defaults, on a part of the rows that the seed draws.
func measure(ctx context.Context, b *backend.Backend, name string, t *data.Table, seed uint64, sets []string) (*Measured, error) {
	m := &Measured{Table: name, Seed: seed, Sets: sets}
	c, err := train.SourceConfig(name, append(slices.Clone(sets), fmt.Sprintf("seed=%d", seed), fmt.Sprintf("data.seed=%d", seed),
		fmt.Sprintf("data.fractions=[%g,%g,%g]", within[0], within[1], within[2])))
	if err != nil {
		return nil, err
	}
	start := time.Now()
	r, splits, err := train.FitTable(ctx, b, t, c)
	m.Seconds = time.Since(start).Seconds()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil && r.Ended != nil {
		err = r.Ended
	}
	if err != nil {
		m.Problem = err.Error()
		return m, nil
	}
	defer r.Close()
	m.Steps, m.Variables = r.Step, splits.Dim
	var logp []float64
	e, err := r.EvaluateOf(ctx, splits.Test, maskflow.EvalOptions{Row: func(v float64) { logp = append(logp, v) }})
	if err != nil {
		return nil, err
	}
	compared, err := baseline.Compare(ctx, splits, splits.Test, logp)
	if err != nil {
		return nil, err
	}
	m.Independent = data.IndependentColumns(splits).NLL
	if best := baseline.Best(compared); best != nil {
		m.Baseline, m.Named, m.Better2SE = best.NLL, best.Name, best.Better2SE
	}
	if nll := e.NLL; !math.IsNaN(nll) && !math.IsInf(nll, 0) {
		m.NLL = &nll
	} else {
		m.Problem = "the NLL is not finite"
	}
	return m, nil
}
