package baseline_test

import (
	"context"
	"fmt"
	"log"

	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/data"
)

// A model's log-likelihoods of test rows, here those of a model that is 0.1 nats worse than the truth, beside what a
// full Gaussian has of the same rows.
func Example() {
	rows, err := data.FromRows(normals(4000, 0.6))
	if err != nil {
		log.Fatal(err)
	}
	splits, err := data.Split(rows, data.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fitted, err := baseline.Fit(context.Background(), splits)
	if err != nil {
		log.Fatal(err)
	}
	logp := fitted[0].LogProb(splits, splits.Test)
	for i := range logp {
		logp[i] -= 0.1
	}
	all, err := baseline.Compare(context.Background(), splits, splits.Test, logp)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range all {
		if c.Name == fitted[0].Name {
			fmt.Printf("%s: the model is %.2f nats better, worse %v\n", c.Name, c.Better, c.Worse())
		}
	}
	// Output:
	// a full Gaussian: the model is -0.10 nats better, worse true
}
