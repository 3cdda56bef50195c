package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
)

type logprobOptions struct {
	output, array, context string
	orders                 int
	perOrder               bool
	backend                string
}

const logprobLong = `logprob writes ln p(x) of every row of a table, in nats, as one column of
float64. Text has the header log_prob.

For a model with a context the last columns of INPUT are the context, unless
--context names a table of their own: a row for each row of INPUT, or one for
all of them.

INPUT has the units and the columns of the training's source, or the variables
alone, followed by the context. The run's own preparation is applied to it, and
the density is that of the values as they stand in INPUT. A variational autoencoder's is
estimated from eval.samples importance weights.

With several orders p(x) is the mean of the probabilities that the orders give.
--per-order adds a column for every single order, order_1 to order_K.`

func (a *app) logprobCommand() *cobra.Command {
	var o logprobOptions
	c := &cobra.Command{
		Use:   "logprob RUN INPUT -o OUTPUT",
		Short: "Write the log-likelihood of every row of a table",
		Long:  logprobLong,
		Example: `  maskflow logprob runs/dna rows.csv -o log_prob.npy
  maskflow logprob runs/dna dna.npz --array test -o log_prob.csv --orders 8 --per-order
  head -n 100 rows.csv | maskflow logprob runs/dna - -o -`,
		Args:              takes(0, "RUN", "INPUT"),
		ValidArgsFunction: completeArgs(argRun, argTable),
		RunE:              func(c *cobra.Command, args []string) error { return a.logprob(c, args[0], args[1], o) },
	}
	f := c.Flags()
	outputFlag(c, &o.output)
	f.StringVar(&o.array, "array", "", "`name` of the array in a .npz file")
	f.StringVar(&o.context, "context", "", "`file` with the context, else it is the last columns of INPUT")
	f.IntVar(&o.orders, "orders", 0, "size `K` of the ensemble (default all orders)")
	f.BoolVar(&o.perOrder, "per-order", false, "a further column for every single order")
	backendFlag(c, &o.backend)
	return c
}

func (a *app) logprob(c *cobra.Command, dir, input string, o logprobOptions) error {
	if err := needs(c, "output"); err != nil {
		return err
	}
	if err := checkOutput(c, o.output, input, o.context); err != nil {
		return err
	}
	switch {
	case c.Flags().Changed("orders") && o.orders < 1:
		return misused(c, "--orders %d: an ensemble has 1 order or more", o.orders)
	case input == "-" && o.context == "-":
		return misused(c, "INPUT and --context cannot both be standard input")
	}
	ctx := c.Context()
	r, close, err := a.openRun(ctx, dir, o.backend)
	if err != nil {
		return err
	}
	defer close()
	if err := checkOrders(r, o.orders); err != nil {
		return err
	}
	t, err := a.readTable(ctx, input, o.array)
	if err != nil {
		return err
	}
	if err := a.takeContext(ctx, r, t, o.context); err != nil {
		return err
	}
	set, err := r.Prepare(t)
	if err != nil {
		return err
	}
	sets := r.Sets(o.orders)
	if o.perOrder && len(sets) == 0 {
		return usage(fmt.Errorf("--per-order: the model of %s has no orders", r.Dir))
	}
	if !o.perOrder {
		logp, err := r.LogProbOf(ctx, set, sets)
		if err != nil {
			return err
		}
		out, err := data.FromFlat(logp, 1, "log_prob")
		if err != nil {
			return err
		}
		out.Shape = []int{}
		return a.writeTable(o.output, out)
	}
	columns, header, err := a.perOrder(c, r, set, sets)
	if err != nil {
		return err
	}
	out, err := data.FromFlat(columns, len(header), header...)
	if err != nil {
		return err
	}
	return a.writeTable(o.output, out)
}

// perOrder returns a table [rows, 1+K]: the ensemble and then each order.
func (a *app) perOrder(c *cobra.Command, r *maskflow.Run, set *data.Set, sets []*masks.Set) (values []float64, header []string, err error) {
	width := 1 + len(sets)
	header = []string{"log_prob"}
	values = make([]float64, set.Rows*width)
	for k := range sets {
		one, err := r.LogProbOf(c.Context(), set, sets[k:k+1])
		if err != nil {
			return nil, nil, err
		}
		for i, v := range one {
			values[i*width+1+k] = v
		}
		header = append(header, fmt.Sprintf("order_%d", k+1))
	}
	for i := range set.Rows {
		row := values[i*width : (i+1)*width]
		row[0] = num.LogMeanExp(row[1:])
	}
	return values, header, nil
}
