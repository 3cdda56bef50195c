package backend

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// probeLimits are how long a plugin of a kind may take in its child process. CUDA
// loads gigabytes of libraries before its first product.
var probeLimits = map[string]time.Duration{KindXLA: 20 * time.Second, KindCUDA: time.Minute}

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
	p := PluginInfo{Kind: os.Args[2], Path: os.Args[3]}
	// The parent may be gone by the time that the plugin hangs.
	time.AfterFunc(probeLimits[p.Kind]+time.Second, func() { os.Exit(1) })
	p.tryHere()
	// The answer is the last line, whatever the plugin has printed.
	answer, err := json.Marshal(p)
	if err == nil {
		_, err = fmt.Fprintf(os.Stdout, "\n%s\n", answer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// tryHere opens a plugin in this process and runs x+1 on it.
func (p *PluginInfo) tryHere() {
	b, err := loadPlugin(p.Kind, p.Path, Options{})
	if err == nil {
		p.API = b.PluginVersion
		for i := range b.Compute.NumDevices() {
			p.Devices = append(p.Devices, describe(b.Compute, compute.DeviceNum(i)))
		}
		err = addOne(b)
	}
	if err != nil {
		p.Problem = err.Error()
	}
}

// describe names a device without the process that every description ends in.
func describe(c compute.Backend, device compute.DeviceNum) string {
	name, _, _ := strings.Cut(c.DeviceDescription(device), " [processId=")
	return name
}

func addOne(b *Backend) (err error) {
	defer recovered(&err)
	out, err := graph.CallOnce(b.Compute, func(x *graph.Node) *graph.Node { return graph.AddScalar(x, 1) }, float32(41))
	if err != nil {
		return OneLine(err)
	}
	if got := tensors.ToScalar[float32](out); got != 42 {
		return fmt.Errorf("computes 41+1 = %v", got)
	}
	return nil
}

// errNoProbe tells the programmer, or through the CLI the user, what is missing.
var errNoProbe = errors.New("has not been tried on this machine, and this program cannot try it safely (run: maskflow backend doctor, or call backend.ProbeMain first thing in main)")

// probe tries a plugin in a child process. The error reads on after "plugin PATH ".
func (p *PluginInfo) probe(ctx context.Context) error {
	if !canProbe.Load() {
		return errNoProbe
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	limit := probeLimits[p.Kind]
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(limited, self, probeArg, p.Kind, p.Path)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		return fmt.Errorf("hangs: no answer from a child process in %v", limit)
	case err != nil:
		return fmt.Errorf("kills the process that loads it (%s)", causeOfDeath(err))
	}
	out = bytes.TrimSpace(out)
	var found PluginInfo
	if err := json.Unmarshal(out[bytes.LastIndexByte(out, '\n')+1:], &found); err != nil {
		return fmt.Errorf("gave no answer in a child process: %w", err)
	}
	if found.Problem != "" {
		return fmt.Errorf("does not work: %s", found.Problem)
	}
	p.API, p.Devices, p.Tried = found.API, found.Devices, true
	return nil
}

var signalName = regexp.MustCompile(`\bSIG[A-Z]+\b[^\n\[\]]{0,40}`)

// causeOfDeath reads the signal from what the Go run time writes as it dies.
func causeOfDeath(err error) string {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		if m := signalName.Find(e.Stderr); m != nil {
			return string(bytes.TrimSpace(m))
		}
	}
	return err.Error()
}
