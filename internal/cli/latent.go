package cli

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

type latentOptions struct {
	output, array, context string
	inverse                bool
	method                 string
	tolerance              float64
	maxPasses              int
}

const latentLong = `latent maps the rows x of a table, in the units of the training's source, through
a flow to the noise z that they come from, their latent codes, and --inverse maps
noise back to data. Both tables
have a column for each variable. Where the flow is right about the data, z is
drawn from its base density: N(0, 1), independently, unless model.base is another.

For a model with a context the last columns of INPUT are the context, unless
--context names a table of their own: a row for each row of INPUT, or one for
all of them.

One of the two directions takes one pass through each layer: x to z for a MAF,
z to x for an IAF. The other needs the variables one after the other.
incremental touches every weight once, sequential makes a pass for every
variable, and jacobi repeats whole passes until no variable of a row changes by
more than --tolerance times 1 + its absolute value; with 0 all give the same
bits. The passes that it took are printed. With --max-passes below the number of
variables jacobi may fail to get there, which is an error.

The map is computed on the host, whatever the backend of the training was.`

func (a *app) latentCommand() *cobra.Command {
	var o latentOptions
	c := &cobra.Command{
		Use:   "latent RUN INPUT -o OUTPUT",
		Short: "Map rows to the noise of a flow, or back",
		Long:  latentLong,
		Example: `  maskflow latent runs/banana rows.csv -o z.npy
  maskflow latent runs/banana z.npy -o rows.csv --inverse --method jacobi --tolerance 1e-5`,
		Args:              takes(0, "RUN", "INPUT"),
		ValidArgsFunction: completeArgs(argRun, argTable),
		RunE:              func(c *cobra.Command, args []string) error { return a.latent(c, args[0], args[1], o) },
	}
	f := c.Flags()
	outputFlag(c, &o.output)
	f.BoolVar(&o.inverse, "inverse", false, "from noise to data")
	f.StringVar(&o.method, "method", "incremental", "incremental, jacobi or sequential")
	f.Float64Var(&o.tolerance, "tolerance", 0, "relative change `T` at which jacobi ends (default when nothing changes)")
	f.IntVar(&o.maxPasses, "max-passes", 0, "most passes `N` of jacobi (default the number of variables, which always suffice)")
	f.StringVar(&o.context, "context", "", "`file` with the context, else it is the last columns of INPUT")
	f.StringVar(&o.array, "array", "", "`name` of the array in a .npz file")
	completeWords(c, "method", slices.Sorted(maps.Keys(methods))...)
	return c
}

// solver checks the flags that say how to invert.
func (o latentOptions) solver(c *cobra.Command) (models.Solver, error) {
	method, ok := methods[o.method]
	s := models.Solver{Method: method, Tolerance: o.tolerance, MaxPasses: o.maxPasses}
	switch {
	case !ok:
		return s, misused(c, "--method %s: there are %s", o.method, strings.Join(slices.Sorted(maps.Keys(methods)), ", "))
	case !(o.tolerance >= 0) || math.IsInf(o.tolerance, 1):
		return s, misused(c, "--tolerance %v: need a number of 0 or more", o.tolerance)
	case c.Flags().Changed("max-passes") && o.maxPasses < 1:
		return s, misused(c, "--max-passes %d: need 1 pass or more", o.maxPasses)
	case method != models.Jacobi && (o.tolerance > 0 || o.maxPasses > 0):
		return s, misused(c, "--tolerance and --max-passes are for --method jacobi")
	}
	return s, nil
}

func (a *app) latent(c *cobra.Command, dir, input string, o latentOptions) error {
	if err := needs(c, "output"); err != nil {
		return err
	}
	if err := checkOutput(c, o.output, input, o.context); err != nil {
		return err
	}
	solver, err := o.solver(c)
	if err != nil {
		return err
	}
	if input == "-" && o.context == "-" {
		return misused(c, "INPUT and --context cannot both be standard input")
	}
	ctx := c.Context()
	r, close, err := a.openRun(ctx, dir, "go") // The map is computed on the host.
	if err != nil {
		return err
	}
	defer close()
	f, ok := r.Density().(models.Flow)
	if !ok {
		return usage(fmt.Errorf("the model of %s is no flow: it has no latent codes", r.Dir))
	}
	t, err := a.readTable(ctx, input, o.array)
	if err != nil {
		return err
	}
	if err := a.takeContext(ctx, r, t, o.context); err != nil {
		return err
	}
	prepare := r.Prepare
	if o.inverse { // Noise is in no units of the data, so that nothing else is asked of its values.
		prepare = data.NewPreparation(r.Meta.Dim, r.Meta.ContextDim).Apply
	}
	set, err := prepare(t)
	if err != nil {
		return err
	}
	begin := time.Now()
	flow, err := f.NewInverter(r.Weights())
	if err != nil {
		return err
	}
	move := flow.ToNoise
	if o.inverse {
		move = flow.ToData
	}
	rows := slices.Clone(set.X)
	passes, err := move(ctx, rows, set.Context, solver)
	if err != nil {
		return fmt.Errorf("%s: %w", set.Name, err)
	}
	spent := time.Since(begin).Seconds()
	restore := data.NewPreparation(r.Meta.Dim, 0).Undo
	if o.inverse {
		restore = r.Preparation().Undo
	}
	out, err := restore(rows)
	if err != nil {
		return err
	}
	if err := a.writeTable(o.output, out); err != nil {
		return err
	}
	line := fmt.Sprintf("%s of %s in %.2f s", text.Count(set.Rows, "row"), text.Count(r.Meta.Dim, "variable"), spent)
	if passes > 0 {
		line += ", " + passesText(passes)
	}
	a.console.line("%s", line)
	return nil
}
