package data

// mt19937 is the Mersenne Twister of Matsumoto and Nishimura 1998 with the draws
// of numpy's RandomState(seed), which numpy promises to keep: recipes whose
// authors shuffle and add noise by a seed give the authors' own rows.
type mt19937 struct {
	state [mtSize]uint32
	next  int
}

const (
	mtSize = 624
	mtStep = 397 // distance of the words that make a new one
)

func newMT19937(seed uint32) *mt19937 {
	m := &mt19937{next: mtSize}
	for i := range m.state {
		m.state[i] = seed
		seed = 1812433253*(seed^seed>>30) + uint32(i) + 1
	}
	return m
}

// refill replaces all words of the state.
func (m *mt19937) refill() {
	for i := range m.state {
		mixed := m.state[i]&0x80000000 | m.state[(i+1)%mtSize]&0x7fffffff
		word := m.state[(i+mtStep)%mtSize] ^ mixed>>1
		if mixed&1 == 1 {
			word ^= 0x9908b0df
		}
		m.state[i] = word
	}
	m.next = 0
}

func (m *mt19937) uint32() uint32 {
	if m.next == mtSize {
		m.refill()
	}
	w := m.state[m.next]
	m.next++
	w ^= w >> 11
	w ^= w << 7 & 0x9d2c5680
	w ^= w << 15 & 0xefc60000
	return w ^ w>>18
}

// float64 is uniform on [0, 1) with 53 bits: rand of numpy.
func (m *mt19937) float64() float64 {
	high, low := m.uint32()>>5, m.uint32()>>6
	return (float64(high)*(1<<26) + float64(low)) / (1 << 53)
}

// atMost is uniform on 0 … most. It draws as many bits as most has, again and
// again until they are not more.
func (m *mt19937) atMost(most uint32) uint32 {
	mask := most
	for shift := 1; shift < 32; shift *= 2 {
		mask |= mask >> shift
	}
	for {
		if w := m.uint32() & mask; w <= most {
			return w
		}
	}
}

// shuffle is numpy's shuffle of n rows: Fisher and Yates from the last.
func (m *mt19937) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, int(m.atMost(uint32(i))))
	}
}

// permutation is numpy's permutation of 0 … n−1.
func (m *mt19937) permutation(n int) []int32 {
	p := make([]int32, n)
	for i := range p {
		p[i] = int32(i)
	}
	m.shuffle(n, func(i, j int) { p[i], p[j] = p[j], p[i] })
	return p
}
