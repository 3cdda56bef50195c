// Package python makes the virtual environments of the libraries that we measure ourselves beside, and runs their programs.
package python

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

// Environment is a virtual environment under the user's cache folder.
type Environment struct {
	// Name is what it is left out as, Folder that of the cache, and Pins what is installed, each with its version.
	Name, Folder string
	Pins         []string
}

// JAX and Torch have an environment each, so that a machine that lacks one
// measures beside the other. The others of their libraries come with these.
var (
	JAX = Environment{Name: "JAX", Folder: "bench-venv",
		Pins: []string{"jax[cpu]==0.10.2", "jaxlib==0.10.2", "numpy==2.4.6", "flowjax==19.1.2", "equinox==0.13.8",
			"optax==0.2.8", "paramax==0.0.5", "numpyro==0.22.0"}}
	// On Linux with x86-64 the registry has no torch for the CPU alone: its torch
	// is linked with the CUDA libraries and cannot be imported without them,
	// though nothing here computes on a GPU. They make the environment 6 GB large.
	Torch = Environment{Name: "torch", Folder: "bench-venv-torch",
		Pins: []string{"torch==2.15.0", "numpy==2.4.6", "zuko==1.6.0", "nflows==0.14", "normflows==1.7.3", "scikit-learn==1.9.1"}}
)

// installLimit bounds the installation of an environment.
const installLimit = 30 * time.Minute

// dir is where the environment is, and list the file in it of what is installed, which is written last.
func (e Environment) dir() (dir, list string, err error) {
	cache, err := os.UserCacheDir()
	dir = filepath.Join(cache, "maskflow", e.Folder)
	return dir, filepath.Join(dir, "maskflow-pins.txt"), err
}

func (e Environment) pins() string { return strings.Join(e.Pins, "\n") + "\n" }

// Installed returns the path of the environment's Python, "" where it is not installed.
func (e Environment) Installed() string {
	dir, list, err := e.dir()
	if err != nil {
		return ""
	}
	python := filepath.Join(dir, "bin", "python")
	if have, err := os.ReadFile(list); err != nil || string(have) != e.pins() {
		return ""
	}
	if _, err := os.Stat(python); err != nil { // it goes away with the Python that it was made from
		return ""
	}
	return python
}

// Interpreter returns the path of the environment's Python. It makes the environment, which it says, unless it is installed.
func (e Environment) Interpreter(ctx context.Context, say func(string)) (string, error) {
	if python := e.Installed(); python != "" {
		return python, nil
	}
	dir, list, err := e.dir()
	if err != nil {
		return "", err
	}
	python := filepath.Join(dir, "bin", "python")
	system, err := exec.LookPath("python3")
	if err != nil {
		return "", errors.New("no python3 found")
	}
	say("installing " + strings.Join(e.Pins, ", ") + " in " + dir)
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	if err := Run(ctx, system, "-m", "venv", "--clear", dir); err != nil {
		return "", fmt.Errorf("making a virtual environment: %w", err)
	}
	args := append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1"}, e.Pins...)
	if err := Run(ctx, python, args...); err != nil {
		return "", fmt.Errorf("installing %s: %w", e.Name, err)
	}
	return python, os.WriteFile(list, []byte(e.pins()), 0o644)
}

// Run runs a program and explains its failure by its last words.
func Run(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 5 * time.Second
	var last LastLine
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

// LastLine keeps the last line with text of what is written to it.
type LastLine struct{ tail string }

// Write takes more text.
func (l *LastLine) Write(b []byte) (int, error) {
	const most = 4096
	l.tail += string(b)
	l.tail = l.tail[max(0, len(l.tail)-most):]
	return len(b), nil
}

// String is the last line.
func (l *LastLine) String() string {
	lines := strings.Split(strings.TrimSpace(l.tail), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
