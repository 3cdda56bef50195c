package train

import (
	"errors"
	"slices"
	"testing"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/runlog"
)

func TestLimits(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	splits := realSplits(numbered(12), numbered(1), nil) // 4 steps an epoch
	for _, tt := range []struct {
		name         string
		o            Options
		steps        int64
		epochs       int
		valid        []int64 // steps at which it validates
		lookAheadEnd bool
	}{
		{"epochs", Options{MaxEpochs: 2}, 8, 2, []int64{4, 8}, false},
		{"steps inside an epoch", Options{MaxSteps: 6}, 6, 1, []int64{4, 6}, false},
		{"steps at the end of an epoch", Options{MaxSteps: 8}, 8, 2, []int64{4, 8}, false},
		{"the first limit", Options{MaxSteps: 6, MaxEpochs: 1}, 4, 1, []int64{4}, false},
		{"no look-ahead", Options{MaxEpochs: 5, LookAhead: -1}, 20, 5, []int64{4, 8, 12, 16, 20}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := &journal{}
			o := tt.o
			o.Batch, o.Hooks, o.Optimizer = 3, []Hook{Records(j.record)}, &SGD{LearningRate: 1e-3}
			tr := newTrainer(t, b, point(), splits, o)
			toEnd(t, tr)
			if tr.p.Step != tt.steps || tr.p.Epoch != tt.epochs {
				t.Errorf("%d steps and %d epochs, want %d and %d", tr.p.Step, tr.p.Epoch, tt.steps, tt.epochs)
			}
			var at []int64
			for _, v := range recordsOf[runlog.Valid](j) {
				at = append(at, v.Step)
			}
			if !slices.Equal(at, tt.valid) {
				t.Errorf("validated at steps %v, want %v", at, tt.valid)
			}
			before := len(j.records)
			toEnd(t, tr) // a finished training has nothing left to do
			if len(j.records) != before || tr.p.Step != tt.steps {
				t.Errorf("a finished training went on to step %d with %v", tr.p.Step, j.lines()[before:])
			}
		})
	}
}

func TestErrorsOfRecordAndBetween(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	full := errors.New("the disk is full")
	for name, o := range map[string]Options{
		"record of a step":       {Hooks: []Hook{Records(func(r runlog.Record) error { return failOn[runlog.Train](r, full) })}},
		"record of a validation": {Hooks: []Hook{Records(func(r runlog.Record) error { return failOn[runlog.Valid](r, full) })}},
		"between":                {Hooks: []Hook{between(func(*Trainer) (bool, error) { return false, full })}},
	} {
		o.Batch, o.MaxEpochs, o.LogEvery = 3, 2, 1
		tr := newTrainer(t, b, point(), realSplits(numbered(12), numbered(1), nil), o)
		if err := tr.Run(t.Context()); !errors.Is(err, full) {
			t.Errorf("%s: error %v, want %v", name, err, full)
		}
	}
}

func failOn[R runlog.Record](r runlog.Record, err error) error {
	if _, ok := r.(R); ok {
		return err
	}
	return nil
}

func TestBetweenStops(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	tr := newTrainer(t, b, point(), realSplits(numbered(12), numbered(1), nil), Options{Batch: 3, MaxEpochs: 9,
		Hooks: []Hook{between(func(tr *Trainer) (bool, error) { return tr.p.Step == 5, nil })}})
	if err := tr.Run(t.Context()); !errors.Is(err, ErrStopped) || tr.p.Step != 5 {
		t.Errorf("error %v at step %d, want %v at step 5", err, tr.p.Step, ErrStopped)
	}
}
