package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/models"
)

type sampleOptions struct {
	n               int
	output, context string
	seed            uint64
	order           int
	method          string
}

const sampleLong = `sample draws rows from the best weights of a run, in the units of the training's
source. The same seed gives the same
rows on every machine, and more rows begin with the same ones.

Each row is drawn in the order of a random member of the ensemble, or with
--order in one of them, counted from 1. All methods give the same rows:
incremental touches every weight once, jacobi repeats whole passes until nothing
changes (and prints how many it took), sequential makes a pass for every
variable. The samples of an IAF, and of a variational autoencoder, take one pass
by any method.

A model with a context needs --context: a row for each sample, or one for all.
Where data.labels made the context, a row is one-hot: a column for each label.
Sampling runs on the host, whatever the backend of the training was.
Rows of images keep their shape in .npy and .npz files.`

var methods = map[string]models.Method{
	"incremental": models.Incremental, "jacobi": models.Jacobi, "sequential": models.Sequential,
}

func (a *app) sampleCommand() *cobra.Command {
	var o sampleOptions
	c := &cobra.Command{
		Use:   "sample RUN -n N -o OUTPUT",
		Short: "Draw rows from a trained model",
		Long:  sampleLong,
		Example: `  maskflow sample runs/dna -n 1000 -o samples.npy
  maskflow sample runs/dna -n 5 --seed 7 --order 1 -o -
  maskflow sample runs/digits -n 64 --context labels.csv -o digits.npz`,
		Args:              takes(0, "RUN"),
		ValidArgsFunction: completeArgs(argRun),
		RunE:              func(c *cobra.Command, args []string) error { return a.sample(c, args[0], o) },
	}
	f := c.Flags()
	f.IntVarP(&o.n, "number", "n", 0, "draw `N` rows")
	outputFlag(c, &o.output)
	f.Uint64Var(&o.seed, "seed", 0, "what the samples follow from")
	f.IntVar(&o.order, "order", 0, "draw all rows in this order `K` of the model (default a random one for each)")
	f.StringVar(&o.method, "method", "incremental", "incremental, jacobi or sequential")
	f.StringVar(&o.context, "context", "", "`file` with the context of the samples")
	completeWords(c, "method", slices.Sorted(maps.Keys(methods))...)
	return c
}

func (a *app) sample(c *cobra.Command, dir string, o sampleOptions) error {
	if err := needs(c, "number", "output"); err != nil {
		return err
	}
	if err := checkOutput(c, o.output, o.context); err != nil {
		return err
	}
	method, ok := methods[o.method]
	switch {
	case !ok:
		return misused(c, "--method %s: there are %s", o.method, strings.Join(slices.Sorted(maps.Keys(methods)), ", "))
	case o.n < 1:
		return misused(c, "-n %d: draw 1 row or more", o.n)
	case o.order < 0:
		return misused(c, "--order %d: orders are counted from 1", o.order)
	}
	ctx := c.Context()
	r, close, err := a.openRun(ctx, dir, "go") // Samples are drawn on the host.
	if err != nil {
		return err
	}
	defer close()
	cond, err := a.contextValues(ctx, r, o.context, o.n)
	if err != nil {
		return err
	}
	if _, masked := r.Graph().(models.Masked); !masked && o.order > 0 {
		return usage(fmt.Errorf("--order %d: the model of %s has no orders", o.order, r.Dir))
	}
	begin := time.Now()
	x, passes, err := r.SampleAndPasses(ctx, o.n, maskflow.SampleOptions{Seed: o.seed, Order: o.order, Method: method, Context: cond})
	if err != nil {
		return err
	}
	spent := time.Since(begin).Seconds()
	t, err := r.Preparation().Undo(x)
	if err != nil {
		return err
	}
	t.Shape = r.Meta.Shape
	if err := a.writeTable(o.output, t); err != nil {
		return err
	}
	line := fmt.Sprintf("%s of %s in %.2f s, %s a second", text.Count(o.n, "row"), text.Count(r.Meta.Dim, "variable"), spent,
		text.Grouped(int(float64(o.n)/max(spent, 1e-9))))
	if method == models.Jacobi && passes > 0 {
		line += ", " + passesText(passes)
	}
	a.console.line("%s", line)
	return nil
}

func passesText(n int) string {
	if n == 1 {
		return "1 pass"
	}
	return fmt.Sprintf("%d passes", n)
}
