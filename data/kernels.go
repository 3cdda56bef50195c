package data

import (
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/internal/num"
)

// Cells of so many different numbers at most have their own points in a spline, and of numbers so many steps apart: beyond, cells
// between them would be as narrow as float32 is.
const (
	mostCells = 1000
	mostApart = 20_000
)

// fitCells returns the spline through the ends of the cells of numbers with a step, which count by weights, so that a normal
// density gives each cell its share of the rows, as kernels have it. It is nil where there are no cells or too many of them, and
// where numbers do not come again more often than those beside them.
func fitCells(values, weights []float64, step float64) *marginal {
	k := newKernels(values, weights, step)
	if k == nil || floats.Sum(k.shares[:k.narrow]) < leastNarrow || k.gain < leastGain {
		return nil
	}
	m := &marginal{}
	add := func(x float64) {
		if y, n := k.score(x), len(m.X); num.Finite(y) && (n == 0 || x > m.X[n-1]+step/4 && y > m.Y[n-1]) {
			m.X, m.Y = append(m.X, x), append(m.Y, y)
		}
	}
	first, last := k.centres[0]-step/2, k.centres[len(k.centres)-1]+step/2
	var beyond []float64
	for far := step; far < 2*k.wide; far *= 2 {
		beyond = append(beyond, far)
	}
	for _, far := range slices.Backward(beyond) {
		add(first - far)
	}
	for _, c := range k.centres {
		add(c - step/2)
		add(c + step/2)
	}
	for _, far := range beyond {
		add(last + far)
	}
	return m.through(m.slopes())
}

// kernels is a distribution of numbers with a step: normals of some widths around each number, and a wide one.
type kernels struct {
	centres, counts []float64 // the different numbers, and the share of each
	before          []float64 // the sums of the shares before each, and of all
	widths, shares  []float64 // the last is that of the wide one
	mean, wide      float64
	narrow          int     // widths of at most a step
	gain            float64 // nats a row that kernels of at most a step bring rows that are left out
}

// Kernels are so many times wider than the one before them, from the narrowest, all of which is in a cell, to a deviation of the
// numbers. The wide one has so large a share at least.
const (
	narrowest = 0.1 // steps
	wider     = 2
	leastWide = 0.01
	// leastNarrow is the least share of kernels of at most a step. With less, columns of which hardly a number comes again would have
	// a margin of many points.
	leastNarrow = 0.5
	// leastGain is the least gain of nats a row for which a margin is bent: by such kernels, or, of AutoScale, over a normal density.
	// With less, numbers come again because there are many rows, and what depends on others smoothly would do so no longer.
	leastGain = 0.1
)

// newKernels fits the shares of the widths by the EM algorithm to the likelihood of each row by all others; nil of numbers
// without a step, of one number, and of more than mostCells.
func newKernels(values, weights []float64, step float64) *kernels {
	if step <= 0 {
		return nil
	}
	weight, sum := weightOf(weights, len(values))
	of := map[float64]float64{}
	for i, v := range values {
		if w := weight(i); w > 0 {
			if of[v] += w / sum; len(of) > mostCells {
				return nil
			}
		}
	}
	if len(of) < 2 {
		return nil
	}
	rows := float64(len(values))
	if weights != nil {
		rows = num.EffectiveNumber(weights)
	}
	k := &kernels{centres: slices.Sorted(maps.Keys(of)), before: []float64{0}}
	for i, c := range k.centres {
		k.counts = append(k.counts, of[c])
		k.before = append(k.before, k.before[i]+of[c])
	}
	mean, sd := stat.PopMeanStdDev(k.centres, k.counts)
	if k.mean, k.wide = mean, 3*math.Hypot(sd, step); k.wide > mostApart*step {
		return nil
	}
	for w := narrowest * step; w < k.wide/3; w *= wider {
		if k.widths = append(k.widths, w); w <= step {
			k.narrow++
		}
	}
	kinds := len(k.widths) + 1
	k.shares = make([]float64, kinds)
	left := make([][]float64, len(k.centres)) // the probability of each cell by each width, without one of its rows
	num.Each(len(left), func(i int) {
		c := k.centres[i]
		left[i] = make([]float64, kinds)
		for j := range kinds {
			left[i][j] = k.tail(j, c+step/2, 1) - k.tail(j, c-step/2, 1)
			if j < kinds-1 {
				left[i][j] = max(left[i][j]-math.Erf(step/2/k.widths[j]/math.Sqrt2)/rows, 0)
			}
		}
	})
	without := k.fit(left, k.narrow)
	k.gain = k.fit(left, 0) - without
	return k
}

// fit gives the widths but so many of the narrowest their shares, by the probability of each cell by each width, and returns the
// nats a row.
func (k *kernels) fit(left [][]float64, without int) (likelihood float64) {
	kinds := len(k.shares)
	for j := range k.shares {
		k.shares[j] = 0
		if j >= without {
			k.shares[j] = 1 / float64(kinds-without)
		}
	}
	for range 200 {
		next := make([]float64, kinds)
		for i, n := range k.counts {
			if all := floats.Dot(k.shares, left[i]); all > 0 {
				for j, p := range left[i] {
					next[j] += n * k.shares[j] * p / all
				}
			}
		}
		floats.Scale((1-leastWide)/floats.Sum(next), next)
		next[kinds-1] += leastWide
		k.shares = next
	}
	for i, n := range k.counts {
		if all := floats.Dot(k.shares, left[i]); all > 0 {
			likelihood += n * math.Log(all)
		}
	}
	return likelihood
}

// tail is the probability of what is below x by the kernels of one width, for side −1 of what is above. Of kernels that are so many
// widths away all is on one side.
func (k *kernels) tail(width int, x, side float64) (p float64) {
	if width == len(k.widths) {
		return math.Erfc(-side*(x-k.mean)/k.wide/math.Sqrt2) / 2
	}
	const away = 9
	w := k.widths[width]
	first, _ := slices.BinarySearch(k.centres, x-away*w)
	last, _ := slices.BinarySearch(k.centres, x+away*w)
	if p = k.before[first]; side < 0 {
		p = k.before[len(k.centres)] - k.before[last]
	}
	for i := first; i < last; i++ {
		p += k.counts[i] * math.Erfc(-side*(x-k.centres[i])/w/math.Sqrt2) / 2
	}
	return p
}

// score is the number below which a normal density has what is below x.
func (k *kernels) score(x float64) float64 {
	below, above := 0.0, 0.0
	for j, share := range k.shares {
		below += share * k.tail(j, x, 1)
		above += share * k.tail(j, x, -1)
	}
	if below < above { // the smaller has more digits
		return mathext.NormalQuantile(below)
	}
	return -mathext.NormalQuantile(above)
}
