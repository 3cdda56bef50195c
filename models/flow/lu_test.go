package flow

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/models"
)

// correlated are rows of dim columns, the later of which follow the earlier, with a constant one in the end.
func correlated(rows, dim int) []float32 {
	x := normals(7, rows*dim, 1)
	for i := range rows {
		row := x[i*dim : (i+1)*dim]
		for d := 1; d < dim; d++ {
			row[d] = 5*row[d-1] + row[d] + 100
		}
		row[dim-1] = 3
	}
	return x
}

// Begun from rows, an LU layer makes them uncorrelated, of mean 0 and variance 1, by their weights.
func TestLUWhitens(t *testing.T) {
	const dim, rows = 4, 3000
	x := correlated(rows, dim)
	weights := make([]float64, rows)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range weights {
		weights[i] = rng.Float64()
		if i >= rows/2 { // of no weight, and far away
			weights[i] = 0
			for d := range dim - 1 {
				x[i*dim+d] += 1e4 * rng.Float32()
			}
		}
	}
	f := must(New(Normal(dim), NewLU(dim)))
	backendtest.Each(t, func(t *testing.T, b *backend.Backend) {
		w := randomWeights(f, 2)
		get := w.Named(f)
		for name, v := range f.Stages()[0].Estimate(x, weights) {
			copy(get(name), v)
		}
		y := evaluate(t, b, f, w, func(p models.Params, args []*Node) []*Node {
			out, _ := f.through(p, args[0], nil, 0, 1, nil)
			return []*Node{out}
		}, matrix(x, dim))[0]
		all := mat.NewDense(rows, dim, nil)
		for i, v := range y {
			all.Set(i/dim, i%dim, float64(v))
		}
		var covariance mat.SymDense
		stat.CovarianceMatrix(&covariance, all, weights)
		for i := range dim - 1 {
			if mean := stat.Mean(mat.Col(nil, i, all), weights); math.Abs(mean) > 0.02 {
				t.Errorf("column %d has mean %v", i, mean)
			}
			for j := range i + 1 {
				want := 0.0
				if i == j {
					want = 1
				}
				if got := covariance.At(i, j); math.Abs(got-want) > 0.02 {
					t.Errorf("the covariance of columns %d and %d is %v, want %v", i, j, got, want)
				}
			}
		}
		for i := range rows {
			if v := y[i*dim+dim-1]; math.Abs(float64(v)) > 0.05 {
				t.Fatalf("row %d has %v in the constant column", i, v)
			}
		}
	})
}

// Rows that are as good as independent keep nearly nothing of correlations that are due to chance; of too few rows there are none.
func TestLUOfFewRows(t *testing.T) {
	const dim = 10
	values := NewLU(dim).(estimatedLayer).Estimate(normals(3, 24*dim, 1), nil)
	for _, v := range values["lower"] {
		if math.Abs(float64(v)) > 0.35 {
			t.Errorf("24 independent rows make an entry %v", v)
		}
	}
	for _, rows := range []int{0, 1, 2, 3} {
		if v := NewLU(dim).(estimatedLayer).Estimate(normals(3, rows*dim, 1), nil); v != nil {
			t.Errorf("%d rows make %v", rows, v)
		}
	}
	if v := NewLU(2).(estimatedLayer).Estimate([]float32{1, 2, 1, 2, 1, 2, 1, 2}, nil); v["log_diagonal"][0] != 0 {
		t.Errorf("rows that are equal make %v", v)
	}
}
