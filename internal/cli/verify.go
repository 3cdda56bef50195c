package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/verify"
)

const verifyLong = `verify proves the model of a run. For each order of a masked density it multiplies
the masks out and looks for a path that must not be, differentiates every
conditional by every variable, holds drawn values against the density's
conditionals, and adds up the probabilities of all rows of up to 16 bits, or
integrates over up to 2 real variables.

Of a flow it multiplies out the masks of every layer, differentiates every layer
(the Jacobian of an autoregressive one is triangular, and the log-determinant is
that of the Jacobian), carries noise to data and back by each method, and holds
the latent codes of samples against the noise that they were made from. A
variational autoencoder has no exact density: its checks are skipped.

It exits with 1 when any check fails.`

func (a *app) verifyCommand() *cobra.Command {
	var (
		o      verify.Options
		spec   string
		asJSON bool
	)
	c := &cobra.Command{
		Use:   "verify RUN",
		Short: "Prove the masks, the density and the sampler of a trained model",
		Long:  verifyLong,
		Example: `  maskflow verify runs/dna
  maskflow verify runs/banana
  maskflow verify runs/dna --orders 32 --json`,
		Args:              takes(0, "RUN"),
		ValidArgsFunction: completeArgs(argRun),
		RunE:              func(c *cobra.Command, args []string) error { return a.verify(c, args[0], spec, o, asJSON) },
	}
	f := c.Flags()
	f.IntVar(&o.Orders, "orders", 0, "the first `N` orders (default all that were trained, or 8 of an unlimited number)")
	f.Uint64Var(&o.Seed, "seed", 0, "what the random rows follow from")
	backendFlag(c, &spec)
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) verify(c *cobra.Command, dir, spec string, o verify.Options, asJSON bool) error {
	if c.Flags().Changed("orders") && o.Orders < 1 {
		return misused(c, "--orders %d: verify 1 order or more", o.Orders)
	}
	ctx := c.Context()
	r, close, err := a.openRun(ctx, dir, spec)
	if err != nil {
		return err
	}
	defer close()
	if err := checkOrders(r, o.Orders); err != nil {
		return err
	}
	report, err := verify.Model(ctx, r.Model, o)
	if err != nil {
		return err
	}
	if err := a.writeReport(report, asJSON); err != nil {
		return err
	}
	failed := 0
	for _, check := range report.Checks {
		if !check.Holds && !check.Skipped {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("verifying %s: %d of %d checks failed", dir, failed, len(report.Checks))
	}
	return nil
}

func (a *app) writeReport(r *verify.Report, asJSON bool) error {
	if asJSON {
		return a.writeJSON(struct {
			Holds bool `json:"holds"`
			*verify.Report
		}{r.Holds(), r})
	}
	for _, check := range r.Checks {
		verdict := "PASS"
		switch {
		case check.Skipped:
			verdict = "SKIP"
		case !check.Holds:
			verdict = "FAIL"
		}
		if err := a.print("%s  %s\n      %s\n", verdict, check.Name, check.Figures); err != nil {
			return err
		}
	}
	return nil
}
