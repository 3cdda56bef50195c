package checkpoint_test

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/checkpoint"
)

func Example() {
	dir := must.M1(os.MkdirTemp("", "checkpoints"))
	defer os.RemoveAll(dir) //nolint:errcheck // an example

	weights := must.M1(checkpoint.NewTensor("output/weights", []int{2, 3}, []float32{1, 2, 3, 4, 5, 6}))
	must.M1(checkpoint.Save(dir, checkpoint.StepName(500), &checkpoint.State{
		Step:    500,
		Tensors: []checkpoint.Tensor{weights},
		Meta:    json.RawMessage(`{"mask":7}`),
	}))
	must.M(checkpoint.Prune(dir, 3))

	found := must.M1(checkpoint.Latest(dir))
	for _, damaged := range found.Damaged {
		fmt.Println("passed over:", damaged)
	}
	fmt.Println(found.State.Step, string(found.State.Meta))
	fmt.Println(must.M1(checkpoint.Values[float32](found.State.Tensors[0])))
	// Output:
	// 500 {"mask":7}
	// [1 2 3 4 5 6]
}
