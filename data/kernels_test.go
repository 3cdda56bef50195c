package data

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/janpfeifer/must"
)

// cellOf is the probability that a normal density gives the cell of a number.
func (m *marginal) cellOf(x, step float64) float64 {
	low, _ := m.forward(x - step/2)
	high, _ := m.forward(x + step/2)
	return (math.Erfc(-high/math.Sqrt2) - math.Erfc(-low/math.Sqrt2)) / 2
}

// A normal density behind the spline has the share of each number, a little of those between them, and 1 of all.
func TestCellsHaveTheirShares(t *testing.T) {
	shares := map[float64]float64{1: 0.6, 2: 0.1, 3: 0.1, 10: 0.2}
	var values []float64
	for x, p := range shares {
		values = append(values, slices.Repeat([]float64{x}, int(math.Round(500*p)))...)
	}
	m := fitCells(values, nil, 1)
	sum := 0.0
	for x := -200.0; x <= 200; x++ {
		p := m.cellOf(x, 1)
		if sum += p; !(p > 0) && math.Abs(x) < 20 {
			t.Errorf("%v has the probability %v", x, p)
		}
		if math.Abs(p-shares[x]) > 0.02 {
			t.Errorf("%v has the probability %v, and a share of %v", x, p, shares[x])
		}
	}
	if math.Abs(sum-1) > 1e-6 {
		t.Errorf("the cells sum to %v", sum)
	}
	for _, far := range []float64{-1e3, 1e3} {
		if y, _ := m.forward(far); math.Abs(y) < 3 || math.Abs(y) > 300 {
			t.Errorf("%v becomes %v", far, y)
		}
		if y, _ := m.forward(far); math.Abs(m.inverse(y)-far) > 1e-6*math.Abs(far) {
			t.Errorf("%v becomes %v, and that %v", far, y, m.inverse(y))
		}
	}
}

// Shares are those of rows by their weights: ×10 changes nothing, and a row of weight 0 is not there.
func TestCellsByWeights(t *testing.T) {
	values, once, ten := []float64{9e9}, []float64{0}, []float64{0}
	for i := range 200 {
		values, once, ten = append(values, float64(i%7)), append(once, float64(1+i%3)), append(ten, float64(10*(1+i%3)))
	}
	m, other, without := fitCells(values, once, 1), fitCells(values, ten, 1), fitCells(values[1:], once[1:], 1)
	for _, of := range []*marginal{other, without} {
		if !slices.Equal(m.X, of.X) {
			t.Fatalf("points at %v and %v", m.X, of.X)
		}
		for k, y := range m.Y {
			if math.Abs(y-of.Y[k]) > 1e-9 {
				t.Errorf("point %d is at %v and %v", k, y, of.Y[k])
			}
		}
	}
}

// Numbers that come again get a spline, and so do skewed ones and heavy tails; others do not, of few rows: what auto comes to takes its
// place.
func TestAutomaticMargins(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	names := []string{"scores", "fine", "round", "normal", "skewed", "tails", "two clusters"}
	want := []Transform{SplineScale, Standardise, SplineScale, Standardise, SplineScale, SplineScale, Standardise}
	columns := make([][]any, len(names))
	for range 300 {
		for c, v := range []float64{float64(rng.IntN(6) * rng.IntN(2)), math.Round(1000*rng.NormFloat64()) / 100, 500 * float64(rng.IntN(40)), rng.NormFloat64(),
			math.Exp(rng.NormFloat64()), rng.NormFloat64() / math.Sqrt(rng.ExpFloat64()), rng.NormFloat64() + 6*float64(rng.IntN(2))} {
			columns[c] = append(columns[c], v)
		}
	}
	schema := Schema{}
	for c, name := range names {
		schema = append(schema, Column{Name: name, Kind: Real, Transform: AutoScale})
		if c < 3 {
			schema[c].Step = []float64{1, 0.01, 1}[c]
		}
	}
	p := must.M1(whole(tableOf(schema, columns), Options{Columns: schema}))
	for c, want := range want {
		if f := p.table.Columns[c]; f.Transform != want || len(f.Maps) != 1 || (f.Maps[0].kind() == "spline") != (want == SplineScale) {
			t.Errorf("%s has the transform %s and the maps %v, want %s", f.Name, f.Transform, f.Maps, want)
		}
	}
	guessed := must.M1(whole(tableOf(schema, columns), Options{Columns: Schema{{Name: "scores", Kind: Integer, Step: 1}}, Marginal: autoMarginal}))
	if of := guessed.table.Columns[0].Transform; of != SplineScale {
		t.Errorf("of few rows, auto came to %s", of)
	}
}

// The choice of a margin depends on rows by their weights: ×10 changes nothing, 2 is the row twice, and 0 its absence.
func TestFromNormalByWeights(t *testing.T) {
	values, weights := []float64{-3, 0.5, 1, 2, 9}, []float64{1, 2, 0, 1, 1}
	whole := fitLinear(values, weights, 0).fromNormal(values, weights)
	for i := range weights {
		weights[i] *= 10
	}
	rows := []float64{-3, 0.5, 0.5, 2, 9}
	for name, got := range map[string]float64{"×10": fitLinear(values, weights, 0).fromNormal(values, weights), "rows": fitLinear(rows, nil, 0).fromNormal(rows, nil)} {
		if math.Abs(got-whole) > 1e-12 {
			t.Errorf("%s: %v nats, want %v", name, got, whole)
		}
	}
	if square := (&linear{SD: 1}).fromNormal([]float64{-1, 1}, nil); math.Abs(square-4.0/48) > 1e-12 {
		t.Errorf("two numbers, of excess kurtosis −2, are %v nats from a normal density, want 1/12", square)
	}
}

// Of many rows each number comes again, and kernels of a step are hardly better than wider ones, which is no reason for shares; round
// numbers more often than others are one.
func TestCellsOfManyRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var smooth, round []float64
	for range 40_000 {
		v := math.Round(30 * rng.NormFloat64())
		if smooth = append(smooth, v); math.Mod(v, 2) == 0 && rng.Float64() < 0.3 { // a little rougher than kernels are
			smooth = append(smooth, v)
		}
		if rng.Float64() < 0.6 {
			v = 10 * math.Round(v/10)
		}
		round = append(round, v)
	}
	if fitCells(smooth, nil, 1) != nil {
		t.Error("numbers that are hardly more frequent than those beside them have shares of their own")
	}
	if fitCells(round, nil, 1) == nil {
		t.Error("round numbers, which are more frequent than those beside them, have no shares of their own")
	}
}
