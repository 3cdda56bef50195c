package main

import (
	"context"

	"github.com/maskflow/maskflow/backend"
)

// libraries are the peers of flows. Each does the work in all of its documented
// ways and is measured at the fastest.
var libraries = []struct {
	name  string
	torch bool // it is installed with torch, else with JAX
}{{"flowjax", false}, {"numpyro", false}, {"zuko", true}, {"nflows", true}, {"normflows", true}}

// besides are maskflow's side and that of each library, for a kind of work of
// flows.py.
func besides(own func(string, *backend.Backend, task) (*side, error), kind string) []maker {
	sides := []maker{ours("maskflow", own)}
	for _, lib := range libraries {
		sides = append(sides, func(ctx context.Context, l *lab, c comparison) (*side, error) {
			r, err := c.of.(flow).request(kind, l.dir)
			if err != nil {
				return nil, err
			}
			in := l.jax
			if lib.torch {
				in = l.torch
			}
			// A process of its own: neither the threads nor the memory of one
			// library weigh on another, and all of it is free after the row.
			p, err := l.start(ctx, in, lib.name, "flows.py", lib.name)
			if p == nil || err != nil {
				return nil, err
			}
			s, err := p.side(lib.name, r)
			if err != nil {
				p.close()
				return nil, err
			}
			s.close = p.close
			return s, nil
		})
	}
	return sides
}

// request asks for a kind of work on the flow.
func (f flow) request(kind, dir string) (request, error) {
	r := request{Kind: kind, Dim: f.dim, Layers: f.layers, Hidden: f.hidden, Inverse: f.inverse, Batch: f.batch}
	if kind == "flow_sample" {
		r.Batch = f.samples
	}
	if kind == "flow_sample" || f.inverse {
		return r, nil
	}
	var err error
	r.File, err = f.save(dir)
	return r, err
}
