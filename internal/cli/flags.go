package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/internal/option"
)

// backendFlag adds --backend to a command that computes.
func backendFlag(c *cobra.Command, spec *string) {
	c.Flags().StringVar(spec, "backend", "", "auto, go, xla, xla:/path/of/plugin.so or cuda (default $MASKFLOW_BACKEND, else auto)")
	completeWords(c, "backend", "auto", "go", "xla", "cuda")
}

// dataDirFlag adds --data-dir to a command that reads the data of a
// configuration.
func dataDirFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "data-dir", "", "folder of the data (default that of the run, else $MASKFLOW_DATA, else the working directory)")
	must(c.MarkFlagDirname("data-dir"))
}

// changedFlag adds --changed-data to a command that reads the rows of a run.
func changedFlag(c *cobra.Command, on *bool) {
	c.Flags().BoolVar(on, "changed-data", false, "go on where the data are other rows than those of the training; none is called a test row")
}

// data is the folder that data are looked for in.
func (f flags) data() string { return cmp.Or(f.dataDir, os.Getenv("MASKFLOW_DATA")) }

// remembers is what knows the folder of data: a model, or what a run directory says.
type remembers interface{ DataFolder(asked string) string }

// dataOf is the folder that the data of a run are looked for in.
func (f flags) dataOf(r remembers) string { return cmp.Or(r.DataFolder(f.dataDir), f.data()) }

// setFlag adds --set to a command that reads a configuration.
func setFlag(c *cobra.Command, sets *[]string) {
	c.Flags().StringArrayVar(sets, "set", nil, "`path=value`: change a key of the configuration, may be repeated")
	must(c.RegisterFlagCompletionFunc("set", func(_ *cobra.Command, _ []string, typed string) (all []string, _ cobra.ShellCompDirective) {
		for _, k := range withNames(keys(), typed) {
			if strings.HasPrefix(typed, k.Path+"=") {
				for _, v := range k.Values {
					all = append(all, k.Path+"="+v)
				}
			} else if strings.HasPrefix(k.Path, typed) {
				all = append(all, k.Path+"=\t"+k.Help)
			}
		}
		return all, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}))
}

// withNames adds the keys of the name that is typed below a key whose names are free.
func withNames(keys []option.Doc, typed string) []option.Doc {
	for _, k := range keys {
		name, found := strings.CutPrefix(typed, k.Path+".")
		if !found || k.Keys == nil {
			continue
		}
		if end := strings.LastIndexByte(name, '.'); end > 0 {
			name = name[:end]
		}
		for _, inner := range k.Keys {
			inner.Path = k.Path + "." + name + "." + inner.Path
			keys = append(keys, inner)
		}
	}
	return keys
}

// keyFlags adds a flag for each of some keys of data, which changes it as --set does.
func keyFlags(c *cobra.Command, sets *[]string, keys ...option.Doc) {
	for _, k := range keys {
		name := strings.ReplaceAll(strings.TrimPrefix(k.Path, "data."), "_", "-")
		if name == "missing" { // which is what holes mean
			name = "missing-cells"
		}
		set := func(value string) error {
			switch {
			case k.Path == "data.missing":
				var all []string
				for text := range strings.SplitSeq(strings.Trim(value, "[]"), ",") {
					all = append(all, option.QuoteText(strings.TrimSpace(text)))
				}
				value = "[" + strings.Join(all, ", ") + "]"
			case strings.HasPrefix(k.Type, "list"):
				value = "[" + strings.Trim(value, "[]") + "]"
			case k.Type == "text" && k.Values == nil:
				value = option.QuoteText(value)
			}
			*sets = append(*sets, k.Path+"="+value)
			return nil
		}
		if k.Type == "true or false" {
			c.Flags().BoolFunc(name, k.Help, set)
			continue
		}
		words, help := slices.DeleteFunc(k.Values, func(word string) bool { return word == "" }), k.Help
		if words != nil {
			help += ": " + strings.Join(words, ", ")
		}
		c.Flags().Func(name, help, set)
		completeWords(c, name, words...)
	}
}

