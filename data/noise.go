package data

import (
	"math"
	"math/rand/v2"
)

// noiseOf says which noise the rows of a set get. Equal rows that a model is trained
// on have each noise of their own, or the density would grow without bound on them;
// rows that are evaluated have the same noise wherever they stand.
type noiseOf int

const (
	trainNoise noiseOf = 0  // by the places of the rows; of valid and test, 1 and 2
	otherNoise noiseOf = 3  // by the places of rows that are no split
	points     noiseOf = -1 // they need none
	ownNoise   noiseOf = -2 // by the values of a row
)

// draws returns the random numbers of each row in turn, by a seed.
func (n noiseOf) draws(of Stream, seed uint64) func(row []float64) *rand.Rand {
	if n >= 0 {
		r := of.Part(int(n)).Rand(seed)
		return func([]float64) *rand.Rand { return r }
	}
	source := &rand.PCG{}
	r := rand.New(source)
	return func(row []float64) *rand.Rand {
		h := uint64(of.Part(ownPart))
		for _, v := range row {
			h = mix(h ^ uint64(math.Float32bits(float32(v)+0))) // −0 is 0
		}
		source.Seed(seed, h)
		return r
	}
}

// ownPart is the part of a stream for noise that follows from the values of a row.
const ownPart = 4

// mix is the output function of SplitMix64 (Steele, Lea and Flood 2014): every bit of x
// changes half of the bits of the result.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// evaluationNoise is that of rows which are no split.
func (p *Preparation) evaluationNoise() noiseOf {
	if p.NoiseByPlace {
		return otherNoise
	}
	return ownNoise
}
