// Package cli is the command maskflow: flags, what a person reads, and exit
// codes. What a Go program would want as well lives in the packages below it.
package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/internal/quiet"
	"github.com/maskflow/maskflow/internal/text"
)

func init() { quiet.End() }

// app is one call of the command.
type app struct {
	args   []string
	stdin  io.Reader
	stdout io.Writer
	// console is standard error.
	console *console
	signals *signals
	flags
	// notes are printed when the call has succeeded, a line each.
	notes []string
	// opened are closed when the call ends, the last first.
	opened []func()
}

// flags are those that several commands have.
type flags struct {
	json             bool
	backend, dataDir string
	reading          []string // of files of tables: keys of data as --set has them
	byPosition       bool
	missing          string // how a missing cell is read
	unseen           bool   // levels that training did not have are not known
}

// Do runs the command with the arguments after its name and returns the exit
// code. In a child process that was started to try a plugin, it does that and exits.
func Do(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	backend.ProbeMain()
	a := &app{args: args, stdin: stdin, stdout: stdout, console: newConsole(stderr)}
	defer func() {
		if p := recover(); p != nil {
			site := text.PanicSite()
			if carried, ok := p.(*carriedPanic); ok {
				p, site = carried.value, carried.site
			}
			a.console.line("maskflow: internal error: %v at %s (please report it)", p, site)
			code = codeFailed
		}
	}()
	defer func() {
		for _, close := range slices.Backward(a.opened) {
			close()
		}
	}()
	ctx, stop := a.catchSignals(context.Background())
	defer stop()
	out := &standardOut{w: stdout}
	root := a.root(out)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetErr(a.console)
	err := root.ExecuteContext(ctx)
	if err == nil { // else a page may still be read
		for _, note := range a.notes {
			a.console.line("note: %s", note)
		}
	}
	code = a.exit(ctx, cmp.Or(err, out.err))
	a.console.finish(ctx, code != codeDone)
	return code
}

// standardOut is standard output with errors that name it. It keeps the last: cobra
// ignores them.
type standardOut struct {
	w   io.Writer
	err error
}

func (o *standardOut) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		err = fmt.Errorf("writing standard output: %w", err)
		o.err = err
	}
	return n, err
}

const rootLong = `maskflow trains, evaluates, samples and verifies masked autoregressive density models
(MADE), the flows that are made of them (MAF, IAF), and variational autoencoders with
such a flow, over binary or real data. A configuration names the data, the model and how
it is trained; a run directory holds the result. Tables are .csv, .parquet, .npy or .npz
files by their suffix; "-" is a pipe of CSV.

Exit codes:
  0    done
  1    failed
  2    usage, or an error in the configuration
  3    training diverged; the last good state is kept and named
  130  interrupted; training has written a checkpoint`

const rootExample = `  maskflow train configs/connect4.yaml
  maskflow eval runs/connect4-20260314-150926
  maskflow help train`

// root is the tree of commands, which write to out what cobra writes.
func (a *app) root(out io.Writer) *cobra.Command {
	cobra.EnableCommandSorting = false // in the order of use
	root := &cobra.Command{
		Use:           "maskflow",
		Short:         "Train, evaluate, sample and verify masked autoregressive densities and flows",
		Long:          rootLong,
		Example:       rootExample,
		Version:       maskflow.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	asGroup(root)
	root.SetOut(out) // first: the command completion keeps it
	root.SetVersionTemplate("maskflow {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.AddGroup(
		&cobra.Group{ID: "model", Title: "A model:"},
		&cobra.Group{ID: "inputs", Title: "What it is made from:"},
		&cobra.Group{ID: "program", Title: "This program:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			complete(c)
		}
		root.AddCommand(commands...)
	}
	add("model", a.trainCommand(), a.watchCommand(), a.evalCommand(), a.logprobCommand(), a.sampleCommand(), a.latentCommand(), a.posteriorCommand(),
		a.plotCommand(), a.verifyCommand(), a.reproduceCommand())
	add("inputs", a.configCommand(), a.dataCommand(), a.masksCommand())
	add("program", a.backendCommand(), a.versionCommand())
	a.extendHelp(root)
	root.SetCompletionCommandGroupID("program")
	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{"completion"})
	must(err)
	completion.Short = "Write the completion script of a shell"
	asGroup(completion)
	return root
}

// complete adds to a command, and to those below it, what follows from its Use line:
// the check and the completion of its arguments. Neither may be an empty text.
func complete(c *cobra.Command) {
	c.Flags().SortFlags = false
	if c.HasSubCommands() {
		for _, sub := range c.Commands() {
			complete(sub)
		}
		return
	}
	var names []string
	for _, word := range strings.Fields(c.Use)[1:] {
		if word[0] < 'A' || word[0] > 'Z' {
			break
		}
		names = append(names, word)
	}
	args := c.Args
	if args == nil {
		args = takes(names...)
	}
	c.Args = func(c *cobra.Command, given []string) error { return cmp.Or(args(c, given), notEmpty(c, given)) }
	if c.ValidArgsFunction == nil {
		c.ValidArgsFunction = completeArgs(names)
	}
}

// show prints a result as one JSON object with --json, else as text.
func (a *app) show(v any, text string) error {
	if a.json {
		return a.writeJSON(v)
	}
	return a.print("%s", text)
}

// writeJSON prints one object on a line of standard output.
func (a *app) writeJSON(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return a.print("%s\n", text)
}

// print writes to standard output. A full disk must not pass for success.
func (a *app) print(format string, args ...any) error {
	a.console.clear() // which a training leaves that cannot write its end
	_, err := io.WriteString(&standardOut{w: a.stdout}, text.Escaped(fmt.Sprintf(format, args...)))
	return err
}

// tableOut is where a table goes that is written to standard output: as it is, unless a
// terminal shows it, for which names of columns are texts of others.
func (a *app) tableOut() io.Writer {
	out := &standardOut{w: a.stdout}
	if isTerminal(a.stdout) {
		return shown{out}
	}
	return out
}

type shown struct{ w io.Writer }

func (s shown) Write(p []byte) (int, error) {
	_, err := io.WriteString(s.w, text.Escaped(string(p)))
	return len(p), err
}

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
	root.SetHelpCommandGroupID("program")
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	must(err)
	help.Use, help.Short = "help [COMMAND | config [PREFIX]]", "Help about a command, or about the keys of a configuration"
	help.Long = `help prints what a command does, its flags and examples. help config describes the
keys of a configuration, or those that begin with PREFIX.`
	help.Example = "  maskflow help train\n  maskflow help backend install\n  maskflow help config model.order\n  maskflow help config --json"
	help.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 && len(args) <= 2 && args[0] == "config" {
			return a.helpConfig(strings.Join(args[1:], ""))
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
}
