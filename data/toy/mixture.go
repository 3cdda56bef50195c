package toy

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// mixtureToy is the mixture of equal, round Gaussians of deviation sd around
// centres: p(x) = 1/K Σ_k N(x; c_k, sd²). Where the centres follow a curve more
// closely than sd, the mixture is as smooth as the curve. The window is the box
// of half that width around the mean of the outermost centres.
func mixtureToy(name, about string, sd float64, centres [][2]float64, halfWidth float64) Toy {
	var middle [2]float64
	for axis := range middle {
		by := func(a, b [2]float64) int { return cmp.Compare(a[axis], b[axis]) }
		middle[axis] = (slices.MinFunc(centres, by)[axis] + slices.MaxFunc(centres, by)[axis]) / 2
	}
	logScale := -math.Log(float64(len(centres)) * 2 * math.Pi * sd * sd)
	return Toy{
		Name: name, About: about,
		logDensity: func(x0, x1 float64) float64 {
			terms := make([]float64, len(centres))
			for k, c := range centres {
				d0, d1 := x0-c[0], x1-c[1]
				terms[k] = -(d0*d0 + d1*d1) / (2 * sd * sd)
			}
			return floats.LogSumExp(terms) + logScale
		},
		sample: func(rng *rand.Rand) (float64, float64) {
			c := centres[rng.IntN(len(centres))]
			return c[0] + sd*rng.NormFloat64(), c[1] + sd*rng.NormFloat64()
		},
		lo:      [2]float64{middle[0] - halfWidth, middle[1] - halfWidth},
		hi:      [2]float64{middle[0] + halfWidth, middle[1] + halfWidth},
		entropy: math.NaN(),
	}
}

func onCircle(n int, radius float64) [][2]float64 {
	var c [][2]float64
	for k := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(n))
		c = append(c, [2]float64{radius * cos, radius * sin})
	}
	return c
}

// alongMoons gives n centres on each of two half circles of radius 1, the upper
// around the origin, the lower around (1, 0.5).
func alongMoons(n int) [][2]float64 {
	var c [][2]float64
	for k := range n {
		sin, cos := math.Sincos(math.Pi * (float64(k) + 0.5) / float64(n))
		c = append(c, [2]float64{cos, sin}, [2]float64{1 - cos, 0.5 - sin})
	}
	return c
}

// alongSpirals gives n centres on each of two arms of a spiral of Archimedes,
// from radius 0.5 to 4 in one turn and a half. The centres lie at equal steps
// of r², and so of the length where the turn outweighs the growth of r.
func alongSpirals(n int) [][2]float64 {
	const from, to, turns = 0.5, 4, 1.5
	var c [][2]float64
	for k := range n {
		share := (float64(k) + 0.5) / float64(n)
		r := math.Sqrt(from*from + share*(to*to-from*from))
		sin, cos := math.Sincos(2 * math.Pi * turns * (r - from) / (to - from))
		c = append(c, [2]float64{r * cos, r * sin}, [2]float64{-r * cos, -r * sin})
	}
	return c
}
