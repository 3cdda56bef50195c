package flow_test

import (
	"context"
	"fmt"

	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
)

// Two autoregressive layers with an order turned round between them, over standard
// normal noise. Rows become noise and come back on the host.
func Example() {
	layers, _, err := flow.NewStack(flow.StackOptions{Dim: 2, Layers: 2, Hidden: []int{8}, Transform: "affine", Permute: "reverse"})
	if err != nil {
		panic(err)
	}
	f, err := flow.New(flow.Normal(2), layers...)
	if err != nil {
		panic(err)
	}
	host, err := f.NewInverter(models.Initialize(f, 1))
	if err != nil {
		panic(err)
	}
	x := []float32{1, -2}
	if _, err := host.ToNoise(context.Background(), x, nil, models.Solver{}); err != nil {
		panic(err)
	}
	passes, err := host.ToData(context.Background(), x, nil, models.Solver{})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(f.Layers()), "layers,", x, "after", passes, "pass")
	// Output: 2 layers, [1 -2] after 1 pass
}
