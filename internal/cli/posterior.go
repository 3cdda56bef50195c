package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/posterior"
	"github.com/maskflow/maskflow/runlog"
)

type posteriorOptions struct {
	tables
	posterior.Options
}

const posteriorLong = `posterior draws from q(y | x), the density of the variables given a context, for every row
x of OBSERVATIONS, which has the columns of the context, found by their names. It prints the
mean, the standard deviation and quantiles of each variable; -o writes the draws, with the
number of their observation, from 0, before the columns that maskflow sample writes.

--map looks for the most probable row too, the maximum a posteriori: that of the highest
density in the units of the source, which is another row for a logarithm of a variable. All
variables have to be real numbers without steps, holes and atoms (data.columns: exact).

The draws of an observation follow from the seed and its number. With --ensemble they are
of the mixture of the runs.`

// Quantiles of a posterior that are printed.
var posteriorQuantiles = []float64{0.05, 0.5, 0.95}

func (a *app) posteriorCommand() *cobra.Command {
	var o posteriorOptions
	c := &cobra.Command{
		Use:   "posterior RUN OBSERVATIONS",
		Short: "Draw from the posterior of every observation",
		Long:  posteriorLong,
		Example: `  maskflow posterior runs/slcp observations.csv
  maskflow posterior runs/slcp observations.csv -n 10000 --map -o draws.parquet
  maskflow posterior runs/slcp-1 observations.csv --ensemble runs/slcp-2,runs/slcp-3 --json`,
		RunE: func(c *cobra.Command, args []string) error {
			o.input = args[1]
			return a.posterior(c, args[0], o)
		},
	}
	f := c.Flags()
	countFlag(c, &o.Draws, "number", "n", 1, "draw `N` rows for each observation (default 1000)")
	f.StringVarP(&o.output, "output", "o", "", "`file` for the draws, .csv, .npz, .parquet or .npy by its suffix; - is CSV on standard output, without figures")
	f.BoolVar(&o.Mode, "map", false, "look for the row of the highest density")
	f.Uint64Var(&o.Seed, "seed", 0, "random seed")
	ensembleFlag(c, &o.ensemble)
	a.readFlags(c)
	backendFlag(c, &a.backend)
	jsonFlag(c, &a.json)
	must(c.MarkFlagFilename("output", tableSuffixes...))
	return c
}

// described are figures of a posterior.
type described struct {
	Observation int            `json:"observation"`
	Variables   []describedOne `json:"variables"`
	// MAPLogProb is ln q of the mode, in nats.
	MAPLogProb *runlog.Float `json:"map_log_prob,omitempty"`
}

// describedOne has the shares of a column of levels, and moments and quantiles of another one.
type describedOne struct {
	Name      string                  `json:"name"`
	Shares    map[string]runlog.Float `json:"shares,omitempty"`
	Mean      *runlog.Float           `json:"mean,omitempty"`
	SD        *runlog.Float           `json:"sd,omitempty"`
	Quantiles []runlog.Float          `json:"quantiles,omitempty"`
	MAP       *runlog.Float           `json:"map,omitempty"`
}

func (a *app) posterior(c *cobra.Command, dir string, o posteriorOptions) error {
	if o.output != "" && o.output != "-" {
		if err := checkOutput(c, "output", o.output, format.CheckName, o.input); err != nil {
			return err
		}
	}
	if a.json && o.output == "-" {
		return misused(c, "--json and -o - both are for standard output")
	}
	if !o.Mode {
		a.backend = "go" // Samples are drawn on the host.
	}
	ctx := c.Context()
	e, err := a.openEnsemble(ctx, dir, o.ensemble)
	if err == nil {
		err = a.checkSources(e, o.output)
	}
	if err != nil {
		return err
	}
	if e.First().Definition().ContextDim() == 0 {
		return usage(fmt.Errorf("the model of %s has no context: it has no posterior (see maskflow sample)", e.Name(0)))
	}
	observations, err := a.readContext(ctx, e.First(), o.input, anyRows)
	if err != nil {
		return err
	}
	o.Draws = cmp.Or(o.Draws, 1000)
	var all []described
	draw := func(write func(*data.Table) error) error {
		done := a.evaluating(func(n int) string { return fmt.Sprintf("observation %d of %d", n, observations.Rows()) })
		for p, err := range posterior.Of(ctx, e, observations, o.Options) {
			if err != nil {
				return err
			}
			d := describe(e, p, len(all))
			all = append(all, d)
			done(len(all))
			if write == nil {
				continue
			}
			rows, err := numbered(p.Draws, d.Observation)
			if err != nil {
				return err
			}
			if err := write(rows); err != nil {
				return err
			}
		}
		return nil
	}
	switch o.output {
	case "":
		err = draw(nil)
	default:
		err = a.writeRows(o.output, o.Draws*observations.Rows(), draw)
	}
	if err != nil || o.output == "-" {
		return err
	}
	return a.show(map[string]any{"draws": o.Draws, "quantile_levels": posteriorQuantiles, "observations": all}, posteriorTable(all, o.Mode))
}

