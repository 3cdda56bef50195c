package train

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// executable is a compiled program with the tensors by which a call hands it
// what the host knows. They live as long as the executable and are written in
// place: on a CPU that is the memory which the program reads, so a call neither
// allocates nor uploads.
type executable struct {
	*Exec
	host []*tensors.Tensor // as hostShapes lists them
}

// Finalize frees the executable. A second call does nothing.
func (e *executable) Finalize() {
	e.Exec.Finalize()
	finalize(e.host)
	e.host = nil
}

// hostShapes are those of weights, [x], [context], [noise], degrees… and scalars, each with
// a leading axis of the chunk's length when there is a loop, whose number of
// steps is then the last.
func (p *program) hostShapes() []shapes.Shape {
	var all []shapes.Shape
	add := func(dtype dtypes.DType, dims ...int) {
		if p.chunk > 1 {
			dims = append([]int{p.chunk}, dims...)
		}
		all = append(all, shapes.Make(dtype, dims...))
	}
	add(dtypes.Float32, p.batch)
	for _, width := range []int{p.dataDim, p.model.ContextDim(), p.noiseDim} {
		if width > 0 {
			add(dtypes.Float32, p.batch, width)
		}
	}
	for _, d := range p.degrees {
		add(dtypes.Int32, d.Length)
	}
	add(dtypes.Float32, p.scalars)
	if p.chunk > 1 {
		all = append(all, shapes.Make(dtypes.Int32))
	}
	return all
}

// write fills the host's tensors. What they hold beyond the given steps is left
// over from earlier calls and not looked at.
func (p *program) write(steps []step) error {
	rest := p.compiled.host
	next := func() *tensors.Tensor {
		t := rest[0]
		rest = rest[1:]
		return t
	}
	problems := []error{put(next(), steps, func(s step) []float32 { return s.weights })}
	for _, optional := range []struct {
		width int
		of    func(step) []float32
	}{
		{p.dataDim, func(s step) []float32 { return s.x }},
		{p.model.ContextDim(), func(s step) []float32 { return s.context }},
		{p.noiseDim, func(s step) []float32 { return s.noise }},
	} {
		if optional.width > 0 {
			problems = append(problems, put(next(), steps, optional.of))
		}
	}
	for i := range p.degrees {
		problems = append(problems, put(next(), steps, func(s step) []int32 { return s.degrees[i] }))
	}
	problems = append(problems, put(next(), steps, func(s step) []float32 {
		v := make([]float32, len(s.scalars))
		for i, f := range s.scalars {
			v[i] = float32(f)
		}
		return v
	}))
	if p.chunk > 1 {
		problems = append(problems, tensors.MutableFlatData(next(), func(flat []int32) { flat[0] = int32(len(steps)) }))
	}
	return errors.Join(problems...)
}

// put writes the values of each step one after another.
func put[T float32 | int32](t *tensors.Tensor, steps []step, of func(step) []T) error {
	return tensors.MutableFlatData(t, func(flat []T) {
		for _, s := range steps {
			flat = flat[copy(flat, of(s)):]
		}
	})
}

// run advances the state by the steps, at most chunk of them, and returns the
// losses and gradient norms. The state's buffers are donated and replaced. A
// step that is not finite ends the run: its loss or norm is reported last and
// the state is the one before it.
func (p *program) run(b compute.Backend, state []*tensors.Tensor, steps []step) (losses, norms []float32, err error) {
	if len(steps) == 0 || len(steps) > p.chunk {
		return nil, nil, fmt.Errorf("running %d steps in a program for up to %d", len(steps), p.chunk)
	}
	if err := p.write(steps); err != nil {
		return nil, nil, err
	}
	args := make([]any, 0, len(state)+len(p.compiled.host))
	for _, t := range state {
		buffer, err := DonateTensorBuffer(t, b, 0)
		if err != nil {
			return nil, nil, err
		}
		args = append(args, buffer)
	}
	for _, t := range p.compiled.host {
		args = append(args, t)
	}
	outputs, err := p.compiled.Call(args...)
	if err != nil {
		return nil, nil, err
	}
	copy(state, outputs[:len(state)])
	logs := outputs[len(state):]
	losses, norms = tensors.MustCopyFlatData[float32](logs[0])[:len(steps)], tensors.MustCopyFlatData[float32](logs[1])[:len(steps)]
	finalize(logs)
	return losses, norms, nil
}
