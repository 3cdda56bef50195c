package maskflow

import (
	"context"
	"errors"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Preparation makes the rows of the model of those of its source, and takes them
// back.
func (m *Model) Preparation() *data.Preparation { return m.prep }

// Prepare makes rows of the model of a table: all the columns of the source, or the
// variables followed by the context. The error names the cell that the model cannot
// take, by its row and column: a missing or infinite one, a text, a value that is
// no bit under a density of bits.
func (m *Model) Prepare(rows *data.Table) (*data.Prepared, error) {
	s, err := m.prep.Apply(rows)
	if err != nil {
		return nil, err
	}
	return s, CheckRows(m.Definition(), s)
}

// CheckRows returns an error unless a model can be evaluated at the rows of a set:
// one of bits needs zeros and ones. The error names the first other value and its
// place in the source.
func CheckRows(m models.Definition, s *data.Prepared) error {
	if m == nil || s == nil {
		return errors.New("checking rows needs a model and rows")
	}
	if m.Support(0) == models.Bits() {
		return s.CheckBinary()
	}
	return nil
}

// LogProb returns ln p(x | context) of each row of a table in nats, in the units of
// the source, averaged over the probabilities of the ensemble Sets(0), or over
// importance weights for a stochastic model. Errors are those of Prepare, and a
// *models.NonFiniteError for a log-density that is not finite.
func (m *Model) LogProb(ctx context.Context, rows *data.Table) ([]float64, error) {
	s, err := m.Prepare(rows)
	if err != nil {
		return nil, err
	}
	return m.LogProbOf(ctx, s, nil)
}

// LogProbOf is LogProb for rows that are prepared, and for an ensemble of the given
// mask sets; nil is that of Sets(0).
func (m *Model) LogProbOf(ctx context.Context, s *data.Prepared, sets []*masks.Set) ([]float64, error) {
	if s == nil {
		return nil, errors.New("no rows are given to evaluate")
	}
	of := m.ensemble(0)
	if sets != nil {
		of = exec.Ensemble{Sets: sets}
	}
	logp, err := m.logProb(ctx, s.X, s.Context, of)
	for i := range logp {
		logp[i] += s.RowLogDet(i)
	}
	return logp, err
}

// Evaluate computes the negative log-likelihood of the rows of a table, in the units of
// the source; see [Core.EvaluateOf]. Errors are those of Prepare, too.
func (m *Model) Evaluate(ctx context.Context, rows *data.Table, o EvalOptions) (Evaluation, error) {
	s, err := m.Prepare(rows)
	if err != nil {
		return Evaluation{}, err
	}
	return m.EvaluateOf(ctx, s, o)
}

// Sample draws n rows in the units of the source by ancestral sampling on the host.
// The same seed gives the same rows on every machine and backend, and the first rows
// do not depend on n.
func (m *Model) Sample(ctx context.Context, n int, o SampleOptions) (*data.Table, error) {
	x, err := m.Core.Sample(ctx, n, o)
	if err != nil {
		return nil, err
	}
	return m.prep.Undo(x)
}

// SampleBlocks draws the same rows as Sample, any number of them, and calls write with
// one block of them after the other: they are never all held. passes is the largest
// number of times that any row went through any one network, 0 where no network is
// inverted. An error of write ends it.
func (m *Model) SampleBlocks(ctx context.Context, n int, o SampleOptions, write func(*data.Table) error) (passes int, err error) {
	if write == nil {
		return 0, errors.New("samples by blocks need a function that takes them")
	}
	return m.Core.SampleBlocks(ctx, n, o, func(x []float32) error {
		t, err := m.prep.Undo(x)
		if err != nil {
			return err
		}
		t.Shape = m.Shape
		return write(t)
	})
}

// SampleAndLogProb draws n rows as Sample does and returns with them ln p(x |
// context) of each, in nats and the units of the source.
func (m *Model) SampleAndLogProb(ctx context.Context, n int, o SampleOptions) (*data.Table, []float64, error) {
	x, logp, err := m.Core.SampleAndLogProb(ctx, n, o)
	if err != nil {
		return nil, nil, err
	}
	for i, logDet := range m.prep.LogDets(x) {
		logp[i] += logDet
	}
	rows, err := m.prep.Undo(x)
	return rows, logp, err
}

// Latent maps rows of a table to the noise that they come from, their latent codes.
// It is an error for a model that is no flow, and a *models.NonFiniteError where a
// value leaves the range of float32.
func (m *Model) Latent(ctx context.Context, rows *data.Table) (*data.Table, error) {
	s, err := m.Prepare(rows)
	if err != nil {
		return nil, err
	}
	z, err := m.Core.Latent(ctx, s.X, s.Context)
	if err != nil {
		return nil, err
	}
	return data.FromFlat(z, s.Dim)
}

// FromLatent maps noise, followed by the context where the model has one, to rows
// in the units of the source: the inverse of Latent. See [Core.FromLatent].
func (m *Model) FromLatent(ctx context.Context, noise *data.Table, solver models.Solver) (rows *data.Table, passes int, err error) {
	s, err := data.NewPreparation(m.Definition().Dim(), m.Definition().ContextDim()).Apply(noise)
	if err != nil {
		return nil, 0, err
	}
	x, passes, err := m.Core.FromLatent(ctx, s.X, s.Context, solver)
	if err != nil {
		return nil, passes, err
	}
	rows, err = m.prep.Undo(x)
	return rows, passes, err
}
