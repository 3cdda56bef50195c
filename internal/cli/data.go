package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/plot"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

func (a *app) dataCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "data",
		Short:   "List data sources, or describe one",
		Long:    "data lists what a configuration can name as data.source, and describes the rows of it.",
		Example: "  maskflow data list\n  maskflow data show binary/dna.npz",
	}
	asGroup(c)
	c.AddCommand(a.dataListCommand(), a.dataShowCommand())
	return c
}

func (a *app) dataListCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the generators by name, and the kinds of files that are read by suffix",
		RunE: func(*cobra.Command, []string) error {
			sources := source.List()
			t := newTable("source", "kind", "")
			for _, s := range sources {
				t.add(s.Name, s.Kind, s.About)
			}
			return a.show(map[string]any{"sources": sources}, t.String())
		},
	}
	jsonFlag(c, &a.json)
	return c
}

const dataShowLong = `show reads a source as training does, and describes its splits: rows, repeated rows, rows
that are in train too. Of a table it has a line for each column: role, kind, how many
cells are missing, quantiles, the most frequent levels, steps and atoms; and what is
guessed, each with how to overrule it. Of an array it has mean and range of the values
and the test NLL of independent columns, which any model must beat. Of a run it reads the
data by the settings of the run.

With -o it writes the rows of --split instead, in the units of the source, with its
columns, followed by a context that it keeps apart, such as labels: a file that eval
--data and logprob take.`

func (a *app) dataShowCommand() *cobra.Command {
	var sets []string
	var out exported
	o := data.Options{}
	table := option.Table{option.Section("data", o.Table())}
	c := &cobra.Command{
		Use:   "show SOURCE|RUN",
		Short: "Describe the rows of a source or of a run, or write those of a split",
		Long:  dataShowLong,
		Example: `  maskflow data show people.csv
  maskflow data show connect4
  maskflow data show binary/dna.npz --data-dir ~/data --json
  maskflow data show mnist --binarize threshold
  maskflow data show runs/dna --split test -o test.csv
  maskflow data show real/red_wine_folds.npz --fold 1`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := out.check(c); err != nil {
				return err
			}
			if members, err := runlog.ReadMembers(args[0]); err == nil && members != nil {
				args[0] = members.Paths(args[0])[0] // all have its data
			}
			if isRun(args[0]) {
				if sets != nil {
					return misused(c, "%s is a run, whose settings of data stay as they are", args[0])
				}
				return a.showRun(c, args[0], out)
			}
			if out.changed {
				return misused(c, "--changed-data is for a run")
			}
			if err := config.Parse(table, args[0], fmt.Appendf(nil, "data: {source: %q}", args[0]), sets); err != nil {
				return usage(err)
			}
			if o.Dir = a.data(); out.output != "" {
				return a.export(c.Context(), o, out, nil, nil)
			}
			return a.describeSource(c.Context(), o, nil)
		},
	}
	f := c.Flags()
	splitFlag(c, &out.split)
	f.StringVarP(&out.output, "output", "o", "", "`file` to write the rows of --split to, .csv, .npz, .parquet or .npy by its suffix; - is CSV on standard output")
	must(c.MarkFlagFilename("output", tableSuffixes...))
	changedFlag(c, &out.changed)
	setFlag(c, &sets)
	keyFlags(c, &sets, option.Document(table)[1:]...) // the first is the source
	dataDirFlag(c, &a.dataDir)
	jsonFlag(c, &a.json)
	return c
}

func (a *app) describeSource(ctx context.Context, from data.Options, changed []string) error {
	collectOften() // nearly all that is held are the rows
	stats, err := source.Describe(ctx, from)
	if err != nil {
		return err
	}
	return a.describe(stats, changed)
}

func (a *app) describe(s data.Stats, changed []string) error {
	return a.show(struct {
		data.Stats
		DataChanged []string `json:"data_changed,omitempty"`
	}{s, changed}, changedText(changed)+statsText(s))
}

// exported is what is written of a source.
type exported struct {
	split, output string
	changed       bool
}

func (o exported) check(c *cobra.Command) error {
	switch {
	case o.output == "" && c.Flags().Changed("split"):
		return misused(c, "--split is for -o")
	case o.output == "-":
		return nil
	}
	return checkOutput(c, "output", o.output, format.CheckName)
}

