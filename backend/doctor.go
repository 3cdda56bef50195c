package backend

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/cpu"
)

// Report is what Doctor finds.
type Report struct {
	Build
	Threads   int    `json:"threads"`         // GOMAXPROCS.
	Vector    string `json:"vector"`          // The processor's widest vector unit that the Go backend knows: AVX-512, AVX2 or none.
	GLIBC     string `json:"glibc,omitempty"` // Such as 2.36; empty without it.
	PluginDir string `json:"plugin_dir"`      // Where Install puts plugins.

	Plugins   []PluginInfo `json:"plugins"`
	Leftovers []string     `json:"leftovers,omitempty"` // Folders of installs that were killed.
	NVIDIA    bool         `json:"nvidia"`              // There is an NVIDIA device.
	GPUs      []string     `json:"gpus,omitempty"`      // As nvidia-smi describes them.

	Auto   string   `json:"auto"`   // Kind of the backend that auto opens.
	Reason string   `json:"reason"` // Why.
	Speeds []Speed  `json:"speeds"`
	Advice []string `json:"advice,omitempty"` // What would make things better, one line each.
}

// Doctor looks for everything that decides which backend opens and how fast it
// is: it hashes and tries every plugin anew, opens each kind of backend that
// can be opened and times two matrix products on it, a second for each at
// most. Its error is the context's.
func Doctor(ctx context.Context) (*Report, error) {
	r := &Report{
		Build: Built(), Threads: runtime.GOMAXPROCS(0), Vector: vectorUnit(), GLIBC: glibcVersion(ctx),
		PluginDir: DefaultPluginDir(), NVIDIA: hasNVIDIA(), Plugins: List(),
	}
	r.Leftovers = abandoned(r.PluginDir)
	if r.NVIDIA {
		r.GPUs = describeNVIDIA(ctx)
	}
	for i := range r.Plugins {
		if p := &r.Plugins[i]; p.Problem == "" {
			if err := p.vet(ctx, true); err != nil {
				p.Problem = err.Error()
			}
		}
	}
	if b, err := openAuto(ctx, Options{}); err != nil {
		r.Reason = err.Error()
	} else {
		r.Auto, r.Reason = b.Kind, b.Reason
		b.Close()
	}
	for _, kind := range []string{KindGo, KindXLA, KindCUDA} {
		if kind == KindGo || r.found(kind) {
			r.Speeds = append(r.Speeds, timeKind(ctx, kind)...)
		}
	}
	r.advise()
	return r, ctx.Err()
}

func (r *Report) found(kind string) bool {
	return slices.ContainsFunc(r.Plugins, func(p PluginInfo) bool { return p.Kind == kind && p.Problem == "" })
}

func (r *Report) advise() {
	add := func(line string) { r.Advice = append(r.Advice, line) }
	if !r.SIMD && runtime.GOARCH == "amd64" {
		add("build with GOEXPERIMENT=simd: the products of the Go backend become ten times faster")
	}
	for _, left := range r.Leftovers {
		add(fmt.Sprintf("an install that was killed left %s (the next maskflow backend install removes it)", left))
	}
	switch {
	case !r.XLA:
		add(ErrNoXLA.Error())
	case !r.found(KindXLA):
		add("run: maskflow backend install (XLA trains several times faster than the Go backend)")
	}
	if r.XLA && r.NVIDIA && !r.found(KindCUDA) {
		add("run: maskflow backend install --cuda (there is an NVIDIA device)")
	}
}

// abandoned are the temporary folders of installs, unless one is running.
func abandoned(dir string) []string {
	if dir == "" {
		return nil
	}
	l := lockOf(dir)
	defer l.Close() //nolint:errcheck // nothing was written
	if free, err := l.TryRLock(); err == nil && !free {
		return nil
	}
	return leftovers(dir)
}

func vectorUnit() string {
	switch {
	case cpu.X86.HasAVX512F:
		return "AVX-512"
	case cpu.X86.HasAVX2:
		return "AVX2"
	}
	return "none"
}

func glibcVersion(ctx context.Context) string {
	if runtime.GOOS != "linux" {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	out, _ := exec.CommandContext(ctx, "getconf", "GNU_LIBC_VERSION").Output() // empty where there is none
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "glibc ")
}
