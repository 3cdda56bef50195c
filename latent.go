package maskflow

import (
	"cmp"
	"context"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Latent maps rows of data to the noise that they come from, their latent codes,
// both row-major [rows, dim]. It is an error for a model that is no flow, and a
// *models.NonFiniteError where a value leaves the range of float32.
func (m *Core) Latent(ctx context.Context, x, cond []float32) ([]float32, error) {
	z, _, err := m.move(ctx, x, cond, models.Solver{}, models.Inverter.ToNoise)
	return z, err
}

// FromLatent maps noise to data, both row-major [rows, dim]: the inverse of
// Latent. All methods of a solver with no tolerance give the same bits; passes is
// the largest number of times that any row went through any one network. Errors
// are those of Latent, and one when Jacobi's passes do not suffice.
func (m *Core) FromLatent(ctx context.Context, z, cond []float32, solver models.Solver) (x []float32, passes int, err error) {
	return m.move(ctx, z, cond, solver, models.Inverter.ToData)
}

// move maps a copy of the rows.
func (m *Core) move(ctx context.Context, rows, cond []float32, solver models.Solver,
	by func(models.Inverter, context.Context, []float32, []float32, models.Solver) (int, error)) ([]float32, int, error) {
	if err := checkValues(m.density.Model, rows, cond); err != nil {
		return nil, 0, err
	}
	f, err := m.density.Inverter()
	if err != nil {
		return nil, 0, err
	}
	moved := slices.Clone(rows)
	passes, err := by(f, ctx, moved, cond, solver)
	return moved, passes, err
}

// SampleAndLogProb draws n samples as Sample does and returns with them
// ln p(x | context) of each, in nats. For a flow that goes from noise to data in
// one pass, an IAF, both come out of that pass on the backend; its samples then
// agree with Sample's but for rounding.
func (m *Core) SampleAndLogProb(ctx context.Context, n int, o SampleOptions) (x []float32, logp []float64, err error) {
	draw, err := o.draw(n)
	if err != nil {
		return nil, nil, err
	}
	if f, ok := exec.Looping(m.density.Model); ok && m.Sets(1) == nil {
		return m.sampleInOnePass(ctx, f, draw)
	}
	if x, err = m.Sample(ctx, n, o); err != nil {
		return nil, nil, err
	}
	of := m.ensemble(0)
	if o.Order > 0 {
		if of.Sets, err = m.samplingSets(o.Order); err != nil {
			return nil, nil, err
		}
	}
	if logp, err = m.logProb(ctx, models.Widen(m.density.Model, x), draw.ContextOf(0, n, m.Definition().ContextDim()), of); err != nil {
		return nil, nil, err
	}
	return x, logp, checkLogProbs(logp)
}

// sampleBatch is the number of samples a call to the backend unless the options
// say otherwise.
const sampleBatch = 4096

// sampleInOnePass maps samples of the base density, the same as Sample draws, to
// samples and their log-densities on the backend.
func (m *Core) sampleInOnePass(ctx context.Context, f models.Flow, draw exec.Draw) (x []float32, logp []float64, err error) {
	if err := draw.Check(f); err != nil {
		return nil, nil, err
	}
	dim, n := f.Dim(), draw.N
	cond := draw.ContextOf(0, n, f.ContextDim())
	if f.Base().ContextDim() == 0 {
		draw.Context = nil
	}
	z, _, err := exec.Sample(ctx, f.Base(), f.BasePart().Weights(m.density.Weights), []*masks.Set{nil}, draw)
	if err != nil {
		return nil, nil, err
	}
	batch := min(cmp.Or(max(m.o.Batch, 0), sampleBatch), max(n, 1))
	done, err := m.begin()
	if err != nil {
		return nil, nil, err
	}
	defer done()
	pass, err := m.onePass(f)
	if err != nil {
		return nil, nil, err
	}
	x, logp = make([]float32, 0, n*dim), make([]float64, 0, n)
	for first := 0; first < n; first += batch {
		rows := min(batch, n-first)
		values, err := pass.Call(ctx, m.density.Params, exec.Values{Batch: batch,
			X: exec.Rows(z, first, rows, n), Context: exec.Rows(cond, first, rows, n)})
		if err != nil {
			return nil, nil, err
		}
		for i := range rows {
			row := values[i*(dim+1) : (i+1)*(dim+1)]
			x, logp = append(x, row[:dim]...), append(logp, float64(row[dim]))
		}
	}
	if err := models.CheckFinite("sample", "", x, dim); err != nil {
		return nil, nil, err
	}
	return x, logp, checkLogProbs(logp)
}

// checkLogProbs reports the first log-density of a sample that is not finite.
func checkLogProbs(logp []float64) error {
	for i, v := range logp {
		if !num.Finite(v) {
			return &models.NonFiniteError{Where: "log-density of a sample", Row: i, Variable: -1, Value: v}
		}
	}
	return nil
}

// onePass is the compiled way from noise [batch, dim] to samples and their
// log-densities, [batch, dim + 1].
func (m *Core) onePass(f models.Flow) (*exec.Compiled, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pass != nil {
		return m.pass, nil
	}
	var err error
	m.pass, err = m.density.Compile("sample", sampleBatch, func(p models.Params, in exec.Args[*Node]) *Node {
		x, logp := f.SampleAndLogProb(p, in.X, in.Context)
		return Concatenate([]*Node{x, ExpandAxes(logp, 1)}, 1)
	})
	return m.pass, err
}
