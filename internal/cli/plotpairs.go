package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/picture"
	"github.com/maskflow/maskflow/plot"
)

// plotPairs draws pairs of variables of samples: given an observation, with true values, or beside rows of the split.
func (a *app) plotPairs(ctx context.Context, e *maskflow.Ensemble, o plotOptions) error {
	const samples = 10_000
	n, r := cmp.Or(o.n, samples), e.First() // all have its columns
	given, err := a.readContext(ctx, r, o.context, anyRows)
	if err != nil {
		return err
	}
	what := text.Count(n, "sample")
	if given != nil {
		if given.Rows() != 1 {
			return usage(fmt.Errorf("--context %s has %s, need 1: pairs are drawn given one observation (write its row to a file)", o.context, text.Count(given.Rows(), "row")))
		}
		what += " given " + given.Name
	}
	screen, width := a.page(o)
	variables, _ := r.Preparation().Names()
	names := columnNames(variables, r.Definition().Dim())
	shown, err := a.pairedVariables(r, names, o, width)
	if err != nil {
		return err
	}
	p := plot.Pairs{Samples: plot.Samples{Name: "the samples"}}
	for _, d := range shown {
		p.Names = append(p.Names, names[d])
	}
	if o.truth != "" {
		if p.Marks, err = a.readTruth(ctx, r, o.truth, shown); err != nil {
			return err
		}
	}
	drawn, err := e.Sample(ctx, n, maskflow.SampleOptions{Seed: o.seed, Context: given})
	if err != nil {
		return err
	}
	columns := sampleColumns(r.Preparation(), given != nil)
	p.Samples.Values = paired(shown, n, func(row, d int) float64 { return drawn.At(row, columns[d]) })
	if given == nil && o.truth == "" {
		sets, _, err := a.plotSplit(ctx, e, &o)
		if err != nil {
			return err
		}
		if set := sets[0]; set.Dim > 0 {
			rows := min(n, set.Rows)
			x, err := r.Preparation().UndoValues(set.Values()[:rows*set.Dim])
			if err != nil {
				return err
			}
			p.Beside.Name = text.Count(rows, o.split+" row")
			p.Beside.Values = paired(shown, rows, func(row, d int) float64 { return float64(x[row*set.Dim+d]) })
			for row := range rows {
				p.Beside.Weights = append(p.Beside.Weights, set.Weight(row))
			}
			what += " and " + p.Beside.Name
		}
	}
	if o.output != "" {
		return picture.Pairs(o.output, p, picture.Labels{Title: title(e, what)})
	}
	height := textHeight
	if len(shown) > 2 {
		height *= 2
	}
	return screen.Print(a.stdout, p.Draw(width, height, screen.Style()))
}

// pairedVariables are those that are drawn: those named by --columns, or the first that are numbers.
func (a *app) pairedVariables(r *maskflow.Model, names []string, o plotOptions, width int) (shown []int, err error) {
	prep := r.Preparation()
	schema := prep.Schema()
	isNumbers := func(d int) bool {
		if schema != nil {
			return schema[prep.Variables[d]].OfNumbers()
		}
		return models.VariableOf(r.Definition(), d).Support.Size() == 0
	}
	var others []string
	for d, name := range names {
		if isNumbers(d) {
			shown = append(shown, d)
		} else {
			others = append(others, name)
		}
	}
	if len(shown) < 2 {
		return nil, usage(fmt.Errorf("--kind pairs draws variables that are numbers, of which the model of %s has %d (try --kind columns)", r.Path, len(shown)))
	}
	if o.columns != nil {
		shown, others = nil, nil
		for _, name := range o.columns {
			switch d := slices.Index(names, name); {
			case d < 0:
				return nil, usage(fmt.Errorf("--columns %s: the model of %s has no such variable%s (it has %s)", name, r.Path, text.DidYouMean(name, names), text.Listed(names)))
			case !isNumbers(d):
				return nil, usage(fmt.Errorf("--columns %s: this variable is no number (try --kind columns)", name))
			case slices.Contains(shown, d):
				return nil, usage(fmt.Errorf("--columns %s: this variable is named twice", name))
			default:
				shown = append(shown, d)
			}
		}
		if len(shown) < 2 || len(shown) > plot.MostPairs {
			return nil, usage(fmt.Errorf("--columns: pairs are drawn of 2 to %d variables, not of %d", plot.MostPairs, len(shown)))
		}
	}
	if others != nil {
		a.notes = append(a.notes, "left out, since they are no numbers: "+text.Listed(others))
	}
	most, choose := plot.MostPairs, "choose others with --columns"
	if o.output == "" {
		most, choose = plot.Pairs{}.Across(width), fmt.Sprintf("choose others with --columns, or draw up to %d in a file with -o", plot.MostPairs)
	}
	if all := len(shown); all > most {
		shown = shown[:most]
		a.notes = append(a.notes, fmt.Sprintf("the first %d of %d variables are drawn: %s", most, all, choose))
	}
	return shown, nil
}

