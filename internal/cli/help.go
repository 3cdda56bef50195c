package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// asGroup makes a command that only holds others: alone it prints its help.
func asGroup(c *cobra.Command) {
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(c, args[0])
		}
		return nil
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
}

// extendHelp makes cobra's help command describe the keys of a configuration too.
func (a *app) extendHelp(root *cobra.Command) {
	var page bool
	root.SetHelpCommandGroupID("program")
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	must(err)
	help.Use, help.Short = "help [COMMAND | config [PREFIX]]", "Help about a command, or about the keys of a configuration"
	help.Long = `help prints what a command does, its flags and examples. help config describes the
keys of a configuration, or those that begin with PREFIX: type, bounds, default,
and which models use them.`
	help.Example = "  maskflow help train\n  maskflow help backend install\n  maskflow help config model.order\n  maskflow help config --json"
	help.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 && len(args) <= 2 && args[0] == "config" {
			return a.helpConfig(strings.Join(args[1:], ""), page)
		}
		found, rest, err := root.Find(args)
		if err != nil {
			return usage(err)
		}
		if len(rest) > 0 {
			return unknownCommand(found, rest[0])
		}
		found.InitDefaultHelpFlag()
		found.InitDefaultVersionFlag()
		return found.Help()
	}
	jsonFlag(help, &a.json)
	help.Flags().BoolVar(&page, "page", false, "print the keys as the page of the documentation")
}
