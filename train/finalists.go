package train

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// A validation that is an estimate by draws tells epochs apart less well than the likelihood itself, which takes
// a pass for each variable: the best few epochs are compared by that in the end.
const (
	finalists      = 5
	finalistOrders = 4
)

// finalist is one of the best validations.
type finalist struct {
	NLL   runlog.Float `json:"nll"`
	Step  int64        `json:"step"`
	Epoch int          `json:"epoch"`
}

// choice is a finalist with its weights.
type choice struct {
	finalist
	w models.Weights
}

// consider keeps the weights of a validation where it is one of the best.
func (t *Trainer) consider(e maskflow.Evaluation) error {
	f := finalist{runlog.Float(e.NLLOthers), t.p.Step, t.p.Epoch}
	at, _ := slices.BinarySearchFunc(t.p.Finalists, f, func(a, b finalist) int { return cmp.Compare(a.NLL, b.NLL) })
	if t.chosen = nil; at == finalists || e.BadRows > 0 {
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

// choose compares the finalists by the likelihood of the validation rows under a few orders, and finds how many orders
// are worth their time.
func (t *Trainer) choose(ctx context.Context) error {
	if t.estimator == nil || len(t.finalists) == 0 || t.chosen != nil {
		return nil
	}
	few := t.orders(0, finalistOrders)
	c := Chosen{Of: len(t.finalists)}
	at := 0
	for k, w := range t.finalists {
		e, err := t.finalist(ctx, w, few)
		if err != nil {
			return err
		}
		if k == 0 || e.NLL < c.NLL {
			at, c.Evaluation = k, e
		}
	}
	chosen := &choice{t.p.Finalists[at], t.finalists[at]}
	c.Epoch = chosen.Epoch
	if m, ok := t.model.(models.Sized); ok && m.Orders() != "" {
		n, err := t.size(ctx, m, chosen.w, &c)
		if err != nil {
			return err
		}
		chosen.w = slices.Clone(chosen.w)
		chosen.w[slices.IndexFunc(m.Specs(), func(s models.Spec) bool { return s.Name == m.Orders() })] = []float32{float32(n)}
	}
	t.chosen = chosen
	return t.emit(ctx, c)
}

// orders are those of the cycle from one on, up to another.
func (t *Trainer) orders(from, to int) exec.Ensemble {
	all := t.masked.Cycle().Eval(to)
	return exec.Ensemble{Sets: all[min(from, len(all)):min(to, len(all))]}
}

// worthwhile is how much a doubling of the number of orders has to gain, as a share of the nats that the model is better than
// independent columns.
const worthwhile = 1e-3

// size finds the number of orders for weights, and lists what each doubling gives.
func (t *Trainer) size(ctx context.Context, m models.Sized, w models.Weights, c *Chosen) (n int, err error) {
	valid := t.splits.Valid
	params := exec.Parameters(t.model, w)
	defer exec.Finalize(params)
	better := t.independent(valid).NLL - c.NLL
	var perOrder [][]float64
	for n := 1; n <= m.Cycle().Len(); n *= 2 {
		blocks, err := t.evaluator.Blocks(ctx, params, t.orders(len(perOrder), n))
		if err != nil {
			return 0, err
		}
		further, err := blocks(valid.X, valid.Context)
		if err != nil {
			return 0, err
		}
		perOrder = append(perOrder, further...)
		var mean num.Mean
		row := make([]float64, len(perOrder))
		for i := range valid.Rows {
			for k := range perOrder {
				row[k] = perOrder[k][i] + valid.RowLogDet(i)
			}
			mean.Add(-exec.Joint(row), valid.Weight(i))
		}
		nll := mean.Value()
		c.Curve = append(c.Curve, nll)
		last := len(c.Curve) - 1
		if last > 0 && !(c.Curve[last-1]-nll >= worthwhile*better) {
			break
		}
		c.Ensemble = n
	}
	return c.Ensemble, nil
}

// independent is what independent columns score on some rows: of the targets alone, where a model has such.
func (t *Trainer) independent(rows *data.Prepared) data.Baseline {
	splits, of := *t.splits, []int(nil)
	splits.Test = rows
	if m, ok := t.model.(models.Targeted); ok {
		of = m.Targets()
	}
	return data.IndependentColumns(&splits, of...)
}

func (t *Trainer) finalist(ctx context.Context, w models.Weights, of exec.Ensemble) (maskflow.Evaluation, error) {
	params := exec.Parameters(t.model, w)
	defer exec.Finalize(params)
	return t.evaluator.Evaluate(ctx, params, t.splits.Valid, of)
}

// String says which epoch was chosen, and what orders gain.
func (c Chosen) String() string {
	said := fmt.Sprintf("epoch %d has the least NLL of the validation rows among the best %s: %.3f ± %.3f by %s",
		c.Epoch, text.Count(c.Of, "epoch"), c.NLL, c.NLL2SE, text.Count(c.Orders, "order"))
	if len(c.Curve) == 0 {
		return said
	}
	var curve []string
	for k, nll := range c.Curve {
		curve = append(curve, fmt.Sprintf("%d: %.3f", 1<<k, nll))
	}
	return fmt.Sprintf("%s; by the number of orders %s; the model averages %d", said, strings.Join(curve, ", "), c.Ensemble)
}
