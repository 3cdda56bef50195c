package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// script writes a program of sh in the place of maskflow.
func script(t *testing.T, text string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the monitor is measured on Linux only")
	}
	if master, tty, err := pty.Open(); err != nil {
		t.Skip("no pseudo-terminal: ", err)
	} else {
		_, _ = master.Close(), tty.Close()
	}
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// A program that waits until its screen was read and q was pressed is seen and left.
func TestTerminal(t *testing.T) {
	program := script(t, "[ -t 0 ] && [ -t 1 ] || exit 3\nhead -c 100000 /dev/zero | tr '\\0' x\necho "+lastEvent+"\nhead -c 1 >/dev/null\n")
	ctx := context.Background()
	term, err := startTerminal(ctx, lastEvent, program)
	if err != nil {
		t.Fatal(err)
	}
	defer term.close()
	if rows, columns, err := pty.Getsize(term.master); err != nil || rows != 40 || columns != 120 {
		t.Errorf("the terminal has %d rows of %d columns (%v), want 40 of 120", rows, columns, err)
	}
	if after, err := term.wait(ctx); err != nil || after <= 0 {
		t.Errorf("shown after %v, %v", after, err)
	}
	if _, err := term.master.WriteString("\n"); err != nil { // this terminal hands over lines
		t.Error(err)
	}
	if err := term.leave(ctx); err != nil {
		t.Error(err)
	}
}

func TestTerminalOfAProgramThatFails(t *testing.T) {
	program := script(t, "echo no run here\nexit 1\n")
	term, err := startTerminal(context.Background(), lastEvent, program)
	if err != nil {
		t.Fatal(err)
	}
	defer term.close()
	if _, err := term.wait(context.Background()); err == nil || !strings.Contains(err.Error(), "exit status 1") || !strings.Contains(err.Error(), "no run here") {
		t.Errorf("got %v, want the status and what the program said", err)
	}
	if err := term.leave(context.Background()); err == nil {
		t.Error("a program that failed was left without an error")
	}
}

// A program that computes all the time takes all of a core, as far as it gets one, and
// one that sleeps takes next to nothing.
func TestIdleShare(t *testing.T) {
	busy := script(t, "echo "+lastEvent+"\nwhile :; do :; done\n")
	asleep := script(t, "echo "+lastEvent+"\nexec sleep 60\n")
	share := map[string]float64{}
	for _, program := range []string{busy, asleep} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		term, err := startTerminal(ctx, lastEvent, program)
		if err != nil {
			t.Fatal(err)
		}
		if share[program], err = shareOf(ctx, term, 300*time.Millisecond); err != nil {
			t.Error(err)
		}
		term.close()
		cancel()
	}
	if share[busy] < 0.1 || share[busy] > 1.1 || share[asleep] > 0.05 {
		t.Errorf("a busy program took %.3f of a core and a sleeping one %.3f", share[busy], share[asleep])
	}
}

// The pipe of a picture holds less than the picture, so the process that prints it is
// there to be looked at.
func TestOpenOnce(t *testing.T) {
	line := strings.Repeat("x", 199)
	program := script(t, "for i in $(seq 60); do echo "+line+"; done\necho "+lastEvent+"\n")
	o, err := openOnce(context.Background(), program, "run")
	if err != nil {
		t.Fatal(err)
	}
	if o.seconds <= 0 || o.bytes < 1e5 || o.bytes > 1e8 {
		t.Errorf("sh took %g s and %g bytes", o.seconds, o.bytes)
	}
	for text, want := range map[string]string{
		"for i in $(seq 60); do echo " + line + "; done\n": "without the last event",
		"echo no run here >&2\nexit 1\n":                   "exit status 1: no run here",
	} {
		if _, err := openOnce(context.Background(), script(t, text), "run"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives the error %v, want %q", text, err, want)
		}
	}
}
