package num_test

import (
	"fmt"

	"github.com/maskflow/maskflow/internal/num"
)

// Four numbers that are too large to be uniform.
func ExampleKS() {
	d, p := num.KS([]float64{0.8, 0.9, 0.7, 0.95}, nil)
	fmt.Printf("d = %.2f, p = %.3f\n", d, p)
	// Output: d = 0.70, p = 0.019
}
