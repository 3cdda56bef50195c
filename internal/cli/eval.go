package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/train"
)

type evalOptions struct {
	split, file, array string
	orders             []int
	samples            int
	changed            bool
	ensemble           []string
}

const evalLong = `eval prints the negative log-likelihood of the best weights of a run on a split of
its data, in nats a row, with twice its standard error, in the units of the source; a
second line has it in model space, where rows were prepared, and images have bits/dim.

The probabilities of the orders of a model are averaged, row by row; the mean over single
orders, the gain of the ensemble over it and the effective number of orders follow, and
--orders makes a table of ensembles of other sizes. A variational autoencoder has the
negative evidence lower bound and the importance-weighted likelihood of --samples draws a
row, a flow that is fitted to a target the divergence KL(q‖p) from it, and a model of
named columns (model.targets) their conditional likelihood, by draws of what is given.

With --ensemble, or of a folder that train --seeds wrote, the probabilities of all models are
averaged, row by row. Their own figures, the gain of the ensemble over their mean, which is
never negative, and the effective number of members follow. They need the same columns, events
and, on a split, the same rows; type, orders, seeds and scales may differ. Of a variational
autoencoder the estimate by importance weights is averaged: the figure is then an upper bound on
average, as its own is.

A full Gaussian, a Gaussian copula and a mixture of products, fitted to the training rows,
stand beside the figure where they are possible: the difference is taken row by row.

` + holesHelp + `

--json prints one object for the largest ensemble, with all sizes in "by_orders" when
there are several. Where the data have changed since the training it is an error; with
--changed-data the rows are called "changed", and "data_changed" lists what differs.`

func (a *app) evalCommand() *cobra.Command {
	var o evalOptions
	c := &cobra.Command{
		Use:   "eval RUN",
		Short: "Print the likelihood of data under a trained model",
		Long:  evalLong,
		Example: `  maskflow eval runs/dna
  maskflow eval runs/dna --split valid --orders 1,2,4,8 --json
  maskflow eval runs/dna --data other.csv
  maskflow eval runs/power-1 --ensemble runs/power-2,runs/power-3`,
		RunE: func(c *cobra.Command, args []string) error { return a.eval(c, args[0], o) },
	}
	f := c.Flags()
	splitFlag(c, &o.split)
	f.StringVar(&o.file, "data", "", "evaluate the rows of this `file` instead")
	f.StringVar(&o.array, "array", "", "`name` of the array in a .npz file of --data")
	a.readFlags(c)
	a.holeFlags(c)
	f.IntSliceVar(&o.orders, "orders", nil, "sizes `K[,K...]` of the ensemble (default all orders)")
	ensembleFlag(c, &o.ensemble)
	countFlag(c, &o.samples, "samples", "", 1, "draws `K` a row of a variational autoencoder (default eval.samples)")
	changedFlag(c, &o.changed)
	backendFlag(c, &a.backend)
	dataDirFlag(c, &a.dataDir)
	jsonFlag(c, &a.json)
	return c
}

