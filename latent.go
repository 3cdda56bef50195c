package maskflow

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
)

// hostInverter is a flow on the host, made when it is first asked for.
type hostInverter struct {
	once sync.Once
	of   models.Inverter
	err  error
}

// inverter is the model's flow on the host.
func (m *Model) inverter() (models.Inverter, error) {
	m.host.once.Do(func() {
		f, ok := m.model.(models.HostInverter)
		if !ok {
			m.host.err = fmt.Errorf("this model is no flow: it has no latent codes")
			return
		}
		m.host.of, m.host.err = f.NewInverter(m.weights)
	})
	return m.host.of, m.host.err
}

// Latent maps rows of data to the noise that they come from, their latent codes,
// both row-major [rows, dim]. It is an error for a model that is no flow, and a
// *models.NonFiniteError where a value leaves the range of float32.
func (m *Model) Latent(ctx context.Context, x, cond []float32) ([]float32, error) {
	z, _, err := m.move(ctx, x, cond, models.Solver{}, models.Inverter.ToNoise)
	return z, err
}

// FromLatent maps noise to data, both row-major [rows, dim]: the inverse of
// Latent. All methods of a solver with no tolerance give the same bits; passes is
// the largest number of times that any row went through any one network. Errors
// are those of Latent, and one when Jacobi's passes do not suffice.
func (m *Model) FromLatent(ctx context.Context, z, cond []float32, solver models.Solver) (x []float32, passes int, err error) {
	return m.move(ctx, z, cond, solver, models.Inverter.ToData)
}

// move maps a copy of the rows.
func (m *Model) move(ctx context.Context, rows, cond []float32, solver models.Solver,
	by func(models.Inverter, context.Context, []float32, []float32, models.Solver) (int, error)) ([]float32, int, error) {
	if _, err := rowsOf(m.model, rows, cond); err != nil {
		return nil, 0, err
	}
	f, err := m.inverter()
	if err != nil {
		return nil, 0, err
	}
	moved := append([]float32(nil), rows...)
	passes, err := by(f, ctx, moved, cond, solver)
	if err != nil {
		return nil, passes, err
	}
	return moved, passes, nil
}

// SampleAndLogProb draws n samples as Sample does and returns with them
// ln p(x | context) of each, in nats. For a flow that goes from noise to data in
// one pass, an IAF, both come out of that pass on the backend; its samples then
// agree with Sample's but for rounding.
func (m *Model) SampleAndLogProb(ctx context.Context, n int, o SampleOptions) (x []float32, logp []float64, err error) {
	if inverts(m.model) {
		return m.sampleInOnePass(ctx, n, o)
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
	logp, err = m.logProb(ctx, x, o.Context, of)
	return x, logp, err
}

// onePass is a flow whose samples come with their densities.
type onePass interface {
	SampleAndLogProb(p models.Params, z, context *Node) (x, logProb *Node)
}

// sampleBatch is the number of samples a call to the backend unless the options
// say otherwise.
const sampleBatch = 4096

// sampleInOnePass maps noise, the same as Sample draws, to samples and their
// log-densities on the backend.
func (m *Model) sampleInOnePass(ctx context.Context, n int, o SampleOptions) (x []float32, logp []float64, err error) {
	dim, width := m.model.Dim(), m.model.ContextDim()
	if err := checkSampling(m.model, n, o); err != nil {
		return nil, nil, err
	}
	pass, err := m.passes()
	if err != nil {
		return nil, nil, err
	}
	noise := make([]float32, n*dim)
	flow.Normal(dim).DrawNoise(rand.New(rand.NewPCG(o.Seed, noiseStream)), noise)
	batch := sampleBatch
	if m.o.Batch > 0 {
		batch = m.o.Batch
	}
	batch = min(batch, max(n, 1))
	x, logp = make([]float32, 0, n*dim), make([]float64, 0, n)
	for first := 0; first < n; first += batch {
		rows := min(batch, n-first)
		data := []*tensors.Tensor{pad(part(noise, first, rows, n), dim, rows, batch), pad(part(o.Context, first, rows, n), width, rows, batch)}
		values, err := pass.call(ctx, m.params, nil, data...)
		finalize(data)
		if err != nil {
			return nil, nil, err
		}
		for i := range rows {
			row := values[i*(dim+1) : (i+1)*(dim+1)]
			x, logp = append(x, row[:dim]...), append(logp, float64(row[dim]))
		}
	}
	if err := models.CheckFinite("sample", x, dim); err != nil {
		return nil, nil, err
	}
	return x, logp, checkLogProbs(logp)
}

// passes is the compiled way from noise [batch, dim] to samples and their
// log-densities, [batch, dim + 1].
func (m *Model) passes() (*compiled, error) {
	m.pass.once.Do(func() {
		s, ok := m.model.(onePass)
		if !ok {
			m.pass.err = fmt.Errorf("this model does not sample in one pass")
			return
		}
		m.pass.of, m.pass.err = compile(m.evaluator.value.backend, m.model, "sample", func(p models.Params, data []*Node) *Node {
			x, logp := s.SampleAndLogProb(p, data[0], second(data))
			return Concatenate([]*Node{x, ExpandAxes(logp, 1)}, 1)
		})
	})
	return m.pass.of, m.pass.err
}

// samplePass is made when it is first asked for.
type samplePass struct {
	once sync.Once
	of   *compiled
	err  error
}

func (s *samplePass) close() {
	if s.of != nil {
		s.of.close()
	}
}
