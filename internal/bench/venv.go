package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// pins are what the peer is measured with.
var pins = []string{"jax[cpu]==0.10.2", "jaxlib==0.10.2", "numpy==2.4.6"}

// jaxPython returns a Python interpreter with JAX, in a virtual environment
// under the user's cache folder that the first call makes. say is told of what
// takes long.
func jaxPython(ctx context.Context, say func(string)) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "maskflow", "bench-venv")
	python := filepath.Join(dir, "bin", "python")
	if runtime.GOOS == "windows" {
		python = filepath.Join(dir, "Scripts", "python.exe")
	}
	// The list of what is installed is written last: without it, or with another
	// one, the environment is made anew.
	list, want := filepath.Join(dir, "maskflow-pins.txt"), strings.Join(pins, "\n")+"\n"
	if have, err := os.ReadFile(list); err == nil && string(have) == want {
		if _, err := os.Stat(python); err == nil { // it goes away with the Python that it was made from
			return python, nil
		}
	}
	var system string
	for _, name := range []string{"python3", "python"} {
		if found, err := exec.LookPath(name); err == nil {
			system = found
			break
		}
	}
	if system == "" {
		return "", fmt.Errorf("no python3 found")
	}
	say("installing " + strings.Join(pins, ", ") + " in " + dir)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if err := command(ctx, system, "-m", "venv", "--clear", dir); err != nil {
		return "", fmt.Errorf("making a virtual environment: %w", err)
	}
	args := append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1"}, pins...)
	if err := command(ctx, python, args...); err != nil {
		return "", fmt.Errorf("installing JAX: %w", err)
	}
	return python, os.WriteFile(list, []byte(want), 0o644)
}

// command runs a program and explains its failure by its last words.
func command(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if text := bytes.TrimSpace(out); err != nil && len(text) > 0 {
		lines := bytes.Split(text, []byte("\n"))
		return fmt.Errorf("%s", bytes.TrimSpace(lines[len(lines)-1]))
	}
	return err
}
