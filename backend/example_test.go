package backend_test

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
)

// A program that opens plugins starts with backend.ProbeMain().
func ExampleOpen() {
	b, err := backend.Open(context.Background(), "go", backend.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	double, err := graph.NewExec(b.Compute, func(x *graph.Node) *graph.Node { return graph.MulScalar(x, 2) })
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := double.Call([]float32{1, 2, 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Kind, tensors.MustCopyFlatData[float32](out[0]))
	out[0].MustFinalizeAll()
	// Output: go [2 4 6]
}
