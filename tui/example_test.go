package tui_test

import (
	"fmt"

	"github.com/maskflow/maskflow/tui"
)

// The table that dispatches keys is also what "?" shows and the manual lists.
func ExampleKeys() {
	for _, k := range tui.Keys() {
		if k.Group == "Training" {
			fmt.Println(k.Keys, "-", k.Help)
		}
	}
	// Output:
	// s - stop the training: cleanly, or at once; asks
	// c - write a checkpoint now
	// r - calibrate a conditional model at the next validation
}
