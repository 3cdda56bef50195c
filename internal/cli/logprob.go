package cli

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
)

type logprobOptions struct {
	tables
	orders           int
	perOrder, strict bool
}

const logprobLong = `logprob writes ln p(x) of every row of a table, in nats, as a column log_prob; that of a
variational autoencoder is estimated. INPUT has the columns of the training's source in
their units, or the variables alone, followed by the context unless --context names its
table. With several orders p(x) is the mean of their probabilities; --per-order adds the
columns order_1 to order_K. Text and Parquet are read and written page by page: INPUT may be
larger than memory.

` + holesHelp + `

A row without a likelihood, as one so far from all others that its density is zero in
float32, has −Inf. A line on standard error counts such rows; with --strict they end the
command with exit code 1, after everything is written.`

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
	a.readFlags(c)
	a.holeFlags(c)
	countFlag(c, &o.orders, "orders", "", 1, "size `K` of the ensemble (default all orders)")
	c.Flags().BoolVar(&o.perOrder, "per-order", false, "a further column for every single order")
	c.Flags().BoolVar(&o.strict, "strict", false, "exit with 1 if a row has no likelihood")
	backendFlag(c, &a.backend)
	return c
}

func (a *app) logprob(c *cobra.Command, dir string, o logprobOptions) error {
	ctx := c.Context()
	r, pages, err := a.openRows(c, dir, o.tables, o.orders)
	if err != nil {
		return err
	}
	sets := r.Sets(o.orders)
	if o.perOrder && len(sets) == 0 {
		return usage(fmt.Errorf("--per-order: the model of %s has no orders", r.Path))
	}
	header := []string{"log_prob"}
	for k := range sets {
		if o.perOrder {
			header = append(header, fmt.Sprintf("order_%d", k+1))
		}
	}
	rows, bad, firstBad := 0, 0, ""
	err = a.writeRows(o.output, anyRows, func(write func(*data.Table) error) error {
		return r.LogProbBlocks(ctx, a.noteRows(r, pages, nil), sets, func(s *data.Prepared, logp []float64, perSet [][]float64) error {
			values := make([]float64, 0, len(logp)*len(header))
			for i, joint := range logp {
				if values = append(values, joint); o.perOrder {
					for k := range sets {
						values = append(values, perSet[k][i])
					}
				}
				if math.IsInf(joint, -1) {
					if bad++; bad == 1 {
						firstBad = s.RowPlace(i)
					}
				}
			}
			out, err := data.FromFlat(values, len(header), header...)
			if err != nil {
				return err
			}
			if !o.perOrder {
				out.Shape = []int{}
			}
			rows += s.Rows
			return write(out)
		})
	})
	if err != nil || bad == 0 {
		return err
	}
	without := fmt.Sprintf("%s of %d without a likelihood (−Inf), the first is %s", text.Count(bad, "row"), rows, firstBad)
	if o.strict {
		return fmt.Errorf("--strict: %s", without)
	}
	a.console.line("maskflow: %s", without)
	return nil
}
