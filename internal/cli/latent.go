package cli

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

type latentOptions struct {
	tables
	inverse   bool
	method    string
	tolerance float64
	maxPasses int
}

const latentLong = `latent maps the rows x of a table, in the units of the training's source, through a
flow to their latent codes z; --inverse maps noise back to data. Both tables have a
column for each variable; the context follows the variables in INPUT, unless --context
names its table. If the flow is right about the data, the z are drawn from its base.

One direction takes a single pass through each layer: x to z for a MAF, z to x for an
IAF. The other computes the variables one after the other: incremental uses every weight
once, sequential makes a pass for every variable, and jacobi repeats whole passes until
no variable of a row changes by more than --tolerance times 1 + its absolute value; with
0 all give the same bits. The number of passes is printed. An ensemble has no latent codes: those
of its members are of other maps.`

func (a *app) latentCommand() *cobra.Command {
	var o latentOptions
	c := &cobra.Command{
		Use:   "latent RUN INPUT -o OUTPUT",
		Short: "Map rows to the noise of a flow, or back",
		Long:  latentLong,
		Example: `  maskflow latent runs/banana rows.csv -o z.npy
  maskflow latent runs/banana z.npy -o rows.csv --inverse --method jacobi --tolerance 1e-5`,
		RunE: func(c *cobra.Command, args []string) error {
			o.input = args[1]
			return a.latent(c, args[0], o)
		},
	}
	o.inputFlags(c)
	a.readFlags(c)
	methodFlag(c, &o.method)
	f := c.Flags()
	f.BoolVar(&o.inverse, "inverse", false, "from noise to data")
	f.Float64Var(&o.tolerance, "tolerance", 0, "relative change `T` at which jacobi ends (default when nothing changes)")
	countFlag(c, &o.maxPasses, "max-passes", "", 1, "most passes `N` of jacobi (default the number of variables, which always suffice)")
	return c
}

func (a *app) latent(c *cobra.Command, dir string, o latentOptions) error {
	solver := models.Solver{Method: methods[o.method], Tolerance: o.tolerance, MaxPasses: o.maxPasses}
	switch {
	case !(o.tolerance >= 0) || math.IsInf(o.tolerance, 1):
		return misused(c, "--tolerance %v: need a number of 0 or more", o.tolerance)
	case solver.Method != models.Jacobi && (o.tolerance > 0 || o.maxPasses > 0):
		return misused(c, "--tolerance and --max-passes are for --method jacobi")
	}
	ctx := c.Context()
	a.backend = "go" // The map is computed on the host.
	e, pages, err := a.openRows(c, dir, o.tables)
	if err != nil {
		return err
	}
	r := e.First()
	if !e.One() {
		return usage(fmt.Errorf("latent codes are of one flow: a mixture has no map to a noise of its own (take one member, as %s)", r.Path))
	}
	f, ok := r.Density().(models.Flow)
	if !ok {
		return usage(fmt.Errorf("the model of %s is no flow: it has no latent codes", r.Path))
	}
	const block = 1 << 14 // rows
	blocks, restore := r.PrepareBlocks(a.noteRows(r, pages, nil), block), data.NewPreparation(r.Definition().Dim(), 0).Undo
	if o.inverse { // Noise is in no units of the data, so that nothing else is asked of its values.
		blocks = data.NewPreparation(r.Definition().Dim(), r.Definition().ContextDim()).Blocks(pages, block)
		restore = r.Preparation().Undo
	}
	begin, rows, passes := time.Now(), 0, 0
	flow, err := f.NewInverter(r.Weights())
	if err != nil {
		return err
	}
	move := flow.ToNoise
	if o.inverse {
		move = flow.ToData
	}
	if err := a.writeRows(o.output, anyRows, func(write func(*data.Table) error) error {
		for s, err := range blocks {
			if err == nil {
				err = s.CheckRange()
			}
			if err != nil {
				return err
			}
			moved := slices.Clone(s.X)
			took, err := move(ctx, moved, s.Context, solver)
			if err != nil {
				return exec.Placed(s, err)
			}
			rows, passes = rows+s.Rows, max(passes, took)
			out, err := restore(moved)
			if err != nil {
				return err
			}
			if err := write(out); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	spent := time.Since(begin).Seconds()
	a.console.line("%s of %s in %.2f s%s", text.Count(rows, "row"), text.Count(r.Definition().Dim(), "variable"), spent, passesText(passes))
	return nil
}
