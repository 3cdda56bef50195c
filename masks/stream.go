package masks

import "math/rand/v2"

// purpose names what a stream of random numbers is for; each purpose has streams of its own.
type purpose uint64

const (
	trainingOrders purpose = iota + 1
	trainingDegrees
	evaluationOrders
	evaluationDegrees
)

// stream returns the random numbers of one purpose for one set of a cycle and one layer. For one seed no two streams
// start alike, since each step below is one-to-one. Trained weights fit only the masks that they were trained with, so
// how streams are made is part of the format of a run and must not change.
func stream(seed uint64, why purpose, index, layer int) *rand.Rand {
	high := mix(mix(seed) ^ (uint64(why)<<32 | uint64(layer)))
	low := mix(uint64(index) ^ mix(high))
	return rand.New(rand.NewPCG(high, low))
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014): one-to-one, and every input bit moves every output
// bit.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
