package maskflow

import (
	"context"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// compiled is a graph function of a model's parameters, its degrees if it is
// masked, and data. It is safe for concurrent use; calls wait for each other.
type compiled struct {
	backend *backend.Backend
	model   models.Model
	mu      sync.Mutex
	exec    *Exec
}

func compile(b *backend.Backend, d models.Model, name string, fn func(p models.Params, data []*Node) *Node) (*compiled, error) {
	specs := d.Specs()
	var degrees []models.DegreeSpec
	if masked, ok := d.(models.Masked); ok {
		degrees = masked.DegreeSpecs()
	}
	exec, err := NewExec(b.Compute, func(args []*Node) []*Node {
		p := models.Bind(specs, args[:len(specs)])
		args = args[len(specs):]
		if degrees != nil {
			p, args = p.WithDegrees(degrees, args[:len(degrees)]), args[len(degrees):]
		}
		return []*Node{fn(p, args)}
	})
	if err != nil {
		return nil, backend.OneLine(err)
	}
	return &compiled{backend: b, model: d, exec: exec.WithName(name)}, nil
}

func (c *compiled) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exec.Finalize()
}

// call returns the flat result for parameters and degrees on the backend (nil
// degrees for a density without masks) and data, nil tensors left out.
func (c *compiled) call(ctx context.Context, params, degrees []*tensors.Tensor, data ...*tensors.Tensor) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	args := make([]any, 0, len(params)+len(degrees)+len(data))
	for _, group := range [][]*tensors.Tensor{params, degrees, data} {
		for _, t := range group {
			if t != nil {
				args = append(args, t)
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.backend.Acquire(); err != nil {
		return nil, err
	}
	defer c.backend.Release()
	out, err := c.exec.Call(args...)
	if err != nil {
		return nil, backend.OneLine(err)
	}
	defer finalize(out)
	var values []float32
	err = out[0].ConstFlatData(func(flat any) { values = append(values, flat.([]float32)...) })
	return values, backend.OneLine(err)
}

// degreesOf puts the degrees of a set on the backend; nil for a density without
// masks.
func degreesOf(d models.Model, set *masks.Set) []*tensors.Tensor {
	masked, ok := d.(models.Masked)
	if !ok {
		return nil
	}
	var vectors []*tensors.Tensor
	for _, v := range masked.Degrees(set) {
		vectors = append(vectors, tensors.FromFlatDataAndDimensions(v, len(v)))
	}
	return vectors
}

// degreesOfFirst are those of the first mask set, for what does not depend on it.
func degreesOfFirst(d models.Model) []*tensors.Tensor {
	masked, ok := d.(models.Masked)
	if !ok {
		return nil
	}
	return degreesOf(d, masked.Cycle().At(0))
}

// pad copies n rows into a tensor of batch rows; the rest are zeros. Rows of no
// width give nil.
func pad(x []float32, width, n, batch int) *tensors.Tensor {
	if width == 0 {
		return nil
	}
	flat := make([]float32, batch*width)
	copy(flat, x[:n*width])
	return tensors.FromFlatDataAndDimensions(flat, batch, width)
}

func finalize(ts []*tensors.Tensor) {
	for _, t := range ts {
		if t != nil {
			t.MustFinalizeAll()
		}
	}
}
