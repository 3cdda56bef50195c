package train

import (
	"context"
	"errors"

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

// drawDensity computes ln p on a grid for whoever watches, when its budget allows
// and the model is a density of two real numbers and nothing else.
func (r *run) drawDensity(ctx context.Context) error {
	_, ok := r.model.(models.Density)
	from := r.o.Clock()
	if !ok || r.model.Dim() != 2 || r.model.ContextDim() > 0 || models.IsDiscrete(r.model) || !r.densities.due(from) {
		return nil
	}
	if _, bound := r.model.(models.Stochastic); bound && r.pointwise == nil {
		if err := r.compileDensity(ctx); err != nil {
			return err
		}
		from = r.o.Clock()
	}
	defer func() { r.densities.spent(from, r.o.Clock()) }()
	if ok, err := r.frame(ctx); err != nil || !ok {
		return err
	}
	logp, err := r.logProb(ctx, r.grid.Middles())
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
	file, err := r.writeArray(densityFiles, values, shape[1:])
	if err != nil {
		return r.excuse(cannotWrite, err)
	}
	bounds := func(v [2]float64) [2]runlog.Float { return [2]runlog.Float{runlog.Float(v[0]), runlog.Float(v[1])} }
	if err := r.write(runlog.Density{Step: r.trainer.Step(), File: file, Shape: shape, X: bounds(r.grid.X), Y: bounds(r.grid.Y)}); err != nil {
		return err
	}
	return r.prune(densityFiles)
}

// frame sets the grid: over the training rows, once and for all, or for a flow
// that is fitted to a target over samples, for as long as it suits them. It says
// whether there is one.
func (r *run) frame(ctx context.Context) (ok bool, err error) {
	if rows := r.splits.Train.X; len(rows) > 0 {
		if r.grid == nil {
			g := exec.GridOf(rows, densityCells)
			r.grid = &g
		}
		return true, nil
	}
	x, err := r.draw(ctx, windowRows)
	if err != nil || x == nil {
		return false, err
	}
	g := exec.GridOf(x, densityCells)
	if r.grid == nil || !suits(r.grid.X, g.X) || !suits(r.grid.Y, g.Y) {
		r.grid = &g
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

// compileDensity is for a flow that is fitted to a target, which is trained and
// validated by its samples and not by its density at given rows. It is done once,
// and like the compiling of a step it is no part of what a density costs.
func (r *run) compileDensity(ctx context.Context) error {
	var err error
	if r.pointwise, err = exec.NewDensityEvaluator(r.backend, r.model, densityCells*densityCells); err != nil {
		return err
	}
	_, err = r.logProb(ctx, make([]float32, 2)) // the first call compiles
	if lost := (*models.NonFiniteError)(nil); errors.As(err, &lost) {
		return nil
	}
	return err
}

// logProb is ln p of rows by the weights and the orders that are validated, of an
// ensemble only the first orders.
func (r *run) logProb(ctx context.Context, x []float32) ([]float64, error) {
	t := r.trainer
	e := t.evaluator
	if r.pointwise != nil {
		e = r.pointwise
	}
	of := t.ensemble()
	of.Sets = of.Sets[:min(len(of.Sets), densityOrders)]
	return e.LogProb(ctx, t.evaluated(), x, nil, of)
}
