package recipe

import (
	"math/bits"

	"gonum.org/v1/gonum/mathext/prng"
)

// randomState draws as numpy's RandomState(seed), which numpy promises to keep:
// recipes whose authors shuffle and add noise by a seed give the authors' own rows.
type randomState struct{ *prng.MT19937 }

func newRandomState(seed uint64) randomState {
	m := randomState{prng.NewMT19937()}
	m.Seed(seed)
	return m
}

// float64 is uniform on [0, 1) with 53 bits: rand of numpy.
func (m randomState) float64() float64 {
	high, low := m.Uint32()>>5, m.Uint32()>>6
	return (float64(high)*(1<<26) + float64(low)) / (1 << 53)
}

// atMost is uniform on 0 … most. It draws as many bits as most has, again and
// again until they are not more.
func (m randomState) atMost(most uint32) uint32 {
	mask := uint32(1)<<bits.Len32(most) - 1
	for {
		if w := m.Uint32() & mask; w <= most {
			return w
		}
	}
}

// permutation is numpy's permutation of 0 … n−1, and what its shuffle of n rows comes
// to: Fisher and Yates from the last.
func (m randomState) permutation(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := m.atMost(uint32(i))
		p[i], p[j] = p[j], p[i]
	}
	return p
}
