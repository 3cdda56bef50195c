package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

type sampleOptions struct {
	tables
	n, order int
	seed     uint64
	method   string
	complete bool
}

const sampleLong = `sample draws rows from the best weights of a run, with the columns of the training's
source in their units; where cells were missing there they are in the samples, at the same
rate, unless --complete draws a value for each. Of a run with train --missing unknown every
cell has a value, with --complete or without. The same seed gives the same rows on every
machine, and the first rows do not depend on how many are drawn. All methods (see maskflow
latent --help) give the same rows. A nade has a pass for each variable in any case: jacobi
is no faster for it, and computes all sums anew, as sequential does.

Each row of an ensemble is drawn from one of its members, at random.

A model with a context needs --context, whose columns are found by their names and go to
the output; where data.labels made it, a row is one-hot.
Rows of images keep their shape in .npy and .npz files.`

var methods = map[string]models.Method{
	"incremental": models.Incremental, "jacobi": models.Jacobi, "sequential": models.Sequential,
}

func methodFlag(c *cobra.Command, at *string) {
	wordFlag(c, at, "method", "incremental", "`METHOD` of inversion", slices.Sorted(maps.Keys(methods))...)
}

func (a *app) sampleCommand() *cobra.Command {
	var o sampleOptions
	c := &cobra.Command{
		Use:   "sample RUN -n N -o OUTPUT",
		Short: "Draw rows from a trained model",
		Long:  sampleLong,
		Example: `  maskflow sample runs/dna -n 1000 -o samples.npy
  maskflow sample runs/dna -n 5 --seed 7 --order 1 -o -
  maskflow sample runs/power-1 --ensemble runs/power-2,runs/power-3 -n 1000 -o samples.csv
  maskflow sample runs/digits -n 64 --context labels.csv -o digits.npz`,
		RunE: func(c *cobra.Command, args []string) error { return a.sample(c, args[0], o) },
	}
	countFlag(c, &o.n, "number", "n", 1, "draw `N` rows")
	o.flags(c)
	a.readFlags(c)
	c.Flags().Uint64Var(&o.seed, "seed", 0, "random seed")
	countFlag(c, &o.order, "order", "", 0, "draw all rows in this order `K` of the model, from 1 (default a random one for each)")
	c.Flags().BoolVar(&o.complete, "complete", false, "draw rows without missing cells")
	methodFlag(c, &o.method)
	return c
}

func (a *app) sample(c *cobra.Command, dir string, o sampleOptions) error {
	if err := cmp.Or(needs(c, "number"), o.check(c)); err != nil {
		return err
	}
	ctx, method := c.Context(), methods[o.method]
	a.backend = "go" // Samples are drawn on the host.
	e, err := a.openEnsemble(ctx, dir, o.ensemble)
	if err == nil {
		err = a.checkSources(e, o.output)
	}
	if err != nil {
		return err
	}
	r := e.First() // all have its columns
	cond, err := a.readContext(ctx, r, o.context, o.n)
	if err != nil {
		return err
	}
	if !e.One() && o.order > 0 {
		return usage(fmt.Errorf("--order %d: the members of an ensemble have orders of their own", o.order))
	}
	if _, masked := r.Definition().(models.Masked); !masked && o.order > 0 {
		return usage(fmt.Errorf("--order %d: the model of %s has no orders", o.order, r.Path))
	}
	begin := time.Now()
	passes := 0
	if err := a.writeRows(o.output, o.n, func(write func(*data.Table) error) (err error) {
		passes, err = e.SampleBlocks(ctx, o.n, maskflow.SampleOptions{Seed: o.seed, Order: o.order, Method: method, Context: cond, Complete: o.complete}, write)
		return err
	}); err != nil {
		return err
	}
	spent := time.Since(begin).Seconds()
	if method != models.Jacobi {
		passes = 0
	}
	a.console.line("%s of %s in %.2f s, %s a second%s", text.Count(o.n, "row"), text.Count(r.Definition().Dim(), "variable"), spent,
		text.Grouped(int(float64(o.n)/max(spent, 1e-9))), passesText(passes))
	return nil
}

// passesText is how a report of an inversion ends: with the passes, if there were any.
func passesText(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", 1 pass"
	}
	return fmt.Sprintf(", %d passes", n)
}
