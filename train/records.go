package train

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
)

// Records is a hook that writes a training as the records of a run directory: every
// LogEvery-th step, validations, ensembles of orders, and phases where the others do
// not imply them.
func Records(write func(runlog.Record) error) Hook { return (&recorder{to: write}).hook }

// recorder is the state of Records.
type recorder struct {
	to        func(runlog.Record) error
	phase     runlog.PhaseName // that the records imply
	stepped   bool             // a step was taken
	validated bool             // a validation was made
	from      time.Time        // the beginning of the last one
	took      time.Duration    // how long it took
	logged    time.Time        // when a step was recorded
	step      int64            // which one
	rate      float64          // steps a second, NaN before it is known
	warned    bool             // of validation rows without a likelihood
}

// announcedFrom is what a validation takes at the least that is worth a record of
// its own.
const announcedFrom = 500 * time.Millisecond

func (r *recorder) hook(_ context.Context, t *Trainer, e Event) error {
	switch e := e.(type) {
	case Begin:
		r.logged, r.step, r.rate = t.o.Clock(), t.p.Step, math.NaN()
		for _, what := range e.Notes {
			if err := r.write(runlog.Event{What: what}); err != nil {
				return err
			}
		}
		return r.announce(t, runlog.Compiling)
	case Between:
		if !r.stepped { // the first call compiles
			return r.announce(t, runlog.Compiling)
		}
	case Steps:
		r.stepped = true
		for _, s := range e {
			if s.Number%int64(t.o.LogEvery) == 0 {
				if err := r.train(t, s); err != nil {
					return err
				}
			}
		}
		return r.announce(t, runlog.Training)
	case Validating:
		// The first may take long: nothing is known of it, and it compiles.
		if !r.validated || r.took > announcedFrom {
			if err := r.announce(t, runlog.Validating); err != nil {
				return err
			}
		}
		r.from = t.o.Clock()
	case Validation:
		r.validated, r.took = true, t.o.Clock().Sub(r.from)
		v := validOf(e.Evaluation)
		v.Step, v.Epoch, v.Best = e.Step, e.Epoch, e.Best
		if err := r.write(v); err != nil {
			return err
		}
		if e.BadRows > 0 && !r.warned {
			r.warned = true
			if err := r.write(runlog.Event{What: badRows(e.Evaluation, "validation") + "; epochs are compared by their number, then by the other rows (reported once)"}); err != nil {
				return err
			}
		}
		if e.Orders > 1 {
			return r.write(ordersRecord(e.Evaluation, "valid", e.Step, t.p.MaskLoss))
		}
	}
	return nil
}

// announce records what comes next, unless the records imply it already.
func (r *recorder) announce(t *Trainer, next runlog.PhaseName) error {
	if r.phase == next {
		return nil
	}
	return r.write(runlog.Phase{Step: t.p.Step, Phase: next})
}

func (r *recorder) train(t *Trainer, s Step) error {
	now := t.o.Clock()
	// Steps of one call come back together: the rate is that between calls.
	if passed := now.Sub(r.logged); passed >= time.Millisecond {
		r.rate = float64(s.Number-r.step) / passed.Seconds()
		r.logged, r.step = now, s.Number
	}
	return r.write(runlog.Train{Step: s.Number, Epoch: int32(s.Epoch), Loss: runlog.Float(s.Loss), EMA: runlog.Float32(s.Average),
		LR: runlog.Float32(s.LearningRate), GradNorm: runlog.Float32(s.GradNorm), Rate: runlog.Float32(r.rate), Mask: int32(s.Mask)})
}

func (r *recorder) write(rec runlog.Record) error {
	r.phase = r.phase.After(rec)
	return r.to(rec)
}

// validOf is the figures of a validation.
func validOf(e maskflow.Evaluation) runlog.Valid {
	return runlog.Valid{NLL: runlog.Float(e.NLL), NLL2SE: runlog.Float(e.NLL2SE), BadRows: e.BadRows, Others: runlog.Float(e.NLLOthers)}
}

// badRows says which rows of an evaluation have no likelihood.
func badRows(e maskflow.Evaluation, what string) string {
	return fmt.Sprintf("%s: %d of %s without a likelihood, the first is %s", what, e.BadRows, text.Count(e.Rows, "row"), e.FirstBad)
}

// ordersRecord is the record of an evaluation by several orders.
func ordersRecord(e maskflow.Evaluation, split string, step int64, maskLoss []runlog.Float) runlog.Orders {
	return runlog.Orders{Step: step, Split: split, NLL: runlog.Float(e.NLLOthers), Mean: runlog.Float(e.OrderMean),
		BestOrder: runlog.Float(slices.Min(e.PerOrder)), Gain: runlog.Float(e.Gain), Gain2SE: runlog.Float(e.Gain2SE), ESS: runlog.Float(e.ESS),
		PerOrder: runlog.Floats(e.PerOrder), MaskLoss: maskLoss}
}

// ResultOf is an evaluation of a split as it stands in records and in JSON.
func ResultOf(e maskflow.Evaluation, split string) *runlog.Result {
	objective := ""
	if e.Targets != nil {
		objective = runlog.ConditionalLikelihood
	}
	return &runlog.Result{Split: split, Objective: objective, Targets: e.Targets, Rows: e.Rows, Dim: e.Dim, NLL: runlog.Float(e.NLL), NLL2SE: runlog.Float(e.NLL2SE),
		NLLModel: runlog.Float(e.NLLModel), Orders: e.Orders, NLLOrderMean: runlog.Float(e.OrderMean), Gain: runlog.Float(e.Gain),
		BadRows: e.BadRows, Others: runlog.Float(e.NLLOthers)}
}
