package train

import (
	"context"
	"runtime"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
)

// stage is a models.Stage with its compiled way from the stage before.
type stage struct {
	models.Stage
	exec *Exec // nil when rows stay as they are
}

// Rows that pass to a stage in one call: few enough for a processor's caches, as
// many as keep a GPU busy.
const (
	stageBatch    = 2000
	stageBatchGPU = 20_000
)

func (s *stage) close() {
	if s.exec != nil {
		s.exec.Finalize()
	}
}

// newStages prepares what the model estimates from the training rows.
func (t *Trainer) newStages() error {
	e, ok := t.model.(models.Estimated)
	if !ok {
		return nil
	}
	for _, s := range e.Stages() {
		own := &stage{Stage: s}
		if s.Advance != nil {
			exec, err := NewExec(t.backend.Compute, func(args []*Node) []*Node {
				n := len(t.program.specs)
				p := models.Bind(t.program.specs, args[:n])
				var context *Node
				if len(args) > n+1 {
					context = args[n+1]
				}
				return []*Node{s.Advance(p, args[n], context)}
			})
			if err != nil {
				return backend.OneLine(err)
			}
			own.exec = exec
		}
		t.stages = append(t.stages, own)
	}
	return nil
}

// estimate sets the parameters that follow from all training rows: those that
// are estimated once in the beginning, and those that follow the weights before
// every validation. Stages take their turns, since what one sees depends on what
// those before it set.
func (t *Trainer) estimate(ctx context.Context, beginning bool) error {
	last := -1
	for i, s := range t.stages {
		if beginning || s.Repeat {
			last = i
		}
	}
	rows := t.splits.Train.X
	for i := 0; i <= last; i++ {
		s := t.stages[i]
		if s.exec != nil {
			var err error
			if rows, err = t.advanceRows(ctx, s, rows); err != nil {
				return err
			}
		}
		if beginning || s.Repeat {
			t.set(s.Estimate(moments(rows, t.model.Dim())), !s.Repeat)
		}
	}
	return nil
}

// advanceRows maps rows [n, dim] to what the stage sees, with the weights that
// are evaluated.
func (t *Trainer) advanceRows(ctx context.Context, s *stage, rows []float32) ([]float32, error) {
	dim, width := t.model.Dim(), t.model.ContextDim()
	n := len(rows) / dim
	limit := stageBatch
	if t.backend.Kind == backend.KindCUDA {
		limit = stageBatchGPU
	}
	batch := evenBatch(n, limit)
	out := make([]float32, 0, n*dim)
	for first := 0; first < n; first += batch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var args []any
		for _, p := range t.evaluated() {
			args = append(args, p)
		}
		here := min(batch, n-first)
		owned := []*tensors.Tensor{padded(rows[first*dim:(first+here)*dim], batch, dim)}
		if width > 0 {
			owned = append(owned, padded(t.splits.Train.Context[first*width:(first+here)*width], batch, width))
		}
		for _, x := range owned {
			args = append(args, x)
		}
		values, err := t.callStage(s, args)
		finalize(owned)
		if err != nil {
			return nil, err
		}
		out = append(out, values[:here*dim]...)
	}
	return out, nil
}

func (t *Trainer) callStage(s *stage, args []any) ([]float32, error) {
	if err := t.backend.Acquire(); err != nil {
		return nil, err
	}
	defer t.backend.Release()
	outputs, err := s.exec.Call(args...)
	if err != nil {
		return nil, backend.OneLine(err)
	}
	defer finalize(outputs)
	return tensors.MustCopyFlatData[float32](outputs[0]), nil
}

// padded is a tensor of batch rows, those beyond the values being zero.
func padded(values []float32, batch, width int) *tensors.Tensor {
	flat := make([]float32, batch*width)
	copy(flat, values)
	return tensors.FromFlatDataAndDimensions(flat, batch, width)
}

// moments are the mean and the biased variance of each column of rows [n, dim].
// Blocks of rows are summed side by side and merged in their order, so that the
// result does not depend on the number of processors.
func moments(rows []float32, dim int) (mean, variance []float64) {
	const block = 4096 // rows
	n := len(rows) / dim
	blocks := make([]columnMoments, (n+block-1)/block)
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for k := range next {
				blocks[k] = momentsOf(rows[k*block*dim:min((k+1)*block, n)*dim], dim)
			}
		})
	}
	for k := range blocks {
		next <- k
	}
	close(next)
	wg.Wait()
	all := columnMoments{mean: make([]float64, dim), sum: make([]float64, dim)}
	for _, b := range blocks {
		all.merge(b)
	}
	for d := range all.sum {
		all.sum[d] /= all.n
	}
	return all.mean, all.sum
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

// set replaces parameters by name in the weights that are evaluated, and on
// request also in those that are trained.
func (t *Trainer) set(values map[string][]float32, trained bool) {
	n := len(t.program.specs)
	for i, s := range t.program.specs {
		v, ok := values[s.Name]
		if !ok {
			continue
		}
		at := []int{len(t.state) - n + i}
		if t.o.EMA == 0 {
			at[0] = i
		} else if trained {
			at = append(at, i)
		}
		for _, k := range at {
			finalize(t.state[k : k+1])
			t.state[k] = tensors.FromFlatDataAndDimensions(append([]float32(nil), v...), s.Shape...)
		}
	}
}
