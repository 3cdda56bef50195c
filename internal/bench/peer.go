package main

import (
	"bufio"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// scripts are the peers' programs. protocol.py says how they are spoken to.
//
//go:embed *.py
var scripts embed.FS

// patience bounds the wait for an answer of a peer, which may have to compile
// several ways to do a piece of work.
const patience = 10 * time.Minute

// peer is a Python process that does the same work with another library. While
// it waits for a request it sleeps, and so do the library's threads.
type peer struct {
	cmd      *exec.Cmd
	requests io.WriteCloser
	answers  *bufio.Reader
	stderr   lastLine
	versions string
}

// request and answer are one line of JSON each; protocol.py, and the program that
// is asked, say what they mean.
type request struct {
	Do      string  `json:"do"`
	Side    string  `json:"side"`
	Kind    string  `json:"kind,omitempty"`
	File    string  `json:"file,omitempty"`
	Batch   int     `json:"batch,omitempty"`
	Steps   int     `json:"steps,omitempty"`
	Dim     int     `json:"dim,omitempty"`
	Layers  int     `json:"layers,omitempty"`
	Hidden  []int   `json:"hidden,omitempty"`
	Inverse bool    `json:"inverse,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

type answer struct {
	timing
	Versions string    `json:"versions"`
	Check    []float64 `json:"check"`
	origin
	Error string `json:"error"`
}

// startPeer runs a program with a Python interpreter and waits until it is
// ready. What it compiles is kept beside the program.
func startPeer(ctx context.Context, python, script string, args ...string) (*peer, error) {
	p := &peer{cmd: exec.CommandContext(ctx, python, append([]string{script}, args...)...)}
	p.cmd.Env = append(os.Environ(), "JAX_PLATFORMS=cpu", "TORCHINDUCTOR_COMPILE_THREADS=1",
		"TORCHINDUCTOR_CACHE_DIR="+filepath.Join(filepath.Dir(script), "compiled"))
	p.cmd.Stderr = &p.stderr
	p.cmd.WaitDelay = 5 * time.Second
	var err error
	if p.requests, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.answers = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	hello, err := p.read()
	if err != nil {
		return nil, err
	}
	p.versions = hello.Versions
	return p, nil
}

func (p *peer) ask(r request) (answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := p.requests.Write(append(line, '\n')); err != nil {
		return answer{}, p.gone(err)
	}
	return p.read()
}

func (p *peer) read() (answer, error) {
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	line, err := p.answers.ReadBytes('\n')
	if !late.Stop() {
		return answer{}, p.gone(fmt.Errorf("it had not answered for %v", patience))
	}
	if err != nil {
		return answer{}, p.gone(err)
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		return answer{}, fmt.Errorf("the peer's answer %.80q cannot be read: %w", line, err)
	}
	if a.Error != "" {
		return answer{}, fmt.Errorf("the peer failed: %s", a.Error)
	}
	return a, nil
}

// gone explains the end of the process by the last that it wrote to standard
// error.
func (p *peer) gone(err error) error {
	_ = p.requests.Close()
	_ = p.cmd.Wait()
	if text := p.stderr.String(); text != "" {
		return fmt.Errorf("the peer ended: %s", text)
	}
	return fmt.Errorf("the peer ended: %w", err)
}

// close ends the process and waits for it.
func (p *peer) close() {
	_ = p.requests.Close() // the script ends with its input
	_ = p.cmd.Wait()
}

// side prepares the peer's way of some work.
func (p *peer) side(name string, r request) (*side, error) {
	r.Do, r.Side = "prepare", name
	prepared, err := p.ask(r)
	prepared.Program = p.versions
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &side{name: name, check: prepared.Check, origin: prepared.origin,
		round: func(_ context.Context, d time.Duration) (timing, error) {
			a, err := p.ask(request{Do: "round", Side: name, Seconds: d.Seconds()})
			return a.timing, err
		},
		close: func() { _, _ = p.ask(request{Do: "forget", Side: name}) },
	}, nil
}

// lastLine keeps the last line with text of what is written to it.
type lastLine struct{ tail string }

func (l *lastLine) Write(b []byte) (int, error) {
	const most = 4096
	l.tail += string(b)
	l.tail = l.tail[max(0, len(l.tail)-most):]
	return len(b), nil
}

func (l *lastLine) String() string {
	lines := strings.Split(strings.TrimSpace(l.tail), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
