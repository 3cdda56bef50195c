package monitor

import (
	"cmp"
	"math"
	"slices"
)

// A monotone makes a sequence of x that does not decrease from numbers that
// should not but may, since a clock can be set and a file can lie: the largest
// that came so far, from 0. Numbers that are in order, nearly always all, take
// no memory. The zero value is empty.
type monotone struct {
	n     int
	max   float64
	falls []fall
}

// A fall is a stretch of numbers, from ≤ i < to, for which x has to stand in.
type fall struct {
	from, to int
	x        float64
}

// add takes in the next number.
func (m *monotone) add(x float64) {
	if x >= m.max && !math.IsInf(x, 1) {
		m.max = x
		m.n++
		return
	}
	if k := len(m.falls) - 1; k >= 0 && m.falls[k].to == m.n && m.falls[k].x == m.max {
		m.falls[k].to++
	} else {
		m.falls = append(m.falls, fall{m.n, m.n + 1, m.max})
	}
	m.n++
}

// at returns x for number i, which was raw.
func (m *monotone) at(i int, raw float64) float64 {
	if len(m.falls) == 0 {
		return raw
	}
	k, _ := slices.BinarySearchFunc(m.falls, i, func(f fall, i int) int { return cmp.Compare(f.to, i+1) })
	if k < len(m.falls) && m.falls[k].from <= i {
		return m.falls[k].x
	}
	return raw
}
