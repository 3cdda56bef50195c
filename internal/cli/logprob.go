package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
)

type logprobOptions struct {
	tables
	orders   int
	perOrder bool
}

const logprobLong = `logprob writes ln p(x) of every row of a table, in nats, as a column log_prob; that of a
variational autoencoder is estimated. INPUT has the columns of the training's source in
their units, or the variables alone, followed by the context unless --context names its
table. With several orders p(x) is the mean of their probabilities; --per-order adds the
columns order_1 to order_K.`

func (a *app) logprobCommand() *cobra.Command {
	var o logprobOptions
	c := &cobra.Command{
		Use:   "logprob RUN INPUT -o OUTPUT",
		Short: "Write the log-likelihood of every row of a table",
		Long:  logprobLong,
		Example: `  maskflow logprob runs/dna rows.csv -o log_prob.npy
  maskflow logprob runs/dna dna.npz --array test -o log_prob.csv --orders 8 --per-order
  head -n 100 rows.csv | maskflow logprob runs/dna - -o -`,
		RunE: func(c *cobra.Command, args []string) error {
			o.input = args[1]
			return a.logprob(c, args[0], o)
		},
	}
	o.inputFlags(c)
	countFlag(c, &o.orders, "orders", "", 1, "size `K` of the ensemble (default all orders)")
	c.Flags().BoolVar(&o.perOrder, "per-order", false, "a further column for every single order")
	backendFlag(c, &a.backend)
	return c
}

func (a *app) logprob(c *cobra.Command, dir string, o logprobOptions) error {
	ctx := c.Context()
	r, t, err := a.openRows(c, dir, o.tables, o.orders)
	if err != nil {
		return err
	}
	sets := r.Sets(o.orders)
	if o.perOrder && len(sets) == 0 {
		return usage(fmt.Errorf("--per-order: the model of %s has no orders", r.Path))
	}
	set, err := r.Prepare(t)
	if err != nil {
		return err
	}
	header, columns := []string{"log_prob"}, []float64(nil)
	if o.perOrder {
		columns, header, err = perOrder(ctx, r, set, sets)
	} else {
		columns, err = r.LogProbOf(ctx, set, sets)
	}
	if err != nil {
		return err
	}
	out, err := data.FromFlat(columns, len(header), header...)
	if err != nil {
		return err
	}
	if !o.perOrder {
		out.Shape = []int{}
	}
	return a.writeTable(o.output, out)
}

// perOrder returns a table [rows, 1+K]: the ensemble and then each order.
func perOrder(ctx context.Context, r *maskflow.Model, set *data.Prepared, sets []*masks.Set) (values []float64, header []string, err error) {
	width := 1 + len(sets)
	header = []string{"log_prob"}
	values = make([]float64, set.Rows*width)
	for k := range sets {
		one, err := r.LogProbOf(ctx, set, sets[k:k+1])
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
