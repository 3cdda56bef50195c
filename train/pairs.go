package train

import (
	"context"
	"errors"
	"time"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// Pairs are some rows with a context, as a conditional model has them that is being trained, and that model with the weights
// that are validated. Of an ensemble of orders it is that of the first few.
type Pairs struct {
	*data.Prepared
	// Sample draws a row [width] for each row of contexts [n, contextDim]; the seed gives the noise.
	Sample func(ctx context.Context, contexts []float32, seed uint64) ([]float32, error)
	// LogProb is ln p of rows [n, width] given their contexts, in nats and the units of the model, −Inf where there is none.
	LogProb func(ctx context.Context, x, contexts []float32) ([]float64, error)
}

// A calibration takes so many validation rows, and the first one so much of a training, whose cost is not known before.
const (
	calibratedRows   = 200
	calibratedOrders = 4
	calibratedAfter  = 10 * time.Second
)

// conditional reports whether the trainer's model can be calibrated: it draws samples given a context, with a likelihood, of
// rows that are known.
func (t *Trainer) conditional() bool {
	_, sampled := t.model.(models.HostSampler)
	_, density := t.model.(models.Density)
	return sampled && density && models.ObjectiveOf(t.model).Kind != models.ConditionalLikelihood && t.model.ContextDim() > 0 &&
		t.splits.Valid.Dim > 0 && t.splits.Valid.Rows > 1 && !t.splits.Prep.HolesUnknown()
}

// calibrate has some validation rows judged, when somebody asked for it or its budget allows.
func (s *shows) calibrate(ctx context.Context, t *Trainer) error {
	from := t.o.Clock()
	if s.judge == nil || !t.conditional() {
		return nil
	}
	if s.calibrations.next.IsZero() {
		s.calibrations.next = from.Add(calibratedAfter)
	}
	asked := s.requests.waits(runlog.Calibrate)
	if !asked && !s.calibrations.due(from) {
		return nil
	}
	defer func() { s.calibrations.spent(from, t.o.Clock()) }()
	pairs, err := t.pairs()
	if err != nil {
		return err
	}
	c, err := s.judge(ctx, pairs)
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return err
	case err != nil: // those of later weights may do
		if asked {
			return s.requests.answer(runlog.Calibrate, err.Error())
		}
		if why := err.Error(); why != s.unjudged {
			s.unjudged = why
			return s.w.Append(runlog.Event{What: why + " (reported once)"})
		}
		return nil
	}
	c.Step, c.Split = t.p.Step, "valid"
	if err := s.w.Append(*c); err != nil {
		return err
	}
	return s.requests.answer(runlog.Calibrate, "calibrated on validation rows")
}

// pairs are some validation rows, evenly chosen.
func (t *Trainer) pairs() (Pairs, error) {
	valid, sets := t.splits.Valid, []*masks.Set{nil}
	of := t.ensemble()
	if of.Sets != nil {
		of.Sets = of.Sets[:min(len(of.Sets), calibratedOrders)]
		sets = of.Sets
	}
	w, err := exec.HostWeights(t.evaluated())
	if err != nil {
		return Pairs{}, err
	}
	n := min(calibratedRows, valid.Rows)
	chosen := make([]int, n)
	some := &data.Prepared{Name: valid.Name, Rows: n, Dim: valid.Dim, Cells: valid.Cells, Columns: valid.Columns, ContextDim: valid.ContextDim}
	for i := range chosen {
		chosen[i] = i * valid.Rows / n
		some.Weights = append(some.Weights, valid.Weight(chosen[i]))
	}
	some.X, some.Context = exec.TakeRows(valid.X, chosen, valid.Width()), exec.TakeRows(valid.Context, chosen, valid.ContextDim)
	return Pairs{
		Prepared: some,
		Sample: func(ctx context.Context, contexts []float32, seed uint64) ([]float32, error) {
			x, _, err := exec.Sample(ctx, t.model, w, sets, exec.Draw{N: len(contexts) / valid.ContextDim, Seed: seed, Context: contexts})
			return models.Widen(t.model, x), err
		},
		LogProb: func(ctx context.Context, x, contexts []float32) ([]float64, error) {
			return t.evaluator.LogProb(ctx, t.evaluated(), x, contexts, of)
		},
	}, nil
}
