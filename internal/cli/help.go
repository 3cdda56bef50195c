package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// usageTemplate follows the long text of a command's help. It is cobra's, but
// for commands that only hold others.
const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{$commands := .Commands}}{{if .HasAvailableSubCommands}}{{if not .Groups}}

Commands:{{range $commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{range $group := .Groups}}

{{.Title}}{{range $commands}}{{if and (eq .GroupID $group.ID) .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

"{{.CommandPath}} COMMAND --help" prints more about a command.{{end}}
`

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

func (a *app) helpCommand() *cobra.Command {
	var page bool
	help := &cobra.Command{
		Use:   "help [COMMAND | config [PREFIX]]",
		Short: "Help about a command, or about the keys of a configuration",
		Long: `help prints what a command does, its flags and examples. help config describes the
keys of a configuration, or those that begin with PREFIX: type, bounds, default,
and which models use them.`,
		Example: "  maskflow help train\n  maskflow help backend install\n  maskflow help config model.order\n  maskflow help config --json",
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			found, _, err := c.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, sub := range found.Commands() {
				if sub.IsAvailableCommand() {
					names = append(names, sub.Name()+"\t"+sub.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && len(args) <= 2 && args[0] == "config" {
				return a.helpConfig(strings.Join(args[1:], ""), page)
			}
			found, rest, err := c.Root().Find(args)
			if err != nil {
				return usage(err)
			}
			if len(rest) > 0 {
				return unknownCommand(found, rest[0])
			}
			found.InitDefaultHelpFlag()
			found.InitDefaultVersionFlag()
			return found.Help()
		},
	}
	jsonFlag(help, &a.json)
	help.Flags().BoolVar(&page, "page", false, "print the keys as the page of the documentation")
	return help
}