// isRun reports whether a source is a run directory or a model file. Names of generators
// and the like come first.
func isRun(path string) bool {
	if slices.ContainsFunc(source.List(), func(s source.Info) bool { return s.Name == path }) {
		return false
	}
	if strings.HasSuffix(path, ".safetensors") {
		return true
	}
	_, err := os.Lstat(filepath.Join(path, runlog.ManifestFile))
	return err == nil
}

// showRun describes the data of a run, or writes a split of it. A run that has not
// validated yet has its configuration alone.
func (a *app) showRun(c *cobra.Command, dir string, o exported) error {
	ctx := c.Context()
	if _, err := os.Stat(filepath.Join(dir, runlog.CheckpointsDir, checkpoint.Best)); errors.Is(err, fs.ErrNotExist) {
		run, cfg, err := maskflow.RunConfig(dir)
		if err != nil {
			return err
		}
		if cfg.Data.Dir = a.dataOf(run); o.output != "" {
			return a.export(ctx, cfg.Data, o, nil, nil)
		}
		return a.describeSource(ctx, cfg.Data, nil)
	}
	a.backend = "go" // Nothing is computed.
	e, err := a.openEnsemble(ctx, dir, nil)
	if err != nil {
		return err
	}
	all, changed, err := a.readData(ctx, e, o.split, o.changed || o.output == "")
	if err != nil {
		return err
	}
	r, splits := e.First(), all[0]
	from := r.Config.Data
	from.Dir = a.dataOf(r)
	if o.output == "" {
		schema := r.Preparation().Schema() != nil
		if !schema && from.Binarize != "sample" && from.Dequantize == 0 {
			return a.describe(data.Describe(splits), changed)
		}
		from.Prep = r.Preparation() // by which the columns are known, and training rows had noise of their own
		return a.describeSource(ctx, from, changed)
	}
	var columns []int
	if r.Preparation().Legacy { // it takes no columns that were dropped
		columns = slices.Concat(splits.Prep.Variables, splits.Prep.Context)
	}
	return a.export(ctx, from, o, columns, changed)
}

// export writes the rows of a split, some columns of them or, for nil, all.
func (a *app) export(ctx context.Context, from data.Options, o exported, columns []int, changed []string) error {
	if sameFile(o.output, source.Path(from.Dir, from.Source)) {
		return usage(fmt.Errorf("-o %s is the source, which would be overwritten", o.output))
	}
	t, err := source.Rows(ctx, from, o.split)
	if err != nil {
		return err
	}
	if columns != nil {
		t = t.Select(nil, columns)
	}
	rows, dim := t.Dims()
	name := t.Name
	tables := []*data.Table{t}
	if t.Context != nil {
		_, width := t.Context.Dims()
		dim += width
		if format.KindOf(o.output) == format.NPZFile {
			t.Context.Name = o.split + format.ContextSuffix
			tables = append(tables, t.Context)
		} else if tables[0], err = t.Joined(); err != nil {
			return err
		}
	}
	tables[0].Name = o.split
	if o.output == "-" {
		if changed != nil {
			a.console.line("%s", strings.TrimSpace(changedText(changed)))
		}
		return a.writeTable("-", tables[0])
	}
	if err := format.WriteFile(o.output, tables...); err != nil {
		return err
	}
	out := map[string]any{"split": o.split, "rows": rows, "columns": dim}
	if changed != nil {
		out["split"], out["data_changed"] = train.ChangedSplit, changed
	}
	return a.show(out, fmt.Sprintf("%s: %s of %s\n%s", name, text.Count(rows, "row"), text.Count(dim, "column"), changedText(changed)))
}

func statsText(d data.Stats) string {
	var b strings.Builder
	if d.Target != "" {
		fmt.Fprintf(&b, "%s: a target of %s\n%s\n", d.Source, text.Count(d.Dim, "variable"), d.Note)
		for _, s := range d.Splits {
			fmt.Fprintf(&b, "%-6s %d points to draw\n", s.Split, s.Rows)
		}
		return b.String()
	}
	if d.Columns != nil {
		pageText(&b, d)
		return b.String()
	}
	kind := "real"
	if d.Binary {
		kind = "binary"
	}
	fmt.Fprintf(&b, "%s: %d %s columns", d.Source, d.Dim, kind)
	if d.Shape != nil {
		fmt.Fprintf(&b, " (%s)", strings.ReplaceAll(strings.Trim(fmt.Sprint(d.Shape), "[]"), " ", " × "))
	}
	if d.ContextDim > 0 {
		fmt.Fprintf(&b, ", %d of context", d.ContextDim)
	}
	if d.Constant > 0 {
		fmt.Fprintf(&b, ", %d of them constant in train", d.Constant)
	}
	b.WriteByte('\n')
	if d.Note != "" {
		fmt.Fprintf(&b, "%s\n", d.Note)
	}
	b.WriteString(splitsTable(d).String())
	for _, line := range d.Warnings {
		fmt.Fprintf(&b, "note: %s\n", line)
	}
	switch {
	case d.Binary:
		fmt.Fprintf(&b, "independent columns: test NLL %.2f nats a row, which any model must beat\n", d.IndependentNLL)
	case d.GaussianNLL != 0:
		fmt.Fprintf(&b, "independent Gaussian columns: test NLL %.2f nats a row, which any model must beat\n", d.GaussianNLL)
	}
	return b.String()
}

