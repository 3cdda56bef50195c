package made

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/masks"
	"github.com/maskflow/maskflow/models"
)

// NewSampler prepares ancestral sampling on the host in the order of the set. It
// returns an error when the weights or the set do not fit the model.
func (m *Model) NewSampler(w models.Weights, set *masks.Set) (models.Sampler, error) {
	if err := w.Check(m); err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	if err := m.checkSet(set); err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	host, err := nn.NewHost(m.hostSpec(w, set))
	if err != nil {
		return nil, fmt.Errorf("made: %w", err)
	}
	return &sampler{model: m, host: host}, nil
}

func (m *Model) checkSet(set *masks.Set) error {
	widths := make([]int, len(set.Hidden))
	for l, h := range set.Hidden {
		widths[l] = len(h)
	}
	if set.Dim() != m.opts.Dim || !slices.Equal(widths, m.opts.Hidden) {
		return fmt.Errorf("the mask set is of %d variables and hidden layers %v, the model of %d and %v",
			set.Dim(), widths, m.opts.Dim, m.opts.Hidden)
	}
	return nil
}

func (m *Model) hostSpec(w models.Weights, set *masks.Set) nn.HostSpec {
	byName := make(map[string][]float32, len(m.specs))
	for i, s := range m.specs {
		byName[s.Name] = w[i]
	}
	get := func(name string) []float32 { return byName[name] }
	spec := nn.HostSpec{Order: set.Order, Hidden: set.Hidden, Params: 1, Activation: m.activation}
	for l, layer := range m.layers {
		spec.Layers = append(spec.Layers, layer.Dense(get, set.In(l), set.Out(l)))
	}
	if m.direct != nil {
		d := m.direct.Dense(get, set.Order, set.Order)
		spec.Direct = &d
	}
	return spec
}

type sampler struct {
	model *Model
	host  *nn.Host
}

// Sample draws x_d = 1 where the noise is below p(x_d = 1 | x before d).
func (s *sampler) Sample(ctx context.Context, dst, noise, cond []float32, method models.Method) error {
	dim, width := s.model.opts.Dim, s.model.opts.Context
	rows := len(dst) / dim
	if len(dst)%dim != 0 || len(noise) != len(dst) || len(cond) != rows*width {
		return fmt.Errorf("sampling %d variables: %d values, %d of noise and %d of context do not fit together (need n·%d, n·%d and n·%d)",
			dim, len(dst), len(noise), len(cond), dim, dim, width)
	}
	how, err := hostMethod(method)
	if err != nil {
		return err
	}
	_, err = s.host.Walk(ctx, dst, rows, cond, how, func(d, row int, logits []float32, _ int, x []float32) {
		for i := range x {
			p := 1 / (1 + math.Exp(-float64(logits[i])))
			x[i] = 0
			if float64(noise[(row+i)*dim+d]) < p {
				x[i] = 1
			}
		}
	})
	return err
}

func hostMethod(m models.Method) (nn.Method, error) {
	switch m {
	case models.Incremental:
		return nn.Incremental, nil
	case models.Sequential:
		return nn.Sequential, nil
	case models.Jacobi:
		return nn.Jacobi, nil
	}
	return 0, fmt.Errorf("unknown sampling method %d", m)
}
