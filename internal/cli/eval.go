package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

type evalOptions struct {
	split, file, array string
	orders             []int
	samples            int
}

const evalLong = `eval prints the negative log-likelihood of the best weights of a run on a split of
its data, in nats a row, with twice its standard error, in the units of the source.
Where the rows are standardised, take logits or come from a recipe, a second line
reports it in model space, as published tables do; images have bits/dim too.

A model with several orders is an ensemble: their probabilities are averaged, row by
row. The table has the mean over single orders, the gain of the ensemble over it and
the effective number of orders. --orders evaluates ensembles of other sizes: the
first K trained orders, or K fresh ones when orders are unlimited.

For a variational autoencoder it prints the negative evidence lower bound and the
importance-weighted likelihood of --samples draws a row; for a flow that is fitted to
a target, the divergence KL(q‖p) from it, estimated by samples.

--json prints one object for the largest ensemble, with all sizes in "by_orders" when
there are several.`

func (a *app) evalCommand() *cobra.Command {
	var o evalOptions
	c := &cobra.Command{
		Use:   "eval RUN",
		Short: "Print the likelihood of data under a trained model",
		Long:  evalLong,
		Example: `  maskflow eval runs/dna
  maskflow eval runs/dna --split valid --orders 1,2,4,8 --json
  maskflow eval runs/dna --data other.csv`,
		RunE: func(c *cobra.Command, args []string) error { return a.eval(c, args[0], o) },
	}
	f := c.Flags()
	splitFlag(c, &o.split)
	f.StringVar(&o.file, "data", "", "evaluate the rows of this `file` instead")
	f.StringVar(&o.array, "array", "", "`name` of the array in a .npz file of --data")
	f.IntSliceVar(&o.orders, "orders", nil, "sizes `K[,K...]` of the ensemble (default all orders)")
	countFlag(c, &o.samples, "samples", "", 1, "draws `K` a row of a variational autoencoder (default eval.samples)")
	backendFlag(c, &a.backend)
	dataDirFlag(c, &a.dataDir)
	jsonFlag(c, &a.json)
	return c
}

func splitFlag(c *cobra.Command, at *string) {
	wordFlag(c, at, "split", "test", "train, valid or test", "train", "valid", "test")
}

func (a *app) eval(c *cobra.Command, dir string, o evalOptions) error {
	switch {
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
	r, err := a.openRun(ctx, dir, o.orders...)
	if err != nil {
		return err
	}
	if o.samples > 0 && models.ObjectiveOf(r.Graph()).Kind != models.Bound {
		return usage(fmt.Errorf("--samples %d: the likelihood of %s is not estimated by samples", o.samples, r.Dir))
	}
	split, set, err := a.evalSet(ctx, r, o)
	if err != nil {
		return err
	}
	if o.orders == nil {
		o.orders = []int{0}
	}
	slices.Sort(o.orders)
	var found []maskflow.Evaluation
	for _, k := range slices.Compact(o.orders) {
		e, err := r.Evaluate(ctx, set, maskflow.EvalOptions{Orders: k, Samples: o.samples})
		if err != nil {
			return err
		}
		found = append(found, e)
	}
	f := figuresOf(r.Config, r.Graph(), r.Meta.Shape)
	return a.show(f.allJSON(found, split), fmt.Sprintf("%s: %s of %s\n%s", set.Name, text.Count(set.Rows, "row"),
		text.Count(r.Meta.Dim, "variable"), f.text(found)))
}

// evalSet reads the rows to evaluate and says what they are called.
func (a *app) evalSet(ctx context.Context, r *maskflow.Run, o evalOptions) (split string, set *data.Set, err error) {
	if o.file == "" {
		set, err := a.readSplit(ctx, r, o.split)
		return o.split, set, err
	}
	t, err := format.ReadFile(ctx, o.file, format.ReadOptions{Array: o.array})
	if err != nil {
		return "", nil, err
	}
	set, err = r.Prepare(t)
	return "file", set, err
}

// readSplit reads a split of a run's data and compares it with the model: the
// source may have changed since the training. That of a target has no rows.
func (a *app) readSplit(ctx context.Context, r *maskflow.Run, split string) (*data.Set, error) {
	splits, err := r.LoadData(ctx, a.data())
	if err != nil {
		return nil, err
	}
	set, err := splits.Get(split)
	if err != nil || splits.Target != "" {
		return set, err
	}
	if set.Dim != r.Meta.Dim || set.ContextDim != r.Meta.ContextDim {
		return nil, fmt.Errorf("%s has %d + %d columns, but the model was trained on %d + %d (of context)",
			set.Name, set.Dim, set.ContextDim, r.Meta.Dim, r.Meta.ContextDim)
	}
	return set, maskflow.CheckRows(r.Graph(), set)
}
