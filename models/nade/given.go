package nade

import (
	"context"
	"fmt"

	"github.com/maskflow/maskflow/internal/nn"
	"github.com/maskflow/maskflow/models"
)

// NewAsker prepares the network on the host for conditionals given any variables; an error when the weights do not
// fit the model.
func (m *Model) NewAsker(w models.Weights) (models.Asker, error) {
	host, err := m.host(w)
	if err != nil {
		return nil, err
	}
	return &asker{m, host}, nil
}

// host is the network with its weights, which are copied.
func (m *Model) host(w models.Weights) (*nn.AnyOrderHost, error) {
	if err := w.Check(m); err != nil {
		return nil, fmt.Errorf("nade: %w", err)
	}
	get := w.Named(m)
	return m.net.Host(get, m.mixed.Encoders(get)), nil
}

type asker struct {
	model *Model
	host  *nn.AnyOrderHost
}

// Ask returns the conditionals of the asked variables, which take one pass for a row however many they are.
func (a *asker) Ask(ctx context.Context, x, cond []float32, asked []int) ([]models.Conditional, error) {
	m, dim := a.model, a.model.opts.Dim
	rows := len(x) / dim
	if len(x)%dim != 0 || len(cond) != rows*m.opts.ContextDim {
		return nil, fmt.Errorf("nade: %d values and %d of context do not fit together (need n·%d and n·%d)",
			len(x), len(cond), dim, m.opts.ContextDim)
	}
	if err := m.checkGiven(x); err != nil {
		return nil, err
	}
	for _, d := range asked {
		if d < 0 || d >= dim {
			return nil, fmt.Errorf("nade: variable %d is asked for, but the model has %d (counted from 0)", d, dim)
		}
		for i := range rows {
			if !models.IsNotKnown(x[i*dim+d]) {
				return nil, fmt.Errorf("nade: row %d: %s is asked for and given too", i, m.Variable(d).Label(d))
			}
		}
	}
	outputs, err := a.host.Ask(ctx, x, rows, cond, asked)
	if err != nil {
		return nil, err
	}
	all := make([]models.Conditional, 0, rows*len(asked))
	for range rows {
		for _, d := range asked {
			n := len(m.Columns(d))
			all = append(all, m.mixed.Conditional(d, outputs[:n:n]))
			outputs = outputs[n:]
		}
	}
	return all, nil
}

// checkGiven returns an error that names the first number of rows [n, dim] that is none of its variable.
func (m *Model) checkGiven(x []float32) error {
	for i, v := range x {
		d := i % m.opts.Dim
		if err := m.Variable(d).Check(v); err != nil {
			return fmt.Errorf("nade: row %d, %s: %w", i/m.opts.Dim, m.Variable(d).Label(d), err)
		}
	}
	return nil
}

// SampleGiven draws what is not known of rows given what is, in the order of the sampler.
func (s *sampler) SampleGiven(ctx context.Context, dst, noise, cond []float32, method models.Method) (int, error) {
	mixed := s.model.mixed
	rows, err := mixed.CheckSamples(dst, noise, cond, s.model.opts.ContextDim)
	if err == nil {
		err = models.Solver{Method: method}.Check()
	}
	if err == nil {
		err = s.model.checkGiven(dst)
	}
	if err != nil {
		return 0, err
	}
	again, emit := method != models.Incremental, mixed.Emit(noise, s.complete)
	passes, err := s.host.Walk(ctx, dst, rows, cond, s.order.Sequence(), again, emit)
	if err != nil {
		return passes, err
	}
	return passes, mixed.CheckFinite("nade", dst)
}
