package toy_test

import (
	"fmt"

	"github.com/maskflow/maskflow/data/toy"
)

// What no model can beat on average: the entropy of the banana, in nats a row.
func ExampleByName() {
	banana, ok := toy.ByName("banana")
	fmt.Printf("%v %.4f %.4f\n", ok, banana.Entropy(), banana.LogDensity(0, 0))
	for _, t := range toy.Targets()[:2] {
		fmt.Printf("%s ln Z %.4f\n", t.Name, t.LogZ)
	}
	// Output:
	// true 3.5310 -2.5310
	// u1 ln Z 1.8775
	// u2 ln Z 2.6253
}
