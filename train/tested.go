package train

import (
	"context"
	"fmt"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// ChangedSplit is what the test rows of changed data are called: the training may have
// had some of them.
const ChangedSplit = "changed"

// Tested is the name of the rows that Test is of: test or, where the data have changed,
// [ChangedSplit].
func (s *Summary) Tested() string {
	if s.DataChanged != nil {
		return ChangedSplit
	}
	return "test"
}

// test evaluates the best weights on the test rows, for the summary. The error is ErrStopped when it
// was asked to stop now.
func (r *run) test(ctx context.Context, s *Summary) error {
	if !r.tests() {
		return nil
	}
	if err := r.write(runlog.Phase{Step: r.trainer.p.Step, Phase: runlog.Testing}); err != nil {
		return err
	}
	w, err := r.trainer.BestWeights()
	if err != nil {
		return err
	}
	m, err := maskflow.New(r.backend, r.model, w, maskflow.Options{Batch: r.c.Eval.Batch, EvalSets: r.c.Eval.TestOrders, Samples: r.c.Eval.Samples})
	if err != nil {
		return err
	}
	defer m.Close()
	end := r.requests.watch(runlog.Testing, r.saved.step)
	var logp []float64
	e, err := m.EvaluateOf(ctx, r.splits.Test, maskflow.EvalOptions{Progress: r.tested(), Row: func(v float64) { logp = append(logp, v) }})
	_, targeted := r.model.(models.Targeted)
	if err == nil && !targeted {
		s.Baselines, err = baseline.Compare(ctx, r.splits, r.splits.Test, logp)
	}
	if err == nil {
		s.Twins, err = baseline.OfTwins(r.splits, r.splits.Test, logp)
	}
	end()
	if r.requests.stopNow() {
		return ErrStopped // that there is no result was promised
	}
	if err != nil {
		return err
	}
	if e.Orders > 1 {
		if err := r.write(ordersRecord(e, (&Summary{DataChanged: r.changed()}).Tested(), r.trainer.p.Step, nil)); err != nil {
			return err
		}
	}
	var remarks []string
	what, which := "NLL", ""
	if targeted {
		what, which = runlog.ConditionalNLL, " of the targets"
	}
	b := r.trainer.independent(r.splits.Test)
	b.Name += which
	if num.Finite(b.NLL) {
		s.Baseline, s.BaselineNLL = b.Name, runlog.Float(b.NLL)
	}
	if e.NLLOthers-e.NLL2SE > b.NLL {
		remarks = []string{fmt.Sprintf("the test %s, %.2f, is worse than that of %s, %.2f", what, e.NLLOthers, b.Name, b.NLL)}
	}
	if best := baseline.Best(s.Baselines); best != nil && best.Worse() {
		remarks = append(remarks, fmt.Sprintf("the test NLL, %.2f, is worse than that of %s, %.2f, by %s nats a row", e.NLLOthers, best.Name, best.NLL, text.WithError(-best.Better, best.Better2SE)))
	}
	if !targeted && r.splits.Target == "" {
		if i, median := baseline.Dominant(r.splits.Test, logp); i >= 0 {
			remarks = append(remarks, fmt.Sprintf("one row makes half of the test NLL or more: %s has %.4g nats (median of all %.4g)", r.splits.Test.RowPlace(i), -logp[i], -median))
		}
	}
	if p := r.trainer.p; r.trainer.estimator == nil && p.BestBadRows == 0 && e.BadRows == 0 && r.splits.Target == "" {
		if what := baseline.Disagreement(float64(p.Best), float64(p.Best2SE), e.NLL, e.NLL2SE); what != "" {
			remarks = append(remarks, what)
		}
	}
	r.notes = append(r.notes, remarks...)
	if e.BadRows > 0 {
		remarks = append(remarks, badRows(e, "test"))
	}
	for _, what := range remarks {
		if err := r.write(runlog.Event{What: what}); err != nil {
			return err
		}
	}
	s.Test = &e
	return nil
}

// tested records how far the test has come.
func (r *run) tested() func(rows int) {
	const every = time.Second
	next := r.o.Clock().Add(every)
	return func(rows int) {
		if now := r.o.Clock(); !now.Before(next) {
			next = now.Add(every)
			// A record that is lost is followed by others, or by the result.
			_ = r.write(runlog.Phase{Step: r.trainer.p.Step, Phase: runlog.Testing, Done: 100 * rows / r.splits.Test.Rows})
		}
	}
}
