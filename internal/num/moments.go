package num

import (
	"math"
	"runtime"
	"sync"
)

// Moments returns the mean and the biased variance of each column of rows [n, dim], which count by weights [n]; nil counts
// all once. Blocks of rows are summed side by side and merged in their order, so that the result does not depend on the
// number of processors.
func Moments(rows []float32, dim int, weights []float64) (mean, variance []float64) {
	const block = 4096 // rows
	n := len(rows) / dim
	blocks := make([]columnMoments, (n+block-1)/block)
	Each(len(blocks), func(k int) {
		from, to := k*block, min((k+1)*block, n)
		of := weights
		if of != nil {
			of = of[from:to]
		}
		blocks[k] = momentsOf(rows[from*dim:to*dim], dim, of)
	})
	all := columnMoments{mean: make([]float64, dim), sum: make([]float64, dim)}
	for _, b := range blocks {
		all.merge(b)
	}
	for d := range all.sum {
		all.sum[d] /= all.n
	}
	return all.mean, all.sum
}

// Each calls f for 0 … n−1, as many at a time as there are processors.
func Each(n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// columnMoments are the mean of each column of rows whose weights sum to n, and the sum of squares around it.
type columnMoments struct {
	n         float64
	mean, sum []float64
}

func momentsOf(rows []float32, dim int, weights []float64) columnMoments {
	m := columnMoments{mean: make([]float64, dim), sum: make([]float64, dim)}
	each := func(f func(row []float32, w float64)) {
		for at := 0; at < len(rows); at += dim {
			w := 1.0
			if weights != nil {
				w = weights[at/dim]
			}
			if w > 0 {
				f(rows[at:at+dim], w)
			}
		}
	}
	each(func(row []float32, w float64) {
		m.n += w
		for d, v := range row {
			m.mean[d] += w * float64(v)
		}
	})
	for d := range m.mean {
		m.mean[d] /= max(m.n, math.SmallestNonzeroFloat64)
	}
	each(func(row []float32, w float64) {
		for d, v := range row {
			distance := float64(v) - m.mean[d]
			m.sum[d] += w * distance * distance
		}
	})
	return m
}

// merge adds the rows of another (Chan, Golub and LeVeque 1979).
func (m *columnMoments) merge(o columnMoments) {
	n := m.n + o.n
	if n == 0 {
		return
	}
	for d := range m.mean {
		distance := o.mean[d] - m.mean[d]
		m.mean[d] += distance * o.n / n
		m.sum[d] += o.sum[d] + distance*distance*m.n*o.n/n
	}
	m.n = n
}
