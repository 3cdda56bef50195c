// Command maskflow trains, evaluates, samples and verifies masked
// autoregressive densities. `maskflow help` lists what it does.
package main

import (
	"os"

	"github.com/maskflow/maskflow/internal/cli"
)

func main() {
	os.Exit(cli.Do(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
