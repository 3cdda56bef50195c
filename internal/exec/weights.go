package exec

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/models"
)

// ParamsGroup is the group of tensors that holds a model's weights in a
// checkpoint; the tensor of parameter P is called "params/P".
const ParamsGroup = "params"

// HostWeights copies parameters of a model, in the order of its specs, from the
// backend.
func HostWeights(params []*tensors.Tensor) (models.Weights, error) {
	w := make(models.Weights, len(params))
	for i, x := range params {
		if err := x.ConstFlatData(func(flat any) { w[i] = append([]float32(nil), flat.([]float32)...) }); err != nil {
			return nil, backend.OneLine(err)
		}
	}
	return w, nil
}

// Tensors are weights of a density as a group of a checkpoint's tensors.
func Tensors(group string, d models.Model, w models.Weights) ([]checkpoint.Tensor, error) {
	if err := w.Check(d); err != nil {
		return nil, err
	}
	var out []checkpoint.Tensor
	for i, s := range d.Specs() {
		t, err := checkpoint.NewTensor(group+"/"+s.Name, s.Shape, w[i])
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// WeightsOf finds a density's weights in a group of a checkpoint's tensors.
func WeightsOf(s *checkpoint.State, group string, d models.Model) (models.Weights, error) {
	byName := make(map[string]checkpoint.Tensor, len(s.Tensors))
	for _, t := range s.Tensors {
		byName[t.Name] = t
	}
	specs := d.Specs()
	w := make(models.Weights, len(specs))
	for i, spec := range specs {
		name := group + "/" + spec.Name
		t, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("the checkpoint has no tensor %q (was it saved with another configuration?)", name)
		}
		if !slices.Equal(t.Shape, spec.Shape) {
			return nil, fmt.Errorf("the checkpoint's %q has shape %v, the model's %v", name, t.Shape, spec.Shape)
		}
		v, err := checkpoint.Values[float32](t)
		if err != nil {
			return nil, err
		}
		w[i] = v
	}
	return w, nil
}
