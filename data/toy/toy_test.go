package toy

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/janpfeifer/must"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/maskflow/maskflow/data"
)

// integrate sums p over an n × n grid of midpoints in a box.
func integrate(t Toy, lo, hi [2]float64, n int) float64 {
	d0, d1 := (hi[0]-lo[0])/float64(n), (hi[1]-lo[1])/float64(n)
	var sum float64
	for i := range n {
		for j := range n {
			sum += math.Exp(t.LogDensity(lo[0]+(float64(i)+0.5)*d0, lo[1]+(float64(j)+0.5)*d1))
		}
	}
	return sum * d0 * d1
}

func TestToysIntegrateToOne(t *testing.T) {
	for _, toy := range All() {
		t.Run(toy.Name, func(t *testing.T) {
			const n = 320 // also in the double window a step is at most half the narrowest deviation
			lo, hi := toy.Bounds()
			if mass := integrate(toy, lo, hi, n); mass < 0.999 {
				t.Errorf("the window holds %v of the mass", mass)
			}
			for axis := range lo { // twice as wide
				middle, half := (lo[axis]+hi[axis])/2, hi[axis]-lo[axis]
				lo[axis], hi[axis] = middle-half, middle+half
			}
			if mass := integrate(toy, lo, hi, n); math.Abs(mass-1) > 1e-3 {
				t.Errorf("the density integrates to %v", mass)
			}
		})
	}
}

// Pearson's statistic of a histogram against the integrals of the density over
// its cells; cells that expect fewer than five points, and all that is outside
// the window, are one.
func TestToySamplesFollowTheirDensity(t *testing.T) {
	const (
		n      = 40000
		cells  = 24
		within = 12 // points of the quadrature along a cell
	)
	for _, toy := range All() {
		t.Run(toy.Name, func(t *testing.T) {
			lo, hi := toy.Bounds()
			d0, d1 := (hi[0]-lo[0])/cells, (hi[1]-lo[1])/cells
			var counts [cells][cells]float64
			r := rand.New(rand.NewPCG(11, 13))
			for range n {
				x0, x1 := toy.Sample(r)
				i, j := math.Floor((x0-lo[0])/d0), math.Floor((x1-lo[1])/d1)
				if i >= 0 && i < cells && j >= 0 && j < cells {
					counts[int(i)][int(j)]++
				}
			}
			var statistic float64
			kept, rest, restExpected := 0, float64(n), float64(n)
			for i := range cells {
				for j := range cells {
					from := [2]float64{lo[0] + float64(i)*d0, lo[1] + float64(j)*d1}
					expected := n * integrate(toy, from, [2]float64{from[0] + d0, from[1] + d1}, within)
					if expected < 5 {
						continue
					}
					statistic += (counts[i][j] - expected) * (counts[i][j] - expected) / expected
					rest, restExpected = rest-counts[i][j], restExpected-expected
					kept++
				}
			}
			if restExpected > 5 {
				statistic += (rest - restExpected) * (rest - restExpected) / restExpected
				kept++
			} else if rest > 25 {
				t.Errorf("%v points where %v are expected", rest, restExpected)
			}
			if p := (distuv.ChiSquared{K: float64(kept - 1)}).Survival(statistic); kept < 20 || p < 1e-3 {
				t.Errorf("χ² is %.1f over %d cells: p = %.2g", statistic, kept, p)
			}
		})
	}
}

// The mean of −ln p over samples is the entropy, where that is known.
func TestToyEntropy(t *testing.T) {
	want := map[string]float64{"banana": 3.5310242, "checkerboard": 3.4657359} // ln 2πe + ln 2, ln 32
	for _, toy := range All() {
		const n = 100000
		var sum, squares float64
		r := rand.New(rand.NewPCG(3, 5))
		for range n {
			nll := -toy.LogDensity(toy.Sample(r))
			sum, squares = sum+nll, squares+nll*nll
		}
		mean := sum / n
		se := math.Sqrt((squares/n-mean*mean)/n) + 1e-9
		known, closed := want[toy.Name]
		if closed != !math.IsNaN(toy.Entropy()) {
			t.Errorf("%s: entropy %v", toy.Name, toy.Entropy())
		}
		if closed && (math.Abs(toy.Entropy()-known) > 1e-7 || math.Abs(mean-known) > 4*se) {
			t.Errorf("%s: entropy %v, mean of the samples %v ± %v, want %v", toy.Name, toy.Entropy(), mean, se, known)
		}
		if math.IsNaN(mean) || math.IsInf(mean, 0) {
			t.Errorf("%s: a sample has density 0", toy.Name)
		}
	}
}

func TestToysAreSources(t *testing.T) {
	for _, toy := range All() {
		if found, ok := ByName(toy.Name); !ok || found.Name != toy.Name || toy.About == "" {
			t.Errorf("%s is not found by its name, or says nothing", toy.Name)
		}
		load := func(seed uint64) *data.Splits {
			return must.M1(data.Prepare(must.M1(toy.Load(context.Background(), data.Options{Seed: new(seed)})), data.Options{}))
		}
		s := load(1)
		if s.Train.Rows != 50000 || s.Valid.Rows != 10000 || s.Test.Rows != 10000 || s.Dim != 2 || s.ContextDim != 0 {
			t.Errorf("%s: %d/%d/%d rows of %d", toy.Name, s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim)
		}
		for i := range s.Test.Rows { // also after rounding to float32
			if row := s.Test.Row(i); math.IsInf(toy.LogDensity(float64(row[0]), float64(row[1])), 0) {
				t.Fatalf("%s: row %d, %v, has density 0", toy.Name, i, row)
			}
		}
		if !slices.Equal(s.Test.X, load(1).Test.X) || slices.Equal(s.Test.X, load(2).Test.X) {
			t.Errorf("%s does not follow the seed", toy.Name)
		}
	}
	if _, ok := ByName("connect4"); ok {
		t.Error("connect4 is a toy")
	}
}
