package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/configs"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/data/source"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

// keys documents every key of a configuration.
func keys() []option.Doc { return option.Document((&train.Config{}).Table()) }

// defaults are the settings that a configuration need not give, by path.
func defaults() map[string]string {
	text := map[string]string{}
	for _, k := range keys() {
		text[k.Path] = k.Default
	}
	return text
}

// presets lists the presets by name.
func presets() []string {
	names, err := fs.Glob(configs.Files, "*.yaml")
	must(err)
	for i, name := range names {
		names[i] = strings.TrimSuffix(name, ".yaml")
	}
	return names
}

// configOf is the configuration of a file or a preset, or the one that trains on a source of
// rows: files and folders of data are known by their suffix or what they are, presets come
// before sources of their name.
func (a *app) configOf(name string, sets []string) (*train.Config, error) {
	named, preset := slices.Contains(sources(), name), slices.Contains(presets(), name)
	info, err := os.Stat(name)
	there := err == nil && (!info.IsDir() || isRun(name)) // what is no source, unless by its suffix
	if format.KindOf(name) != format.Unknown || !there && !preset && (named || err == nil) {
		c, err := train.SourceConfig(a.sourceAt(name, named), sets)
		if err != nil {
			err = usage(err)
		}
		return c, err
	}
	return loadConfig(name, sets)
}

// sourceAt is the source that is meant by a path: of a file or a folder that is there, and is not
// there in the folder of the data, its absolute path.
func (a *app) sourceAt(path string, named bool) string {
	if _, err := os.Stat(path); err != nil || named || sameFile(path, source.Path(a.data(), path)) {
		return path
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// sources are the names of sources that are no files.
func sources() (names []string) {
	for _, s := range source.List() {
		if s.Kind != "file" && s.Kind != "folder" {
			names = append(names, s.Name)
		}
	}
	return names
}

// loadConfig reads the configuration in a file, or else the preset of that name: a folder
// that has it too may be its run. What is wrong with it is the caller's error.
func loadConfig(path string, sets []string) (*train.Config, error) {
	c, err := train.LoadConfig(path, sets)
	if errors.Is(err, files.ErrNotRegular) && isRun(path) && !slices.Contains(presets(), path) {
		return nil, usage(fmt.Errorf("%s is a run (train --resume --run %s goes on with it, its configuration is %s)", path, text.Shell(path), filepath.Join(path, runlog.ConfigFile)))
	}
	if (errors.Is(err, fs.ErrNotExist) || errors.Is(err, files.ErrNotRegular)) && !strings.ContainsAny(path, `/\.`) {
		src, missing := configs.Files.ReadFile(path + ".yaml")
		if missing != nil {
			return nil, usage(fmt.Errorf("no file, preset or source %s%s (maskflow config list names the presets, maskflow data list the sources)", path,
				text.DidYouMean(path, slices.Concat(presets(), sources()))))
		}
		c, err = train.ParseConfig(path+".yaml", src, sets)
	}
	if err != nil {
		return nil, usage(err)
	}
	return c, nil
}

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "config",
		Short:   "Show configurations",
		Long:    "config lists the presets and prints resolved configurations; maskflow help config describes their keys.",
		Example: "  maskflow config list\n  maskflow config show dna",
	}
	asGroup(c)
	var sets []string
	show := &cobra.Command{
		Use:     "show FILE|CONFIG",
		Short:   "Print a configuration with every default",
		Example: "  maskflow config show dna\n  maskflow config show my.yaml --set model.type=maf\n  maskflow config show people.csv",
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.configOf(args[0], sets)
			if err != nil {
				return err
			}
			text, err := config.Marshal(c.Table())
			if err != nil {
				return err
			}
			return a.print("%s", text)
		},
	}
	setFlag(show, &sets)
	list := &cobra.Command{
		Use:   "list",
		Short: "List the presets, which train takes in place of a file",
		RunE:  func(*cobra.Command, []string) error { return a.print("%s\n", strings.Join(presets(), "\n")) },
	}
	c.AddCommand(list, show)
	return c
}

// helpConfig describes the keys that begin with a prefix.
func (a *app) helpConfig(prefix string) error {
	var found []option.Doc
	var paths []string
	for _, k := range keys() {
		if prefix == "" || k.Path == prefix || strings.HasPrefix(k.Path, prefix+".") {
			found = append(found, k)
		}
		section, _, _ := strings.Cut(k.Path, ".")
		paths = append(paths, k.Path, section)
	}
	if found == nil {
		return usage(fmt.Errorf("no key begins with %s%s", prefix, text.DidYouMean(prefix, paths)))
	}
	page := configText(found)
	if prefix == "" {
		page = configIntro + page
	}
	return a.show(map[string]any{"keys": found}, page)
}

// configIntro begins what describes all keys, which is a page of the documentation, too (make docs).
const configIntro = "# Configuration\n\nWhat a configuration file may say, key by key, as `maskflow help config` prints it. " +
	"`maskflow help config model` describes\nthe keys of a section, and `maskflow config show NAME` prints a preset with every default.\n\n"

// configText describes keys: their meaning, and below it their type, values or bounds,
// default and what uses them.
func configText(keys []option.Doc) string {
	var b strings.Builder
	last := ""
	for _, k := range keys {
		if section, _, nested := strings.Cut(k.Path, "."); nested && section != last {
			last = section
			fmt.Fprintf(&b, "\n## %s\n\n", section)
		}
		fmt.Fprintf(&b, "- `%s`: %s\n  (%s)\n", k.Path, k.Help, strings.Join(factsOf(k), "; "))
		for _, inner := range k.Keys {
			fmt.Fprintf(&b, "  - `%s`: %s\n    (%s)\n", inner.Path, inner.Help, strings.Join(factsOf(inner), "; "))
		}
	}
	return b.String()
}

// factsOf are the type of a key, its values or bounds, its default and what uses it.
func factsOf(k option.Doc) []string {
	facts := []string{k.Type}
	if k.Values != nil {
		quoted := option.Names(k.Values, func(v string) string { return "`" + option.QuoteText(v) + "`" })
		facts[0] = "one of " + strings.Join(quoted, ", ")
		if strings.Contains(k.Type, "list") {
			facts[0] += ", or a list of integers"
		}
	}
	if k.Bounds != "" {
		facts = append(facts, k.Bounds)
	}
	if k.Default == "" {
		facts = append(facts, "required")
	} else {
		facts = append(facts, "default `"+k.Default+"`")
	}
	if k.For != nil {
		facts = append(facts, "for "+strings.Join(k.For, ", or "))
	}
	if k.Mutable {
		facts = append(facts, "may change when a run is resumed")
	}
	return facts
}
