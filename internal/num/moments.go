package num

import (
	"runtime"
	"sync"
)

// Moments returns the mean and the biased variance of each column of rows [n, dim]. Blocks of rows are summed side by
// side and merged in their order, so that the result does not depend on the number of processors.
func Moments(rows []float32, dim int) (mean, variance []float64) {
	const block = 4096 // rows
	n := len(rows) / dim
	blocks := make([]columnMoments, (n+block-1)/block)
	Each(len(blocks), func(k int) { blocks[k] = momentsOf(rows[k*block*dim:min((k+1)*block, n)*dim], dim) })
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

// columnMoments are the mean of each column of n rows and the sum of squares
// around it.
type columnMoments struct {
	n         float64
	mean, sum []float64
}

func momentsOf(rows []float32, dim int) columnMoments {
	m := columnMoments{n: float64(len(rows) / dim), mean: make([]float64, dim), sum: make([]float64, dim)}
	for at := 0; at < len(rows); at += dim {
		for d, v := range rows[at : at+dim] {
			m.mean[d] += float64(v)
		}
	}
	for d := range m.mean {
		m.mean[d] /= m.n
	}
	for at := 0; at < len(rows); at += dim {
		for d, v := range rows[at : at+dim] {
			distance := float64(v) - m.mean[d]
			m.sum[d] += distance * distance
		}
	}
	return m
}

// merge adds the rows of another (Chan, Golub and LeVeque 1979).
func (m *columnMoments) merge(o columnMoments) {
	n := m.n + o.n
	for d := range m.mean {
		distance := o.mean[d] - m.mean[d]
		m.mean[d] += distance * o.n / n
		m.sum[d] += o.sum[d] + distance*distance*m.n*o.n/n
	}
	m.n = n
}
