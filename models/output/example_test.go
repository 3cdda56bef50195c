package output_test

import (
	"fmt"

	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/output"
)

// A Gaussian with the mean 1 and, at a raw scale of 0, the deviation 1.
func Example() {
	name, v := "gaussian", models.Variable{Support: models.Reals()}
	family, err := output.For(v, output.Fields{Family: &name})
	if err != nil {
		panic(err)
	}
	c := family.Conditional(v, []float32{1, 0})
	fmt.Printf("%.3f nats, P(X ≤ 2) = %.3f, median %.1f\n", c.LogProb(1), c.CDF(2), c.Quantile(0.5))
	// Output: -0.919 nats, P(X ≤ 2) = 0.841, median 1.0
}
