package maf_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/maf"
)

// A MAF that the paper fits to POWER: five layers of two times 100 units, each
// with batch normalisation. The base density may be a mixture ("MAF MoG").
func ExampleNew() {
	o := maf.Options{Dim: 6, Hidden: []int{100, 100}, Layers: 5, Normalise: "batch"}
	for _, base := range []string{"normal", "mog"} {
		o.Base = base
		m, err := maf.New(o)
		if err != nil {
			panic(err)
		}
		total := 0
		for _, s := range m.Specs() {
			if !s.Fixed {
				total += s.Size()
			}
		}
		fmt.Println(base, len(m.Layers()), "layers,", total, "parameters are trained")
	}
	// Output:
	// normal 10 layers, 60120 parameters are trained
	// mog 10 layers, 89100 parameters are trained
}

// Layers over a NADE: training takes one pass a row, which estimates the mean over orders, and a likelihood one for each
// variable in each of the orders of the model, whose number training finds.
func ExampleNewDrawn() {
	m, err := maf.NewDrawn(maf.Options{Dim: 6, Layers: 2, Hidden: []int{50}, BaseHidden: []int{200, 200}, Components: 5, Seed: 1})
	if err != nil {
		panic(err)
	}
	fmt.Println(m)
	fmt.Println("trained by the", m.Objective().Kind, "and evaluated in at most", m.Cycle().Len(), "orders, the first", m.Cycle().At(0).Order.Sequence())
	_, asks := any(m).(models.HostAsker)
	_, base := m.Base().(models.HostAsker)
	fmt.Println("answers for x given some of x:", asks, "- for the noise given some of it:", base)
	// Output:
	// affine 2 × 6-50-6 (maf) over a nade base
	// trained by the order mean and evaluated in at most 64 orders, the first [2 1 3 0 4 5]
	// answers for x given some of x: false - for the noise given some of it: true
}

// The options are validated together.
func ExampleNew_errors() {
	_, err := maf.New(maf.Options{Base: "mix", Transform: "splin", Permute: "revers", Dim: 2, Hidden: []int{}})
	fmt.Println(err)
	// Output:
	// maf: base: unknown value "mix" (known: normal, made, mog, mol, spline, nade); transform: unknown value "splin" (did you mean "spline"? known: affine, spline, gated); permute: unknown value "revers" (did you mean "reverse"? known: reverse, random, none, lu)
}

// One affine layer without hidden units, x₁ ~ N(0, 1) and x₂ | x₁ ~ N(x₁, ½²):
// the density in the graph, and the noise and a sample on the host.
func Example() {
	m, err := maf.New(maf.Options{Layers: 1, Scale: "exp", Dim: 2, Hidden: []int{}})
	if err != nil {
		panic(err)
	}
	weights := models.Weights{
		{0, 1, 0, 0, 0, 0, 0, 0}, // layer0.output.weights [from, to]: x₁ → m₂
		{0, 0, 0, 1.3862944},     // layer0.output.bias: the log-precision of x₂ is ln 4
	}

	b, err := backend.Open(context.Background(), "go", backend.Options{})
	if err != nil {
		panic(err)
	}
	defer b.Close()
	specs := m.Specs()
	exec, err := graph.NewExec(b.Compute, func(args []*graph.Node) *graph.Node {
		return m.LogProb(models.Bind(specs, args[:len(specs)]), args[len(specs)], nil)
	})
	if err != nil {
		panic(err)
	}
	defer exec.Finalize()
	var args []any
	for i, s := range specs {
		args = append(args, tensors.FromFlatDataAndDimensions(weights[i], s.Shape...))
	}
	logp, err := exec.Call1(append(args, [][]float32{{1, 1.5}})...)
	if err != nil {
		panic(err)
	}
	defer logp.MustFinalizeAll()
	fmt.Printf("ln p = %.3f nats\n", tensors.MustCopyFlatData[float32](logp)[0]) // −ln 2π + ln 2 − 1

	inverter, err := m.NewInverter(weights)
	if err != nil {
		panic(err)
	}
	rows := []float32{1, 1.5}
	if _, err := inverter.ToNoise(context.Background(), rows, nil, models.Solver{}); err != nil {
		panic(err)
	}
	fmt.Printf("noise %.1f\n", rows)

	sampler, err := m.NewSampler(weights, nil)
	if err != nil {
		panic(err)
	}
	noise, sample := make([]float32, sampler.NoiseDim()), make([]float32, m.Dim())
	sampler.DrawNoise(rand.New(rand.NewPCG(1, 2)), noise)
	if _, err := sampler.Sample(context.Background(), sample, noise, nil, models.Incremental); err != nil {
		panic(err)
	}
	fmt.Println(sample[0] == noise[0], sample[1] == sample[0]+noise[1]/2)
	// Output:
	// ln p = -2.145 nats
	// noise [1.0 1.0]
	// true true
}
