// Package posterior draws from conditional densities, and judges such samples: against samples of a reference, and by their ranks and
// coverage of pairs that a model was not trained on.
package posterior

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/models/made"
	"github.com/maskflow/maskflow/train"
)

// The classifier of [C2ST]: two layers of so many units for each variable, trained for at most so many steps of batches, and until
// so many steps have no validation that is better by more than a tolerance: sets that differ by their modes alone are told apart late.
const (
	c2stFolds     = 5
	c2stUnits     = 10
	c2stBatch     = 200
	c2stSteps     = 20_000
	c2stPatience  = 800
	c2stTolerance = 1e-3 // nats
	c2stEvery     = 25   // steps between validations, or more
)

// settled ends a training that gets no better.
type settled struct {
	best float64
	step int64
}

func (s *settled) Stop(at train.Progress) bool {
	if best := float64(at.Best); best < s.best-c2stTolerance {
		s.best, s.step = best, at.Step
	}
	return at.Step-s.step >= c2stPatience
}

// C2ST is the accuracy with which a classifier tells two sets of samples from each other, which are rows of dim numbers, on rows
// that it was not trained on: 0.5 of equal distributions, 1 of distributions apart (Lopez-Paz and Oquab 2017, arXiv 1610.06545).
// As in the benchmark of Lueckmann et al. (2021, arXiv 2101.04653) samples are scaled by the first set, the classifier is a network of
// two layers of 10 dim units, and the figure is the mean of five folds. The seed draws folds and weights. It returns an error
// where a set has no rows, or numbers that are not finite.
func C2ST(ctx context.Context, b *backend.Backend, reference, samples []float32, dim int, seed uint64) (float64, error) {
	if dim < 1 || len(reference)%dim != 0 || len(samples)%dim != 0 || len(reference) < 2*c2stFolds*dim || len(samples) < 2*c2stFolds*dim {
		return 0, fmt.Errorf("two-sample test: %d and %d values are not two sets of %d rows or more of %d", len(reference), len(samples), 2*c2stFolds, dim)
	}
	x, err := scaled(reference, samples, dim)
	if err != nil {
		return 0, err
	}
	n, first := len(x)/dim, len(reference)/dim
	order := rand.New(rand.NewPCG(seed, 0)).Perm(n)
	var accuracy num.Mean
	for fold := range c2stFolds {
		var rows [3][]int // to train with, to stop by and to test with
		for i, row := range order {
			switch k := i * c2stFolds / n; {
			case k == fold:
				rows[2] = append(rows[2], row)
			case i%10 == 0:
				rows[1] = append(rows[1], row)
			default:
				rows[0] = append(rows[0], row)
			}
		}
		right, err := classified(ctx, b, x, dim, first, rows, seed+uint64(fold))
		if err != nil {
			return 0, err
		}
		accuracy.Add(right, 1)
	}
	return accuracy.Value(), nil
}

// scaled are both sets, one after the other, by means and deviations of the first.
func scaled(reference, samples []float32, dim int) ([]float32, error) {
	x := slices.Concat(reference, samples)
	for k, v := range x {
		if !num.Finite(float64(v)) {
			return nil, fmt.Errorf("two-sample test: row %d of the sets (counted from 0) has %v", k/dim, v)
		}
	}
	scale, err := data.FitScale(dim, 1, func(row func([]float64)) error {
		for of := range slices.Chunk(num.Convert[float64](reference), dim) {
			row(of)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if d := slices.Index(scale.SD, 0); d >= 0 {
		return nil, fmt.Errorf("two-sample test: column %d of the reference (counted from 0) has one value", d)
	}
	for k, v := range x {
		x[k] = float32((float64(v) - scale.Mean[k%dim]) / scale.SD[k%dim])
	}
	return x, nil
}

// classified trains p(set | row) and returns the share of test rows of which the likelier set is the right one.
func classified(ctx context.Context, b *backend.Backend, x []float32, dim, first int, rows [3][]int, seed uint64) (float64, error) {
	part := func(name string, rows []int) *data.Prepared {
		s := &data.Prepared{Name: name, Rows: len(rows), Dim: 1, ContextDim: dim}
		for _, row := range rows {
			var set float32
			if row >= first {
				set = 1
			}
			s.X, s.Context = append(s.X, set), append(s.Context, x[row*dim:(row+1)*dim]...)
		}
		return s
	}
	m, err := made.New(made.Options{Dim: 1, ContextDim: dim, Hidden: []int{c2stUnits * dim, c2stUnits * dim}, Activation: "relu", Seed: seed})
	if err != nil {
		return 0, err
	}
	splits := &data.Splits{Train: part("train", rows[0]), Valid: part("valid", rows[1]), Prep: data.NewPreparation(1, dim)}
	steps := max(1, len(rows[0])/c2stBatch) // of an epoch
	r, err := train.Fit(ctx, b, m, splits, train.Options{Seed: seed, ValidateEvery: max(1, c2stEvery/steps), Batch: c2stBatch, Optimizer: &train.Adam{LearningRate: 1e-3}, MaxSteps: c2stSteps,
		LookAhead: train.Never, Stop: &settled{best: math.Inf(1)}, DropLast: len(rows[0]) > c2stBatch})
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if r.Ended != nil {
		return 0, r.Ended
	}
	test := part("test", rows[2])
	logp, err := r.Core.LogProb(ctx, test.X, test.Context)
	if err != nil {
		return 0, err
	}
	right := 0
	for _, v := range logp {
		if v > -math.Ln2 {
			right++
		}
	}
	return float64(right) / float64(len(logp)), nil
}
