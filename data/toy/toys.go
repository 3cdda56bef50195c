package toy

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

var toys = []Toy{
	banana(),
	mixtureToy("eight_gaussians", "eight Gaussians of deviation 0.5 on a circle of radius 4", 0.5, onCircle(8, 4), 6.5),
	mixtureToy("moons", "two half circles that interlock, blurred by a Gaussian of deviation 0.1", 0.1, alongMoons(64), 2.5),
	rings(),
	mixtureToy("spirals", "two arms of a spiral, blurred by a Gaussian of deviation 0.12", 0.12, alongSpirals(128), 4.6),
	pinwheel(),
	checkerboard(),
}

// logNormal is the log density of a Gaussian.
func logNormal(x, mean, sd float64) float64 {
	z := (x - mean) / sd
	return -0.5*z*z - math.Log(sd) - 0.5*math.Log(2*math.Pi)
}

// banana is the density of figure 1 of Papamakarios et al. 2017 (arXiv
// 1705.07057): x1 ~ N(0, 4), x0 | x1 ~ N(x1²/4, 1), the second parameter being
// the variance. In the order x0, x1 a conditional is not Gaussian; in the other
// order both are.
func banana() Toy {
	return Toy{
		Name: "banana", About: "x1 ~ N(0, 4), x0 given x1 ~ N(x1²/4, 1): MAF's figure 1",
		logDensity: func(x0, x1 float64) float64 { return logNormal(x1, 0, 2) + logNormal(x0, x1*x1/4, 1) },
		sample: func(rng *rand.Rand) (float64, float64) {
			x1 := 2 * rng.NormFloat64()
			return x1*x1/4 + rng.NormFloat64(), x1
		},
		lo: [2]float64{-4.5, -7.5}, hi: [2]float64{17, 7.5},
		entropy: math.Log(2*math.Pi*math.E) + math.Ln2,
	}
}

// rings are circles: the radius is a mixture of Gaussians, each cut off at 0,
// and the angle is uniform, so p(x) = p(r)/(2πr).
func rings() Toy {
	const (
		count = 4 // of radius 1, 2, 3, 4
		sd    = 0.12
	)
	var logMass [count + 1]float64 // of the part of a Gaussian at r > 0
	for k := 1; k <= count; k++ {
		logMass[k] = math.Log(0.5 * math.Erfc(-float64(k)/(sd*math.Sqrt2)))
	}
	return Toy{
		Name: "rings", About: "four circles of radius 1 to 4 and Gaussian thickness 0.12",
		logDensity: func(x0, x1 float64) float64 {
			r := math.Hypot(x0, x1)
			if r == 0 {
				return math.Inf(-1)
			}
			var terms [count]float64
			for k := range terms {
				terms[k] = logNormal(r, float64(k+1), sd) - logMass[k+1]
			}
			return floats.LogSumExp(terms[:]) - math.Log(count) - math.Log(2*math.Pi*r)
		},
		sample: func(rng *rand.Rand) (float64, float64) {
			mean, r := float64(1+rng.IntN(count)), 0.0
			for r <= 0 {
				r = mean + sd*rng.NormFloat64()
			}
			sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
			return r * cos, r * sin
		},
		lo: [2]float64{-4.7, -4.7}, hi: [2]float64{4.7, 4.7},
		entropy: math.NaN(),
	}
}

// pinwheel has five blades. A blade is a Gaussian (r, t) around (2, 0), turned
// by an angle that grows with the distance from the origin. Such a turn leaves
// the distance, and every area, as it was: its Jacobian is 1, and turning back
// by the same angle inverts it.
func pinwheel() Toy {
	const (
		blades       = 5
		mean         = 2
		along, width = 0.5, 0.15
		twist        = 0.6 // radians for each unit of distance
	)
	angle := func(blade int, distance float64) float64 {
		return 2*math.Pi*float64(blade)/blades + twist*distance
	}
	return Toy{
		Name: "pinwheel", About: "five Gaussian blades, twisted around the origin",
		logDensity: func(x0, x1 float64) float64 {
			distance := math.Hypot(x0, x1)
			var terms [blades]float64
			for k := range terms {
				sin, cos := math.Sincos(angle(k, distance))
				r, t := cos*x0+sin*x1, cos*x1-sin*x0
				terms[k] = logNormal(r, mean, along) + logNormal(t, 0, width)
			}
			return floats.LogSumExp(terms[:]) - math.Log(blades)
		},
		sample: func(rng *rand.Rand) (float64, float64) {
			blade, r, t := rng.IntN(blades), mean+along*rng.NormFloat64(), width*rng.NormFloat64()
			sin, cos := math.Sincos(angle(blade, math.Hypot(r, t)))
			return cos*r - sin*t, sin*r + cos*t
		},
		lo: [2]float64{-4.2, -4.2}, hi: [2]float64{4.2, 4.2},
		entropy: math.NaN(),
	}
}

// checkerboard is uniform on 8 of the 16 squares of side 2 that fill [−4, 4)².
// Its samples are multiples of 2⁻²⁰ off the edges: float32 holds them exactly,
// so that rounding moves none into a square of density 0.
func checkerboard() Toy {
	const (
		side, half = 2, 4
		steps      = 1 << 20 // to a side
	)
	logP := -math.Log(8 * side * side)
	return Toy{
		Name: "checkerboard", About: "uniform on the 8 squares of one colour of a board of 4 × 4, of side 2",
		logDensity: func(x0, x1 float64) float64 {
			inside := x0 >= -half && x0 < half && x1 >= -half && x1 < half
			if !inside || int(math.Floor(x0/side)+math.Floor(x1/side))%2 != 0 {
				return math.Inf(-1)
			}
			return logP
		},
		sample: func(rng *rand.Rand) (float64, float64) {
			column := rng.IntN(4)
			row := 2*rng.IntN(2) + column%2
			place := func(square int) float64 {
				return -half + side*(float64(square)+(float64(rng.IntN(steps))+0.5)/steps)
			}
			return place(column), place(row)
		},
		lo: [2]float64{-half, -half}, hi: [2]float64{half, half},
		entropy: -logP,
	}
}
