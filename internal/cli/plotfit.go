package cli

import (
	"context"
	"fmt"
	"math"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
)

// Variables whose charts are drawn; all are in the table.
const (
	fileVariables = 64
	textVariables = 4
)

// variableJSON is the calibration of a variable.
type variableJSON struct {
	Name string       `json:"name"`
	KS   runlog.Float `json:"ks"`
	P    runlog.Float `json:"p"`
}

// plotCalibration draws the probability integral transforms of the rows of a split
// and prints how far from uniform they are.
func (a *app) plotCalibration(ctx context.Context, r *maskflow.Run, o plotOptions) error {
	set, err := a.readSplit(ctx, r, o.split)
	if err != nil {
		return err
	}
	if set.Dim == 0 {
		return usage(fmt.Errorf("--kind calibration looks at rows of data, but %s is fitted to a target without any", r.Dir))
	}
	rows := set.Rows
	if o.n > 0 {
		rows = min(rows, o.n)
	}
	u, err := r.PIT(ctx, set.X[:rows*set.Dim], set.Context[:rows*set.ContextDim])
	if err != nil {
		return usage(fmt.Errorf("--kind calibration of %s: %w", r.Dir, err))
	}
	names, columns := columnNames(set, set.Dim), make([][]float64, set.Dim)
	var found []variableJSON
	for d := range columns {
		for i := d; i < len(u); i += set.Dim {
			columns[d] = append(columns[d], u[i])
		}
		ks, p := num.KS(columns[d])
		found = append(found, variableJSON{names[d], runlog.Float(ks), runlog.Float(p)})
	}
	if a.json {
		return a.writeJSON(map[string]any{"split": o.split, "rows": rows, "variables": found})
	}
	if o.output != "" {
		shown := min(set.Dim, fileVariables)
		if err := picture.Calibration(o.output, columns[:shown], names[:shown], picture.Labels{Title: title(r, "calibration on "+text.Count(rows, o.split+" row"))}); err != nil {
			return err
		}
	} else if err := a.histograms(o, names, columns); err != nil {
		return err
	}
	t := newTable("variable", ">KS", ">p")
	for _, v := range found {
		t.add(v.Name, fmt.Sprintf("%.4f", float64(v.KS)), fmt.Sprintf("%.3g", float64(v.P)))
	}
	return a.print("%s", t)
}

// histograms draws the first variables.
func (a *app) histograms(o plotOptions, names []string, columns [][]float64) error {
	const bins, height = 20, 6
	for d := range min(len(columns), textVariables) {
		if err := a.print("%s\n", names[d]); err != nil {
			return err
		}
		unit := plot.Range{Lo: 0, Hi: 1}
		counts, _ := plot.Bins(columns[d], unit, bins)
		b := plot.Bars{Counts: counts, X: unit, Expected: float64(len(columns[d])) / bins}
		if err := a.writeChart(o, height, func(width, height int, style plot.Style) []string {
			return plot.Histogram(b, min(width, 60), height, style)
		}); err != nil {
			return err
		}
	}
	return nil
}

// plotCurve draws what a run has logged.
func (a *app) plotCurve(dir string, o plotOptions) error {
	m, err := runlog.ReadManifest(dir)
	if err != nil {
		return err
	}
	h, err := runlog.Load(dir)
	if err != nil {
		return err
	}
	raw, train, valid := curvesOf(h)
	if len(train.X) == 0 && len(valid.X) == 0 {
		return fmt.Errorf("%s has logged no step yet", dir)
	}
	if o.output != "" {
		return picture.Curve(o.output, picture.Labels{Title: m.Name + ": learning curves", X: "step", Y: "negative log-likelihood, nats"}, train, valid)
	}
	c := curveChart(raw, train, valid)
	return a.writeChart(o, textHeight, func(width, height int, style plot.Style) []string {
		lines, _ := c.Draw(width, height-1, style)
		return append([]string{c.Key(width, style)}, lines...)
	})
}

// curvesOf returns the negative log-likelihoods that a run has logged by its steps.
func curvesOf(h *runlog.History) (raw, train, valid picture.Series) {
	raw.Name, train.Name, valid.Name = "training", "training, moving average", "validation"
	for i := range h.Train.Len() {
		r := h.Train.At(i)
		raw.X, raw.Y = append(raw.X, float64(r.Step)), append(raw.Y, float64(r.Loss))
		train.X, train.Y = append(train.X, float64(r.Step)), append(train.Y, float64(r.EMA))
	}
	for _, r := range h.Valid {
		valid.X, valid.Y = append(valid.X, float64(r.Step)), append(valid.Y, float64(r.NLL))
	}
	return raw, train, valid
}

// curveChart draws learning curves, with a star at the best validation. The first
// steps, which are far above the rest, run off the edge.
func curveChart(raw, train, valid picture.Series) plot.Chart {
	c := plot.Chart{Robust: true, XName: "step", YName: "nats"}
	for _, s := range []picture.Series{raw, train, valid} {
		c.Lines = append(c.Lines, plot.Line{Name: s.Name, Points: plot.XY{X: s.X, Y: s.Y}})
	}
	c.Lines[0].Faint, c.Lines[0].Colour = true, plot.Series(0)
	c.Lines[1].Colour, c.Lines[2].Colour = plot.Series(0), plot.Series(1)
	best := -1
	for i, y := range valid.Y {
		if !math.IsNaN(y) && (best < 0 || y < valid.Y[best]) {
			best = i
		}
	}
	if best >= 0 {
		c.Marks = []plot.Mark{{X: valid.X[best], Y: valid.Y[best], Rune: '★', Colour: plot.Series(2)}}
	}
	return c
}
