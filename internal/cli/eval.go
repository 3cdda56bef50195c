package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
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
	compare := func([]float64) ([]baseline.Comparison, *baseline.Twinned, error) { return nil, nil, nil }
	agree := func(test maskflow.Evaluation, e maskflow.EvalOptions) error { return nil }
	if o.file == "" {
		splits, differs, err := a.readData(ctx, runs, o.split, o.changed)
		if err != nil {
			return err
		}
		a.notes = splits[0].Warnings(!models.Discrete(r.Definition()))
		sets, err := splitsOf(runs, splits, o.split, differs)
		if err != nil {
			return err
		}
		if changed = differs; changed != nil {
			o.split = train.ChangedSplit
		}
		name, progress = sets[0].Name, func(done int) string {
			return fmt.Sprintf("%.0f %% of %s", 100*float64(done)/float64(max(sets[0].Rows, 1)), text.Count(sets[0].Rows, "row"))
		}
		evaluate = func(o maskflow.EvalOptions) (maskflow.Evaluation, error) { return runs.EvaluateOf(ctx, sets, o) }
		if changed == nil && models.TargetsOf(r.Definition()) == nil {
			if o.split == "test" && valid(runs, splits) {
				agree = func(test maskflow.Evaluation, e maskflow.EvalOptions) error {
					var sets []*data.Prepared
					for _, s := range splits {
						sets = append(sets, s.Valid)
					}
					v, err := runs.EvaluateOf(ctx, sets, e)
					if what := baseline.Disagreement(v.NLL, v.NLL2SE, test.NLL, test.NLL2SE); err == nil && what != "" {
						a.notes = append(a.notes, what)
					}
					return err
				}
			}
			compare = func(logp []float64) ([]baseline.Comparison, *baseline.Twinned, error) {
				of, err := baseline.Compare(ctx, splits[0], sets[0], logp)
				if err != nil || o.split == "train" {
					return of, nil, err
				}
				twins, err := baseline.OfTwins(splits[0], sets[0], logp)
				return of, twins, err
			}
		}
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
	var found []maskflow.Evaluation
	var logp []float64 // of the last
	for _, k := range slices.Compact(o.orders) {
		logp = logp[:0]
		e, err := evaluate(maskflow.EvalOptions{Orders: k, Samples: o.samples, Progress: a.evaluating(progress), Row: func(v float64) { logp = append(logp, v) }})
		if err != nil {
			return err
		}
		found = append(found, e)
	}
	beside, twins, err := compare(logp)
	if err != nil {
		return err
	}
	last := found[len(found)-1]
	if err := agree(last, maskflow.EvalOptions{Orders: o.orders[len(o.orders)-1]}); err != nil {
		return err
	}
	f := figuresOf(r.Config, r.Definition(), r.Shape)
	f.names = namesOf(runs)
	largest := f.json(last, o.split)
	if len(found) > 1 {
		for _, e := range found {
			largest.ByOrders = append(largest.ByOrders, f.json(e, o.split))
		}
	}
	largest.DataChanged, largest.Warnings, largest.Baselines = changed, a.notes, beside
	largest.Twins = twins
	return a.show(largest, fmt.Sprintf("%s: %s of %s\n%s%s", name, text.Count(largest.Rows, "row"),
		text.Count(r.Definition().Dim(), "variable"), changedText(changed), f.text(found)+linesText(comparisons(beside, twins))))
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

// figures writes evaluations as the model they are of wants them: a density has
// a likelihood, an autoencoder two bounds, a fit to a target a divergence.
type figures struct {
	// masked models have orders to be counted.
	masked bool
	// image is whether a row is one of real values, whose likelihood is reported in
	// bits too.
	image bool
	// mixed is whether variables have probabilities, of which model space has no other units.
	mixed bool
	// valid is what a validation measures.
	valid string
	// targets are the variables that all figures are of, given the others; nil where these are of whole rows.
	targets []string
	// names are those of the members of an ensemble.
	names []string
}

func figuresOf(c *maskflow.Config, d models.Definition, shape []int) figures {
	_, masked := d.(models.Masked)
	f := figures{masked: masked, image: len(shape) > 1 && !models.Discrete(d), valid: "NLL"}
	f.mixed = slices.ContainsFunc(models.VariablesOf(d), func(v models.Variable) bool { return v.Grid != nil || v.States > 0 })
	switch f.targets = models.TargetsOf(d); {
	case f.targets != nil:
		f.valid, f.image = conditionalNLL(f.targets), false
	case models.ObjectiveOf(d).Kind == models.OrderMean:
		f.valid = "one-pass estimate of the mean over orders,"
	}
	if _, ok := d.(models.Stochastic); ok {
		f.valid = "importance-weighted NLL"
		if c.Eval.ValidSamples <= 1 {
			f.valid = "−ELBO"
		}
	}
	return f
}

// conditionalNLL names the figure of a model of targets.
func conditionalNLL(targets []string) string {
	return fmt.Sprintf("%s of %s given the others", runlog.ConditionalNLL, text.Listed(targets))
}

// headline is the figure that counts. notes come before the other circumstances
// in parentheses.
func (f figures) headline(e maskflow.Evaluation, notes ...string) string {
	if !math.IsNaN(e.NLL2SE) {
		notes = append([]string{"2 standard errors"}, notes...)
	}
	switch {
	case e.KL != nil:
		return fmt.Sprintf("KL(q‖p) %s nats (2 standard errors, %s)", text.WithError(*e.KL, e.NegELBO2SE), text.Count(e.Rows, "sample"))
	case e.Samples > 0:
		return fmt.Sprintf("−ELBO %s, importance-weighted NLL %s nats a row (%s)", text.WithError(e.NegELBO, e.NegELBO2SE),
			likelihood(e), strings.Join(append(notes, text.Count(e.Samples, "sample")), ", "))
	}
	if e.Mixture != nil {
		notes = append(notes, text.Count(len(e.Mixture.Members), "model"))
	}
	if f.masked && ofOrders(e) {
		notes = append(notes, text.Count(e.Orders, "order"))
	}
	line := fmt.Sprintf("NLL %s nats a row", likelihood(e))
	if f.targets != nil {
		notes = append(notes, text.Count(e.Draws, "one-pass draw")+" a row")
		line = fmt.Sprintf("%s %s nats a row", conditionalNLL(f.targets), likelihood(e))
	}
	if len(notes) > 0 {
		line += " (" + strings.Join(notes, ", ") + ")"
	}
	return line
}

func likelihood(e maskflow.Evaluation) string {
	return text.Mean(e.NLL, e.NLLOthers, e.NLL2SE, e.BadRows)
}

// otherwise is the same figure in other spaces and units, or why it is infinite.
func (f figures) otherwise(e maskflow.Evaluation) (lines []string) {
	switch {
	case e.BadRows > 0 && e.BadRows == e.Rows:
		return []string{"no row has a likelihood, the first is " + e.FirstBad}
	case e.BadRows > 0:
		return []string{fmt.Sprintf("%s of %d without a likelihood, the first is %s; other figures are of the other rows",
			text.Count(e.BadRows, "row"), e.Rows, e.FirstBad)}
	case e.Samples > 0:
		return nil
	}
	if e.NLLHoles != nil {
		lines = append(lines, fmt.Sprintf("of it values %.2f, holes %.3f", *e.NLLValues, *e.NLLHoles))
	}
	if !f.mixed && f.targets == nil && math.Abs(e.NLLModel-e.NLL) > 1e-9*math.Max(1, math.Abs(e.NLL)) { // preparation sets the spaces apart
		lines = append(lines, "NLL in model space (published tables) "+text.WithError(e.NLLModel, e.NLLModel2SE)+" nats a row")
	}
	if f.image {
		lines = append(lines, text.WithError(e.BitsPerDim(), e.NLL2SE/float64(e.Dim)/math.Ln2)+" bits/dim")
	}
	return lines
}

// further are the same figure in other spaces and units, and what its orders gain.
func (f figures) further(e maskflow.Evaluation) []string {
	lines := f.otherwise(e)
	if e.Orders > 1 && e.BadRows < e.Rows && ofOrders(e) {
		mean, _ := text.PlusMinus(e.OrderMean, e.NLL2SE)
		lines = append(lines, fmt.Sprintf("mean of single orders %s, gain %s, effective orders %.1f", mean, text.WithError(e.Gain, e.Gain2SE), e.ESS))
	}
	if e.Mixture != nil {
		lines = append(lines, f.memberLines(e)...)
	}
	return lines
}

// ofOrders reports whether there are orders beside the members of an ensemble.
func ofOrders(e maskflow.Evaluation) bool {
	return e.Mixture == nil || e.Orders > len(e.Mixture.Members)
}

// mostMembers is how many members of an ensemble have a line of their own.
const mostMembers = 20

// memberLines are what the members of an ensemble have by themselves, and what it gains.
func (f figures) memberLines(e maskflow.Evaluation) (lines []string) {
	m := e.Mixture
	spread := ""
	if !math.IsNaN(m.SD) {
		spread = fmt.Sprintf(" (standard deviation %.3g)", m.SD)
	}
	mean, _ := text.PlusMinus(m.Mean, e.NLL2SE)
	lines = []string{fmt.Sprintf("mean of the members %s%s, gain %s, effective members %.1f", mean, spread, text.WithError(m.Gain, m.Gain2SE), m.ESS)}
	for k, of := range m.Members {
		if k == mostMembers-1 && len(m.Members) > mostMembers {
			return append(lines, fmt.Sprintf("  and %s more (--json has all)", text.Count(len(m.Members)-k, "member")))
		}
		lines = append(lines, fmt.Sprintf("  %s has %s", f.names[k], likelihood(of)))
	}
	return lines
}

// text is the figures of one ensemble of a model, and a table of several, the largest last.
func (f figures) text(es []maskflow.Evaluation) string {
	if len(es) == 1 {
		return linesText(append([]string{f.headline(es[0])}, f.further(es[0])...))
	}
	name := "NLL (nats)"
	if slices.ContainsFunc(es, func(e maskflow.Evaluation) bool { return e.BadRows > 0 }) {
		name = "NLL of others"
	}
	t := newTable(">orders", ">"+name, ">± 2 se", ">order mean", ">gain", ">± 2 se", ">ess")
	for _, e := range es {
		nll, nllErr := text.PlusMinus(e.NLLOthers, e.NLL2SE)
		if e.Orders <= 1 || e.BadRows == e.Rows {
			t.add(fmt.Sprint(e.Orders), nll, nllErr, nll, "-", "-", fmt.Sprintf("%.1f", e.ESS))
			continue
		}
		mean, _ := text.PlusMinus(e.OrderMean, e.NLL2SE)
		gain, gainErr := text.PlusMinus(e.Gain, e.Gain2SE)
		t.add(fmt.Sprint(e.Orders), nll, nllErr, mean, gain, gainErr, fmt.Sprintf("%.1f", e.ESS))
	}
	return t.String() + linesText(f.otherwise(es[len(es)-1]))
}

// comparisons are lines on baselines beside a model, and on rows that training had.
func comparisons(of []baseline.Comparison, twins *baseline.Twinned) (lines []string) {
	for _, c := range of {
		how := "better"
		if c.Better < 0 {
			how = "worse"
		}
		lines = append(lines, fmt.Sprintf("%s has %.2f: the model is %s %s, row by row", c.Name, c.NLL, text.WithError(math.Abs(c.Better), c.Better2SE), how))
	}
	if twins != nil {
		lines = append(lines, twins.String())
	}
	return lines
}

// evaluationJSON is an evaluation as every --json prints it.
type evaluationJSON struct {
	*runlog.Result
	NLLValues  *runlog.Float    `json:"nll_values,omitempty"`
	NLLHoles   *runlog.Float    `json:"nll_holes,omitempty"`
	FirstBad   string           `json:"first_bad,omitempty"`
	Gain2SE    runlog.Float     `json:"gain_2se"`
	ESS        runlog.Float     `json:"ess"`
	BitsPerDim *runlog.Float    `json:"bits_per_dim,omitempty"`
	Samples    int              `json:"samples,omitempty"`
	Draws      int              `json:"draws,omitempty"`
	NegELBO    *runlog.Float    `json:"neg_elbo,omitempty"`
	NegELBO2SE *runlog.Float    `json:"neg_elbo_2se,omitempty"`
	KL         *runlog.Float    `json:"kl,omitempty"`
	PerOrder   []runlog.Float   `json:"per_order,omitempty"`
	Ensemble   *ensembleJSON    `json:"ensemble,omitempty"`
	ByOrders   []evaluationJSON `json:"by_orders,omitempty"`
	// Baselines are other densities of the same rows, the best first.
	Baselines []baseline.Comparison `json:"baselines,omitempty"`
	// Twins are rows that training had, too.
	Twins *baseline.Twinned `json:"twins,omitempty"`
	// DataChanged is how the rows differ from those of the training.
	DataChanged []string `json:"data_changed,omitempty"`
	// Warnings are the notes on the rows.
	Warnings []string `json:"warnings,omitempty"`
}

// ensembleJSON is what the members of an ensemble have by themselves.
type ensembleJSON struct {
	Members []memberJSON `json:"members"`
	Mean    runlog.Float `json:"nll_member_mean"`
	SD      runlog.Float `json:"nll_member_sd"`
	Gain    runlog.Float `json:"member_gain"`
	Gain2SE runlog.Float `json:"member_gain_2se"`
	ESS     runlog.Float `json:"member_ess"`
}

type memberJSON struct {
	Run string `json:"run"`
	evaluationJSON
}

func (f figures) json(e maskflow.Evaluation, split string) evaluationJSON {
	j := evaluationJSON{Result: train.ResultOf(e, split), NLLValues: (*runlog.Float)(e.NLLValues), NLLHoles: (*runlog.Float)(e.NLLHoles), FirstBad: e.FirstBad, Gain2SE: runlog.Float(e.Gain2SE), ESS: runlog.Float(e.ESS),
		PerOrder: runlog.Floats(e.PerOrder), Samples: e.Samples, Draws: e.Draws}
	if f.image {
		j.BitsPerDim = new(runlog.Float(e.BitsPerDim()))
	}
	if e.Samples > 0 {
		j.NegELBO, j.NegELBO2SE = new(runlog.Float(e.NegELBO)), new(runlog.Float(e.NegELBO2SE))
	}
	if e.KL != nil {
		j.KL = new(runlog.Float(*e.KL))
	}
	if m := e.Mixture; m != nil {
		j.Ensemble = &ensembleJSON{nil, runlog.Float(m.Mean), runlog.Float(m.SD), runlog.Float(m.Gain), runlog.Float(m.Gain2SE), runlog.Float(m.ESS)}
		for k, of := range m.Members {
			j.Ensemble.Members = append(j.Ensemble.Members, memberJSON{f.names[k], f.json(of, split)})
		}
	}
	return j
}

// splitsLine describes the data of a training.
func splitsLine(s *data.Splits) string {
	line := fmt.Sprintf("%s: %s", s.Source, text.Count(s.Dim, "variable"))
	if s.ContextDim > 0 {
		line += fmt.Sprintf(" and %d of context", s.ContextDim)
	}
	for _, n := range s.Sets() {
		line += fmt.Sprintf(", %d %s", n.Set.Rows, n.Split)
	}
	line += " rows"
	if s.Note != "" {
		line += " (" + s.Note + ")"
	}
	return line
}

// modelLine describes the model of a training.
func modelLine(d models.Definition) string {
	line := fmt.Sprint(d)
	size := 0
	for _, s := range d.Specs() {
		size += s.Size()
	}
	line += fmt.Sprintf(", %s parameters", text.Grouped(size))
	if masked, ok := d.(models.Masked); ok {
		orders := "unlimited orders"
		if n := masked.Cycle().Len(); n != masks.Unlimited {
			orders = text.Count(n, "order")
		}
		if s, sized := d.(models.Sized); sized && s.Orders() != "" {
			orders = "at most " + orders
		}
		line += ", " + orders
	}
	return line
}
