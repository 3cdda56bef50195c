package iaf_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/iaf"
	"github.com/maskflow/maskflow/models/maf"
)

// One affine layer without hidden units, x₁ = z₁ and x₂ = (z₂ + z₁)/2: samples
// with their own densities take one pass. Going back is the host's work.
func Example() {
	m, err := iaf.New(iaf.Options{Layers: 1, Scale: "exp", Dim: 2, Hidden: []int{}})
	if err != nil {
		panic(err)
	}
	weights := models.Weights{
		{0, -1, 0, 0, 0, 0, 0, 0}, // layer0.output.weights [from, to]: z₁ → m₂
		{0, 0, 0, -1.3862944},     // layer0.output.bias: x₂ = (z₂ − m₂)/2
	}

	b, err := backend.Open(context.Background(), "go", backend.Options{})
	if err != nil {
		panic(err)
	}
	defer b.Close()
	specs := m.Specs()
	exec, err := NewExec(b.Compute, func(args []*Node) []*Node {
		x, logq := m.SampleAndLogProb(models.Bind(specs, args[:len(specs)]), args[len(specs)], nil)
		return []*Node{x, logq}
	})
	if err != nil {
		panic(err)
	}
	defer exec.Finalize()
	var args []any
	for i, s := range specs {
		args = append(args, tensors.FromFlatDataAndDimensions(weights[i], s.Shape...))
	}
	out, err := exec.Call(append(args, [][]float32{{1, 2}})...)
	if err != nil {
		panic(err)
	}
	x, logq := tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
	for _, o := range out {
		o.MustFinalizeAll()
	}
	fmt.Printf("x = %.1f with ln q = %.3f nats\n", x, logq[0]) // −ln 2π − 5/2 + ln 2

	inverter, err := m.NewInverter(weights)
	if err != nil {
		panic(err)
	}
	if _, err := inverter.ToNoise(context.Background(), x, nil, models.Solver{}); err != nil {
		panic(err)
	}
	fmt.Printf("z = %.1f\n", x)
	// Output:
	// x = [1.0 1.5] with ln q = -3.645 nats
	// z = [1.0 2.0]
}

// A flow is fitted to a density that is known up to its normaliser, with GoMLX's
// optimiser and no data: x₁ ~ N(0, 1) and x₂ | x₁ ~ N(x₁²/2, ½²).
func ExampleNewVariational() {
	target := iaf.Target{Name: "banana", Dim: 2, LogZ: math.Log(2*math.Pi) - math.Ln2,
		LogDensity: func(_ models.Params, x *Node) *Node {
			x1, x2 := Slice(x, AxisRange(), AxisElem(0)), Slice(x, AxisRange(), AxisElem(1))
			off := MulScalar(Sub(x2, MulScalar(Square(x1), 0.5)), 2)
			return Reshape(MulScalar(Add(Square(x1), Square(off)), -0.5), -1)
		}}
	m, err := iaf.New(iaf.Options{Layers: 1, Dim: 2, Hidden: []int{32}, Activation: "elu"})
	if err != nil {
		panic(err)
	}
	v, err := iaf.NewVariational(m, target, iaf.VariationalOptions{})
	if err != nil {
		panic(err)
	}

	b, err := backend.Open(context.Background(), "go", backend.Options{})
	if err != nil {
		panic(err)
	}
	defer b.Close()
	store, adam := model.NewStore(), optimizer.Adam().LearningRate(0.01).Done()
	step, err := model.NewExec(b.Compute, store, func(scope *model.Scope, noise *Node) *Node {
		g := noise.Graph()
		store.SetTraining(g, true)
		p := models.InScope(scope.At("flow"), g, v, 1)
		divergence := AddScalar(Neg(ReduceAllMean(v.Bound(p, nil, nil, noise))), target.LogZ)
		adam.UpdateGraph(scope, g, divergence)
		return divergence
	})
	if err != nil {
		panic(err)
	}
	defer step.Finalize()
	const rows = 300
	rng, noise := rand.New(rand.NewPCG(1, 2)), make([]float32, rows*v.NoiseDim())
	var first, last float64
	for i := range 400 {
		for k := range noise {
			noise[k] = float32(rng.NormFloat64())
		}
		out, err := step.Call1(tensors.FromFlatDataAndDimensions(noise, rows, v.NoiseDim()))
		if err != nil {
			panic(err)
		}
		last = float64(tensors.ToScalar[float32](out))
		if i == 0 {
			first = last
		}
		out.MustFinalizeAll()
	}
	fmt.Printf("KL(q ‖ p) begins above 1 nat: %t, and ends below 0.1: %t\n", first > 1, last < 0.1)
	// Output:
	// KL(q ‖ p) begins above 1 nat: true, and ends below 0.1: true
}

// A MAF with trained weights becomes the target of an IAF. Its weights are
// parameters of the fit, and fixed.
func ExampleTeacher() {
	options := flow.StackOptions{Layers: 1, Dim: 3, Hidden: []int{}}
	teacher, err := maf.New(maf.Options(options))
	if err != nil {
		panic(err)
	}
	target, err := iaf.Teacher("maf", teacher, models.Initialize(teacher, 1))
	if err != nil {
		panic(err)
	}
	student, err := iaf.New(iaf.Options(options))
	if err != nil {
		panic(err)
	}
	v, err := iaf.NewVariational(student, target, iaf.VariationalOptions{StickTheLanding: true})
	if err != nil {
		panic(err)
	}
	for _, s := range v.Specs() {
		fmt.Println(s.Name, s.Shape, s.Fixed)
	}
	// Output:
	// layer0.output.weights [3 6] false
	// layer0.output.bias [6] false
	// target.layer0.output.weights [3 6] true
	// target.layer0.output.bias [6] true
}

func ExampleEnergies() {
	for _, e := range iaf.Energies() {
		fmt.Printf("%s: ln Z = %.6f\n", e.Name, e.LogZ)
	}
	// Output:
	// u1: ln Z = 1.877502
	// u2: ln Z = 2.625318
	// u3: ln Z = 3.184934
	// u4: ln Z = 3.253927
}
