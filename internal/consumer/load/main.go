// Load is a program of another module: it opens the model file that its argument names
// and prints samples with their densities.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
)

func main() {
	backend.ProbeMain() // a plugin is first tried in a child process
	ctx := context.Background()
	m, err := maskflow.Open(nil, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	x, err := m.Sample(ctx, 3, maskflow.SampleOptions{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	logp, err := m.LogProb(ctx, x)
	fmt.Println(x.Float64(), logp, err)
}