// sampleColumns are the columns of samples that have the variables: those of a context are where the source has them.
func sampleColumns(p *data.Preparation, withContext bool) []int {
	drawn := p.Variables
	if withContext && p.Schema() != nil {
		drawn = slices.Sorted(slices.Values(slices.Concat(p.Variables, p.Context)))
	}
	columns := make([]int, p.Dim())
	for d, c := range p.Variables {
		columns[d] = slices.Index(drawn, c)
	}
	return columns
}

// paired are rows of some variables.
func paired(shown []int, rows int, value func(row, d int) float64) []float32 {
	values := make([]float32, 0, rows*len(shown))
	for row := range rows {
		for _, d := range shown {
			values = append(values, float32(value(row, d)))
		}
	}
	return values
}

// readTruth reads one row of true values, of which those of some variables are returned, NaN where there is none.
func (a *app) readTruth(ctx context.Context, r *maskflow.Model, path string, shown []int) ([]float64, error) {
	t, err := a.readAside(ctx, r, path)
	if err != nil {
		return nil, err
	}
	if t.Rows() != 1 {
		return nil, usage(fmt.Errorf("--truth %s has %s, need 1 of true values", path, text.Count(t.Rows(), "row")))
	}
	columns, err := a.truthColumns(r, t, path)
	if err != nil {
		return nil, err
	}
	marks, known := make([]float64, len(shown)), 0
	for i, d := range shown {
		marks[i] = math.NaN()
		if columns[d] < 0 {
			continue
		}
		if _, is := t.Text(0, columns[d]); !is && math.IsNaN(t.At(0, columns[d])) {
			continue
		}
		if _, err := t.Select(nil, columns[d:d+1]).Values(); err != nil {
			return nil, err
		}
		marks[i] = t.At(0, columns[d])
		known++
	}
	if known == 0 {
		return nil, usage(fmt.Errorf("--truth %s has no value of the variables that are drawn", path))
	}
	return marks, nil
}

// truthColumns are the columns of a table that have the variables, −1 where it has none: by their names or, where either has
// none, by their places among the variables, or among all columns of the source.
func (a *app) truthColumns(r *maskflow.Model, t *data.Table, path string) ([]int, error) {
	prep := r.Preparation()
	columns := make([]int, prep.Dim())
	if variables, _ := prep.Names(); variables != nil && t.Columns != nil && !a.byPosition {
		for _, name := range t.Columns {
			if !slices.Contains(prep.Columns, name) && !slices.Contains(prep.ApartNames, name) {
				return nil, usage(fmt.Errorf("--truth %s has a column %q, which the source of %s has not%s", path, text.Shorten(name, 41), r.Path, text.DidYouMean(name, variables)))
			}
		}
		for d, name := range variables {
			columns[d] = slices.Index(t.Columns, name)
		}
		return columns, nil
	}
	for d := range columns {
		columns[d] = d
	}
	switch _, dim := t.Dims(); dim {
	case len(columns):
		return columns, nil
	case prep.Width:
		return prep.Variables, nil
	default:
		return nil, usage(fmt.Errorf("--truth %s has %s, need %d: a value of each variable, NaN where it is not known", path, text.Count(dim, "column"), len(columns)))
	}
}
