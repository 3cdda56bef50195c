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
	"time"

	"github.com/maskflow/maskflow/internal/python"
)

// scripts are the peers' programs. protocol.py says how they are spoken to.
//
//go:embed *.py
var scripts embed.FS

// patience bounds the wait for an answer of a peer, which may have to compile
// several ways to do a piece of work.
const patience = 10 * time.Minute

// peer is a Python process that does the work of a side with another library.
// While it waits for a request it sleeps, and so do the library's threads.
type peer struct {
	cmd      *exec.Cmd
	requests io.WriteCloser
	answers  *bufio.Reader
	stderr   python.LastLine
}

// request and answer are one line of JSON each; protocol.py, and the program that
// is asked, say what they mean.
type request struct {
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
	origin
	Check []float64 `json:"check"`
	Best  float64   `json:"best_ms"`
	Error string    `json:"error"`
}

// peerSide starts a program with a Python interpreter and lets it prepare some
// work. What it compiles is kept beside the program.
func peerSide(ctx context.Context, name string, r request, python, script string, args ...string) (*side, error) {
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
	prepared, err := p.ask(r)
	if err != nil {
		p.close()
		return nil, err
	}
	return &side{name: name, check: prepared.Check, origin: prepared.origin, close: p.close,
		round: func(_ context.Context, d time.Duration) (float64, error) {
			a, err := p.ask(request{Seconds: d.Seconds()})
			return a.Best, err
		}}, nil
}

func (p *peer) ask(r request) (a answer, err error) {
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	var line []byte
	if err = json.NewEncoder(p.requests).Encode(r); err == nil {
		line, err = p.answers.ReadBytes('\n')
	}
	if !late.Stop() {
		err = fmt.Errorf("it had not answered for %v", patience)
	}
	if err != nil {
		p.close()
		if text := p.stderr.String(); text != "" {
			return a, fmt.Errorf("the peer ended: %s", text)
		}
		return a, fmt.Errorf("the peer ended: %w", err)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return a, fmt.Errorf("the peer's answer %.80q cannot be read: %w", line, err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("the peer failed: %s", a.Error)
	}
	return a, nil
}

// close ends the process and waits for it.
func (p *peer) close() {
	_ = p.requests.Close() // the script ends with its input
	_ = p.cmd.Wait()
}
