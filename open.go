package maskflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// ParamsGroup is the group of tensors that holds a model's weights in a
// checkpoint; the tensor of parameter P is called "params/P".
const ParamsGroup = "params"

// Meta is what a checkpoint says about its model.
type Meta struct {
	// Dim and ContextDim are the widths of a row and of its context.
	Dim        int `json:"dim"`
	ContextDim int `json:"context_dim"`
	// Shape is that of one row when it is an image.
	Shape []int `json:"shape,omitempty"`
}

// Run is a trained model with the configuration that made it.
type Run struct {
	*Model
	// Dir is the run directory.
	Dir string
	// Config is the resolved configuration.
	Config *config.Config
	// Meta are the shapes of its data.
	Meta Meta
	// Step is the number of training steps behind the weights.
	Step int64
}

// Open reads a run directory and puts its best weights on the backend. A run
// that has not validated yet has no best weights, which is an error.
func Open(b *backend.Backend, dir string) (*Run, error) {
	c, err := config.Load(filepath.Join(dir, runlog.ConfigFile), nil)
	if err != nil {
		return nil, fmt.Errorf("%s is not a run that can be opened: %w", dir, err)
	}
	state, err := checkpoint.Load(filepath.Join(dir, runlog.CheckpointsDir, checkpoint.Best))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no validated weights: its training has not come to its first validation (or ended before; continue it with --resume)", dir)
	}
	if err != nil {
		return nil, err
	}
	r := &Run{Dir: dir, Config: c, Step: state.Step}
	if err := json.Unmarshal(state.Meta, &r.Meta); err != nil {
		return nil, fmt.Errorf("%s: the description of the model cannot be read: %w", dir, err)
	}
	d, err := NewModel(c, r.Meta.Dim, r.Meta.ContextDim)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	w, err := WeightsOf(state, ParamsGroup, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if r.Model, err = New(b, d, w, Options{Batch: c.Eval.Batch, EvalSets: c.Eval.TestOrders, Samples: c.Eval.Samples}); err != nil {
		return nil, err
	}
	return r, nil
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
