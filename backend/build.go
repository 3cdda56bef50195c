package backend

import (
	"runtime"
	"runtime/debug"
)

// Build is what this program was built from and with.
type Build struct {
	Go       string `json:"go"`       // Version of Go.
	Platform string `json:"platform"` // Such as linux/amd64.
	GoMLX    string `json:"gomlx"`    // Version of the module; empty when the build does not say.
	GoXLA    string `json:"go_xla"`   // The same of XLA's binding.
	SIMD     bool   `json:"simd"`     // GOEXPERIMENT=simd was set: the Go backend's fast kernels.
	XLA      bool   `json:"xla"`      // This program can load plugins.
}

// Built describes the running program.
func Built() Build {
	b := Build{Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, SIMD: simdBuild, XLA: xlaBuild}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, m := range info.Deps {
		version := m.Version
		if m.Replace != nil {
			version = m.Replace.Version
		}
		switch m.Path {
		case "github.com/gomlx/gomlx":
			b.GoMLX = version
		case "github.com/gomlx/go-xla":
			b.GoXLA = version
		}
	}
	return b
}