// readFlags adds the flags of a command that reads tables.
func (f *flags) readFlags(c *cobra.Command) {
	keys := option.Document(option.Table{option.Section("data", new(data.Options).Table())})
	keyFlags(c, &f.reading, slices.DeleteFunc(keys, func(k option.Doc) bool {
		return !slices.Contains([]string{"data.header", "data.separator", "data.decimal", "data.thousands", "data.missing", "data.encoding", "data.max_values"}, k.Path)
	})...)
	c.Flags().BoolVar(&f.byPosition, "by-position", false, "take columns by their position, whatever their names are")
}

// holeFlags adds the flags of a command that computes likelihoods of rows with cells that are
// missing, or levels that are new.
func (f *flags) holeFlags(c *cobra.Command) {
	wordFlag(c, &f.missing, "missing", "", "`READING` of a missing cell (default that of the training)", "event", data.UnknownHoles)
	c.Flags().BoolVar(&f.unseen, "unknown", false, "take a level that the training did not have for a cell that is not known")
}

// holesHelp describes both readings.
const holesHelp = `A missing cell has two readings. As an event, which is how training reads it by default, it has
the probability that a cell is missing; in a column where none was in training it is an error.
With --missing unknown it is a value that is not known: p(x) is that of the other cells. That
needs an order which has such cells last; only orders that do are averaged. A model of any
order takes all rows, and one that was trained with --missing unknown has no other reading.`

// readOptions are those that the flags of readFlags choose, or else written.
func (f *flags) readOptions(array string, written data.Dialect) (format.ReadOptions, error) {
	var o data.Options
	table := option.Table{option.Section("data", o.Table())}
	text := fmt.Appendf(nil, "data: {source: file, header: %q, separator: %q, decimal: %q, thousands: %q, encoding: %q}", cmp.Or(written.Header, "auto"),
		cmp.Or(written.Separator, "auto"), cmp.Or(written.Decimal, "point"), cmp.Or(written.Thousands, "auto"), cmp.Or(written.Encoding, "auto"))
	err := config.Parse(table, "", text, f.reading)
	if err != nil {
		err = usage(err)
	}
	if o.Missing == nil {
		o.Missing = written.Missing
	}
	return format.ReadOptions{Array: array, Dialect: o.Dialect, MaxValues: o.MaxValues}, err
}

func jsonFlag(c *cobra.Command, on *bool) {
	c.Flags().BoolVar(on, "json", false, "print one JSON object")
}

// wordFlag adds a flag that takes one of a few words.
func wordFlag(c *cobra.Command, at *string, name, initial, help string, words ...string) {
	*at = initial
	all := strings.Join(words, ", ")
	help += ": " + all
	if initial != "" {
		help += " (default " + initial + ")"
	}
	c.Flags().Func(name, help, func(s string) error {
		if !slices.Contains(words, s) {
			return errors.New("there are " + all)
		}
		*at = s
		return nil
	})
	completeWords(c, name, words...)
}

// countFlag adds a flag that takes an integer of at least least; without the flag it
// is what it was.
func countFlag(c *cobra.Command, at *int, name, short string, least int, help string) {
	c.Flags().FuncP(name, short, help, func(s string) (err error) {
		if *at, err = strconv.Atoi(s); err == nil && *at < least {
			err = fmt.Errorf("need %d or more", least)
		}
		return err
	})
}

func completeWords(c *cobra.Command, flag string, words ...string) {
	must(c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)))
}

// completeArgs completes arguments by their names; beyond the last there are none.
func completeArgs(names []string) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(names) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		switch names[len(args)] {
		case "FILE|CONFIG":
			return cobra.FixedCompletions(slices.Concat(presets(), sources()), cobra.ShellCompDirectiveDefault)(c, args, typed)
		case "INPUT":
			return slices.Concat(tableSuffixes, []string{"txt", "data", "gz"}), cobra.ShellCompDirectiveFilterFileExt
		case "CONFIG":
			return cobra.FixedCompletions(presets(), cobra.ShellCompDirectiveDefault)(c, args, typed)
		}
		return nil, cobra.ShellCompDirectiveDefault
	}
}

// tableSuffixes are those of the files that hold tables.
var tableSuffixes = []string{"npy", "npz", "csv", "tsv", "parquet"}

// must is for errors that only a mistake in this package can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
