package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// environment is a virtual environment for the peers, under the user's cache
// folder, or the interpreter that a flag names in its place.
type environment struct {
	name   string // what it is left out as
	folder string
	pins   []string

	python string // found, or made, by the first that asks
	absent bool   // it could not be made, and is not tried again
}

// JAX and torch have an environment each, so that a machine that lacks one
// measures beside the other. The others of their libraries come with these.
var (
	jaxEnvironment = environment{name: "JAX", folder: "bench-venv",
		pins: []string{"jax[cpu]==0.10.2", "jaxlib==0.10.2", "numpy==2.4.6", "flowjax==19.1.2", "equinox==0.13.8",
			"optax==0.2.8", "paramax==0.0.5", "numpyro==0.22.0"}}
	// On Linux with x86-64 the registry has no torch for the CPU alone: its torch
	// is linked with the CUDA libraries and cannot be imported without them,
	// though nothing here computes on a GPU. They make the environment 6 GB large.
	torchEnvironment = environment{name: "torch", folder: "bench-venv-torch",
		pins: []string{"torch==2.15.0", "numpy==2.4.6", "zuko==1.6.0", "nflows==0.14", "normflows==1.7.3"}}
)

// installLimit bounds the installation of an environment.
const installLimit = 30 * time.Minute

// interpreter returns the Python of an environment, which the first call makes;
// empty, after a line that says why, where that fails.
func (l *lab) interpreter(ctx context.Context, e *environment) string {
	if e.python == "" && !e.absent {
		var err error
		if e.python, err = e.find(ctx, l.say); err != nil {
			e.absent = true
			l.say(fmt.Sprintf("%s is left out: %v", e.name, err))
		}
	}
	return e.python
}

// find returns the environment's interpreter. It makes the environment unless it
// is there with the list of what is installed, which is written last.
func (e *environment) find(ctx context.Context, say func(string)) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir, want := filepath.Join(cache, "maskflow", e.folder), strings.Join(e.pins, "\n")+"\n"
	python, list := filepath.Join(dir, "bin", "python"), filepath.Join(dir, "maskflow-pins.txt")
	have, err := os.ReadFile(list)
	if err == nil {
		_, err = os.Stat(python) // it goes away with the Python that it was made from
	}
	if err == nil && string(have) == want {
		return python, nil
	}
	system, err := exec.LookPath("python3")
	if err != nil {
		return "", errors.New("no python3 found")
	}
	say("installing " + strings.Join(e.pins, ", ") + " in " + dir)
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	if err := command(ctx, system, "-m", "venv", "--clear", dir); err != nil {
		return "", fmt.Errorf("making a virtual environment: %w", err)
	}
	args := append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1"}, e.pins...)
	if err := command(ctx, python, args...); err != nil {
		return "", fmt.Errorf("installing %s: %w", e.name, err)
	}
	return python, os.WriteFile(list, []byte(want), 0o644)
}

// command runs a program and explains its failure by its last words.
func command(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 5 * time.Second
	var last lastLine
	cmd.Stdout, cmd.Stderr = &last, &last
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if text := last.String(); err != nil && text != "" {
		return errors.New(text)
	}
	return err
}
