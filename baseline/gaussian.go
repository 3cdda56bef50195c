package baseline

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distmv"
)

// mostCorrelated is the most variables of which a matrix of covariances is made.
const mostCorrelated = 300

// gaussian has the mean and the (biased) covariances of the training rows, so that a row of weight 2 is the row twice. It is possible where all variables are numbers and all are
// known; a cell has the density at its middle, times its width.
func gaussian(_ context.Context, train, _ *table) (*Density, error) {
	dim := len(train.variables)
	if dim > mostCorrelated || len(train.numbers()) < dim || train.n <= float64(dim) {
		return nil, nil
	}
	for d, m := range train.variables {
		for _, p := range train.points[d] {
			if m.States() > 0 || m.Unknown || !p.Known {
				return nil, nil
			}
		}
	}
	rows := mat.NewDense(train.rows, dim, nil)
	for i := range train.rows {
		for d := range dim {
			rows.Set(i, d, train.point(i, d).Value)
		}
	}
	mean, covariance := make([]float64, dim), mat.NewSymDense(dim, nil)
	for d := range dim {
		mean[d] = stat.Mean(mat.Col(nil, d, rows), train.weights)
	}
	stat.CovarianceMatrix(covariance, rows, train.weights) // divided by the sum of the weights less 1
	covariance.ScaleSym((train.n-1)/train.n, covariance)
	normal, ok := distmv.NewNormal(mean, covariance, nil)
	if !ok { // a column is a sum of others, or constant
		return nil, nil
	}
	return &Density{Gaussian, "a " + string(Gaussian), func(t *table) []float64 {
		logp, row := make([]float64, t.rows), make([]float64, dim)
		for i := range logp {
			for d := range dim {
				p := t.point(i, d)
				row[d] = p.Value
				if p.Cells() {
					logp[i] += math.Log(p.Width)
				}
			}
			logp[i] += normal.LogProb(row)
		}
		return logp
	}}, nil
}
