package cli

import (
	"fmt"
	"math"
	"strings"

	"github.com/maskflow/maskflow"
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
	// image is whether a row is one of real values, whose likelihood is told in
	// bits too.
	image bool
	// steady is whether the preprocessing changes the likelihoods of all rows by
	// the same, so that both spaces have the same error.
	steady bool
	// single is whether a validation draws noise once a row.
	single, stochastic bool
}

func figuresOf(c *maskflow.Config, d models.Model, shape []int) figures {
	_, masked := d.(models.Masked)
	_, stochastic := d.(models.Stochastic)
	return figures{masked: masked, image: len(shape) > 1 && !models.Discrete(d), steady: c.Data.Logit == 0,
		stochastic: stochastic, single: c.Eval.ValidSamples <= 1}
}

// headline is the figure that counts. notes come before the other circumstances
// in parentheses.
func (f figures) headline(e maskflow.Evaluation, notes ...string) string {
	notes = append([]string{"2 standard errors"}, notes...)
	switch {
	case e.KL != nil:
		return fmt.Sprintf("KL(q‖p) %s nats (2 standard errors, %s)", text.WithError(*e.KL, e.NegELBO2SE), text.Count(e.Rows, "sample"))
	case e.Samples > 0:
		return fmt.Sprintf("−ELBO %s, importance-weighted NLL %s nats a row (%s)", text.WithError(e.NegELBO, e.NegELBO2SE),
			text.WithError(e.NLL, e.NLL2SE), strings.Join(append(notes, text.Count(e.Samples, "sample")), ", "))
	}
	if f.masked {
		notes = append(notes, text.Count(e.Orders, "order"))
	}
	return fmt.Sprintf("NLL %s nats a row (%s)", text.WithError(e.NLL, e.NLL2SE), strings.Join(notes, ", "))
}

// further are the same figure in other spaces and units.
func (f figures) further(e maskflow.Evaluation) []string {
	if e.Samples > 0 {
		return nil
	}
	var lines []string
	if moved(e) {
		figure := text.WithError(e.NLLModel, e.NLL2SE)
		if !f.steady {
			figure, _ = text.PlusMinus(e.NLLModel, e.NLL2SE)
		}
		lines = append(lines, "NLL in model space (published tables) "+figure+" nats a row")
	}
	if f.image {
		figure, uncertainty := text.PlusMinus(e.BitsPerDim(), e.NLL2SE/float64(e.Dim)/math.Ln2)
		lines = append(lines, fmt.Sprintf("%s ± %s bits/dim", figure, uncertainty))
	}
	return lines
}

// moved says whether preprocessing sets the two spaces of a likelihood apart.
func moved(e maskflow.Evaluation) bool {
	return math.Abs(e.NLLModel-e.NLL) > 1e-9*math.Max(1, math.Abs(e.NLL))
}

// valid names what a validation measures.
func (f figures) valid() string {
	switch {
	case f.stochastic && f.single:
		return "−ELBO"
	case f.stochastic:
		return "importance-weighted NLL"
	}
	return "NLL"
}

// text is a line for one ensemble of a model, and a table for several or for
// one of several orders.
func (f figures) text(es []maskflow.Evaluation) string {
	last := es[len(es)-1]
	out := f.headline(last) + "\n"
	if len(es) > 1 || last.Orders > 1 {
		out = ensembleTable(es).String()
	}
	for _, line := range f.further(last) {
		out += line + "\n"
	}
	return out
}

func ensembleTable(es []maskflow.Evaluation) *table {
	t := newTable(">orders", ">NLL (nats)", ">± 2 se", ">order mean", ">gain", ">± 2 se", ">ess")
	for _, e := range es {
		nll, nllErr := text.PlusMinus(e.NLL, e.NLL2SE)
		if e.Orders <= 1 {
			t.add("1", nll, nllErr, nll, "-", "-", "1.0")
			continue
		}
		mean, _ := text.PlusMinus(e.OrderMean, e.NLL2SE)
		gain, gainErr := text.PlusMinus(e.Gain, e.Gain2SE)
		t.add(fmt.Sprint(e.Orders), nll, nllErr, mean, gain, gainErr, fmt.Sprintf("%.1f", e.ESS))
	}
	return t
}

// evaluationJSON is an evaluation as every --json prints it.
type evaluationJSON struct {
	*runlog.Result
	Gain2SE    runlog.Float     `json:"gain_2se"`
	ESS        runlog.Float     `json:"ess"`
	BitsPerDim *runlog.Float    `json:"bits_per_dim,omitempty"`
	Samples    int              `json:"samples,omitempty"`
	NegELBO    *runlog.Float    `json:"neg_elbo,omitempty"`
	NegELBO2SE *runlog.Float    `json:"neg_elbo_2se,omitempty"`
	KL         *runlog.Float    `json:"kl,omitempty"`
	PerOrder   []runlog.Float   `json:"per_order,omitempty"`
	ByOrders   []evaluationJSON `json:"by_orders,omitempty"`
}

func (f figures) json(e maskflow.Evaluation, split string) evaluationJSON {
	j := evaluationJSON{Result: train.ResultOf(e, split), Gain2SE: runlog.Float(e.Gain2SE), ESS: runlog.Float(e.ESS),
		PerOrder: runlog.Floats(e.PerOrder), Samples: e.Samples}
	if f.image {
		j.BitsPerDim = new(runlog.Float(e.BitsPerDim()))
	}
	if e.Samples > 0 {
		j.NegELBO, j.NegELBO2SE = new(runlog.Float(e.NegELBO)), new(runlog.Float(e.NegELBO2SE))
	}
	if e.KL != nil {
		j.KL = new(runlog.Float(*e.KL))
	}
	return j
}

// allJSON is the evaluation by the largest ensemble, which comes last, with all
// of them inside when there are several.
func (f figures) allJSON(es []maskflow.Evaluation, split string) evaluationJSON {
	largest := f.json(es[len(es)-1], split)
	if len(es) > 1 {
		for _, e := range es {
			largest.ByOrders = append(largest.ByOrders, f.json(e, split))
		}
	}
	return largest
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
func modelLine(d models.Model) string {
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
		line += ", " + orders
	}
	return line
}
