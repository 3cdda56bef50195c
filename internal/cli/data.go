package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
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

const dataShowLong = `show reads a source as training does, and describes its splits: rows, mean and range of
the values, repeated rows, rows that are in train too. It prints the test NLL of
independent columns, which any model must beat.`

func (a *app) dataShowCommand() *cobra.Command {
	var sets []string
	o := data.Options{}
	table := option.Table{option.Section("data", o.Table())}
	c := &cobra.Command{
		Use:   "show SOURCE",
		Short: "Describe the rows of a source",
		Long:  dataShowLong,
		Example: `  maskflow data show connect4
  maskflow data show binary/dna.npz --data-dir ~/data --json
  maskflow data show mnist --binarize threshold
  maskflow data show real/red_wine_folds.npz --fold 1`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := config.Parse(table, args[0], fmt.Appendf(nil, "data: {source: %q}", args[0]), sets); err != nil {
				return usage(err)
			}
			o.Dir = a.data()
			splits, err := source.Load(c.Context(), o)
			if err != nil {
				return err
			}
			stats := data.Describe(splits)
			return a.show(stats, statsText(stats))
		},
	}
	setFlag(c, &sets)
	for _, k := range option.Document(table)[1:] { // the first is the source
		name := strings.ReplaceAll(strings.TrimPrefix(k.Path, "data."), "_", "-")
		set := func(value string) error {
			if strings.HasPrefix(k.Type, "list") {
				value = "[" + strings.Trim(value, "[]") + "]"
			}
			sets = append(sets, k.Path+"="+value)
			return nil
		}
		if k.Type == "true or false" {
			c.Flags().BoolFunc(name, k.Help, set)
		} else {
			c.Flags().Func(name, k.Help, set)
			completeWords(c, name, k.Values...)
		}
	}
	dataDirFlag(c, &a.dataDir)
	jsonFlag(c, &a.json)
	return c
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
	for i, s := range d.Splits {
		inTrain := strconv.Itoa(s.InTrain)
		if i == 0 {
			inTrain = "-"
		}
		t.add(s.Split, strconv.Itoa(s.Rows), fmt.Sprintf("%.4g", s.Mean), fmt.Sprintf("%.4g", s.Min), fmt.Sprintf("%.4g", s.Max),
			strconv.Itoa(s.Duplicates), inTrain)
	}
	return t
}
