package num

import (
	"runtime"
	"sync"

	"gonum.org/v1/gonum/stat"
)

// Moments returns the mean and the biased variance of each column of rows [n, dim], as
// stat.PopMeanVariance does of one; columns are taken side by side.
func Moments(rows []float32, dim int) (mean, variance []float64) {
	mean, variance = make([]float64, dim), make([]float64, dim)
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(dim, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			column := make([]float64, len(rows)/dim)
			for d := range next {
				for i := range column {
					column[i] = float64(rows[i*dim+d])
				}
				mean[d], variance[d] = stat.PopMeanVariance(column, nil)
			}
		})
	}
	for d := range dim {
		next <- d
	}
	close(next)
	wg.Wait()
	return mean, variance
}
