package train

import (
	"context"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

const (
	densityCells  = 64 // along each axis
	densityOrders = 8  // of an ensemble that is larger
	densityFiles  = "-density.npy"
	windowRows    = 2000 // samples that a window without rows comes from
)

// density computes ln p on a grid for whoever watches, when its budget allows
// and the model is a density of two real numbers and nothing else.
func (s *shows) density(ctx context.Context, t *Trainer) error {
	d, part := models.DensityOf(t.model)
	from := t.o.Clock()
	if d == nil || d.Dim() != 2 || d.ContextDim() > 0 || !models.Smooth(d) || !s.densities.due(from) {
		return nil
	}
	evaluator, params := t.evaluator, models.Of(part, t.evaluated())
	if _, fitted := t.model.(models.Fitted); fitted { // which is trained and validated by its samples
		if s.pointwise == nil {
			var err error
			if s.pointwise, err = exec.NewDensityEvaluator(t.backend, d, densityCells*densityCells, nil); err != nil {
				return err
			}
			// The first call compiles, which like the compiling of a step is no part of the cost.
			if _, err = s.pointwise.LogProb(ctx, params, make([]float32, 2), nil, exec.Ensemble{}); err != nil {
				return err
			}
			from = t.o.Clock()
		}
		evaluator = s.pointwise
	}
	defer func() { s.densities.spent(from, t.o.Clock()) }()
	g, err := s.window(ctx, t)
	if err != nil {
		return err
	}
	rows, err := data.FromFlat(g.Middles(), 2)
	if err != nil {
		return err
	}
	points, err := t.prep().Points(rows)
	if err != nil {
		return err
	}
	of := t.ensemble()
	of.Sets = of.Sets[:min(len(of.Sets), densityOrders)]
	logp, err := evaluator.LogProb(ctx, params, points.X, nil, of)
	if err != nil {
		return err
	}
	values := make([]float32, len(logp))
	for i, v := range logp {
		values[i] = float32(v + points.RowLogDet(i))
	}
	grid, err := shaped(values, []int{densityCells})
	if err != nil {
		return err
	}
	bounds := func(v [2]float64) [2]runlog.Float { return [2]runlog.Float{runlog.Float(v[0]), runlog.Float(v[1])} }
	return s.keep(t, densityFiles, grid, func(file string) runlog.Record {
		return runlog.Density{Step: t.p.Step, File: file, Shape: []int{densityCells, densityCells}, X: bounds(g.X), Y: bounds(g.Y)}
	})
}

// window is the grid over the training rows, the same throughout, or over samples of a
// flow that is fitted to a target without rows.
func (s *shows) window(ctx context.Context, t *Trainer) (*exec.Grid, error) {
	if s.grid != nil {
		return s.grid, nil
	}
	rows := t.splits.Train.X
	fitted := len(rows) == 0
	var err error
	if fitted {
		if rows, err = draw(ctx, t, windowRows); err != nil {
			return nil, err
		}
	}
	if rows, err = t.prep().UndoValues(rows); err != nil {
		return nil, err
	}
	g := exec.GridOf(rows, densityCells)
	if !fitted {
		s.grid = &g
	}
	return &g, nil
}
