// Package exec compiles graph functions of a model's parameters and calls them:
// it lays out and pads the inputs of a call, gives the outputs as slices of the
// host and frees every tensor. Package maskflow, train and verify use it.
package exec

import (
	"context"
	"fmt"
	"sync"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/models"
)

// Compiled is a compiled graph function of a model's parameters and the inputs of
// a layout. It is safe for concurrent use; calls wait for each other.
type Compiled struct {
	backend *backend.Backend
	layout  Layout
	mu      sync.Mutex
	exec    *Exec
}

// Compile prepares a function; it is compiled when it is first called.
func Compile(b *backend.Backend, m models.Definition, name string, l Layout, fn func(p models.Params, in Args[*Node]) *Node) (*Compiled, error) {
	specs := m.Specs()
	exec, err := NewExec(b.Compute, func(args []*Node) []*Node {
		in, _ := l.Split(args[len(specs):])
		p := models.Bind(specs, args[:len(specs)])
		if l.Degrees != nil {
			p = p.WithDegrees(l.Degrees, in.Degrees)
		}
		return []*Node{fn(p, in)}
	})
	if err != nil {
		return nil, backend.OneLine(err)
	}
	return &Compiled{backend: b, layout: l, exec: exec.WithName(name)}, nil
}

// Close frees the executable. A nil function has none.
func (c *Compiled) Close() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exec.Finalize()
}

// Batch is the number of rows a call.
func (c *Compiled) Batch() int { return c.layout.Batch }

// Call returns the flat result for parameters on the backend and values.
func (c *Compiled) Call(ctx context.Context, params []*tensors.Tensor, v Values) ([]float32, error) {
	in := c.layout.Tensors(v)
	defer c.layout.finalize(in)
	return c.CallTensors(ctx, params, in)
}

// CallTensors is Call for inputs that are tensors already, and stay the caller's.
func (c *Compiled) CallTensors(ctx context.Context, params []*tensors.Tensor, in Args[*tensors.Tensor]) ([]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	args := make([]any, 0, len(params)+5+len(c.layout.Degrees))
	for _, t := range params {
		args = append(args, t)
	}
	missing := false
	visit(c.layout, &in, func(field **tensors.Tensor, _ shapes.Shape) {
		missing = missing || *field == nil
		args = append(args, *field)
	})
	if missing {
		return nil, fmt.Errorf("a call of %s lacks one of its inputs", c.exec.Name())
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
	defer Finalize(out)
	var values []float32
	err = out[0].ConstFlatData(func(flat any) { values = append(values, flat.([]float32)...) })
	return values, backend.OneLine(err)
}

// finalize frees tensors of the layout.
func (l Layout) finalize(in Args[*tensors.Tensor]) {
	visit(l, &in, func(field **tensors.Tensor, _ shapes.Shape) { Finalize([]*tensors.Tensor{*field}) })
}

// Finalize frees tensors, nil ones left out.
func Finalize(ts []*tensors.Tensor) {
	for _, t := range ts {
		if t != nil {
			t.MustFinalizeAll()
		}
	}
}

// Rows are n rows from first on, of values that belong to so many rows in all.
func Rows[T any](values []T, first, n, rows int) []T {
	width := len(values) / max(rows, 1)
	return values[first*width : (first+n)*width]
}
