package masks_test

import (
	"fmt"
	"log"

	"github.com/maskflow/maskflow/masks"
)

// Order-agnostic training with four orders: each update has its set, and the likelihood averages over the same four.
func ExampleCycle() {
	cycle, err := masks.NewCycle(masks.Recipe{
		Dim: 5, Hidden: []int{100}, Degrees: masks.SampledDegrees,
		Count: 4, Resample: masks.ResampleBoth, Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	for update := range 6 {
		index := cycle.Index(update)
		set := cycle.At(index)
		fmt.Printf("update %d trains set %d, a mask of %d x %d\n", update, index, len(set.Mask(0)), len(set.Mask(0)[0]))
	}
	fmt.Println("sets in the average:", len(cycle.Eval(0)))
	// Output:
	// update 0 trains set 0, a mask of 5 x 100
	// update 1 trains set 1, a mask of 5 x 100
	// update 2 trains set 2, a mask of 5 x 100
	// update 3 trains set 3, a mask of 5 x 100
	// update 4 trains set 0, a mask of 5 x 100
	// update 5 trains set 1, a mask of 5 x 100
	// sets in the average: 4
}

// Verify judges masks wherever they come from. Here the output may see its own input.
func ExampleVerify() {
	into := [][]bool{{true, true}, {false, true}}
	out := [][]bool{{false, true}, {false, true}}
	for _, violation := range masks.Verify([][][]bool{into, out}, nil, masks.Order{1, 2}) {
		fmt.Println(violation)
	}
	// Output:
	// input 1 (degree 2) reaches output 1 (degree 2) through unit 1 of hidden layer 0
}
