package plot

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// samplesOf are n samples of a density of two variables.
func samplesOf(n int, draw func(rng *rand.Rand) (x, y float64)) (x, y []float64) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range n {
		a, b := draw(rng)
		x, y = append(x, a), append(y, b)
	}
	return x, y
}

func normal(rng *rand.Rand) (x, y float64) { return rng.NormFloat64(), rng.NormFloat64() }

// crescents are the posterior of the two moons of Greenberg et al. (2019): two arcs, thin beside their distance.
func crescents(rng *rand.Rand) (x, y float64) {
	angle, radius := math.Pi*(rng.Float64()-0.5), 0.1+0.01*rng.NormFloat64()
	q0, q1 := radius*math.Cos(angle)+0.25, radius*math.Sin(angle)
	if rng.IntN(2) == 0 {
		q0 = -q0
	}
	return (q1 - q0) / math.Sqrt2, (q1 + q0) / math.Sqrt2
}

// middle is the centre of a cell.
func (g Grid) middle(i int) (x, y float64) {
	at := func(r Range, i, n int) float64 { return r.Lo + (r.Hi-r.Lo)*(float64(i)+0.5)/float64(n) }
	return at(g.X, i%g.Cols, g.Cols), at(g.Y, i/g.Cols, g.Rows)
}

func (g Grid) cellArea() float64 {
	return (g.X.Hi - g.X.Lo) * (g.Y.Hi - g.Y.Lo) / float64(g.Rows*g.Cols)
}

// The squared error against the density that samples are of, in parts of the integral of its square.
func TestEstimateOfNormals(t *testing.T) {
	const rho = 0.8
	correlated := func(rng *rand.Rand) (x, y float64) {
		x, y = normal(rng)
		return 10 + 3*x, -2 + 0.1*(rho*x+math.Sqrt(1-rho*rho)*y)
	}
	for n, most := range map[int]float64{300: 0.15, 10_000: 0.02} {
		x, y := samplesOf(n, correlated)
		k := EstimateDensity(x, y, nil, Range{-5, 25}, Range{-2.5, -1.5}, 150)
		sum, wrong, square := 0.0, 0.0, 0.0
		for i, v := range k.Values {
			a, b := k.middle(i)
			a, b = (a-10)/3, (b+2)/0.1
			p := math.Exp(-(a*a-2*rho*a*b+b*b)/(2*(1-rho*rho))) / (2 * math.Pi * 3 * 0.1 * math.Sqrt(1-rho*rho))
			sum, wrong, square = sum+v*k.cellArea(), wrong+(v-p)*(v-p), square+p*p
		}
		if t.Logf("%d samples: %.4f", n, wrong/square); math.Abs(sum-1) > 0.002 || wrong/square > most {
			t.Errorf("%d samples: mass %v, error %v of the square, at most %v", n, sum, wrong/square, most)
		}
	}
}

// Regions hold their shares of the samples, and are as large as those of the density.
func TestRegionsOfNormals(t *testing.T) {
	x, y := samplesOf(20_000, normal)
	k := EstimateDensity(x, y, nil, Range{-5, 5}, Range{-5, 5}, 200)
	for i, least := range k.Region(Regions[:]...) {
		held, area := 0.0, 0.0
		for j, v := range k.Values {
			if v >= least {
				held, area = held+k.share[j], area+k.cellArea()
			}
		}
		want := -2 * math.Pi * math.Log(1-Regions[i])
		if math.Abs(held-Regions[i]) > 0.002 || math.Abs(area/want-1) > 0.05 {
			t.Errorf("the region of %v holds %v, and has an area of %v, not %v", Regions[i], held, area, want)
		}
	}
}

// Two thin arcs are seen as such: no wider than they are, and with nothing between them.
func TestCrescentsStayApart(t *testing.T) {
	x, y := samplesOf(10_000, crescents)
	k := EstimateDensity(x, y, nil, Range{-0.5, 0.5}, Range{-0.5, 0.5}, 250)
	least := k.Region(0.95)[0]
	wrong, area := 0.0, 0.0
	for i, v := range k.Values {
		if v < least {
			continue
		}
		a, b := k.middle(i)
		q0, q1 := math.Abs(b-a)/math.Sqrt2, (a+b)/math.Sqrt2
		area += k.cellArea()
		if q0 < 0.21 || math.Abs(math.Hypot(q0-0.25, q1)-0.1) > 0.035 {
			wrong += k.cellArea()
		}
	}
	if exact := 2 * math.Pi * 0.1 * 4 * 0.01; wrong > 0.01*area || area > 1.35*exact {
		t.Errorf("an area of %v, about %v by the density, %v of it further than 3.5 deviations from the arcs", area, exact, wrong)
	}
}

