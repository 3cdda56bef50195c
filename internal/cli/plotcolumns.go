package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
)

// plotColumns draws each column of the rows of a split beside as many samples, of few rows more, which have the
// contexts of these rows.
func (a *app) plotColumns(ctx context.Context, e *maskflow.Ensemble, o plotOptions) error {
	sets, _, err := a.plotData(ctx, e, &o)
	if err != nil {
		return err
	}
	r, set := e.First(), sets[0]
	if set.ContextDim > 0 && !e.One() {
		return usage(fmt.Errorf("--kind columns of an ensemble with a context: each member has it in numbers of its own (draw one member, as %s)", r.Path))
	}
	n := min(cmp.Or(o.n, mostCompared), set.Rows)
	rows := [2][]float32{set.Values()[:n*set.Dim]}
	samples, with := max(n, leastSamples), maskflow.SampleOptions{Seed: o.seed}
	if set.ContextDim > 0 {
		samples = (samples + n - 1) / n * n
		contexts := slices.Repeat(set.Context[:n*set.ContextDim], samples/n)
		if with.Context, err = data.FromFlat(contexts, set.ContextDim); err != nil {
			return err
		}
	}
	if rows[1], err = preparedSamples(ctx, e, samples, with); err != nil {
		return err
	}
	bins, shown := fileBins, min(set.Dim, fileVariables)
	screen, width := a.page(o)
	if o.output == "" {
		bins = width - 8 // beside the axis
	}
	columns, err := compareColumns(r, set, rows, bins)
	if err != nil {
		return err
	}
	if o.output != "" {
		return picture.Columns(o.output, columns[:shown], picture.Labels{Title: title(e, text.Count(n, o.split+" row")+" and "+text.Count(samples, "sample"))})
	}
	for _, c := range columns {
		if err := a.print("%s\n", text.Plain(c.Name)); err != nil {
			return err
		}
		const height = 6
		if err := screen.Print(a.stdout, c.Compare(width, height, screen.Style())); err != nil {
			return err
		}
	}
	return a.print("bars and first figures: %s; lines, marks and second figures: %s\n", text.Count(n, o.split+" row"), text.Count(samples, "sample"))
}

// preparedSamples are samples as the first member of an ensemble has them.
func preparedSamples(ctx context.Context, e *maskflow.Ensemble, n int, o maskflow.SampleOptions) ([]float32, error) {
	if e.One() {
		return e.First().Core.Sample(ctx, n, o)
	}
	t, err := e.Sample(ctx, n, o)
	if err != nil {
		return nil, err
	}
	s, err := e.First().Prepare(t)
	if err != nil {
		return nil, err
	}
	return s.Values(), nil
}

// Rows that are compared at most, samples at least, and the bins of a picture at most.
const (
	mostCompared = 10_000
	leastSamples = 1000
	fileBins     = 40
)

// compareColumns counts, by the weights of rows, the levels, states and numbers of data and of samples.
func compareColumns(r *maskflow.Model, set *data.Prepared, rows [2][]float32, bins int) ([]plot.Column, error) {
	prep, dim := r.Preparation(), set.Dim
	var numbers [2][]float32 // in the units of the source
	for k, x := range rows {
		var err error
		if numbers[k], err = prep.UndoValues(x); err != nil {
			return nil, err
		}
	}
	schema := prep.Schema()
	var all []plot.Column
	for d, name := range columnNames(set.Columns, dim) {
		is := data.Column{Name: name}
		switch {
		case schema != nil:
			is = schema[prep.Variables[d]]
		case models.VariableOf(r.Definition(), d).Support.Kind == models.BitValues:
			is.Levels = []string{"0", "1"}
		}
		c := plot.Column{Name: is.Name, Levels: levelsOf(is, models.VariableOf(r.Definition(), d).Hole)}
		states := len(c.Levels) - len(is.Levels)
		var values, weights [2][]float64
		var counts [2]float64 // of what is known
		weight := func(k, row int) float64 {
			if k == 0 {
				return set.Weight(row)
			}
			return 1
		}
		for k, x := range rows {
			for at := d; at < len(x); at += dim {
				if !models.IsNotKnown(x[at]) {
					counts[k] += weight(k, at/dim)
				}
			}
			for at := d; at < len(x); at += dim {
				v, state, w := float64(numbers[k][at]), models.StateOf(x[at]), weight(k, at/dim)
				switch {
				case models.IsNotKnown(x[at]):
				case state >= 0:
					c.Levels[state].Shares[k] += w / counts[k]
				case is.Levels != nil:
					c.Levels[states+int(v)].Shares[k] += w / counts[k]
				default:
					values[k], weights[k] = append(values[k], v), append(weights[k], w)
				}
			}
		}
		if is.Kind == data.Date {
			c.Dates = is.Unit().Seconds()
		}
		if is.Levels == nil {
			c = c.Number(values, weights, counts, is.Step, bins)
		}
		all = append(all, c)
	}
	return all, nil
}

// levelsOf are the hole, where there is one, the atoms and the levels of a column.
func levelsOf(c data.Column, hole bool) (all []plot.Level) {
	if hole {
		all = append(all, plot.Level{Name: "missing"})
	}
	for _, v := range c.Atoms {
		all = append(all, plot.Level{Name: data.Number(v)})
	}
	for _, level := range c.Levels {
		all = append(all, plot.Level{Name: level})
	}
	return all
}
