package cli

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// backendFlag adds --backend to a command that computes.
func backendFlag(c *cobra.Command, spec *string) {
	c.Flags().StringVar(spec, "backend", "", "auto, go, xla, xla:/path/of/plugin.so or cuda (default $MASKFLOW_BACKEND, else auto)")
	completeWords(c, "backend", "auto", "go", "xla", "cuda")
}

// dataDirFlag adds --data-dir to a command that reads the data of a
// configuration.
func dataDirFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "data-dir", "", "folder of the data (default $MASKFLOW_DATA, else the working directory)")
	must(c.MarkFlagDirname("data-dir"))
}

// dataDir is the folder that data are looked for in.
func dataDir(flag string) string {
	if flag != "" {
		return flag
	}
	return os.Getenv("MASKFLOW_DATA")
}

// setFlag adds --set to a command that reads a configuration.
func setFlag(c *cobra.Command, sets *[]string) {
	c.Flags().StringArrayVar(sets, "set", nil, "`path=value`: change a key of the configuration, may be repeated")
	must(c.RegisterFlagCompletionFunc("set", func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		if path, _, ok := strings.Cut(typed, "="); ok {
			return valuesOf(path), cobra.ShellCompDirectiveNoFileComp
		}
		var paths []string
		for _, k := range keys() {
			if strings.HasPrefix(k.Path, typed) {
				paths = append(paths, k.Path+"=\t"+k.Help)
			}
		}
		return paths, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}))
}

// valuesOf are the completions path=value of a key with a list of words.
func valuesOf(path string) []string {
	var all []string
	for _, k := range keys() {
		if k.Path == path {
			for _, v := range k.Values {
				all = append(all, path+"="+v)
			}
		}
	}
	return all
}

func jsonFlag(c *cobra.Command, on *bool) {
	c.Flags().BoolVar(on, "json", false, "print one JSON object")
}

func completeWords(c *cobra.Command, flag string, words ...string) {
	must(c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)))
}

// Completions of arguments, in their order; beyond the last there are none.
var (
	argRun   completion = func() ([]string, cobra.ShellCompDirective) { return nil, cobra.ShellCompDirectiveFilterDirs }
	argTable completion = func() ([]string, cobra.ShellCompDirective) {
		return []string{"npy", "npz", "csv", "tsv"}, cobra.ShellCompDirectiveFilterFileExt
	}
)

type completion func() ([]string, cobra.ShellCompDirective)

func completeArgs(places ...completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(places) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return places[len(args)]()
	}
}

// must is for errors that only a mistake in this package can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
