// Load is a program of another module: it opens the model file that its argument names
// and prints samples with their densities.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
)

func main() {
	backend.ProbeMain() // a plugin is first tried in a child process
	ctx := context.Background()
	m := must.M1(maskflow.Open(nil, os.Args[1]))
	defer m.Close()
	x := must.M1(m.Sample(ctx, 3, maskflow.SampleOptions{Seed: 1}))
	fmt.Println(x.Float64(), must.M1(m.LogProb(ctx, x)))
}
