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
// folder.
type environment struct {
	name   string // what it is left out as
	folder string
	pins   []string
	limit  time.Duration // for the installation
}

// JAX and torch have an environment each, so that a machine that lacks one
// measures beside the other. The others of their libraries come with these.
var (
	jaxEnvironment = environment{name: "JAX", folder: "bench-venv", limit: 10 * time.Minute,
		pins: []string{"jax[cpu]==0.10.2", "jaxlib==0.10.2", "numpy==2.4.6", "flowjax==19.1.2", "equinox==0.13.8",
			"optax==0.2.8", "paramax==0.0.5", "numpyro==0.22.0"}}
	// On Linux with x86-64 the registry has no torch for the CPU alone: its torch
	// is linked with the CUDA libraries and cannot be imported without them,
	// though nothing here computes on a GPU. They make the environment 6 GB large.
	torchEnvironment = environment{name: "torch", folder: "bench-venv-torch", limit: 30 * time.Minute,
		pins: []string{"torch==2.15.0", "numpy==2.4.6", "zuko==1.6.0", "nflows==0.14", "normflows==1.7.3"}}
)

// places are the environment's folder, its interpreter, and the list of what is
// installed. The list is written last: without it, or with another one, the
// environment is made anew.
func (e environment) places() (dir, python, list string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", "", "", err
	}
	dir = filepath.Join(cache, "maskflow", e.folder)
	python = filepath.Join(dir, "bin", "python")
	return dir, python, filepath.Join(dir, "maskflow-pins.txt"), nil
}

// listed is the text of the list.
func (e environment) listed() string { return strings.Join(e.pins, "\n") + "\n" }

// installed returns the interpreter of an environment that is there already.
func (e environment) installed() (python string, ok bool) {
	_, python, list, err := e.places()
	if err != nil {
		return "", false
	}
	if have, err := os.ReadFile(list); err != nil || string(have) != e.listed() {
		return "", false
	}
	_, err = os.Stat(python) // it goes away with the Python that it was made from
	return python, err == nil
}

// python returns the environment's interpreter. The first call makes the
// environment; say is told of what takes long.
func (e environment) python(ctx context.Context, say func(string)) (string, error) {
	if python, ok := e.installed(); ok {
		return python, nil
	}
	dir, python, list, err := e.places()
	if err != nil {
		return "", err
	}
	system, err := exec.LookPath("python3")
	if err != nil {
		return "", errors.New("no python3 found")
	}
	say("installing " + strings.Join(e.pins, ", ") + " in " + dir)
	ctx, cancel := context.WithTimeout(ctx, e.limit)
	defer cancel()
	if err := command(ctx, system, "-m", "venv", "--clear", dir); err != nil {
		return "", fmt.Errorf("making a virtual environment: %w", err)
	}
	args := append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1"}, e.pins...)
	if err := command(ctx, python, args...); err != nil {
		return "", fmt.Errorf("installing %s: %w", e.name, err)
	}
	return python, os.WriteFile(list, []byte(e.listed()), 0o644)
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
