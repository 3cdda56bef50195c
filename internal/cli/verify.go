package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/maskflow/maskflow/verify"
)

const verifyLong = `verify checks a trained model and exits with 1 when any check fails. For each order of a
masked density it searches the product of the masks for forbidden paths, changes every
variable and looks that only conditionals after it move, sums or integrates the density
or each conditional, and compares ln p and drawn values with the conditionals. A nade has
no masks: what one pass answers is compared with the passes of an order. For a
flow it checks masks, Jacobian and log-determinant of every layer, the inverse, and the
codes of samples. A variational autoencoder has no exact density: its checks are skipped.`

func (a *app) verifyCommand() *cobra.Command {
	var o verify.Options
	c := &cobra.Command{
		Use:   "verify RUN",
		Short: "Check the masks, the density and the sampler of a trained model",
		Long:  verifyLong,
		Example: `  maskflow verify runs/dna
  maskflow verify runs/banana
  maskflow verify runs/dna --orders 32 --json`,
		RunE: func(c *cobra.Command, args []string) error { return a.verify(c, args[0], o) },
	}
	countFlag(c, &o.Orders, "orders", "", 1, "the first `N` orders (default all that were trained, or 8 of an unlimited number; of a nade of many variables fewer)")
	c.Flags().Uint64Var(&o.Seed, "seed", 0, "random seed of the rows")
	backendFlag(c, &a.backend)
	jsonFlag(c, &a.json)
	return c
}

func (a *app) verify(c *cobra.Command, dir string, o verify.Options) error {
	ctx := c.Context()
	r, err := a.openRun(ctx, dir, o.Orders)
	if err != nil {
		return err
	}
	report, err := verify.Model(ctx, r, o)
	if err != nil {
		return err
	}
	if err := a.show(struct {
		Holds bool `json:"holds"`
		*verify.Report
	}{report.Holds(), report}, checksText(report)); err != nil {
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

func checksText(r *verify.Report) string {
	var b strings.Builder
	for _, check := range r.Checks {
		verdict := "PASS"
		switch {
		case check.Skipped:
			verdict = "SKIP"
		case !check.Holds:
			verdict = "FAIL"
		}
		fmt.Fprintf(&b, "%s  %s\n      %s\n", verdict, check.Name, check.Figures)
	}
	return b.String()
}
