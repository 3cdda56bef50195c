package cli

import (
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/text"
)

type logprobOptions struct {
	tables
	orders                      int
	perOrder, perMember, strict bool
}

const logprobLong = `logprob writes ln p(x) of every row of a table, in nats, as a column log_prob; that of a
variational autoencoder is estimated. INPUT has the columns of the training's source in
their units, or the variables alone, followed by the context unless --context names its
table. With several orders p(x) is the mean of their probabilities; --per-order adds the
columns order_1 to order_K. Of an ensemble it is the mean over its members, of which each has
the mean over its orders; --per-member adds the columns member_1 to member_M. Text and Parquet
are read and written page by page: INPUT may be larger than memory.

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
  maskflow logprob runs/power-1 rows.csv --ensemble runs/power-2,runs/power-3 -o log_prob.csv
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
	c.Flags().BoolVar(&o.perMember, "per-member", false, "a further column for every member of an ensemble")
	c.Flags().BoolVar(&o.strict, "strict", false, "exit with 1 if a row has no likelihood")
	backendFlag(c, &a.backend)
	return c
}

func (a *app) logprob(c *cobra.Command, dir string, o logprobOptions) error {
	ctx := c.Context()
	e, pages, err := a.openRows(c, dir, o.tables, o.orders)
	if err != nil {
		return err
	}
	header, parts, each := []string{"log_prob"}, 0, ""
	switch sets := e.First().Sets(o.orders); {
	case o.perOrder && !e.One():
		return usage(errors.New("--per-order: the members of an ensemble have orders of their own (--per-member has a column for each member)"))
	case o.perOrder && len(sets) == 0:
		return usage(fmt.Errorf("--per-order: the model of %s has no orders", e.Name(0)))
	case o.perMember && e.One():
		return usage(fmt.Errorf("--per-member: %s is no ensemble (name further runs with --ensemble)", e.Name(0)))
	case o.perOrder:
		parts, each = len(sets), "order"
	case o.perMember:
		parts, each = len(e.Members()), "member"
	}
	for k := range parts {
		header = append(header, fmt.Sprintf("%s_%d", each, k+1))
	}
	rows, bad, firstBad := 0, 0, ""
	err = a.writeRows(o.output, anyRows, func(write func(*data.Table) error) error {
		return e.LogProbBlocks(ctx, a.noteRows(e.First(), pages, nil), o.orders, func(s *data.Prepared, logp []float64, of [][]float64) error {
			values := make([]float64, 0, len(logp)*len(header))
			for i, joint := range logp {
				values = append(values, joint)
				for k := range parts {
					values = append(values, of[k][i])
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
			if parts == 0 {
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
