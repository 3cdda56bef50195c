package nade

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/combin"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/modeltest"
)

// square is a grid of dim real numbers, each in the middle of cells of one width around 0. A sum over it integrates, up to
// what is beyond it, smooth densities that are not much narrower than a cell to many digits.
type square struct {
	dim, cells int
	width      float64
}

func (g square) rows() int { return int(math.Pow(float64(g.cells), float64(g.dim)) + 0.5) }

// at is the place of a row along an axis.
func (g square) at(row, d int) int {
	for range d {
		row /= g.cells
	}
	return row % g.cells
}

func (g square) value(k int) float32 { return float32(g.width * (float64(k) - float64(g.cells-1)/2)) }

func (g square) row(i int) (x []float32) {
	for d := range g.dim {
		x = append(x, g.value(g.at(i, d)))
	}
	return x
}

// Of real numbers the density under each order, and that of their mean, integrates to one, and p(x_d | given) by one pass is the
// ratio of integrals of the density under an order that begins with what is given and then has d.
func TestQuadrature(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		for _, family := range []string{"mog", "mol"} {
			for _, g := range []square{{2, 101, 0.5}, {3, 45, 0.6}} {
				t.Run(fmt.Sprintf("%s, %d", family, g.dim), func(t *testing.T) {
					s := newSubject(t, b, Options{Output: family, Components: 2, Narrowest: 0.7, Variables: make([]models.Variable, g.dim), Hidden: []int{7, 5},
						Activation: "tanh"})
					for _, w := range s.weights { // so that nearly all rows are inside of the grid
						for i := range w {
							w[i] /= 3
						}
					}
					s.integrate(t, b, g)
				})
			}
		}
	})
}

func (s *subject) integrate(t *testing.T, b *backend.Backend, g square) {
	t.Helper()
	exec := modeltest.Compile(t, b, s.Model, func(p models.Params, args []*Node) []*Node {
		return []*Node{s.LogProb(p.WithDegrees(s.DegreeSpecs(), args[1:2]), args[0], nil)}
	})
	var x []float32
	for i := range g.rows() {
		x = append(x, g.row(i)...)
	}
	cell, rng, mean := math.Pow(g.width, float64(g.dim)), rand.New(rand.NewPCG(1, 1)), make([]float64, g.rows())
	orders := combin.Permutations(g.dim, g.dim)
	for _, order := range orders {
		p := num.Convert[float64](exec.Run(t, s.weights, modeltest.Matrix(x, g.dim), num.Convert[int32](order))[0])
		for i, l := range p {
			p[i] = math.Exp(l) * cell
		}
		if sum := floats.Sum(p); math.Abs(sum-1) > 1e-4 {
			t.Errorf("in the order %v the density integrates to %v", order, sum)
		}
		floats.AddScaled(mean, 1/float64(len(orders)), p)
		for given := range g.dim {
			s.compareIntegrals(t, g, order, given, p, rng)
		}
	}
	if sum := floats.Sum(mean); math.Abs(sum-1) > 1e-4 {
		t.Errorf("the mean of the orders integrates to %v", sum)
	}
}

// compareIntegrals takes p(x_d | the first few of an order) from the probabilities of the cells under the order, and from one
// pass, at rows that are drawn by them.
func (s *subject) compareIntegrals(t *testing.T, g square, order []int, given int, p []float64, rng *rand.Rand) {
	t.Helper()
	const draws = 20
	d := order[given]
	key := func(row, upTo int) (k [3]int) {
		for i, e := range order[:upTo] {
			k[i] = 1 + g.at(row, e)
		}
		return k
	}
	without, with := map[[3]int]float64{}, map[[3]int]float64{}
	for i, p := range p {
		without[key(i, given)] += p
		with[key(i, given+1)] += p
	}
	var x []float32
	var rows []int
	cuts := make([]float32, draws*s.NoiseDim())
	for k := range draws {
		at, i := rng.Float64()*floats.Sum(p), 0
		for at -= p[0]; at > 0 && i < len(p)-1; at -= p[i] {
			i++
		}
		rows, x = append(rows, i), append(x, g.row(i)...)
		for _, e := range order[:given] {
			cuts[k*s.NoiseDim()+e] = masks.Given
		}
	}
	r := s.of(t, x, order, cuts, nil)
	width := len(r.given) / draws
	for k, i := range rows {
		c, err := s.Conditional(d, r.given[k*width:][:width])
		if err != nil {
			t.Fatal(err)
		}
		got, want := math.Exp(c.LogProb(float64(x[k*g.dim+d]))), with[key(i, given+1)]/without[key(i, given)]/g.width
		if math.Abs(got-want) > 1e-4 {
			t.Fatalf("given %v, p(x%d) at %v is %v by one pass, %v by integrals", order[:given], d, slices.Clone(x[k*g.dim:][:g.dim]), got, want)
		}
	}
}
