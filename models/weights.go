package models

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Weights are the parameters of a density on the host: one row-major slice a
// spec, in the order of Specs.
type Weights [][]float32

// Init draws the initial values of a parameter of the given shape.
type Init = func(rng *rand.Rand, shape []int) []float32

// Named returns the values of a parameter of d by its name.
func (w Weights) Named(d interface{ Specs() []Spec }) func(name string) []float32 {
	byName := make(map[string][]float32, len(w))
	if d != nil {
		for i, s := range d.Specs()[:min(len(w), len(d.Specs()))] {
			byName[s.Name] = w[i]
		}
	}
	return func(name string) []float32 { return byName[name] }
}

// Initialize draws the initial weights of a model. Every parameter has a
// random stream of its own, keyed by the seed and its name, so that adding a
// parameter leaves the others as they were.
func Initialize(d Definition, seed uint64) Weights {
	if d == nil {
		return nil
	}
	specs := d.Specs()
	w := make(Weights, len(specs))
	for i, s := range specs {
		w[i] = s.initial(seed)
	}
	return w
}

// Check says whether the weights fit the model's specs.
func (w Weights) Check(d Definition) error {
	if d == nil {
		return errors.New("no model is given")
	}
	specs := d.Specs()
	if len(w) != len(specs) {
		return fmt.Errorf("the model has %d parameters, but %d were given", len(specs), len(w))
	}
	for i, s := range specs {
		if len(w[i]) != s.Size() {
			return fmt.Errorf("parameter %q has shape %v, %d values, but %d were given", s.Name, s.Shape, s.Size(), len(w[i]))
		}
	}
	return nil
}

// Finite returns an error that names the first parameter of the model with a value that is not finite.
func (w Weights) Finite(d Definition) error {
	if d == nil {
		return errors.New("no model is given")
	}
	for i, s := range d.Specs()[:min(len(w), len(d.Specs()))] {
		for k, v := range w[i] {
			if v-v != 0 {
				return fmt.Errorf("parameter %q has the value %v (number %d, counted from 0): no model has such", s.Name, v, k)
			}
		}
	}
	return nil
}

func (s Spec) initial(seed uint64) []float32 {
	if s.Init == nil {
		return make([]float32, s.Size())
	}
	h := fnv.New64a()
	h.Write([]byte(s.Name))
	return s.Init(rand.New(rand.NewPCG(seed, h.Sum64())), s.Shape)
}

// Zeros draws nothing: every value is 0.
func Zeros(_ *rand.Rand, shape []int) []float32 {
	return make([]float32, Spec{Shape: shape}.Size())
}

// InitByName returns how the weights of a layer are drawn, given the mean numbers
// of unmasked inputs and outputs of its units: orthogonal (the default, ""), or
// normal with the variance 2/in (he), 2/(in + out) (glorot) or 1/in (lecun). The
// error lists the known names.
func InitByName(name string) (func(fanIn, fanOut float64) Init, error) {
	scaled := func(variance func(in, out float64) float64) func(float64, float64) Init {
		return func(in, out float64) Init { return Normal(math.Sqrt(variance(max(in, 1), max(out, 1)))) }
	}
	switch name {
	case "", "orthogonal":
		return func(float64, float64) Init { return Orthogonal }, nil
	case "he":
		return scaled(func(in, _ float64) float64 { return 2 / in }), nil
	case "glorot":
		return scaled(func(in, out float64) float64 { return 2 / (in + out) }), nil
	case "lecun":
		return scaled(func(in, _ float64) float64 { return 1 / in }), nil
	}
	return nil, fmt.Errorf("unknown init %q (known: orthogonal, he, glorot, lecun)", name)
}

// Normal draws independent values from N(0, std²).
func Normal(std float64) Init {
	return func(rng *rand.Rand, shape []int) []float32 {
		v := make([]float32, Spec{Shape: shape}.Size())
		for i := range v {
			v[i] = float32(std * rng.NormFloat64())
		}
		return v
	}
}

// Orthogonal draws a matrix with orthonormal columns (or rows, where it is
// wider than high), uniformly over such matrices: the Q of the QR decomposition
// of a Gaussian matrix, with the signs of R's diagonal made positive. Its cost
// grows with the cube of the width.
func Orthogonal(rng *rand.Rand, shape []int) []float32 {
	if len(shape) != 2 {
		panic(fmt.Errorf("orthogonal initial values need a matrix, not shape %v", shape))
	}
	rows, cols := shape[0], shape[1]
	long, short := max(rows, cols), min(rows, cols)
	if short == 0 {
		return nil
	}
	normal := make([]float64, long*short)
	for i := range normal {
		normal[i] = rng.NormFloat64()
	}
	a := mat.NewDense(long, short, normal)
	var qr mat.QR
	qr.Factorize(a)
	// Q's first columns are A·R⁻¹; solving for them keeps the long×short shape
	// (the full Q would be long×long).
	var r mat.Dense
	qr.RTo(&r)
	tri := mat.NewTriDense(short, mat.Upper, nil)
	tri.Copy(&r)
	var inv mat.TriDense
	if err := inv.InverseTri(tri); err != nil {
		// A Gaussian matrix is singular with probability zero; the draw is
		// repeated rather than trusted.
		return Orthogonal(rng, shape)
	}
	var q mat.Dense
	q.Mul(a, &inv)
	v := make([]float32, rows*cols)
	for i := range long {
		for j := range short {
			at := i*cols + j
			if rows < cols {
				at = j*cols + i
			}
			v[at] = float32(math.Copysign(1, tri.At(j, j)) * q.At(i, j))
		}
	}
	return v
}
