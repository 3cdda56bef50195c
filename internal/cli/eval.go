package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

type evalOptions struct {
	split, file, array string
	orders             []int
	backend, dataDir   string
	json               bool
}

const evalLong = `eval prints the negative log-likelihood of the best weights of a run on a split
of its data, in nats a row, with twice its standard error.

A model with several orders is an ensemble: the probabilities that the orders
give are averaged, row by row. The table then has the mean over single orders,
the gain of the ensemble over that mean, and the effective number of orders.
--orders asks for ensembles of other sizes: the first K of the orders that were
trained, or K fresh ones when orders are unlimited.

--json prints one object for the largest ensemble; with several sizes all of
them are in "by_orders".`

func (a *app) evalCommand() *cobra.Command {
	var o evalOptions
	c := &cobra.Command{
		Use:   "eval RUN",
		Short: "Print the likelihood of data under a trained model",
		Long:  evalLong,
		Example: `  maskflow eval runs/dna
  maskflow eval runs/dna --split valid --orders 1,2,4,8 --json
  maskflow eval runs/dna --data other.csv`,
		Args:              takes(0, "RUN"),
		ValidArgsFunction: completeArgs(argRun),
		RunE:              func(c *cobra.Command, args []string) error { return a.eval(c, args[0], o) },
	}
	f := c.Flags()
	f.StringVar(&o.split, "split", "test", "train, valid or test")
	f.StringVar(&o.file, "data", "", "evaluate the rows of this `file` instead")
	f.StringVar(&o.array, "array", "", "`name` of the array in a .npz file of --data")
	f.IntSliceVar(&o.orders, "orders", nil, "sizes `K[,K...]` of the ensemble (default all orders)")
	backendFlag(c, &o.backend)
	dataDirFlag(c, &o.dataDir)
	jsonFlag(c, &o.json)
	completeWords(c, "split", "train", "valid", "test")
	return c
}

func (a *app) eval(c *cobra.Command, dir string, o evalOptions) error {
	switch {
	case !slices.Contains([]string{"train", "valid", "test"}, o.split):
		return misused(c, "--split %s: there are train, valid and test", o.split)
	case o.file != "" && c.Flags().Changed("split"):
		return misused(c, "--data and --split exclude each other")
	case o.file == "" && o.array != "":
		return misused(c, "--array is for --data")
	}
	for _, k := range o.orders {
		if k < 1 {
			return misused(c, "--orders %d: an ensemble has 1 order or more", k)
		}
	}
	ctx := c.Context()
	r, close, err := a.openRun(ctx, dir, o.backend)
	if err != nil {
		return err
	}
	defer close()
	if err := checkOrders(r, o.orders...); err != nil {
		return err
	}
	split, set, err := evalSet(ctx, r, o)
	if err != nil {
		return err
	}
	if o.orders == nil {
		o.orders = []int{0}
	}
	slices.Sort(o.orders)
	var found []maskflow.Evaluation
	for _, k := range slices.Compact(o.orders) {
		e, err := r.Evaluate(ctx, set, maskflow.EvalOptions{Orders: k})
		if err != nil {
			return err
		}
		found = append(found, e)
	}
	if o.json {
		return a.writeJSON(evaluationsJSON(found, split))
	}
	return a.print("%s: %s of %s\n%s", set.Name, count(set.Rows, "row"), count(set.Dim, "variable"), evaluationTable(found))
}

// evalSet reads the rows to evaluate and says what they are called.
func evalSet(ctx context.Context, r *maskflow.Run, o evalOptions) (split string, set *data.Set, err error) {
	if o.file == "" {
		splits, err := maskflow.LoadData(ctx, r.Config, dataDir(o.dataDir))
		if err != nil {
			return "", nil, err
		}
		if set, err = splits.Get(o.split); err != nil {
			return "", nil, err
		}
		return o.split, set, checkWidth(r, set)
	}
	if set, err = data.ReadFile(ctx, o.file, data.ReadOptions{Array: o.array}); err != nil {
		return "", nil, err
	}
	return "file", set, r.Prepare(set)
}

// checkWidth holds the split of a source against the model: the source may have
// changed since the training.
func checkWidth(r *maskflow.Run, set *data.Set) error {
	if set.Dim != r.Meta.Dim || set.ContextDim != r.Meta.ContextDim {
		return fmt.Errorf("%s has %d + %d columns, but the model was trained on %d + %d (of context)",
			set.Name, set.Dim, set.ContextDim, r.Meta.Dim, r.Meta.ContextDim)
	}
	return set.CheckBinary()
}

func evaluationTable(es []maskflow.Evaluation) string {
	if len(es) == 1 && es[0].Orders <= 1 {
		return "NLL " + withError(es[0].NLL, es[0].NLL2SE) + " nats a row (2 standard errors, 1 order)\n"
	}
	t := newTable(">orders", ">NLL (nats)", ">± 2 se", ">order mean", ">gain", ">± 2 se", ">ess")
	for _, e := range es {
		nll, nllErr := plusMinus(e.NLL, e.NLL2SE)
		if e.Orders <= 1 {
			t.add("1", nll, nllErr, nll, "-", "-", "1.0")
			continue
		}
		mean, _ := plusMinus(e.OrderMean, e.NLL2SE)
		gain, gainErr := plusMinus(e.Gain, e.Gain2SE)
		t.add(fmt.Sprint(e.Orders), nll, nllErr, mean, gain, gainErr, fmt.Sprintf("%.1f", e.ESS))
	}
	return t.String()
}

// evaluationJSON is an evaluation as every --json prints it.
type evaluationJSON struct {
	*runlog.Result
	Gain2SE  runlog.Float     `json:"gain_2se"`
	ESS      runlog.Float     `json:"ess"`
	PerOrder []runlog.Float   `json:"per_order,omitempty"`
	ByOrders []evaluationJSON `json:"by_orders,omitempty"`
}

func newEvaluationJSON(e maskflow.Evaluation, split string) evaluationJSON {
	return evaluationJSON{Result: train.ResultOf(e, split), Gain2SE: runlog.Float(e.Gain2SE), ESS: runlog.Float(e.ESS), PerOrder: runlog.Floats(e.PerOrder)}
}

// evaluationsJSON is the evaluation by the largest ensemble, which comes last,
// with all of them inside when there are several.
func evaluationsJSON(es []maskflow.Evaluation, split string) evaluationJSON {
	largest := newEvaluationJSON(es[len(es)-1], split)
	if len(es) > 1 {
		for _, e := range es {
			largest.ByOrders = append(largest.ByOrders, newEvaluationJSON(e, split))
		}
	}
	return largest
}
