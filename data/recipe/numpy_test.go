package recipe

import (
	"slices"
	"testing"
)

// What numpy 2.2.6 gives for RandomState(42) and RandomState(7).
func TestNumpyRandomState(t *testing.T) {
	m := newRandomState(42)
	for i, want := range []uint32{1608637542, 3421126067, 4083286876, 787846414, 3143890026} {
		if got := m.Uint32(); got != want {
			t.Errorf("word %d: %d, want %d", i, got, want)
		}
	}
	m = newRandomState(42)
	for i, want := range []float64{0.3745401188473625, 0.9507143064099162, 0.7319939418114051, 0.5986584841970366} {
		if got := m.float64(); got != want {
			t.Errorf("rand %d: %v, want %v", i, got, want)
		}
	}
	if got, want := newRandomState(7).permutation(10), []int{8, 5, 0, 2, 1, 9, 7, 3, 6, 4}; !slices.Equal(got, want) {
		t.Errorf("permutation %v, want %v", got, want)
	}
	m = newRandomState(42)
	if got, want := m.permutation(13), []int{11, 9, 0, 8, 5, 2, 1, 12, 4, 7, 10, 3, 6}; !slices.Equal(got, want) {
		t.Errorf("permutation %v, want %v", got, want)
	}
	if got, want := m.float64(), 0.14286681792194078; got != want {
		t.Errorf("rand after the shuffle: %v, want %v", got, want)
	}
}

// A permutation that refills the state many times: its ends, the sum of its
// products with 0, 1, 2 … and the number after it, from numpy.
func TestNumpyLongShuffle(t *testing.T) {
	m := newRandomState(42)
	p := m.permutation(100000)
	if want := []int{75721, 80184, 19864, 76699, 92991}; !slices.Equal(p[:5], want) {
		t.Errorf("it begins with %v, want %v", p[:5], want)
	}
	if want := []int{6265, 54886, 76820, 860, 15795}; !slices.Equal(p[99995:], want) {
		t.Errorf("it ends with %v, want %v", p[99995:], want)
	}
	sum := 0
	for i, v := range p {
		sum += i * v
	}
	if sum != 249851129327323 || m.float64() != 0.5748666399084967 {
		t.Errorf("sum of products %d, want 249851129327323, or another number after it", sum)
	}
}