func splitFlag(c *cobra.Command, at *string) {
	wordFlag(c, at, "split", "test", "`SPLIT` of the data", "train", "valid", "test")
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
	runs, err := a.openEnsemble(ctx, dir, o.ensemble, o.orders...)
	if err != nil {
		return err
	}
	r := runs.First() // all have its columns
	if o.samples > 0 && !slices.ContainsFunc(runs.Members(), func(r *maskflow.Model) bool { return models.ObjectiveOf(r.Definition()).Kind == models.Bound }) {
		return usage(fmt.Errorf("--samples %d: the likelihood of %s is not estimated by samples", o.samples, r.Path))
	}
	var name string
	var progress func(done int) string
	var changed []string
	var evaluate func(o maskflow.EvalOptions) (maskflow.Evaluation, error)
	var splits []*data.Splits // nil for a file
	var sets []*data.Prepared
	if o.file == "" {
		var differs []string
		if splits, differs, err = a.readData(ctx, runs, o.split, o.changed); err != nil {
			return err
		}
		a.notes = splits[0].Warnings(!models.Discrete(r.Definition()))
		if sets, err = splitsOf(runs, splits, o.split, differs); err != nil {
			return err
		}
		if changed = differs; changed != nil {
			o.split = train.ChangedSplit
		}
		name, progress = sets[0].Name, func(done int) string {
			return fmt.Sprintf("%.0f %% of %s", 100*float64(done)/float64(max(sets[0].Rows, 1)), text.Count(sets[0].Rows, "row"))
		}
		evaluate = func(o maskflow.EvalOptions) (maskflow.Evaluation, error) { return runs.EvaluateOf(ctx, sets, o) }
	} else {
		read, err := a.optionsAs(r, o.file, o.array)
		if err != nil {
			return err
		}
		var percent atomic.Int32
		read.Progress = func(part float64) { percent.Store(int32(100 * part)) }
		pages, err := a.readRows(ctx, r, o.file, read, false)
		if o.file == "-" && len(o.orders) > 1 { // which can be read once
			t, problem := a.readTable(ctx, o.file, read)
			pages, err = t.Pages, problem
		}
		if err != nil {
			return err
		}
		pages, o.split = a.noteRows(r, r.Preparation().Counted(pages), &name), "file"
		progress = func(done int) string {
			if of := percent.Load(); of > 0 {
				return fmt.Sprintf("%d %%, %s", of, text.Count(done, "row"))
			}
			return text.Count(done, "row")
		}
		evaluate = func(o maskflow.EvalOptions) (maskflow.Evaluation, error) {
			o.Row = nil // of which nothing is compared
			return runs.EvaluatePages(ctx, pages, o)
		}
	}
	if o.orders == nil {
		o.orders = []int{0}
	}
	slices.Sort(o.orders)
	o.orders = slices.Compact(o.orders)
	var found []maskflow.Evaluation
	var logp []float64 // of the last
	for _, k := range o.orders {
		logp = logp[:0]
		e, err := evaluate(maskflow.EvalOptions{Orders: k, Samples: o.samples, Progress: a.evaluating(progress), Row: func(v float64) { logp = append(logp, v) }})
		if err != nil {
			return err
		}
		found = append(found, e)
	}
	last := found[len(found)-1]
	var beside []baseline.Comparison
	var twins *baseline.Twinned
	if splits != nil && changed == nil && models.TargetsOf(r.Definition()) == nil {
		if beside, twins, err = a.compare(ctx, runs, splits, sets, o, last, logp); err != nil {
			return err
		}
	}
	f := figuresOf(r.Config, r.Definition(), r.Shape)
	f.names = namesOf(runs)
	largest := f.json(last, o.split)
	if len(found) > 1 {
		for _, e := range found {
			largest.ByOrders = append(largest.ByOrders, f.json(e, o.split))
		}
	}
	largest.DataChanged, largest.Warnings, largest.Baselines, largest.Twins = changed, a.notes, beside, twins
	return a.show(largest, fmt.Sprintf("%s: %s of %s\n%s%s", name, text.Count(largest.Rows, "row"),
		text.Count(r.Definition().Dim(), "variable"), changedText(changed), f.text(found)+linesText(comparisons(beside, twins))))
}

