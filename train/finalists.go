package train

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// A validation that is an estimate by draws tells epochs apart less well than the likelihood itself, which takes
// a pass for each variable: the best few epochs are compared by that in the end.
const (
	finalists      = 5
	finalistOrders = 4
	validDraws     = 32 // of each validation row
)

// finalist is one of the best validations.
type finalist struct {
	NLL   runlog.Float `json:"nll"`
	Step  int64        `json:"step"`
	Epoch int          `json:"epoch"`
}

// consider keeps the weights of a validation where it is one of the best.
func (t *Trainer) consider(e maskflow.Evaluation) error {
	f := finalist{runlog.Float(e.NLLOthers), t.p.Step, t.p.Epoch}
	at, _ := slices.BinarySearchFunc(t.p.Finalists, f, func(a, b finalist) int { return cmp.Compare(a.NLL, b.NLL) })
	if t.chosen = 0; at == finalists || e.BadRows > 0 {
		return nil
	}
	w, err := exec.HostWeights(t.evaluated())
	if err != nil {
		return err
	}
	t.p.Finalists = slices.Insert(t.p.Finalists, at, f)
	t.finalists = slices.Insert(t.finalists, at, w)
	if len(t.finalists) > finalists {
		t.p.Finalists, t.finalists = t.p.Finalists[:finalists], t.finalists[:finalists]
	}
	return nil
}

// otherFinalists are those but the best validation, whose weights are kept by themselves.
func (t *Trainer) otherFinalists() []models.Weights {
	if len(t.finalists) == 0 {
		return nil
	}
	return t.finalists[1:]
}

// choose compares the finalists by the likelihood of the validation rows under a few orders.
func (t *Trainer) choose(ctx context.Context) error {
	if t.estimator == nil || len(t.finalists) < 2 || t.chosen > 0 {
		return nil
	}
	of := t.ensemble()
	of.Sets = of.Sets[:min(len(of.Sets), finalistOrders)]
	chosen, least := 0, maskflow.Evaluation{}
	for k, w := range t.finalists {
		e, err := t.finalist(ctx, w, of)
		if err != nil {
			return err
		}
		if k == 0 || e.NLL < least.NLL {
			chosen, least = k, e
		}
	}
	t.chosen = chosen
	return t.emit(ctx, Chosen{Epoch: t.p.Finalists[chosen].Epoch, Of: len(t.finalists), Evaluation: least})
}

func (t *Trainer) finalist(ctx context.Context, w models.Weights, of exec.Ensemble) (maskflow.Evaluation, error) {
	params := exec.Parameters(t.model, w)
	defer exec.Finalize(params)
	return t.evaluator.Evaluate(ctx, params, t.splits.Valid, of)
}

// String says which epoch was chosen.
func (c Chosen) String() string {
	return fmt.Sprintf("epoch %d has the least NLL of the validation rows among the best %d epochs: %.3f ± %.3f by %d orders",
		c.Epoch, c.Of, c.NLL, c.NLL2SE, c.Orders)
}
