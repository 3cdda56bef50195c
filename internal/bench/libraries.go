package main

import (
	"context"
	"fmt"
	"path/filepath"
)

// peerMaker is a side that a program does. Where the machine lacks what it needs,
// it is left out, with a line that says why. Each has a process of its own: neither
// the threads nor the memory of one library weigh on another, and all of it is
// free after the row.
func peerMaker(name string, torch bool, request func(of task, dir string) (request, error), script string, args ...string) maker {
	return func(ctx context.Context, l *lab, c row) (*side, error) {
		r, err := request(c.of, l.dir)
		if err != nil {
			return nil, err
		}
		in := &l.jax
		if torch {
			in = &l.torch
		}
		python := l.interpreter(ctx, in)
		if python == "" {
			return nil, ctx.Err()
		}
		s, err := peerSide(ctx, name, r, python, filepath.Join(l.dir, script), args...)
		if err != nil && ctx.Err() == nil {
			l.say(fmt.Sprintf("%s is left out: %v", name, err))
		}
		return s, ctx.Err()
	}
}

// libraries are the peers of flows. Each does the work in all of its documented
// ways and is measured at the fastest.
var libraries = []struct {
	name  string
	torch bool // it is installed with torch, else with JAX
}{{"flowjax", false}, {"numpyro", false}, {"zuko", true}, {"nflows", true}, {"normflows", true}}

// besides are maskflow's side and that of each library, for a kind of work of
// flows.py.
func besides(own work, kind string) []maker {
	sides := []maker{ours("maskflow", own)}
	for _, lib := range libraries {
		sides = append(sides, peerMaker(lib.name, lib.torch, func(of task, dir string) (request, error) {
			return of.(flow).request(kind, dir)
		}, "flows.py", lib.name))
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

// jax is a kind of work of plain JAX by a script. n is the number of training steps a call, or
// the rows a call for the other kinds.
func jax(script, kind string, n int) maker {
	name := fmt.Sprintf("JAX, %d rows a call", n)
	switch {
	case kind == "sample":
		name = "JAX, fori_loop"
	case kind == "train" && n == 1:
		name = "JAX, a step a call"
	case kind == "train":
		name = fmt.Sprintf("JAX, scan of %d", n)
	}
	return peerMaker(name, false, func(of task, dir string) (r request, err error) {
		r = request{Kind: kind, Batch: n, Steps: 1}
		if kind == "train" {
			r.Batch, r.Steps = of.rowsAStep(), n
		}
		r.File, err = of.(saved).save(dir)
		return r, err
	}, script)
}

// saved is a task of which a peer gets rows and weights as a file.
type saved interface {
	save(dir string) (path string, err error)
}
