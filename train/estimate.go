package train

import (
	"context"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
)

// stage is a models.Stage with its compiled way from the stage before.
type stage struct {
	models.Stage
	advance *exec.Compiled // nil when rows stay as they are
}

// Rows that pass to a stage in one call: few enough for a processor's caches, as
// many as keep a GPU busy.
const (
	stageBatch    = 2000
	stageBatchGPU = 20_000
)

// newStages prepares what the model estimates from the training rows.
func (t *Trainer) newStages() error {
	e, ok := t.model.(models.Trained)
	if !ok {
		return nil
	}
	limit := stageBatch
	if t.backend.Kind == backend.KindCUDA {
		limit = stageBatchGPU
	}
	l := exec.Layout{Batch: evenBatch(t.splits.Train.Rows, limit), X: t.model.Dim(), Context: t.model.ContextDim()}
	for _, s := range e.Stages() {
		own := stage{Stage: s}
		if s.Advance != nil {
			var err error
			own.advance, err = exec.Compile(t.backend, t.model, "stage", l, func(p models.Params, in exec.Args[*Node]) *Node {
				return s.Advance(p, in.X, in.Context)
			})
			if err != nil {
				return err
			}
		}
		t.stages = append(t.stages, own)
	}
	return nil
}

// estimate sets the parameters that follow from all training rows: those that
// are estimated once in the beginning, and those that follow the weights before
// every validation. Stages take their turns, since what one sees depends on what
// those before it set.
func (t *Trainer) estimate(ctx context.Context, beginning bool) error {
	last := -1
	for i, s := range t.stages {
		if beginning || s.Repeat {
			last = i
		}
	}
	if err := t.redraw(); last >= 0 && err != nil {
		return err
	}
	rows := t.splits.Train.X
	for i := 0; i <= last; i++ {
		s := t.stages[i]
		if s.advance != nil {
			var err error
			if rows, err = t.advanceRows(ctx, s, rows); err != nil {
				return err
			}
		}
		if beginning || s.Repeat {
			t.set(s.Estimate(rows, t.splits.Train.Weights), !s.Repeat)
		}
	}
	return nil
}

// advanceRows maps rows [n, dim] to what the stage sees, with the weights that
// are evaluated.
func (t *Trainer) advanceRows(ctx context.Context, s stage, rows []float32) ([]float32, error) {
	n, batch := len(rows)/t.model.Dim(), s.advance.Batch()
	out := make([]float32, 0, len(rows))
	for first := 0; first < n; first += batch {
		here := min(batch, n-first)
		values, err := s.advance.Call(ctx, t.evaluated(), exec.Values{
			X: exec.Rows(rows, first, here, n), Context: exec.Rows(t.splits.Train.Context, first, here, n)})
		if err != nil {
			return nil, err
		}
		out = append(out, values[:here*t.model.Dim()]...)
	}
	return out, nil
}

// set replaces parameters by name in the weights that are evaluated, and on
// request also in those that are trained.
func (t *Trainer) set(values map[string][]float32, trained bool) {
	groups := [][]*tensors.Tensor{t.evaluated()}
	if trained && t.o.EMA > 0 {
		groups = append(groups, t.state)
	}
	for i, s := range t.program.specs {
		v, ok := values[s.Name]
		if !ok {
			continue
		}
		for _, group := range groups {
			exec.Finalize(group[i : i+1])
			group[i] = tensors.FromFlatDataAndDimensions(v, s.Shape...)
		}
	}
}
