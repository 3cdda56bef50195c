package maskflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/toy"
	"github.com/maskflow/maskflow/internal/exec"
	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/models/flow"
	"github.com/maskflow/maskflow/models/vae"
	"github.com/maskflow/maskflow/runlog"
)

// FileVersion numbers the layout of model files.
const FileVersion = 1

// fileFeatures are what a reader has to know of a model file: a file lists those that
// it needs.
var fileFeatures = []string{"config", "preparation", "masks", schemaFeature}

// schemaFeature is that of a preparation with a schema.
const schemaFeature = "schema"

// masksGroup is the group of tensors with the degrees of the mask sets.
const masksGroup = "masks"

// fileMeta is what a model file has beside its tensors.
type fileMeta struct {
	Meta
	// Model is the version of the layout, and Requires what its reader has to know.
	Model    int      `json:"model"`
	Requires []string `json:"requires"`
	// Writer is the version of maskflow that wrote the file.
	Writer string `json:"writer"`
	// Config is the resolved configuration, as YAML, without the section of training.
	Config string `json:"config"`
	// Figures are those of [Model.Figures].
	Figures map[string]float64 `json:"figures,omitempty"`
}

// Save writes the model to one file, whose name ends in .safetensors: weights, mask
// sets, configuration, preparation and figures. [Open] reads it, in another program
// too, and so does every command that takes a run. The file is whole or absent; what is
// no file, or a run's own, is not replaced. The error names a model that cannot be built
// again, such as a flow of layers that the caller put together.
func (m *Model) Save(path string) error {
	if runlog.Owns(path) {
		return fmt.Errorf("saving %s: the folder belongs to a run, which alone writes there", path)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("saving %s: %w", path, files.ErrNotRegular)
	}
	c, err := m.configuration()
	if err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	text, err := config.Marshal(c.Table())
	if err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	d := m.Definition()
	meta := fileMeta{Meta: Meta{Dim: d.Dim(), ContextDim: d.ContextDim(), Shape: m.Shape, Preparation: m.prep, Data: m.Data},
		Model: FileVersion, Requires: slices.Clone(fileFeatures), Writer: Version, Config: string(text), Figures: m.Figures}
	if m.prep.Schema() == nil {
		meta.Requires = slices.DeleteFunc(meta.Requires, func(f string) bool { return f == schemaFeature })
	}
	s := &checkpoint.State{Step: m.Step}
	if s.Meta, err = json.Marshal(meta); err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	if s.Tensors, err = exec.Tensors(exec.ParamsGroup, d, m.Weights()); err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	degrees, err := maskTensors(d)
	if err != nil {
		return fmt.Errorf("saving %s: %w", path, err)
	}
	s.Tensors = append(s.Tensors, degrees...)
	_, err = checkpoint.Save(filepath.Dir(path), filepath.Base(path), s)
	return err
}

// configuration is what the model was made from.
func (m *Model) configuration() (*Config, error) {
	if m.Config != nil {
		return m.Config, nil
	}
	of, ok := m.Definition().(models.OfKind)
	if !ok {
		return nil, fmt.Errorf("a model of type %T cannot be built again from options", m.Definition())
	}
	kind, in := of.Kind()
	c := &Config{Name: "model", Seed: in.Seed, Model: kind, Data: data.Options{Source: data.InMemory}}
	if in.Target != "" {
		c.Data.Source = in.Target
		if !slices.ContainsFunc(toy.Targets(), func(t toy.Target) bool { return t.Name == in.Target }) {
			return nil, fmt.Errorf("the target %q of the model is none that a file can name (save a flow that was fitted to it as a density)", in.Target)
		}
	}
	return c, nil
}

// maskTensors are the degrees of every mask set of a model: of a fixed cycle "set0" and
// so on, of the layers of a flow "layer0" and so on, the inputs' first.
func maskTensors(m models.Definition) ([]checkpoint.Tensor, error) {
	var tensors []checkpoint.Tensor
	var problem error
	add := func(name string, s *masks.Set) {
		for l := range s.Layers() {
			degrees := make([]int32, len(s.In(l)))
			for i, d := range s.In(l) {
				degrees[i] = int32(d)
			}
			t, err := checkpoint.NewTensor(fmt.Sprintf("%s/%s/degrees%d", masksGroup, name, l), []int{len(degrees)}, degrees)
			tensors, problem = append(tensors, t), errors.Join(problem, err)
		}
	}
	var walk func(m models.Definition, prefix string)
	walk = func(m models.Definition, prefix string) {
		if d, _ := models.DensityOf(m); d != nil {
			m = d
		}
		switch of := m.(type) {
		case flow.Layered:
			for i, l := range of.Layers() {
				inner, _ := flow.Unwrap(l)
				if a, ok := inner.(*flow.Autoregressive); ok {
					add(fmt.Sprintf("%slayer%d", prefix, i), a.Set())
				}
			}
			walk(of.Base(), prefix+"base.")
		case models.Masked:
			for k := range max(of.Cycle().Len(), 0) { // none of an unlimited one
				add(fmt.Sprintf("%sset%d", prefix, k), of.Cycle().At(k))
			}
		case *vae.Model:
			if posterior := of.PosteriorFlow(); posterior != nil {
				walk(posterior, prefix+"posterior.")
			}
		}
	}
	walk(m, "")
	return tensors, problem
}

// openFile reads a model file.
func openFile(b *backend.Backend, path string) (*Model, error) {
	state, err := checkpoint.Load(path)
	if err != nil {
		return nil, err
	}
	var meta fileMeta
	if err := json.Unmarshal(state.Meta, &meta); err != nil {
		return nil, fmt.Errorf("%s: the description of the model cannot be read: %w", path, err)
	}
	switch {
	case meta.Model == 0:
		return nil, fmt.Errorf("%s is a checkpoint of a training, not a model file (give its run directory)", path)
	case meta.Model > FileVersion:
		return nil, fmt.Errorf("%s is a model file of layout %d, and this program reads %d (written by maskflow %.20q)", path, meta.Model, FileVersion, meta.Writer)
	}
	for _, feature := range meta.Requires {
		if !slices.Contains(fileFeatures, feature) {
			return nil, fmt.Errorf("%s needs %.40q, which this program does not know (written by maskflow %.20q)", path, feature, meta.Writer)
		}
	}
	c := &Config{}
	if err := config.Parse(c.Table(), path, []byte(meta.Config), nil); err != nil {
		return nil, fmt.Errorf("%s: its configuration: %w", path, config.Brief(err))
	}
	r, err := open(b, path, c, state, meta.Meta)
	if err != nil {
		return nil, err
	}
	if err := checkMasks(state, r.Definition()); err != nil {
		r.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.Figures = meta.Figures
	return r, nil
}

// checkMasks compares the mask sets of a file with those that its configuration gives.
func checkMasks(s *checkpoint.State, m models.Definition) error {
	want, err := maskTensors(m)
	if err != nil {
		return err
	}
	for _, w := range want {
		i := slices.IndexFunc(s.Tensors, func(t checkpoint.Tensor) bool { return t.Name == w.Name })
		if i < 0 || !slices.Equal(s.Tensors[i].Data, w.Data) {
			return fmt.Errorf("the degrees %q are not those of the file's configuration", w.Name)
		}
	}
	return nil
}
