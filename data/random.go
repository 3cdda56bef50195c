package data

import "math/rand/v2"

// Stream is what random numbers are for, which keeps draws by one seed apart. The
// numbers are those of version 0.1.0: with another one the same seed would give
// other rows, splits, bits or noise.
type Stream uint64

// All streams of rows, each with the parts that have a stream of their own.
const (
	StreamDivide   Stream = 1 // the division into train, valid and test
	streamBinarize Stream = 2 // bits of train, valid and test, parts 0 to 2, and of other rows, part 3
	StreamConnect4 Stream = 3 // the division of connect4's positions
	StreamToy      Stream = 4 // the rows of a toy density
	StreamBSDS300  Stream = 5 // the division of BSDS300's images; the patches of train, valid and test, parts 0 to 2
	streamNoise    Stream = 6 // of dequantised rows, the parts as for bits
	streamFold     Stream = 7 // the division into folds; fold k's rows for validation, part k
)

// Part is the stream of one part of what a stream is for.
func (s Stream) Part(k int) Stream { return s<<32 | Stream(k) }

// Rand returns the stream's random numbers by a seed.
func (s Stream) Rand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(s))) }

// Rows are the numbers from 0 to n−1, shuffled by a seed.
func (s Stream) Rows(n int, seed uint64) []int {
	rows := sequence(0, n)
	s.Rand(seed).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows
}
