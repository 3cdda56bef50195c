package exec

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/checkpoint"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Loaded is a model whose weights are on a backend. It must not be changed.
type Loaded struct {
	Backend *backend.Backend
	Model   models.Definition
	Weights models.Weights
	Params  []*tensors.Tensor

	inverter func() (models.Inverter, error)
	asker    func() (models.Asker, error)
	mu       sync.Mutex
	samplers map[*masks.Set]models.Sampler // nil for a model without masks
}

// Load puts weights on a backend. The error says how they do not fit the model.
func Load(b *backend.Backend, m models.Definition, w models.Weights) (*Loaded, error) {
	if b == nil {
		return nil, errors.New("no backend is given")
	}
	if err := w.Check(m); err != nil {
		return nil, err
	}
	return load(b, m, w, Parameters(m, w)), nil
}

// Parameters are the weights of a model as tensors.
func Parameters(m models.Definition, w models.Weights) (params []*tensors.Tensor) {
	for i, s := range m.Specs() {
		params = append(params, tensors.FromFlatDataAndDimensions(w[i], s.Shape...))
	}
	return params
}

func load(b *backend.Backend, m models.Definition, w models.Weights, params []*tensors.Tensor) *Loaded {
	l := &Loaded{Backend: b, Model: m, Weights: w, Params: params, samplers: map[*masks.Set]models.Sampler{}}
	l.inverter = sync.OnceValues(func() (models.Inverter, error) {
		f, ok := m.(models.Flow)
		if !ok {
			return nil, errors.New("this model is no flow: it has no latent codes")
		}
		return f.NewInverter(w)
	})
	l.asker = sync.OnceValues(func() (models.Asker, error) {
		a, ok := m.(models.HostAsker)
		if !ok {
			return nil, errors.New("this model does not answer for variables given any others " + whoIsGiven(m))
		}
		return a.NewAsker(w)
	})
	return l
}

// whoIsGiven names the models that take any given variables, and why one over such a density does not.
func whoIsGiven(m models.Definition) string {
	if models.Passes(m) {
		return "(what is given of the rows of a flow says nothing of a single variable of its base; one of model.type: nade has no layers between)"
	}
	return "(one of model.type: nade does)"
}

// Density is the density that the model is, or that it fits, whose tensors are the
// model's; the model itself where it has none.
func (l *Loaded) Density() *Loaded {
	if f, ok := l.Model.(models.Fitted); ok {
		d, part := f.Fit()
		return load(l.Backend, d, part.Weights(l.Weights), models.Of(part, l.Params))
	}
	return l
}

// Close frees the weights on the backend.
func (l *Loaded) Close() {
	Finalize(l.Params)
	l.Params = nil
}

// Inverter is the model's flow on the host, made when it is first asked for; an
// error for a model that is none.
func (l *Loaded) Inverter() (models.Inverter, error) { return l.inverter() }

// Asker is what answers for the model's variables given any others, made when it is first asked for; an error for a
// model that cannot.
func (l *Loaded) Asker() (models.Asker, error) { return l.asker() }

// Base puts the base density of a flow on the backend, with its part of the
// flow's weights.
func (l *Loaded) Base(f models.Flow) (*Loaded, error) {
	return Load(l.Backend, f.Base(), f.BasePart().Weights(l.Weights))
}

// Compile prepares a function of rows of the model.
func (l *Loaded) Compile(name string, batch int, fn func(p models.Params, in Args[*Node]) *Node) (*Compiled, error) {
	return Compile(l.Backend, l.Model, name, LayoutOf(l.Model, batch), fn)
}

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
func Tensors(group string, d models.Definition, w models.Weights) ([]checkpoint.Tensor, error) {
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
func WeightsOf(s *checkpoint.State, group string, d models.Definition) (models.Weights, error) {
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
