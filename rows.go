package maskflow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Preparation makes the rows of the model of those of its source, and takes them
// back.
func (m *Model) Preparation() *data.Preparation { return m.prep }

// Reading returns the model with another way to read rows; both are closed as one.
func (m *Model) Reading(r data.Reading) *Model {
	as := *m
	if m.prep != nil {
		as.prep = m.prep.As(r)
	}
	return &as
}

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

// blockOf is how many rows are prepared at once where not all are: whole batches, of which
// so many values a row are held beside the row.
func (m *Model) blockOf(batch, held int) int {
	const rows, values = 1 << 14, 1 << 22
	return batch * max(min(rows, values/max(held, m.prep.Width, 1))/batch, 1)
}

// PrepareBlocks is Prepare for so many rows at a time: see [data.Preparation.Blocks].
func (m *Model) PrepareBlocks(rows data.Pages, n int) iter.Seq2[*data.Prepared, error] {
	return m.prep.Blocks(rows, n, func(s *data.Prepared) error { return CheckRows(m.Definition(), s) })
}

// CheckRows returns an error unless a model can be evaluated at the rows of a set:
// one of bits needs zeros and ones, one of levels their numbers. The error names the
// first other value and its place in the source.
func CheckRows(m models.Definition, s *data.Prepared) error {
	if m == nil || s == nil {
		return errors.New("checking rows needs a model and rows")
	}
	if len(s.X) != s.Rows*s.Width() {
		return s.Check()
	}
	variables := models.VariablesOf(m)
	bits := models.Binary(m)
	var counted []int // all others are of numbers, which may be too large to have a likelihood
	for d, of := range variables[:min(len(variables), s.Dim)] {
		if of.Support.Size() > 0 {
			counted = append(counted, d)
		}
	}
	for row := range s.Rows {
		x := s.Row(row)
		for _, d := range counted {
			err := variables[d].Check(x[d])
			switch {
			case err != nil && bits: // as of images
				return s.CheckBinary()
			case err != nil:
				return fmt.Errorf("%s: %s: %w", s.Name, s.Place(row, d), err)
			}
		}
	}
	return nil
}

// LogProb returns ln p(x | context) of each row of a table in nats, in the units of
// the source, averaged over the probabilities of the ensemble Sets(0), or over
// importance weights for a stochastic model. A row without a likelihood, as one so far
// from all others that its density is zero in float32, has −Inf. Errors are those of
// Prepare.
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
	logp, err := m.logProb(ctx, s.X, s.Context, m.over(sets))
	err = exec.Unknown(s, err)
	for i := range logp {
		logp[i] += s.RowLogDet(i)
	}
	return logp, err
}

