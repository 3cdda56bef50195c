package made_test

import (
	"context"
	"fmt"
	"log"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/made"
)

// A MADE of the size that the paper trains on binarised MNIST: two hidden layers
// and a cycle of 32 mask sets.
func ExampleNew() {
	m, err := made.New(made.Options{
		Dim:     784,
		Hidden:  []int{8000, 8000},
		Direct:  true,
		Degrees: masks.SampledDegrees,
		Start:   masks.RandomOrder,
		Masks:   32,
	})
	if err != nil {
		log.Fatal(err)
	}
	total := 0
	for _, s := range m.Specs() {
		fmt.Println(s.Name, s.Shape)
		total += s.Size()
	}
	fmt.Println(total, "parameters,", m.Cycle().Len(), "mask sets")
	// Output:
	// hidden0.weights [784 8000]
	// hidden0.bias [8000]
	// hidden1.weights [8000 8000]
	// hidden1.bias [8000]
	// output.weights [8000 784]
	// output.bias [784]
	// direct.weights [784 784]
	// 77175440 parameters, 32 mask sets
}

// The options are validated together.
func ExampleNew_errors() {
	_, err := made.New(made.Options{Dim: 3, Hidden: []int{5, 0}, Activation: "rely", Degrees: "sequential", Start: "natural"})
	fmt.Println(err)
	// Output:
	// made: hidden.1: must be at least 1, got 0; activation: unknown value "rely" (did you mean "relu"? known: relu, softplus, tanh, sigmoid, elu, leaky_relu, silu, gelu)
}

// A density over two bits, x₂ being a noisy copy of x₁: with no hidden layer the
// weights are those of a logistic regression of each bit on those before it.
func ExampleModel_LogProb() {
	m, err := made.New(made.Options{Dim: 2, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	if err != nil {
		panic(err)
	}
	weights := models.Weights{
		{0, 4, 0, 0}, // output.weights [from, to]: x₁ → logit of x₂
		{0, -2},      // output.bias
	}

	b, err := backend.Open(context.Background(), "go", backend.Options{})
	if err != nil {
		panic(err)
	}
	defer b.Close()
	specs := m.Specs()
	exec, err := graph.NewExec(b.Compute, func(args []*graph.Node) *graph.Node {
		p := models.Bind(specs, args[:len(specs)])
		return m.LogProb(p, args[len(specs)], nil)
	})
	if err != nil {
		panic(err)
	}
	defer exec.Finalize()

	var args []any
	for i, s := range specs {
		args = append(args, tensors.FromFlatDataAndDimensions(weights[i], s.Shape...))
	}
	x := [][]float32{{0, 0}, {0, 1}, {1, 0}, {1, 1}}
	out, err := exec.Call(append(args, x)...)
	if err != nil {
		panic(err)
	}
	defer out[0].MustFinalizeAll() // XLA's memory is not the garbage collector's
	sum := 0.0
	for i, logp := range tensors.MustCopyFlatData[float32](out[0]) {
		p := math.Exp(float64(logp))
		fmt.Printf("p(%v) = %.3f\n", x[i], p)
		sum += p
	}
	fmt.Printf("sum = %.3f\n", sum)
	// Output:
	// p([0 0]) = 0.440
	// p([0 1]) = 0.060
	// p([1 0]) = 0.060
	// p([1 1]) = 0.440
	// sum = 1.000
}

// Samples need no backend. The same noise gives the same samples, by every
// method and on every machine.
func ExampleModel_NewSampler() {
	m, err := made.New(made.Options{Dim: 2, Hidden: []int{}, Degrees: "sequential", Start: "natural"})
	if err != nil {
		log.Fatal(err)
	}
	weights := models.Weights{{0, 4, 0, 0}, {0, -2}}
	sampler, err := m.NewSampler(weights, m.Cycle().At(0))
	if err != nil {
		log.Fatal(err)
	}
	noise := []float32{
		0.3, 0.8, // x₁ = 1 as 0.3 < ½, then x₂ = 1 as 0.8 < σ(4·1−2) = 0.88
		0.7, 0.8, // x₁ = 0, then x₂ = 0 as 0.8 > σ(−2) = 0.12
	}
	samples := make([]float32, len(noise))
	if _, err := sampler.Sample(context.Background(), samples, noise, nil, models.Incremental); err != nil {
		log.Fatal(err)
	}
	fmt.Println(samples)
	// Output: [1 1 0 0]
}
