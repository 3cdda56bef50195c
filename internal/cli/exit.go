package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/maskflow/maskflow/backend"
)

// The exit codes, as the help of the root command lists them.
const (
	codeDone        = 0
	codeFailed      = 1
	codeUsage       = 2
	codeDiverged    = 3
	codeInterrupted = 130
)

// exitError is an error that ends the program with a code of its own; all
// others end it with codeFailed.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usage marks what the caller got wrong: arguments, flags, a configuration.
func usage(err error) error { return &exitError{codeUsage, err} }

// misused is a usage error of a command, with where to read on.
func misused(c *cobra.Command, format string, args ...any) error {
	name := strings.TrimPrefix(c.CommandPath()+": ", "maskflow ")
	if !c.HasParent() {
		name = ""
	}
	return usage(fmt.Errorf("%s%s (see %s --help)", name, fmt.Sprintf(format, args...), c.CommandPath()))
}

// exit reports the error that a command ended with and returns the exit code.
func (a *app) exit(ctx context.Context, err error) int {
	if err == nil {
		return codeDone
	}
	code := codeFailed
	var e *exitError
	switch {
	case errors.As(err, &e):
		code = e.code
	case errors.Is(err, backend.ErrUnknown):
		code = codeUsage
	case cancelled(ctx, err):
		code, err = codeInterrupted, errors.New("interrupted")
	}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			a.console.line("maskflow: %s", line)
		}
	}
	return code
}

// flagError reports what is wrong with a flag.
func flagError(c *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	if !errors.As(err, &bad) {
		return misused(c, "%v", err)
	}
	why := bad.Unwrap()
	switch {
	case errors.Is(why, strconv.ErrRange):
		why = errors.New("too large")
	case errors.Is(why, strconv.ErrSyntax):
		why = errors.New("not a number")
	}
	return misused(c, "%s %s: %v", dashed(bad.GetFlag()), bad.GetValue(), why)
}

// unknownCommand reports a command that the group does not have.
func unknownCommand(group *cobra.Command, name string) error {
	if group.SuggestionsMinimumDistance <= 0 {
		group.SuggestionsMinimumDistance = 2
	}
	if names := group.SuggestionsFor(name); len(names) > 0 {
		return usage(fmt.Errorf("unknown command %q (did you mean: %s)", name, strings.Join(names, ", ")))
	}
	return usage(fmt.Errorf("unknown command %q (see %s --help)", name, group.CommandPath()))
}

// takes checks the number of arguments of a command whose Use line names them all.
func takes(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return misused(c, "%s is missing", names[len(args)])
		case len(args) > len(names) && len(names) == 0:
			return misused(c, "takes no arguments, got %q", args[0])
		case len(args) > len(names):
			return misused(c, "takes %s and no more, got %q too", strings.Join(names, " "), args[len(names)])
		}
		return nil
	}
}

// exclusive checks that no two of some flags were given.
func exclusive(c *cobra.Command, flags ...string) error {
	var given []string
	for _, name := range flags {
		if c.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 1 {
		return misused(c, "%s do not go together", strings.Join(given, " and "))
	}
	return nil
}

// notEmpty checks that no argument or flag is an empty text, which is what a variable of a
// shell is that is not set: it would do as if the flag were not there.
func notEmpty(c *cobra.Command, args []string) (err error) {
	if slices.Contains(args, "") {
		return misused(c, "an argument is empty")
	}
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" {
			err = misused(c, "%s is empty", dashed(f))
		}
	})
	return err
}

// needs checks that flags without a useful default were given.
func needs(c *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if f := c.Flags().Lookup(name); !f.Changed {
			return misused(c, "%s is missing: %s", dashed(f), strings.ReplaceAll(f.Usage, "`", ""))
		}
	}
	return nil
}

// dashed is a flag as it is typed, the short form where there is one.
func dashed(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

// cancelled reports whether an error is that of a call that was interrupted.
func cancelled(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err())
}