// LogProbBlocks is LogProbOf for rows of which one block after the other is prepared and
// goes to f, with the values that LogProb has, and perSet[k][i], those of row i under set
// k alone, or by draw k of the noise of a stochastic model. A page more is read and prepared
// while one is computed. Errors are those of the pages and of Prepare, before the first block
// of their page, and those of f.
func (m *Model) LogProbBlocks(ctx context.Context, rows data.Pages, sets []*masks.Set,
	f func(s *data.Prepared, logp []float64, perSet [][]float64) error) error {
	if f == nil {
		return errors.New("likelihoods by blocks need a function that takes them")
	}
	score, n, done, err := m.scorer(ctx, sets)
	if err != nil {
		return err
	}
	defer done()
	for s, err := range m.PrepareBlocks(rows, n) {
		if err != nil {
			return err
		}
		logp, perSet, err := score(s)
		if err == nil {
			err = f(s, logp, perSet)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// over is the ensemble of the given mask sets, that of Sets(0) for nil.
func (m *Core) over(sets []*masks.Set) exec.Ensemble {
	if sets != nil {
		return exec.Ensemble{Sets: sets}
	}
	return m.ensemble(0)
}

// scorer returns what gives one block after the other the log-likelihoods of [Model.LogProbBlocks], and how many rows a block
// has that suits it. It holds off Close until done is called.
func (m *Model) scorer(ctx context.Context, sets []*masks.Set) (score func(*data.Prepared) (logp []float64, perSet [][]float64, err error), block int, done func(), err error) {
	if err := m.whole("likelihood of rows"); err != nil {
		return nil, 0, nil, err
	}
	if done, err = m.begin(); err != nil {
		return nil, 0, nil, err
	}
	e, err := m.ofDensity()
	if err != nil {
		done()
		return nil, 0, nil, err
	}
	of := m.over(sets)
	logProbs, err := e.Blocks(ctx, m.density.Params, of)
	if err != nil {
		done()
		return nil, 0, nil, err
	}
	return func(s *data.Prepared) ([]float64, [][]float64, error) {
		perSet, err := logProbs(s.X, s.Context)
		if err != nil {
			return nil, nil, exec.Unknown(s, err)
		}
		logp, one := make([]float64, s.Rows), make([]float64, len(perSet))
		for i := range logp {
			logDet := s.RowLogDet(i)
			for k := range perSet {
				perSet[k][i] += logDet
				one[k] = perSet[k][i]
			}
			logp[i] = exec.Joint(one)
		}
		return logp, perSet, nil
	}, m.blockOf(e.Batch(), max(len(of.Sets), of.Draws)), done, nil
}

// Evaluate computes the negative log-likelihood of the rows of a table, in the units of
// the source; see [Core.EvaluateOf]. Rows of weight 0 are left out, whatever their cells are. Errors are those of Prepare, too.
func (m *Model) Evaluate(ctx context.Context, rows *data.Table, o EvalOptions) (Evaluation, error) {
	return m.EvaluatePages(ctx, rows.Pages, o)
}

// EvaluatePages is Evaluate for rows that come in pages, which are not held. Errors are those of the pages, too.
func (m *Model) EvaluatePages(ctx context.Context, rows data.Pages, o EvalOptions) (Evaluation, error) {
	return m.evaluate(ctx, false, o, func(batch int) iter.Seq2[*data.Prepared, error] {
		return m.PrepareBlocks(m.prep.Counted(rows), m.blockOf(batch, 1))
	})
}

// drawn prepares the context of samples. The function takes some of them, of which first are before,
// back to the units of the source.
func (m *Model) drawn(o SampleOptions) (_ SampleOptions, undo func(x []float32, first int) (*data.Table, error), err error) {
	if o.Context != nil && m.Definition().ContextDim() > 0 && o.Given == nil {
		if o.prepared, err = m.prep.ContextOf(o.Context); err != nil {
			return o, nil, err
		}
	}
	if o.Given != nil {
		s, err := m.PrepareGiven(o.Given)
		if err != nil {
			return o, nil, err
		}
		o.given = s.Values()
		if s.ContextDim > 0 {
			o.Context, o.prepared = o.Given, s.Context
		}
	}
	return o, func(x []float32, first int) (*data.Table, error) {
		given := o.Context
		if given != nil {
			rows := make([]int, len(x)/m.Definition().Dim())
			for i := range rows {
				if rows[i] = first + i; given.Rows() == 1 {
					rows[i] = 0
				}
			}
			given = data.Part{Table: given, Rows: rows}.Select()
		}
		t, err := m.prep.UndoWith(x, given)
		if err == nil {
			t.Shape = m.Shape
		}
		return t, err
	}, nil
}

// Sample draws n rows in the units of the source by ancestral sampling on the host, with
// the names and kinds of its columns, those of their context too.
// The same seed gives the same rows on every machine and backend, and the first rows
// do not depend on n.
func (m *Model) Sample(ctx context.Context, n int, o SampleOptions) (*data.Table, error) {
	t, _, err := m.SampleAndPasses(ctx, n, o)
	return t, err
}

// SampleBlocks draws the same rows as Sample, any number of them, and calls write with
// one block of them after the other: they are never all held. passes is the largest
// number of times that any row went through any one network, 0 where no network is
// inverted. An error of write ends it.
func (m *Model) SampleBlocks(ctx context.Context, n int, o SampleOptions, write func(*data.Table) error) (passes int, err error) {
	if write == nil {
		return 0, errors.New("samples by blocks need a function that takes them")
	}
	o, undo, err := m.drawn(o)
	if err != nil {
		return 0, err
	}
	first := 0
	return m.Core.SampleBlocks(ctx, n, o, func(x []float32) error {
		t, err := undo(x, first)
		if err != nil {
			return err
		}
		first += t.Rows()
		return write(t)
	})
}

// SampleAndPasses is Sample with the largest number of times that any row went through
// any one network, 0 where no network is inverted.
func (m *Model) SampleAndPasses(ctx context.Context, n int, o SampleOptions) (*data.Table, int, error) {
	o, undo, err := m.drawn(o)
	if err != nil {
		return nil, 0, err
	}
	x, passes, err := m.Core.SampleAndPasses(ctx, n, o)
	if err != nil {
		return nil, passes, err
	}
	rows, err := undo(x, 0)
	return rows, passes, err
}

// SampleAndLogProb draws n rows as Sample does and returns with them ln p(x |
// context) of each, in nats and the units of the source, as LogProb has them.
func (m *Model) SampleAndLogProb(ctx context.Context, n int, o SampleOptions) (*data.Table, []float64, error) {
	o, undo, err := m.drawn(o)
	if err != nil {
		return nil, nil, err
	}
	x, logp, err := m.Core.SampleAndLogProb(ctx, n, o)
	if err != nil {
		return nil, nil, err
	}
	rows, err := undo(x, 0)
	if err != nil {
		return nil, nil, err
	}
	// Levels and the ends of a logit's range are prepared to other rows than those drawn.
	again := m.prep
	if again.Schema() == nil { // the rows have no context
		again = data.NewPreparation(m.Definition().Dim(), 0, m.prep.Steps...)
		again.NoiseByPlace = m.prep.NoiseByPlace
	}
	s, err := again.Apply(rows)
	if err != nil {
		return nil, nil, err
	}
	same := true
	for k, v := range models.Widen(m.Definition(), x) {
		same = same && math.Abs(float64(v-s.X[k])) <= 1e-4*(1+math.Abs(float64(v)))
	}
	if same {
		for i := range logp {
			logp[i] += s.RowLogDet(i)
		}
		return rows, logp, nil
	}
	d, err := o.draw(n)
	if err != nil {
		return nil, nil, err
	}
	s.ContextDim = m.Definition().ContextDim()
	s.Context = d.ContextOf(0, n, s.ContextDim)
	var sets []*masks.Set
	if o.Order > 0 {
		if sets, err = m.samplingSets(o.Order); err != nil {
			return nil, nil, err
		}
	}
	logp, err = m.LogProbOf(ctx, s, sets)
	return rows, logp, err
}

// LogProbSets is LogProb for the ensemble of some mask sets.
func (m *Model) LogProbSets(ctx context.Context, rows *data.Table, sets []*masks.Set) ([]float64, error) {
	s, err := m.Prepare(rows)
	if err != nil {
		return nil, err
	}
	return m.LogProbOf(ctx, s, sets)
}

// PIT returns the probability integral transforms of the rows of a table, with a column
// for each variable; see [Core.PIT].
func (m *Model) PIT(ctx context.Context, rows *data.Table) (*data.Table, error) {
	s, err := m.Prepare(rows)
	if err == nil {
		err = s.CheckRange()
	}
	if err != nil {
		return nil, err
	}
	u, err := m.Core.PIT(ctx, s.X, s.Context)
	if err != nil {
		return nil, err
	}
	return data.FromFlat(u, s.Dim, s.Columns...)
}

// Latent maps rows of a table to the noise that they come from, their latent codes.
// It is an error for a model that is no flow, and a *models.NonFiniteError where a
// value leaves the range of float32.
func (m *Model) Latent(ctx context.Context, rows *data.Table) (*data.Table, error) {
	s, err := m.Prepare(rows)
	if err == nil {
		err = s.CheckRange()
	}
	if err != nil {
		return nil, err
	}
	z, err := m.Core.Latent(ctx, s.X, s.Context)
	if err != nil {
		return nil, exec.Placed(s, err)
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
