package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/posterior"
	"github.com/maskflow/maskflow/runlog"
)

// plotCalibration draws the probability integral transforms of the rows of a split
// and prints how far from uniform they are.
func (a *app) plotCalibration(ctx context.Context, e *maskflow.Ensemble, o plotOptions) error {
	split := o.split // which has another name where the data have changed
	sets, changed, err := a.plotData(ctx, e, &o)
	if err != nil {
		return err
	}
	set := sets[0]
	if set.ContextDim > 0 {
		return a.plotRanks(ctx, e, set, split, changed, o)
	}
	rows := min(cmp.Or(o.n, set.Rows), set.Rows)
	u, err := e.PITOf(ctx, sets, rows)
	if err != nil {
		if far := (*models.NonFiniteError)(nil); errors.As(err, &far) {
			return exec.Placed(set, err)
		}
		return usage(fmt.Errorf("--kind calibration of %s: %w", e.Name(0), err))
	}
	names, columns, weights := columnNames(set.Columns, set.Dim), make([][]float64, set.Dim), make([][]float64, set.Dim)
	var found []map[string]any
	t := newTable("variable", ">KS", ">p")
	for d := range columns {
		for i := d; i < len(u); i += set.Dim {
			if !math.IsNaN(u[i]) { // of a value that is not known
				columns[d], weights[d] = append(columns[d], u[i]), append(weights[d], set.Weight(i/set.Dim))
			}
		}
		ks, p := num.KS(columns[d], weights[d])
		found = append(found, map[string]any{"name": names[d], "ks": runlog.Float(ks), "p": runlog.Float(p)})
		t.add(names[d], fmt.Sprintf("%.4f", ks), fmt.Sprintf("%.3g", p))
	}
	if a.json {
		out := map[string]any{"split": o.split, "rows": rows, "variables": found}
		if changed != nil {
			out["data_changed"] = changed
		}
		return a.writeJSON(out)
	}
	if err := a.drawUniform(o, title(e, "calibration on "+text.Count(rows, o.split+" row")), names, columns, weights); err != nil {
		return err
	}
	return a.print("%s", t)
}

// drawUniform draws numbers that are uniform where a model is right, of the first variables.
func (a *app) drawUniform(o plotOptions, title string, names []string, columns, weights [][]float64) error {
	if o.output == "" {
		return a.histograms(o, names, columns, weights)
	}
	shown := min(len(columns), fileVariables)
	return picture.Calibration(o.output, columns[:shown], weights[:shown], names[:shown], picture.Labels{Title: title})
}

// rankedRows is the number of rows whose ranks are taken by default: each has a hundred samples.
const rankedRows = 500

// plotRanks draws the ranks of true values among samples of a conditional density, and prints what they say of it.
func (a *app) plotRanks(ctx context.Context, e *maskflow.Ensemble, set *data.Prepared, split string, changed []string, o plotOptions) error {
	t := o.table
	if t == nil {
		from := e.First().Config.Data
		from.Dir = a.dataOf(e.First())
		var err error
		if t, err = source.Rows(ctx, from, split); err != nil {
			return err
		}
	}
	rows := min(cmp.Or(o.n, rankedRows), set.Rows)
	first := make([]int, rows)
	for i := range first {
		first[i] = i
	}
	c, err := posterior.Calibrate(ctx, e, data.Part{Table: t, Rows: first}.Select(), posterior.CalibrateOptions{Seed: o.seed})
	if err != nil {
		return err
	}
	weight := make([]float64, rows)
	for i := range weight {
		weight[i] = set.Weight(i)
	}
	var columns, weights [][]float64
	var names []string
	head := []string{"variable", ">KS", ">p"}
	for _, level := range posterior.Levels {
		head = append(head, fmt.Sprintf(">in %g %%", 100*level))
	}
	lines := newTable(head...)
	for _, r := range append(slices.Clone(c.Variables), c.Density) {
		names, columns, weights = append(names, r.Name), append(columns, r.Shares), append(weights, weight)
		line := []string{r.Name, fmt.Sprintf("%.4f", r.KS), fmt.Sprintf("%.3g", r.P)}
		for _, share := range r.Coverage {
			line = append(line, fmt.Sprintf("%.1f %%", 100*share))
		}
		lines.add(line...)
	}
	if a.json {
		return a.writeJSON(ranksJSON{o.split, rows, posterior.Levels, c, c.IgnoresContext(), changed})
	}
	if err := a.drawUniform(o, title(e, "ranks of "+text.Count(rows, o.split+" row")+" among 100 samples each"), names, columns, weights); err != nil {
		return err
	}
	said := fmt.Sprintf("the context gains %s nats a row", text.WithError(c.Gain, c.Gain2SE))
	if c.IgnoresContext() {
		said += ": the model ignores it, and calibrated ranks say no more than that it knows the distribution of all rows"
	}
	return a.print("%s%s\n", lines, said)
}

// ranksJSON is what plot --json says of the calibration of a conditional density.
type ranksJSON struct {
	Split  string    `json:"split"`
	Rows   int       `json:"rows"`
	Levels []float64 `json:"levels"`
	*posterior.Calibration
	IgnoresContext bool     `json:"ignores_context"`
	DataChanged    []string `json:"data_changed,omitempty"`
}

// histograms draws the first variables.
func (a *app) histograms(o plotOptions, names []string, columns, weights [][]float64) error {
	const bins, height = 20, 6
	screen, width := a.page(o)
	for d := range min(len(columns), textVariables) {
		if err := a.print("%s\n", names[d]); err != nil {
			return err
		}
		unit := plot.Range{Lo: 0, Hi: 1}
		counts := plot.Bins(columns[d], weights[d], unit, bins)
		b := plot.Bars{Counts: counts, X: unit, Expected: floats.Sum(weights[d]) / bins}
		if err := screen.Print(a.stdout, plot.Histogram(b, min(width, 60), height, screen.Style())); err != nil {
			return err
		}
	}
	return nil
}
