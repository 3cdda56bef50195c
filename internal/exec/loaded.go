package exec

import (
	"errors"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// Loaded is a model whose weights are on a backend. It must not be changed.
type Loaded struct {
	Backend *backend.Backend
	Model   models.Model
	Weights models.Weights
	Params  []*tensors.Tensor

	inverter func() (models.Inverter, error)
	mu       sync.Mutex
	samplers map[*masks.Set]models.Sampler // nil for a model without masks
}

// Load puts weights on a backend. The error says how they do not fit the model.
func Load(b *backend.Backend, m models.Model, w models.Weights) (*Loaded, error) {
	if b == nil {
		return nil, errors.New("no backend is given")
	}
	if err := w.Check(m); err != nil {
		return nil, err
	}
	var params []*tensors.Tensor
	for i, s := range m.Specs() {
		params = append(params, tensors.FromFlatDataAndDimensions(w[i], s.Shape...))
	}
	return load(b, m, w, params), nil
}

func load(b *backend.Backend, m models.Model, w models.Weights, params []*tensors.Tensor) *Loaded {
	l := &Loaded{Backend: b, Model: m, Weights: w, Params: params, samplers: map[*masks.Set]models.Sampler{}}
	l.inverter = sync.OnceValues(func() (models.Inverter, error) {
		f, ok := m.(models.Flow)
		if !ok {
			return nil, errors.New("this model is no flow: it has no latent codes")
		}
		return f.NewInverter(w)
	})
	return l
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

// Base puts the base density of a flow on the backend, with its part of the
// flow's weights.
func (l *Loaded) Base(f models.Flow) (*Loaded, error) {
	return Load(l.Backend, f.Base(), f.BasePart().Weights(l.Weights))
}

// Compile prepares a function of rows of the model.
func (l *Loaded) Compile(name string, batch int, fn func(p models.Params, in Args[*Node]) *Node) (*Compiled, error) {
	return Compile(l.Backend, l.Model, name, LayoutOf(l.Model, batch), fn)
}