func splitsTable(d data.Stats) *table {
	t := newTable("split", ">rows", ">mean", ">min", ">max", ">repeated", ">in train")
	if d.Columns != nil {
		t = newTable("split", ">rows", ">repeated", ">in train")
	}
	for i, s := range d.Splits {
		inTrain := strconv.Itoa(s.InTrain)
		if i == 0 {
			inTrain = "-"
		}
		cells := []string{s.Split, strconv.Itoa(s.Rows)}
		if v := s.ValueStats; v != nil {
			cells = append(cells, fmt.Sprintf("%.4g", v.Mean), fmt.Sprintf("%.4g", v.Min), fmt.Sprintf("%.4g", v.Max))
		}
		t.add(append(cells, strconv.Itoa(s.Duplicates), inTrain)...)
	}
	return t
}

// pageText describes a table by its columns.
func pageText(b *strings.Builder, d data.Stats) {
	rows, context := 0, 0
	for _, s := range d.Splits {
		rows += s.Rows
	}
	for _, c := range d.Columns {
		if c.Role == data.ContextRole {
			context++
		}
	}
	fmt.Fprintf(b, "%s: %s of %s, %d of them variables", d.Source, text.Count(rows, "row"), text.Count(len(d.Columns), "column"), d.Dim)
	if context > 0 {
		fmt.Fprintf(b, " and %d the context", context)
	}
	b.WriteByte('\n')
	if d.Note != "" {
		fmt.Fprintf(b, "%s\n", d.Note)
	}
	fmt.Fprintf(b, "%s\n", splitsTable(d))
	t := newTable("column", "role", "kind", ">missing", ">least", ">5 %", ">median", ">95 %", ">most", "")
	for _, c := range d.Columns {
		cells := []string{text.Shorten(c.Name, 30), string(cmp.Or(c.Role, data.VariableRole)), string(c.Kind), ""}
		if c.Missing || c.Holes > 0 {
			cells[3] = plot.Percent(c.Holes)
		}
		for _, q := range []int{0, 1, 3, 5, 6} {
			cell := ""
			switch {
			case c.Quantiles == nil:
			case c.Kind == data.Date:
				cell = fmt.Sprint(c.Quantiles[q])
			default:
				cell = fmt.Sprintf("%.5g", c.Quantiles[q].(float64)+0) // −0 is 0
			}
			cells = append(cells, cell)
		}
		t.add(append(cells, columnText(c))...)
	}
	b.WriteString(t.String())
	for _, line := range slices.Concat(d.Guesses, d.Warnings) {
		fmt.Fprintf(b, "note: %s\n", line)
	}
	if d.Guesses != nil {
		b.WriteString("What is guessed of a column is overruled in the configuration, or by --set data.columns.NAME=KIND (maskflow help config)\n")
	}
}

// columnText is what a column is besides its kind, with the most frequent of its levels and atoms.
func columnText(c data.ColumnStats) string {
	const most, width = 4, 24
	facts, shares := c.Rules(), []string(nil)
	for _, s := range c.Shares[:min(len(c.Shares), most)] {
		shares = append(shares, text.Shorten(s.Value, width)+" "+plot.Percent(s.Share))
	}
	if n := len(c.Shares) - len(shares); n > 0 {
		shares = append(shares, fmt.Sprintf("%d more", n))
	}
	switch {
	case len(c.Atoms) > 0:
		facts = append(facts, "atoms "+strings.Join(shares, ", "))
	case shares != nil:
		facts = append(facts, strings.Join(shares, ", "))
	}
	return strings.Join(facts, "; ")
}