// A density that ends at the edges keeps its height there.
func TestEstimateAtEdges(t *testing.T) {
	x, y := samplesOf(10_000, func(rng *rand.Rand) (x, y float64) { return rng.Float64(), rng.Float64() })
	k := EstimateDensity(x, y, nil, Range{0, 1}, Range{0, 1}, 100)
	for i, v := range k.Values {
		if math.Abs(v-1) > 0.25 {
			a, b := k.middle(i)
			t.Fatalf("the density of uniform numbers is %v at %v, %v", v, a, b)
		}
	}
}

// The cross-validation is that of sums over samples and cells.
func TestCrossValidation(t *testing.T) {
	const cells = 6
	rng := rand.New(rand.NewPCG(3, 4))
	counts, share, n := make([]float64, cells*cells), make([]float64, cells*cells), 0.0
	for i := range counts {
		counts[i] = float64(1 + rng.IntN(5))
		n += counts[i]
	}
	for i, count := range counts {
		share[i] = count / n
	}
	s := spectrumOf(share, cells)
	widths := []float64{0.7, 1.1}
	scores := s.crossValidation(widths, n)
	for k, found := range scores {
		across, up := widths[k/2], widths[k%2]
		f := s.times(across, up).density()
		square, at, own := 0.0, 0.0, 0.0
		for i, v := range f {
			square += v * v
			at += counts[i] * v
			alone := make([]float64, cells*cells)
			alone[i] = 1
			own += spectrumOf(alone, cells).times(across, up).density()[i] / (cells * cells)
		}
		want := square - 2*(at-own)/(n-1)
		if math.Abs(found.square-square) > 1e-12 || math.Abs(found.score-want) > 1e-12 {
			t.Errorf("widths %v and %v: %v and %v, want %v and %v", across, up, found.square, found.score, square, want)
		}
	}
}

// A kernel is a Gaussian: its deviations are its bandwidths.
func TestKernels(t *testing.T) {
	const cells = 101
	one := make([]float64, cells*cells)
	one[50*cells+50] = 1
	f := spectrumOf(one, cells).times(4, 7).density()
	var sum, across, up float64
	for i, v := range f {
		c, r := float64(i%cells-50), float64(i/cells-50)
		sum, across, up = sum+v, across+v*c*c, up+v*r*r
	}
	if math.Abs(sum-1) > 1e-12 || math.Abs(across-16) > 1e-6 || math.Abs(up-49) > 1e-6 {
		t.Errorf("mass %v, variances %v and %v", sum, across, up)
	}
}

// Samples of weight 2 are two samples, but for the number that decides on bandwidths; those of weight 0 are none.
func TestEstimateByWeights(t *testing.T) {
	x, y := samplesOf(500, normal)
	weights := make([]float64, len(x))
	var twice [2][]float64
	for i := range x {
		if weights[i] = float64(i % 3); weights[i] > 0 {
			for range int(weights[i]) {
				twice[0], twice[1] = append(twice[0], x[i]), append(twice[1], y[i])
			}
		}
	}
	r := Range{-5, 5}
	a, b := EstimateDensity(x, y, weights, r, r, 40), EstimateDensity(twice[0], twice[1], nil, r, r, 40)
	for i := range a.share {
		if math.Abs(a.share[i]-b.share[i]) > 1e-12 {
			t.Fatalf("cell %d has a share of %v by weights, %v repeated", i, a.share[i], b.share[i])
		}
	}
}

// Whatever is given, an estimate is made of numbers, none of them negative, with a mass of no more than one: what a kernel as
// narrow as a cell has below zero is cut off.
func TestEstimateOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := drawValues(t, 9, "x"), drawValues(t, 9, "y")
		var weights []float64
		if rapid.Bool().Draw(t, "weights") {
			weights = drawValues(t, 9, "w")
		}
		k := EstimateDensity(x, y, weights, drawRange(t, "xs"), drawRange(t, "ys"), rapid.IntRange(-1, 12).Draw(t, "cells"))
		sum := 0.0
		for _, v := range k.Values {
			if !(v >= 0) {
				t.Fatalf("a density of %v", v)
			}
			sum += v * k.cellArea()
		}
		if sum > 1.05 && !math.IsInf(sum, 1) {
			t.Fatalf("a mass of %v", sum)
		}
	})
}
