package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
)

// machine says on what, and with which versions, the numbers were taken. XLA,
// JAX and torch take one thread a core; `taskset` gives all of them fewer.
func machine(l *lab) string {
	text := fmt.Sprintf("%s, %d cores, %s/%s\nmaskflow %s, %s, GoMLX %s, %s", cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		maskflow.Version, runtime.Version(), moduleVersion("github.com/gomlx/gomlx"), backendName(l.main))
	if l.peer != nil {
		text += "\n" + l.peer.versions
	}
	return text
}

func backendName(b *backend.Backend) string {
	if b.Kind == backend.KindGo {
		return "Go backend"
	}
	return fmt.Sprintf("%s (%s, PJRT %s)", strings.ToUpper(b.Kind), filepath.Base(b.Plugin), b.PluginVersion)
}

func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == path {
				return m.Version
			}
		}
	}
	return "of unknown version"
}

// cpuModel is the processor's name where the system tells it in a file.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return "unknown processor"
}
