package train

import (
	"context"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/runlog"
)

// ResultOf is an evaluation of a split as it stands in records and in JSON.
func ResultOf(e maskflow.Evaluation, split string) *runlog.Result {
	return &runlog.Result{Split: split, Rows: e.Rows, Dim: e.Dim, NLL: runlog.Float(e.NLL), NLL2SE: runlog.Float(e.NLL2SE),
		NLLModel: runlog.Float(e.NLLModel), Orders: e.Orders, NLLOrderMean: runlog.Float(e.OrderMean), Gain: runlog.Float(e.Gain)}
}

// tests says whether the run has rows to test with.
func (r *run) tests() bool { return r.splits.Test != nil && r.splits.Test.Rows > 0 }

// test evaluates the best weights on the test rows. The error is ErrStopped when it
// was asked to stop now.
func (r *run) test(ctx context.Context) (*maskflow.Evaluation, error) {
	if !r.tests() {
		return nil, nil
	}
	if err := r.write(runlog.Phase{Step: r.trainer.Step(), Phase: runlog.Testing}); err != nil {
		return nil, err
	}
	w := r.watch(runlog.Testing)
	e, err := r.evaluateTest(ctx)
	if lost := w.end(); lost != nil {
		return nil, lost
	}
	if r.stop == runlog.StopNow {
		return nil, ErrStopped // that there is no result was promised
	}
	if err != nil {
		return nil, err
	}
	if e.Orders > 1 {
		if err := r.write(OrdersRecord(e, "test", r.trainer.Step(), nil)); err != nil {
			return nil, err
		}
	}
	return &e, nil
}

func (r *run) evaluateTest(ctx context.Context) (maskflow.Evaluation, error) {
	w, err := r.trainer.BestWeights()
	if err != nil {
		return maskflow.Evaluation{}, err
	}
	m, err := maskflow.New(r.backend, r.model, w, maskflow.Options{Batch: r.c.Eval.Batch, EvalSets: r.c.Eval.TestOrders, Samples: r.c.Eval.Samples})
	if err != nil {
		return maskflow.Evaluation{}, err
	}
	defer m.Close()
	return m.Evaluate(ctx, r.splits.Test, maskflow.EvalOptions{})
}
