package reproduce_test

import (
	"fmt"

	"github.com/maskflow/maskflow/reproduce"
)

// Experiments of the MAF and the IAF papers, with the number of their figures.
func ExampleExperiments() {
	for _, e := range reproduce.Experiments()[:3] {
		fmt.Println(e.Name, len(e.Figures))
	}
	// Output:
	// maf-bsds300 3
	// maf-toy 11
	// iaf-energies 4
}
