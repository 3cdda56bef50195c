package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/configs"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/internal/text"
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

// loadConfig reads the configuration in a file, or else the preset of that name.
// What is wrong with it is the caller's error.
func loadConfig(path string, sets []string) (*train.Config, error) {
	c, err := train.LoadConfig(path, sets)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(path, `/\.`) {
		src, missing := configs.Files.ReadFile(path + ".yaml")
		if missing != nil {
			return nil, usage(fmt.Errorf("no file and no preset %s%s (maskflow config list names the presets)", path, text.DidYouMean(path, presets())))
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
		Long:    "config lists the presets and prints resolved configurations. The keys of a\nconfiguration are described by maskflow help config.",
		Example: "  maskflow config list\n  maskflow config show dna",
	}
	asGroup(c)
	var sets []string
	show := &cobra.Command{
		Use:   "show CONFIG",
		Short: "Print a configuration with every default",
		Long: `show prints the resolved configuration of a file or a preset: every key that the
run uses, with its value.`,
		Example: "  maskflow config show dna\n  maskflow config show my.yaml --set model.type=maf",
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := loadConfig(args[0], sets)
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
		Use:     "list",
		Short:   "List the presets",
		Long:    "list prints the names of the presets, which train takes in place of a file.",
		Example: "  maskflow config list",
		RunE:    func(*cobra.Command, []string) error { return a.print("%s\n", strings.Join(presets(), "\n")) },
	}
	c.AddCommand(list, show)
	return c
}

// helpConfig describes the keys that begin with a prefix.
func (a *app) helpConfig(prefix string, page bool) error {
	var found []option.Doc
	for _, k := range keys() {
		if prefix == "" || k.Path == prefix || strings.HasPrefix(k.Path, prefix+".") {
			found = append(found, k)
		}
	}
	switch {
	case found == nil:
		var paths []string
		for _, k := range keys() {
			section, _, _ := strings.Cut(k.Path, ".")
			paths = append(paths, k.Path, section)
		}
		return usage(fmt.Errorf("no key begins with %s%s", prefix, text.DidYouMean(prefix, paths)))
	case page && !a.json:
		return a.print("%s", keysPage(found))
	}
	var b strings.Builder
	for _, k := range found {
		fmt.Fprintf(&b, "%s  (%s)\n", k.Path, strings.Join(facts(k, func(s string) string { return s }), "; "))
		b.WriteString("    " + k.Help + "\n")
	}
	return a.show(map[string]any{"keys": found}, b.String())
}

// facts are the type of a key, its values or bounds, its default and what uses it.
func facts(k option.Doc, code func(string) string) []string {
	facts := []string{k.Type}
	if k.Values != nil {
		quoted := make([]string, len(k.Values))
		for i, v := range k.Values {
			quoted[i] = code(option.QuoteText(v))
		}
		facts[0] = "one of " + strings.Join(quoted, ", ")
		if strings.Contains(k.Type, "list") {
			facts[0] += ", or a list of integers"
		}
	}
	if k.Bounds != "" {
		kind, word, _ := strings.Cut(k.Type, ", or ") // an integer, or unlimited
		facts[0] = kind + " " + k.Bounds
		if word != "" {
			facts[0] += ", or " + code(word)
		}
	}
	if k.Default == "" {
		facts = append(facts, "required")
	} else {
		facts = append(facts, "default "+code(k.Default))
	}
	if k.For != nil {
		facts = append(facts, "for "+strings.Join(k.For, ", or "))
	}
	if k.Mutable {
		facts = append(facts, "may change when a run is resumed")
	}
	return facts
}

// keysPage is the page of the documentation about the keys.
func keysPage(found []option.Doc) string {
	var b strings.Builder
	b.WriteString(`# Configuration

What a configuration file may say, key by key. This page is printed by ` + "`maskflow help config --page`" + ` (` + "`make docs`" + `);
` + "`maskflow help config model`" + ` describes the keys of a section, and ` + "`maskflow config show NAME`" + ` prints a preset with every default.
`)
	last := "."
	for _, k := range found {
		section, _, nested := strings.Cut(k.Path, ".")
		if !nested {
			section = ""
		}
		if section != last {
			last = section
			if section != "" {
				b.WriteString("\n## " + section + "\n")
			}
			b.WriteString("\n| key | value | meaning |\n|---|---|---|\n")
		}
		cell := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Path, cell(strings.Join(facts(k, func(s string) string { return "`" + s + "`" }), "; ")), cell(k.Help))
	}
	return b.String()
}