// describe takes the figures of a posterior.
func describe(e *maskflow.Ensemble, p *posterior.Posterior, observation int) described {
	d := described{Observation: observation}
	prep := e.First().Preparation()
	variables, _ := prep.Names()
	names, columns, schema := columnNames(variables, prep.Dim()), sampleColumns(prep, true), prep.Schema()
	for k, at := range columns {
		v := describedOne{Name: names[k]}
		if schema != nil && !schema[prep.Variables[k]].OfNumbers() {
			v.Shares = shares(p.Draws, at)
			d.Variables = append(d.Variables, v)
			continue
		}
		var values []float64
		for i := range p.Draws.Rows() {
			if x := p.Draws.At(i, at); num.Finite(x) { // which a hole is not
				values = append(values, x)
			}
		}
		mean, sd := stat.MeanStdDev(values, nil)
		v.Mean, v.SD = new(runlog.Float(mean)), new(runlog.Float(sd))
		for _, q := range posteriorQuantiles {
			v.Quantiles = append(v.Quantiles, runlog.Float(num.Quantile(values, q)))
		}
		if p.Mode != nil {
			v.MAP = new(runlog.Float(p.Mode.At(0, at)))
		}
		d.Variables = append(d.Variables, v)
	}
	if p.Mode != nil {
		d.MAPLogProb = new(runlog.Float(p.LogProb))
	}
	return d
}

// shares are how often each value of a column occurs.
func shares(rows *data.Table, column int) map[string]runlog.Float {
	all := map[string]runlog.Float{}
	for i := range rows.Rows() {
		value, is := rows.Text(i, column)
		if !is {
			value = data.Number(rows.At(i, column))
		}
		all[value] += 1 / runlog.Float(rows.Rows())
	}
	return all
}

// most is the most frequent value of shares.
func most(shares map[string]runlog.Float) string {
	values := slices.SortedFunc(maps.Keys(shares), func(a, b string) int { return cmp.Or(cmp.Compare(shares[b], shares[a]), cmp.Compare(a, b)) })
	return values[0] + ": " + plot.Percent(float64(shares[values[0]]))
}

// numbered are rows behind the number of their observation.
func numbered(rows *data.Table, observation int) (*data.Table, error) {
	numbers := make([]float64, rows.Rows())
	for i := range numbers {
		numbers[i] = float64(observation)
	}
	var names []string
	if rows.Columns != nil {
		names = []string{"observation"}
	}
	t, err := data.FromFlat(numbers, 1, names...)
	if err != nil {
		return nil, err
	}
	t.Context = rows
	return t.Joined()
}

func posteriorTable(all []described, mode bool) string {
	headers := []string{">observation", "variable", ">mean", ">sd"}
	for _, q := range posteriorQuantiles {
		headers = append(headers, fmt.Sprintf(">%g %%", 100*q))
	}
	if mode {
		headers = append(headers, ">MAP", ">ln q")
	}
	t := newTable(headers...)
	for _, d := range all {
		for k, v := range d.Variables {
			if v.Shares != nil {
				cells := make([]string, len(headers))
				copy(cells, []string{fmt.Sprint(d.Observation), v.Name, most(v.Shares)})
				t.add(cells...)
				continue
			}
			cells := []string{fmt.Sprint(d.Observation), v.Name, fmt.Sprintf("%.4g", float64(*v.Mean)), fmt.Sprintf("%.4g", float64(*v.SD))}
			for _, q := range v.Quantiles {
				cells = append(cells, fmt.Sprintf("%.4g", float64(q)))
			}
			if mode {
				logp := ""
				if k == 0 {
					logp = fmt.Sprintf("%.3f", float64(*d.MAPLogProb))
				}
				cells = append(cells, fmt.Sprintf("%.4g", float64(*v.MAP)), logp)
			}
			t.add(cells...)
		}
	}
	return t.String()
}
