package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

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
