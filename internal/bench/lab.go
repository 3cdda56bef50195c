package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/maskflow/maskflow/backend"
)

// lab is what the sides are made with.
type lab struct {
	main *backend.Backend // XLA where there is a plugin
	pure *backend.Backend // the Go backend, nil where main is that
	peer *peer            // plain JAX, nil without it
	dir  string           // for the peers' programs, their files, and runs

	maskflow string   // the command, built when it is asked for first
	ends     []func() // of what was opened

	jax, torch *interpreter
	say        func(string)
}

// interpreter is a Python with the libraries of an environment.
type interpreter struct {
	environment
	path   string // given, or found by the first that asks
	absent bool
}

// newLab opens the backends and, for the rows that compare, starts the peer in plain
// JAX, which is left out, with a line that says why, where it does not start.
func newLab(ctx context.Context, o options, peers bool, stderr io.Writer) (l *lab, err error) {
	l = &lab{say: func(s string) { fmt.Fprintln(stderr, "bench:", s) },
		jax:   &interpreter{environment: jaxEnvironment, path: o.python},
		torch: &interpreter{environment: torchEnvironment, path: o.torch}}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	if l.main, err = l.open(ctx, o.backend); err != nil {
		return nil, err
	}
	if l.main.Kind != backend.KindGo {
		l.pure, err = l.open(ctx, backend.KindGo)
	} else if l.main.Reason != "" {
		l.say("without XLA: " + l.main.Reason)
	}
	if err == nil {
		l.dir, err = os.MkdirTemp("", "maskflow-bench-")
		l.ends = append(l.ends, func() { _ = os.RemoveAll(l.dir) })
	}
	if err == nil {
		err = os.CopyFS(l.dir, scripts) // where Python finds what they import
	}
	if err == nil && peers {
		l.peer, err = l.start(ctx, l.jax, "JAX", "peer.py")
	}
	if l.peer != nil {
		l.ends = append(l.ends, l.peer.close)
	}
	return l, err
}

func (l *lab) open(ctx context.Context, spec string) (*backend.Backend, error) {
	b, err := backend.Open(ctx, spec, backend.Options{})
	if err == nil {
		l.ends = append(l.ends, b.Close)
	}
	return b, err
}

// start runs a peer's program. Where the machine lacks what it needs, it says
// what is left out and why, and returns nil; an environment that failed once is
// not tried again. The error is that of the context.
func (l *lab) start(ctx context.Context, i *interpreter, what, script string, args ...string) (*peer, error) {
	if i.absent {
		return nil, nil
	}
	var err error
	if i.path == "" {
		if i.path, err = i.python(ctx, l.say); err != nil {
			i.absent, what = true, i.name
		}
	}
	var p *peer
	if err == nil {
		p, err = startPeer(ctx, i.path, filepath.Join(l.dir, script), args...)
	}
	if ctx.Err() != nil {
		if p != nil {
			p.close()
		}
		return nil, ctx.Err()
	}
	if err != nil {
		l.say(fmt.Sprintf("%s is left out: %v", what, err))
		return nil, nil
	}
	return p, nil
}

// close ends what was opened, the last first.
func (l *lab) close() {
	for _, end := range slices.Backward(l.ends) {
		end()
	}
}
