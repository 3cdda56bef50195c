package maskflow

import (
	"context"
	"fmt"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Evaluator computes log-likelihoods of a density for parameters that somebody
// else holds on the backend, such as a training loop. It compiles once. It is
// safe for concurrent use.
type Evaluator struct {
	backend *backend.Backend
	density models.Density
	masked  models.Masked // nil unless the density is masked
	batch   int

	mu   sync.Mutex // one call at a time
	exec *Exec
}

// NewEvaluator returns an evaluator that works in batches of the given number of
// rows (0: 500).
func NewEvaluator(b *backend.Backend, d models.Density, batch int) (*Evaluator, error) {
	if batch <= 0 {
		batch = 500
	}
	e := &Evaluator{backend: b, density: d, batch: batch}
	e.masked, _ = d.(models.Masked)
	specs := d.Specs()
	exec, err := NewExec(b.Compute, func(args []*Node) []*Node {
		p := models.Bind(specs, args[:len(specs)])
		args = args[len(specs):]
		if e.masked != nil {
			ds := e.masked.DegreeSpecs()
			p, args = p.WithDegrees(ds, args[:len(ds)]), args[len(ds):]
		}
		var cond *Node
		if d.ContextDim() > 0 {
			cond = args[1]
		}
		return []*Node{d.LogProb(p, args[0], cond)}
	})
	if err != nil {
		return nil, backend.OneLine(err)
	}
	e.exec = exec.WithName("log_prob")
	return e, nil
}

// Close frees the executable.
func (e *Evaluator) Close() { e.exec.Finalize() }

// each computes the log-likelihoods of all rows under each set, batch by batch:
// f gets the first row of a batch and perSet[k][i], the log-likelihood of its
// row i under set k. A density without masks takes no sets and has one.
func (e *Evaluator) each(ctx context.Context, params []*tensors.Tensor, x, cond []float32, sets []*masks.Set, f func(first int, perSet [][]float64)) error {
	rows, err := rowsOf(e.density, x, cond)
	if err != nil {
		return err
	}
	if e.masked != nil && len(sets) == 0 {
		return fmt.Errorf("evaluating a masked density needs at least one mask set")
	}
	degrees := [][]*tensors.Tensor{nil}
	if e.masked != nil {
		degrees = degrees[:0]
		for _, s := range sets {
			var vectors []*tensors.Tensor
			for _, v := range e.masked.Degrees(s) {
				vectors = append(vectors, tensors.FromFlatDataAndDimensions(v, len(v)))
			}
			degrees = append(degrees, vectors)
		}
	}
	defer func() {
		for _, vectors := range degrees {
			finalize(vectors)
		}
	}()
	for first := 0; first < rows; first += e.batch {
		n := min(e.batch, rows-first)
		data := []*tensors.Tensor{pad(x, e.density.Dim(), first, n, e.batch)}
		if w := e.density.ContextDim(); w > 0 {
			data = append(data, pad(cond, w, first, n, e.batch))
		}
		perSet := make([][]float64, len(degrees))
		for k := range degrees {
			if perSet[k], err = e.call(ctx, params, degrees[k], data, n); err != nil {
				break
			}
		}
		finalize(data)
		if err != nil {
			return err
		}
		f(first, perSet)
	}
	return nil
}

// call runs one batch and returns the log-likelihoods of its first n rows.
func (e *Evaluator) call(ctx context.Context, params, degrees, data []*tensors.Tensor, n int) ([]float64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	args := make([]any, 0, len(params)+len(degrees)+len(data))
	for _, group := range [][]*tensors.Tensor{params, degrees, data} {
		for _, t := range group {
			args = append(args, t)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.backend.Acquire(); err != nil {
		return nil, err
	}
	defer e.backend.Release()
	out, err := e.exec.Call(args...)
	if err != nil {
		return nil, backend.OneLine(err)
	}
	defer finalize(out)
	values := make([]float64, n)
	err = out[0].ConstFlatData(func(flat any) {
		for i, v := range flat.([]float32)[:n] {
			values[i] = float64(v)
		}
	})
	return values, err
}

// pad copies n rows into a tensor of batch rows; the rest are zeros.
func pad(x []float32, width, first, n, batch int) *tensors.Tensor {
	flat := make([]float32, batch*width)
	copy(flat, x[first*width:(first+n)*width])
	return tensors.FromFlatDataAndDimensions(flat, batch, width)
}

func finalize(ts []*tensors.Tensor) {
	for _, t := range ts {
		t.MustFinalizeAll()
	}
}
