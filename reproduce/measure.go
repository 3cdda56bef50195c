package reproduce

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distmv"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/toy"
)

// estimate is a number with its error: twice the standard error over test rows,
// or the standard deviation over folds.
type estimate struct{ value, err float64 }

// measure computes a figure from the outcomes of its trainings, in their order.
type measure func(ctx context.Context, l *lab, of []outcome) (estimate, error)

// ofTest takes a number from the test of the one training.
func ofTest(value func(e maskflow.Evaluation) estimate) measure {
	return func(_ context.Context, _ *lab, of []outcome) (estimate, error) { return value(of[0].test), nil }
}

// Numbers of an evaluation, as papers print them.
func nll(e maskflow.Evaluation) estimate           { return estimate{e.NLL, e.NLL2SE} }
func logLikelihood(e maskflow.Evaluation) estimate { return estimate{-e.NLLModel, e.NLLModel2SE} }
func negELBO(e maskflow.Evaluation) estimate       { return estimate{e.NegELBO, e.NegELBO2SE} }

func divergence(e maskflow.Evaluation) estimate {
	if e.KL == nil {
		return estimate{math.NaN(), math.NaN()}
	}
	return estimate{*e.KL, e.NegELBO2SE}
}

// overFolds is the mean log-likelihood of the test rows of several trainings and its deviation; of
// rows, unless that is nil, which are made of their splits.
func overFolds(rows func(s *data.Splits) (*data.Prepared, error)) measure {
	return func(ctx context.Context, l *lab, of []outcome) (estimate, error) {
		var values []float64
		for _, o := range of {
			v, err := -o.test.NLLModel, error(nil)
			if rows != nil {
				v, err = l.logLikelihood(ctx, o, rows)
			}
			if err != nil {
				return estimate{}, err
			}
			values = append(values, v)
		}
		mean, sd := stat.MeanStdDev(values, nil)
		return estimate{mean, sd}, nil
	}
}

// logLikelihood is the mean of rows that are made of the splits of a training, in model space.
func (l *lab) logLikelihood(ctx context.Context, of outcome, rows func(s *data.Splits) (*data.Prepared, error)) (float64, error) {
	r, splits, err := l.open(ctx, &of)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	s, err := rows(splits)
	if err != nil {
		return 0, err
	}
	logp, err := r.Core.LogProb(ctx, s.X, s.Context)
	return stat.Mean(logp, nil), err
}

// withoutTwins are the test rows that are not in training.
func withoutTwins(s *data.Splits) (*data.Prepared, error) {
	twins, err := s.Twins(s.Test)
	if err != nil {
		return nil, err
	}
	alone := &data.Prepared{Name: s.Test.Name, Dim: s.Test.Dim}
	for i := range s.Test.Rows {
		if !twins[i] {
			alone.Rows, alone.X = alone.Rows+1, append(alone.X, s.Test.Row(i)...)
		}
	}
	return alone, nil
}

// spread are the test rows with noise that is uniform in a step of each column, so that no value repeats.
func spread(steps []float64) func(s *data.Splits) (*data.Prepared, error) {
	return func(s *data.Splits) (*data.Prepared, error) {
		rows, err := s.Prep.Undo(s.Test.X)
		if err != nil {
			return nil, err
		}
		rng := rand.New(rand.NewPCG(1, 0))
		for i := range rows.Rows() {
			for d, step := range steps {
				rows.Set(i, d, rows.At(i, d)+step*(rng.Float64()-0.5))
			}
		}
		return s.Prep.Apply(rows)
	}
}

// gainOfSecond is how much lower the second negative bound is than the first. The
// bounds are means over the same rows, so that the sum of their variances is more
// than the variance of the difference.
func gainOfSecond(_ context.Context, _ *lab, of []outcome) (estimate, error) {
	a, b := negELBO(of[0].test), negELBO(of[1].test)
	return estimate{a.value - b.value, math.Hypot(a.err, b.err)}, nil
}

// gapTo is the mean over test rows of ln p(x) − ln q(x) for the toy p: its
// expectation is KL(p‖q).
func gapTo(name string) measure {
	return func(ctx context.Context, l *lab, of []outcome) (estimate, error) {
		truth, ok := toy.ByName(name)
		if !ok {
			return estimate{}, fmt.Errorf("no toy %q", name)
		}
		r, splits, err := l.open(ctx, &of[0])
		if err != nil {
			return estimate{}, err
		}
		defer r.Close()
		logq, err := r.LogProbOf(ctx, splits.Test, nil)
		if err != nil {
			return estimate{}, err
		}
		rows, err := r.Preparation().Undo(splits.Test.X)
		if err != nil {
			return estimate{}, err
		}
		gaps := make([]float64, len(logq))
		for i, q := range logq {
			x := rows.Row(nil, i)
			gaps[i] = truth.LogDensity(x[0], x[1]) - q
		}
		return meanOf(gaps), nil
	}
}

// Rows that a Gaussian with a full covariance is fitted to.
const (
	gaussianRows      = 300_000
	gaussianRowsQuick = 20_000
)

// gaussianOf fits a Gaussian with a full covariance to the training rows of a
// preset and returns its mean log-likelihood of the test rows.
func gaussianOf(t Training) measure {
	return func(ctx context.Context, l *lab, _ []outcome) (estimate, error) {
		c, err := t.Resolve(l.o.Quick)
		if err != nil {
			return estimate{}, err
		}
		splits, err := l.data(ctx, &c.Config)
		if err != nil {
			return estimate{}, err
		}
		most := gaussianRows
		if l.o.Quick {
			most = gaussianRowsQuick
		}
		return gaussianLogLikelihood(ctx, splits.Train, splits.Test, most)
	}
}

func gaussianLogLikelihood(ctx context.Context, train, test *data.Prepared, most int) (estimate, error) {
	n, dim := min(train.Rows, most), train.Dim
	rows := mat.NewDense(n, dim, nil)
	mean := make([]float64, dim)
	for i := range n {
		for d, v := range train.Row(i) {
			rows.Set(i, d, float64(v))
			mean[d] += float64(v) / float64(n)
		}
	}
	var covariance mat.SymDense
	stat.CovarianceMatrix(&covariance, rows, nil)
	normal, ok := distmv.NewNormal(mean, &covariance, nil)
	if !ok {
		return estimate{}, fmt.Errorf("the covariance of %d rows of %s is singular: no Gaussian has it", n, train.Name)
	}
	logp, row := make([]float64, test.Rows), make([]float64, dim)
	for i := range logp {
		if i%10_000 == 0 && ctx.Err() != nil {
			return estimate{}, ctx.Err()
		}
		for d, v := range test.Row(i) {
			row[d] = float64(v)
		}
		logp[i] = normal.LogProb(row)
	}
	return meanOf(logp), nil
}

// meanOf is a mean with twice its standard error.
func meanOf(v []float64) estimate {
	mean, sd := stat.MeanStdDev(v, nil)
	return estimate{mean, 2 * sd / math.Sqrt(float64(len(v)))}
}
