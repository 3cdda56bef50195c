package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/configs"
	"github.com/maskflow/maskflow/internal/python"
)

// lab is what rows are measured with.
type lab struct {
	options
	main *backend.Backend // XLA where there is a plugin
	dir  string           // for the peers' programs, their files, and runs

	jax, torch environment

	maskflow string   // the command, built when it is asked for first
	ends     []func() // of what was opened
	say      func(string)
}

// newLab opens the backend and unpacks the peers' programs and the presets.
func newLab(ctx context.Context, o options, stderr io.Writer) (l *lab, err error) {
	l = &lab{options: o, jax: environment{Environment: python.JAX, path: o.python}, torch: environment{Environment: python.Torch, path: o.torch}, say: func(s string) { fmt.Fprintln(stderr, "bench:", s) }}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	if l.main, err = backend.Open(ctx, o.backend, backend.Options{}); err != nil {
		return nil, err
	}
	l.ends = append(l.ends, l.main.Close)
	if l.main.Kind == backend.KindGo && l.main.Reason != "" {
		l.say("without XLA: " + l.main.Reason)
	}
	if l.dir, err = os.MkdirTemp("", "maskflow-bench-"); err != nil {
		return nil, err
	}
	l.ends = append(l.ends, func() { _ = os.RemoveAll(l.dir) })
	// Where Python finds what the programs import, and another build of maskflow a preset.
	return l, cmp.Or(os.CopyFS(l.dir, scripts), os.CopyFS(l.dir, configs.Files))
}

// close ends what was opened, the last first.
func (l *lab) close() {
	for _, end := range slices.Backward(l.ends) {
		end()
	}
}

// environment is one of the peers, or the interpreter that a flag names in its place.
type environment struct {
	python.Environment
	path   string // of the interpreter, found, or made, by the first that asks
	absent bool   // it could not be made, and is not tried again
}

// interpreter returns the Python of an environment, which the first call makes;
// empty, after a line that says why, where that fails.
func (l *lab) interpreter(ctx context.Context, e *environment) string {
	if e.path == "" && !e.absent {
		var err error
		if e.path, err = e.Interpreter(ctx, l.say); err != nil {
			e.absent = true
			l.say(fmt.Sprintf("%s is left out: %v", e.Name, err))
		}
	}
	return e.path
}
