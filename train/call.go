package train

import (
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/internal/exec"
)

// run advances the state by the steps, at most chunk of them, and returns the
// losses and gradient norms. The state's buffers are donated and replaced. A
// step that is not finite ends the run: its loss or norm is reported last and
// the state is the one before it.
func (p *program) run(b compute.Backend, state []*tensors.Tensor, steps []exec.Values) (losses, norms []float32, err error) {
	if len(steps) == 0 || len(steps) > p.chunk {
		return nil, nil, fmt.Errorf("running %d steps in a program for up to %d", len(steps), p.chunk)
	}
	if err := p.host.Write(steps); err != nil {
		return nil, nil, err
	}
	args := make([]any, 0, len(state)+len(p.host.Tensors))
	for _, t := range state {
		buffer, err := DonateTensorBuffer(t, b, 0)
		if err != nil {
			return nil, nil, err
		}
		args = append(args, buffer)
	}
	for _, t := range p.host.Tensors {
		args = append(args, t)
	}
	outputs, err := p.compiled.Call(args...)
	if err != nil {
		return nil, nil, err
	}
	copy(state, outputs[:len(state)])
	logs := outputs[len(state):]
	losses, norms = tensors.MustCopyFlatData[float32](logs[0])[:len(steps)], tensors.MustCopyFlatData[float32](logs[1])[:len(steps)]
	exec.Finalize(logs)
	return losses, norms, nil
}
