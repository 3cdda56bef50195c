package maskflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/runlog"
)

// Meta is what a checkpoint says about its model.
type Meta struct {
	// Dim and ContextDim are the widths of a row and of its context.
	Dim        int `json:"dim"`
	ContextDim int `json:"context_dim"`
	// Shape is that of one row when it is an image.
	Shape []int `json:"shape,omitempty"`
	// Preparation is that of its rows; nil in a checkpoint of version 0.1.0, and for
	// a model that is fitted to a target.
	Preparation *data.Preparation `json:"preparation,omitempty"`
	// Data says which rows it was trained on; nil in a checkpoint of version 0.1.0, and
	// for a target.
	Data *data.Identity `json:"data,omitempty"`
}

// check refuses widths that the tensors beside them do not justify: whatever is built by
// them takes their time and memory, and every variable has a parameter.
func (m Meta) check(s *checkpoint.State) error {
	bytes := 0
	for _, t := range s.Tensors {
		bytes += len(t.Data)
	}
	for _, width := range []int{m.Dim, m.ContextDim} {
		if width > bytes/4 {
			return fmt.Errorf("the description has %d variables and a context of %d, but its tensors only %d values", m.Dim, m.ContextDim, bytes/4)
		}
	}
	return nil
}

// Open reads a run directory, or a file that [Model.Save] wrote, and puts the weights,
// those of the best validation of a run, on the backend; nil opens the backend auto,
// which Close then closes. A run that has not validated yet has no weights, which is an
// error.
func Open(b *backend.Backend, path string) (*Model, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return openFile(b, path)
	}
	return openRun(b, path)
}

func openRun(b *backend.Backend, dir string) (*Model, error) {
	c, err := LoadConfig(filepath.Join(dir, runlog.ConfigFile))
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
	var meta Meta
	if err := json.Unmarshal(state.Meta, &meta); err != nil {
		return nil, fmt.Errorf("%s: the description of the model cannot be read: %w", dir, err)
	}
	return open(b, dir, c, state, meta)
}

// open makes the model of a configuration with the weights of a checkpoint.
func open(b *backend.Backend, path string, c *Config, state *checkpoint.State, meta Meta) (*Model, error) {
	if err := meta.check(state); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d, err := c.NewModel(meta.Dim, meta.ContextDim)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if meta.Preparation == nil {
		if meta.Preparation, err = Upgrade(state, c, d); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	w, err := exec.WeightsOf(state, exec.ParamsGroup, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m, err := New(b, d, w, Options{Batch: c.Eval.Batch, EvalSets: c.Eval.TestOrders, Samples: c.Eval.Samples, Preparation: meta.Preparation})
	if err != nil {
		return nil, err
	}
	m.Path, m.Config, m.Shape, m.Step, m.Data = path, c, meta.Shape, state.Step, meta.Data
	return m, nil
}
