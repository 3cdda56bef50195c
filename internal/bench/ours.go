package main

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/train"
)

// warmUp is the number of training steps before the first round. The mean loss
// over them is what sides are compared by.
const warmUp = 64

// training times maskflow's own training loop: everything between two looks of
// the trainer between calls, which is one call to the backend with the
// collecting of its rows before and the reading of its losses after.
type training struct {
	trainer *train.Trainer
	losses  []float64 // of the warm-up

	deadline time.Time
	steps    int64 // at least so many, whatever the deadline says
	spans    []float64
	since    time.Time
	step     int64
	epoch    int
}

// task is what maskflow is measured at: a network or a flow.
type task interface {
	model() (models.Definition, error)
	table() *data.Prepared
	rowsAStep() int
	// draw gives the samples of one call.
	draw(ctx context.Context, m *maskflow.Model, seed uint64) ([]float32, error)
}

func trainSide(name string, b *backend.Backend, of task) (*side, error) {
	m, err := of.model()
	if err != nil {
		return nil, err
	}
	rows := of.table()
	// Validation, at the end of an epoch, is not timed: one row keeps it short.
	one := &data.Prepared{Name: "one row", Rows: 1, Dim: rows.Dim, Cells: rows.Cells, X: rows.X[:rows.Width()]}
	t := &training{}
	t.trainer, err = train.NewTrainer(b, m, &data.Splits{Train: rows, Valid: one, Dim: rows.Dim}, train.Options{
		Seed: seed, Batch: of.rowsAStep(), Optimizer: &train.Adam{}, MaxSteps: math.MaxInt32, LookAhead: train.Never,
		DropLast: true, EvalBatch: 1, ValidOrders: 1, Hooks: []train.Hook{t.hook}})
	if err != nil {
		return nil, err
	}
	s := &side{name: name, round: t.round, close: t.trainer.Close}
	if err := t.run(context.Background(), 0, warmUp); err != nil {
		t.trainer.Close()
		return nil, err
	}
	s.check = []float64{stat.Mean(t.losses[:warmUp], nil)}
	return s, nil
}

func (t *training) hook(_ context.Context, tr *train.Trainer, e train.Event) error {
	switch e := e.(type) {
	case train.Steps:
		for _, s := range e[:min(len(e), warmUp-len(t.losses))] {
			t.losses = append(t.losses, s.Loss)
		}
	case train.Between:
		now, at := time.Now(), tr.Progress()
		if taken := at.Step - t.step; taken > 0 && at.Epoch == t.epoch {
			t.spans = append(t.spans, milliseconds(now.Sub(t.since))/float64(taken))
		}
		t.since, t.step, t.epoch = now, at.Step, at.Epoch
		if at.Step >= t.steps && len(t.spans) > 0 && !now.Before(t.deadline) {
			return train.ErrStopped
		}
	}
	return nil
}

// run trains for d and until the given number of steps.
func (t *training) run(ctx context.Context, d time.Duration, steps int64) error {
	t.deadline, t.steps, t.spans = time.Now().Add(d), steps, nil
	t.step = t.trainer.Progress().Step
	if err := t.trainer.Run(ctx); !errors.Is(err, train.ErrStopped) {
		return err
	}
	return nil
}

func (t *training) round(ctx context.Context, d time.Duration) (float64, error) {
	if err := t.run(ctx, d, 0); err != nil {
		return 0, err
	}
	return slices.Min(t.spans), nil
}

// densitySide evaluates log p of all rows, which it compares for the first 100.
func densitySide(name string, b *backend.Backend, of task) (*side, error) {
	x := of.table().X
	return callSide(name, b, of, func(ctx context.Context, m *maskflow.Model, _ uint64) (func() []float64, error) {
		logp, err := m.Core.LogProb(ctx, x, nil)
		return func() []float64 { return logp[:min(100, len(logp))] }, err
	})
}

// sampleSide draws samples, whose mean it compares.
func sampleSide(name string, b *backend.Backend, of task) (*side, error) {
	return callSide(name, b, of, func(ctx context.Context, m *maskflow.Model, seed uint64) (func() []float64, error) {
		x, err := of.draw(ctx, m, seed)
		return func() []float64 { return []float64{stat.Mean(num.Convert[float64](x), nil)} }, err
	})
}

// callSide times calls on a model that is not trained. A call gets a number of its own and returns what gives its check
// numbers.
func callSide(name string, b *backend.Backend, of task,
	call func(context.Context, *maskflow.Model, uint64) (check func() []float64, err error)) (*side, error) {
	inner, err := of.model()
	if err != nil {
		return nil, err
	}
	m, err := maskflow.New(b, inner, models.Initialize(inner, seed), maskflow.Options{})
	if err != nil {
		return nil, err
	}
	check, err := call(context.Background(), m, 0)
	if err != nil {
		m.Close()
		return nil, err
	}
	calls := uint64(0)
	return &side{name: name, check: check(), close: m.Close,
		round: repeat(func(ctx context.Context) error {
			calls++
			_, err := call(ctx, m, calls)
			return err
		})}, nil
}
