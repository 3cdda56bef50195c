package maskflow

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/option"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
)

// Meta is what a checkpoint says about its model.
type Meta struct {
	// Run is the id of the run that the checkpoint is of, and WeightsHash that of its run.json; "" in a checkpoint of
	// version 0.1.0, and in a model file.
	Run         string `json:"run,omitempty"`
	WeightsHash string `json:"weights_hash,omitempty"`
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

// Check refuses a description, and the options of a configuration, that the tensors beside it do not justify: what is built
// by them takes their time and memory. It needs no more of the tensors than their shapes.
func (m Meta) Check(s *checkpoint.State, c *Config) error {
	if s == nil || c == nil || c.Model == nil {
		return errNoConfig
	}
	if m.Dim < 1 {
		return fmt.Errorf("the description has %d variables, need 1 or more", m.Dim)
	}
	values := s.Values()
	if int64(max(m.Dim, m.ContextDim)) > values {
		return fmt.Errorf("the description has %d variables and a context of %d, but its tensors only %d values", m.Dim, m.ContextDim, values)
	}
	if n := c.Model.Size(models.Input{Dim: max(m.Dim, 0), ContextDim: max(m.ContextDim, 0), Variables: Variables(m.Preparation)}); n > 2*float64(values)+1e4 {
		return fmt.Errorf("the configuration asks for a model of %.3g parameters, but the tensors have only %d values", n, values)
	}
	if p := m.Preparation; p != nil && (p.Dim() != m.Dim || p.ContextDim() != m.ContextDim) {
		return fmt.Errorf("the preparation is of %d variables and a context of %d, the model of %d and %d", p.Dim(), p.ContextDim(), m.Dim, m.ContextDim)
	}
	if m.Shape != nil && (models.Spec{Shape: m.Shape}).Size() != m.Dim || slices.ContainsFunc(m.Shape, func(n int) bool { return n < 1 || n > m.Dim }) {
		return fmt.Errorf("rows of shape %v do not have %d variables", m.Shape, m.Dim)
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

// Owner returns an error for a checkpoint that is not of the run, or of the run before its model became another.
func (m Meta) Owner(run *runlog.Manifest) error {
	switch {
	case run == nil || !run.Owns(m.Run):
		return fmt.Errorf("it %w: it is a checkpoint of %.80q", runlog.ErrForeign, m.Run)
	case run.HasIDs() && m.WeightsHash != run.WeightsHash:
		return fmt.Errorf("it %w: its weights follow from other data, another model or another seed than those of %s", runlog.ErrForeign, runlog.ConfigFile)
	}
	return nil
}

// WeightsHash is the SHA-256, in hexadecimal, of what the weights of a run follow from in the text of its config.yaml:
// the seed, the data and the model, but for what a resumption may change. It is "" where the text cannot be read.
func WeightsHash(text []byte) string {
	values, err := config.Values(runlog.ConfigFile, text)
	if err != nil {
		return ""
	}
	keys := option.Flatten((&Config{}).Table())
	sum := sha256.New()
	for _, v := range values {
		section, _, _ := strings.Cut(v.Path, ".")
		if k := keys.At(v.Path); slices.Contains([]string{"seed", "data", "model"}, section) && (k == nil || !k.IsMutable()) {
			sum.Write([]byte(v.Path + ": " + v.Text + "\n"))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// ReadRun reads what a run directory says about its run: run.json and the text of config.yaml, which is compared with
// both hashes there. The error of an edited or exchanged file is [runlog.ErrForeign].
func ReadRun(dir string) (*runlog.Manifest, []byte, error) {
	m, text, err := runlog.ReadConfig(dir)
	if err != nil {
		return nil, nil, err
	}
	if m.HasIDs() && m.WeightsHash != WeightsHash(text) {
		return nil, nil, fmt.Errorf("%s %w: %s has the hash of other data, another model or another seed", filepath.Join(dir, runlog.ConfigFile), runlog.ErrForeign, runlog.ManifestFile)
	}
	return m, text, nil
}

// RunConfig is [ReadRun] with the configuration of the model; what it has about training is not looked at.
func RunConfig(dir string) (*runlog.Manifest, *Config, error) {
	run, text, err := ReadRun(dir)
	if err != nil {
		return nil, nil, err
	}
	path := filepath.Join(dir, runlog.ConfigFile)
	c := &Config{}
	c.NameAfter(path)
	if err := config.Parse(c.Table(), path, text, nil, "train"); err != nil {
		return nil, nil, fmt.Errorf("%s is not a run that can be opened: %w", dir, config.Brief(err))
	}
	return run, c, nil
}

func openRun(b *backend.Backend, dir string) (*Model, error) {
	run, c, err := RunConfig(dir)
	if errors.Is(err, runlog.ErrNoRun) {
		err = cmp.Or(runlog.NoMembers(dir), err)
	}
	if err != nil {
		return nil, err
	}
	folder, err := files.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	defer folder.Close() //nolint:errcheck // nothing was written
	path := filepath.Join(dir, runlog.CheckpointsDir, checkpoint.Best)
	state, err := checkpoint.In(folder.Sub(runlog.CheckpointsDir), nil).Load(checkpoint.Best)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no validated weights: its training has not come to its first validation (or ended before; continue it with --resume)", dir)
	}
	if err != nil {
		return nil, err
	}
	var meta Meta
	if err := json.Unmarshal(state.Meta, &meta); err != nil {
		return nil, fmt.Errorf("%s: the description of the model cannot be read: %w", path, err)
	}
	if err := meta.Owner(run); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m, err := open(b, dir, c, state, meta)
	if err == nil {
		m.run = run
	}
	return m, err
}

// open makes the model of a configuration with the weights of a checkpoint.
func open(b *backend.Backend, path string, c *Config, state *checkpoint.State, meta Meta) (*Model, error) {
	if err := meta.Check(state, c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	d, err := c.NewModel(meta.Dim, meta.ContextDim, Variables(meta.Preparation)...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if masked, ok := d.(models.Masked); ok && masked.Cycle().Len() == masks.Unlimited {
		if most := masked.Cycle().Recipe().Most(); c.Eval.TestOrders > most {
			return nil, fmt.Errorf("%s: eval.test_orders is %d, and the most for this model are %d", path, c.Eval.TestOrders, most)
		}
	}
	if meta.Preparation == nil {
		if meta.Preparation, err = Upgrade(state, c, d); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	w, err := exec.WeightsOf(state, exec.ParamsGroup, d)
	if err == nil {
		err = w.Finite(d)
	}
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
