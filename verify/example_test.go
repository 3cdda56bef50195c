package verify_test

import (
	"context"
	"fmt"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/verify"
)

// A MADE of five bits in two orders, with the weights that it starts from.
func Example() {
	ctx := context.Background()
	b := must.M1(backend.Open(ctx, "go", backend.Options{}))
	defer b.Close()
	d := must.M1(made.New(made.Options{Dim: 5, Hidden: []int{16}, Masks: 2}))
	m := must.M1(maskflow.New(b, d, models.Initialize(d, 1), maskflow.Options{}))
	defer m.Close()
	report := must.M1(verify.Model(ctx, m, verify.Options{}))
	fmt.Println(report.Orders, "orders of", report.Dim, "variables, all checks passed:", report.Holds())
	// Output: 2 orders of 5 variables, all checks passed: true
}
