//go:build cgo && !noxla && ((linux && (amd64 || arm64)) || (darwin && arm64))

package backend

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

// xlaBuild says whether this program can load PJRT plugins.
const xlaBuild = true

// noAutoInstall keeps go-xla from fetching plugins by itself, unchecked. It
// would not for a plugin named by its path, which ours always are; this is for
// a later go-xla.
var noAutoInstall = sync.OnceFunc(func() { xla.EnableAutoInstall(false) })

// loadPlugin opens the plugin in this process. Go-xla's own installer and
// search never run, since they are for plugins without an absolute path.
func loadPlugin(kind, path string, o Options) (b *Backend, err error) {
	defer recovered(&err)
	noAutoInstall()
	name, cleanUp, err := neutralName(kind, path)
	if err != nil {
		return nil, err
	}
	defer cleanUp()
	config := fmt.Sprintf("%s,tf32=%t", name, o.TF32)
	if kind == KindXLA {
		keepMemory()
	}
	if kind == KindCUDA {
		preloadCUDA(path)
		config += ",preallocate=false"
	}
	plugin, err := pjrt.GetPlugin(name)
	if err != nil {
		return nil, OneLine(err)
	}
	if plugin == nil {
		return nil, errors.New("GetPjrtApi returns nothing")
	}
	c, err := xla.NewWithOptions(config, nil)
	if err != nil {
		return nil, OneLine(err)
	}
	major, minor := plugin.Version()
	return &Backend{Compute: c, Kind: kind, Plugin: path, PluginVersion: fmt.Sprintf("%d.%d", major, minor),
		Device: describe(c, 0), SIMD: simdBuild}, nil
}

// neutralName returns a path under which go-xla opens the plugin for what it
// is. Go-xla ends a path at a comma, and takes every plugin with "cuda" or
// "nvidia" anywhere in its path for one of CUDA's, which a CPU plugin in the
// home folder of the user nvidia then refuses; such a plugin is opened through
// a link.
func neutralName(kind, path string) (name string, cleanUp func(), err error) {
	misread := kind == KindXLA && pjrt.IsCUDAName(path)
	if !misread && !strings.ContainsRune(path, ',') {
		return path, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "maskflow-*")
	if err != nil {
		return "", nil, err
	}
	cleanUp = func() { _ = os.RemoveAll(dir) }
	base := "plugin.so"
	if kindOfFile(filepath.Base(path)) == KindXLA {
		base = "cpu.so" // Go-xla shares memory with plugins that have "cpu" in their path.
	}
	name = filepath.Join(dir, base)
	if err := os.Symlink(path, name); err != nil {
		cleanUp()
		return "", nil, err
	}
	return name, cleanUp, nil
}