// compare compares an evaluation of rows of a split, with ln p of each, with baselines, tells rows that training had from the others, and
// notes where the validation rows disagree with the test rows.
func (a *app) compare(ctx context.Context, runs *maskflow.Ensemble, splits []*data.Splits, sets []*data.Prepared, o evalOptions,
	of maskflow.Evaluation, logp []float64) (beside []baseline.Comparison, twins *baseline.Twinned, err error) {
	if beside, err = baseline.Compare(ctx, splits[0], sets[0], logp); err != nil || o.split == "train" {
		return beside, nil, err
	}
	if twins, err = baseline.OfTwins(splits[0], sets[0], logp); err != nil || o.split != "test" || !valid(runs, splits) {
		return beside, twins, err
	}
	var validation []*data.Prepared
	for _, s := range splits {
		validation = append(validation, s.Valid)
	}
	v, err := runs.EvaluateOf(ctx, validation, maskflow.EvalOptions{Orders: o.orders[len(o.orders)-1]})
	if what := baseline.Disagreement(v.NLL, v.NLL2SE, of.NLL, of.NLL2SE); err == nil && what != "" {
		a.notes = append(a.notes, what)
	}
	return beside, twins, err
}

// valid reports whether the likelihood of the validation rows is soon known, by one pass and without noise, to compare that of the
// test rows with: all runs have the same.
func valid(runs *maskflow.Ensemble, splits []*data.Splits) bool {
	for k, r := range runs.Members() {
		_, passes := r.Definition().(models.AnyOrder)
		of := splits[k].Valid
		if passes || of == nil || of.Rows == 0 || models.ObjectiveOf(r.Definition()).Kind != models.Likelihood {
			return false
		}
		if splits[0].Identity.Differs(splits[k].Identity, "valid") != nil {
			return false
		}
	}
	return true
}

// linesText ends each line.
func linesText(lines []string) (all string) {
	for _, line := range lines {
		all += line + "\n"
	}
	return all
}

// changedText is a line on what differs from the data of a training, if anything does.
func changedText(changed []string) string {
	if changed == nil {
		return ""
	}
	return "changed data: " + strings.Join(changed, "; ") + "\n"
}

// splitsOf are [splitOf] for each run of an ensemble.
func splitsOf(runs *maskflow.Ensemble, splits []*data.Splits, split string, changed []string) ([]*data.Prepared, error) {
	var sets []*data.Prepared
	for k, r := range runs.Members() {
		set, err := splitOf(r, splits[k], split, changed)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// splitOf returns a split for the model of a run; its name says so where the data have
// changed. That of a target has no rows.
func splitOf(r *maskflow.Model, splits *data.Splits, split string, changed []string) (*data.Prepared, error) {
	set, err := splits.Get(split)
	if err != nil || splits.Target != "" {
		return set, err
	}
	if changed != nil {
		other := *set
		other.Name = splits.Source + " (changed)"
		set = &other
	}
	return set, checkSplit(r, set)
}

// readData reads the data of runs and compares them with those of the trainings, for a
// split. Where goOn allows that it has changed, changed lists what differs.
func (a *app) readData(ctx context.Context, e *maskflow.Ensemble, split string, goOn bool) (_ []*data.Splits, changed []string, _ error) {
	splits, err := e.LoadData(ctx, a.dataOf(e.First()), split)
	differs := (*data.ChangedError)(nil)
	switch {
	case errors.As(err, &differs) && splits == nil: // other columns
		return nil, nil, err
	case differs != nil && differs.Concerns(split) && !goOn:
		return nil, nil, fmt.Errorf("%w (the run's %s rows are not there; --changed-data takes those that are)", err, split)
	case differs != nil && differs.Concerns(split):
		changed = differs.Texts()
	case err != nil && differs == nil:
		return nil, nil, err
	}
	for _, r := range e.Members() {
		if r.Data != nil {
			changed = append(slices.Clone(r.Data.Changed), changed...)
		}
	}
	return splits, changed, nil
}

func checkSplit(r *maskflow.Model, set *data.Prepared) error {
	if set.Dim != r.Definition().Dim() || set.ContextDim != r.Definition().ContextDim() {
		return fmt.Errorf("%s has %d + %d columns, but the model was trained on %d + %d (of context)",
			set.Name, set.Dim, set.ContextDim, r.Definition().Dim(), r.Definition().ContextDim())
	}
	return maskflow.CheckRows(r.Definition(), set)
}
