package backend

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// probeArg, as the first argument, makes the program try a plugin and exit. It
// is followed by the kind and the path.
const probeArg = "__maskflow-try-plugin"

// How long a plugin may take in its child process. CUDA loads gigabytes of
// libraries before its first product.
var (
	probeLimit     = 20 * time.Second
	probeLimitCUDA = time.Minute
)

// canProbe says that this program, started again with probeArg, ends up in
// ProbeMain. Without that, starting it again would run it a second time.
var canProbe atomic.Bool

// ProbeMain is to be called first thing in main, or in TestMain before m.Run,
// by a program that opens plugins which were not installed by this package. In
// the ordinary course it returns at once. When the program was started by Open
// or Doctor to try a plugin, it does so and exits.
func ProbeMain() {
	if len(os.Args) != 4 || os.Args[1] != probeArg {
		canProbe.Store(true)
		return
	}
	kind, path := os.Args[2], os.Args[3]
	// The parent may be gone by the time that the plugin hangs.
	time.AfterFunc(limitOf(kind)+time.Second, func() { os.Exit(1) })
	result := tryHere(kind, path)
	pipe := os.NewFile(3, "result")
	if err := json.NewEncoder(pipe).Encode(result); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func limitOf(kind string) time.Duration {
	if kind == KindCUDA {
		return probeLimitCUDA
	}
	return probeLimit
}

// probeResult is what the child tells its parent.
type probeResult struct {
	API     string   `json:"api"`
	Devices []string `json:"devices"`
	Error   string   `json:"error,omitempty"`
}

// tryHere opens a plugin in this process and runs x+1 on it.
func tryHere(kind, path string) probeResult {
	b, err := loadPlugin(kind, path, Options{})
	if err != nil {
		return probeResult{Error: err.Error()}
	}
	r := probeResult{API: b.PluginVersion}
	for i := range b.Compute.NumDevices() {
		r.Devices = append(r.Devices, describe(b.Compute, compute.DeviceNum(i)))
	}
	if err := addOne(b); err != nil {
		r.Error = err.Error()
	}
	return r
}

// describe names a device without the process that every description ends in.
func describe(c compute.Backend, device compute.DeviceNum) string {
	name, _, _ := strings.Cut(c.DeviceDescription(device), " [processId=")
	return name
}

func addOne(b *Backend) (err error) {
	defer recovered(&err)
	exec, err := graph.NewExec(b.Compute, func(x *graph.Node) *graph.Node { return graph.AddScalar(x, 1) })
	if err != nil {
		return OneLine(err)
	}
	out, err := exec.Call(float32(41))
	if err != nil {
		return OneLine(err)
	}
	if got := tensors.ToScalar[float32](out[0]); got != 42 {
		return fmt.Errorf("computes 41+1 = %v", got)
	}
	return nil
}

// errNoProbe tells the programmer, or through the CLI the user, what is missing.
var errNoProbe = errors.New("has not been tried on this machine, and this program cannot try it safely (run: maskflow backend doctor, or call backend.ProbeMain first thing in main)")

// probe tries a plugin in a child process.
func probe(ctx context.Context, kind, path string) (probeResult, error) {
	if !canProbe.Load() {
		return probeResult{}, errNoProbe
	}
	self, err := os.Executable()
	if err != nil {
		return probeResult{}, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return probeResult{}, err
	}
	defer r.Close()
	limit := limitOf(kind)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var stderr head
	cmd := exec.CommandContext(limited, self, probeArg, kind, path)
	cmd.Stderr = &stderr
	cmd.ExtraFiles = []*os.File{w}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		_ = w.Close()
		return probeResult{}, err
	}
	_ = w.Close()
	// The result is far smaller than a pipe's buffer, so the child never waits
	// for the read; the deadline is for a plugin that leaves processes behind.
	err = cmd.Wait()
	_ = r.SetReadDeadline(time.Now().Add(time.Second))
	text, _ := io.ReadAll(io.LimitReader(r, 1<<20))
	switch {
	case ctx.Err() != nil:
		return probeResult{}, ctx.Err()
	case limited.Err() != nil:
		return probeResult{}, fmt.Errorf("hangs: no answer from a child process in %v", limit)
	case err != nil:
		return probeResult{}, fmt.Errorf("kills the process that loads it (%s)", causeOfDeath(stderr.buf, err))
	}
	var result probeResult
	if err := json.Unmarshal(text, &result); err != nil {
		return probeResult{}, fmt.Errorf("gave no answer in a child process: %w", err)
	}
	if result.Error != "" {
		return probeResult{}, fmt.Errorf("does not work: %s", result.Error)
	}
	return result, nil
}

var signalName = regexp.MustCompile(`\bSIG[A-Z]+\b[^\n\[\]]{0,40}`)

// causeOfDeath reads the signal from what the Go run time writes as it dies.
func causeOfDeath(stderr []byte, err error) string {
	if m := signalName.Find(stderr); m != nil {
		return string(bytes.TrimSpace(m))
	}
	return err.Error()
}

// head keeps the first part of what is written to it, where the cause of a
// crash stands.
type head struct{ buf []byte }

func (t *head) Write(p []byte) (int, error) {
	const limit = 1 << 16
	t.buf = append(t.buf, p[:min(len(p), limit-min(len(t.buf), limit))]...)
	return len(p), nil
}
