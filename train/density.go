package train

import (
	"context"
	"errors"

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
	if d == nil || d.Dim() != 2 || d.ContextDim() > 0 || models.Discrete(d) || !s.densities.due(from) {
		return nil
	}
	if _, fitted := t.model.(models.Fitted); fitted && s.pointwise == nil {
		if err := s.compile(ctx, t, d, part); err != nil {
			return err
		}
		from = t.o.Clock()
	}
	defer func() { s.densities.spent(from, t.o.Clock()) }()
	if ok, err := s.frame(ctx, t); err != nil || !ok {
		return err
	}
	logp, err := s.logProb(ctx, t, part, s.grid.Middles())
	if lost := (*models.NonFiniteError)(nil); errors.As(err, &lost) {
		return nil // as samples that overflow
	}
	if err != nil {
		return err
	}
	values := make([]float32, len(logp))
	for i, v := range logp {
		values[i] = float32(v)
	}
	shape := []int{densityCells, densityCells}
	file, err := s.writeArray(t, densityFiles, values, shape[1:])
	if err != nil {
		return s.excuse(cannotWrite, err)
	}
	bounds := func(v [2]float64) [2]runlog.Float { return [2]runlog.Float{runlog.Float(v[0]), runlog.Float(v[1])} }
	if err := s.write(runlog.Density{Step: t.Step(), File: file, Shape: shape, X: bounds(s.grid.X), Y: bounds(s.grid.Y)}); err != nil {
		return err
	}
	return s.prune(t, densityFiles)
}

// frame sets the grid: over the training rows, once and for all, or for a flow
// that is fitted to a target over samples, for as long as it suits them. It says
// whether there is one.
func (s *shows) frame(ctx context.Context, t *Trainer) (ok bool, err error) {
	if rows := t.splits.Train.X; len(rows) > 0 {
		if s.grid == nil {
			if rows, err = t.prep().UndoValues(rows); err != nil {
				return false, err
			}
			g := exec.GridOf(rows, densityCells)
			s.grid = &g
		}
		return true, nil
	}
	x, err := draw(ctx, t, windowRows)
	if err != nil || x == nil {
		return false, err
	}
	g := exec.GridOf(x, densityCells)
	if s.grid == nil || !suits(s.grid.X, g.X) || !suits(s.grid.Y, g.Y) {
		s.grid = &g
	}
	return true, nil
}

// suits says whether a side of a window that was made for earlier samples serves
// the present ones: they reach beyond it by no more than the margin that theirs
// has, and fill half of it.
func suits(side, fresh [2]float64) bool {
	length := fresh[1] - fresh[0]
	margin := length / 12 // a tenth of what is between the margins
	return side[0]-fresh[0] <= margin && fresh[1]-side[1] <= margin && side[1]-side[0] <= 2*length
}

// compile is for a flow that is fitted to a target, which is trained and
// validated by its samples and not by its density at given rows. It is done once,
// and like the compiling of a step it is no part of what a density costs.
func (s *shows) compile(ctx context.Context, t *Trainer, d models.Density, part models.Part) error {
	var err error
	if s.pointwise, err = exec.NewDensityEvaluator(t.backend, d, densityCells*densityCells, nil); err != nil {
		return err
	}
	_, err = s.logProb(ctx, t, part, make([]float32, 2)) // the first call compiles
	if lost := (*models.NonFiniteError)(nil); errors.As(err, &lost) {
		return nil
	}
	return err
}

// logProb is ln p of points in the units of the source by the weights and the
// orders that are validated, of an ensemble only the first orders.
func (s *shows) logProb(ctx context.Context, t *Trainer, part models.Part, x []float32) ([]float64, error) {
	e := t.evaluator
	if s.pointwise != nil {
		e = s.pointwise
	}
	of := t.ensemble()
	of.Sets = of.Sets[:min(len(of.Sets), densityOrders)]
	rows, err := data.FromFlat(x, t.model.Dim())
	if err != nil {
		return nil, err
	}
	points, err := t.prep().Points(rows)
	if err != nil {
		return nil, err
	}
	logp, err := e.LogProb(ctx, models.Of(part, t.evaluated()), points.X, nil, of)
	for i := range logp {
		logp[i] += points.RowLogDet(i)
	}
	return logp, err
}
