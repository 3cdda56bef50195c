package models_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/models"
)

func TestInitializeFollowsFromTheSeedAndTheName(t *testing.T) {
	spec := func(name string) models.Spec {
		return models.Spec{Name: name, Shape: []int{3, 5}, Init: models.Normal(1)}
	}
	first := models.Initialize(declared{spec("a"), spec("b")}, 7)
	if again := models.Initialize(declared{spec("a"), spec("b")}, 7); !slices.EqualFunc(first, again, slices.Equal) {
		t.Error("the same seed drew other weights")
	}
	if slices.Equal(first[0], first[1]) {
		t.Error("two parameters have the same weights")
	}
	if other := models.Initialize(declared{spec("a")}, 8); slices.Equal(first[0], other[0]) {
		t.Error("two seeds drew the same weights")
	}
	// A parameter more, in front, leaves the others as they were.
	more := models.Initialize(declared{spec("c"), spec("b"), {Name: "zero", Shape: []int{2}}, spec("a")}, 7)
	if !slices.Equal(more[3], first[0]) || !slices.Equal(more[1], first[1]) {
		t.Error("the weights of a parameter depend on which others there are")
	}
	if !slices.Equal(more[2], []float32{0, 0}) {
		t.Errorf("a parameter without Init starts at %v, want zeros", more[2])
	}
}

func TestSpecSize(t *testing.T) {
	for _, c := range []struct {
		shape []int
		want  int
	}{{nil, 1}, {[]int{7}, 7}, {[]int{3, 5}, 15}, {[]int{3, 0}, 0}} {
		if got := (models.Spec{Shape: c.shape}).Size(); got != c.want {
			t.Errorf("shape %v has %d values, want %d", c.shape, got, c.want)
		}
	}
}

func TestWeightsCheck(t *testing.T) {
	d := declared{{Name: "hidden0.weights", Shape: []int{3, 5}}, {Name: "hidden0.bias", Shape: []int{5}}}
	tests := []struct {
		w    models.Weights
		want string
	}{
		{models.Weights{make([]float32, 15), make([]float32, 5)}, ""},
		{models.Weights{make([]float32, 15)}, "the model has 2 parameters, but 1 were given"},
		{nil, "the model has 2 parameters, but 0 were given"},
		{models.Weights{make([]float32, 15), make([]float32, 3)}, `parameter "hidden0.bias" has shape [5], 5 values, but 3 were given`},
	}
	for _, c := range tests {
		got := ""
		if err := c.w.Check(d); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("Check says %q, want %q", got, c.want)
		}
	}
}

// Orthonormal columns, or rows of a matrix that is wider than high.
func TestOrthogonalIsOrthonormal(t *testing.T) {
	for _, shape := range [][]int{{7, 7}, {31, 11}, {11, 31}, {1, 5}, {5, 1}, {1, 1}, {101, 97}} {
		t.Run(fmt.Sprint(shape), func(t *testing.T) {
			rows, cols := shape[0], shape[1]
			v := models.Orthogonal(rand.New(rand.NewPCG(1, 2)), shape)
			at := func(k, i int) float64 { return float64(v[i*cols+k]) } // vector k, element i
			vectors, length := cols, rows
			if cols > rows {
				at = func(k, i int) float64 { return float64(v[k*cols+i]) }
				vectors, length = rows, cols
			}
			for a := range vectors {
				for b := range vectors {
					dot, want := 0.0, 0.0
					for i := range length {
						dot += at(a, i) * at(b, i)
					}
					if a == b {
						want = 1
					}
					if math.Abs(dot-want) > 1e-5 {
						t.Fatalf("vectors %d and %d have the product %v, want %v", a, b, dot, want)
					}
				}
			}
		})
	}
}

// The uniform distribution over orthogonal matrices of size n is symmetric
// under a change of any sign and has E q² = 1/n, E q⁴ = 3/(n(n+2)) for every
// element q: the last needs R's diagonal to be positive.
func TestOrthogonalIsUniform(t *testing.T) {
	const n, draws = 3, 4000
	rng := rand.New(rand.NewPCG(3, 4))
	var mean, square, fourth [n * n]float64
	for range draws {
		for i, q := range models.Orthogonal(rng, []int{n, n}) {
			x := float64(q)
			mean[i] += x / draws
			square[i] += x * x / draws
			fourth[i] += x * x * x * x / draws
		}
	}
	const want2, want4 = 1.0 / n, 3.0 / (n * (n + 2))
	// Standard errors are below √(1/3/4000) = 0.0091; five of them.
	for i := range mean {
		if math.Abs(mean[i]) > 0.045 || math.Abs(square[i]-want2) > 0.03 || math.Abs(fourth[i]-want4) > 0.03 {
			t.Errorf("element %d has moments %.3f, %.3f and %.3f, want 0, %.3f and %.3f", i, mean[i], square[i], fourth[i], want2, want4)
		}
	}
}

func TestOrthogonalNeedsAMatrix(t *testing.T) {
	if v := models.Orthogonal(rand.New(rand.NewPCG(1, 1)), []int{3, 0}); len(v) != 0 {
		t.Errorf("an empty matrix has %d values", len(v))
	}
	defer func() {
		if err, ok := recover().(error); !ok || !strings.Contains(err.Error(), "need a matrix, not shape [5]") {
			t.Errorf("the panic is %v", err)
		}
	}()
	models.Orthogonal(rand.New(rand.NewPCG(1, 1)), []int{5})
}

// Mean and variance are within five standard errors.
func TestNormalMoments(t *testing.T) {
	const std, n = 0.3, 40000
	v := models.Normal(std)(rand.New(rand.NewPCG(5, 6)), []int{200, 200})
	if len(v) != n {
		t.Fatalf("%d values", len(v))
	}
	mean, square := 0.0, 0.0
	for _, x := range v {
		mean += float64(x) / n
		square += float64(x) * float64(x) / n
	}
	if math.Abs(mean) > 5*std/math.Sqrt(n) || math.Abs(square-std*std) > 5*math.Sqrt(2*std*std*std*std/n) {
		t.Errorf("mean %v and variance %v, want 0 and %v", mean, square, std*std)
	}
}
