package backend

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/internal/text"
)

// Where a plugin was found.
const (
	SourceEnv       = "environment" // A folder of $PJRT_PLUGIN_LIBRARY_PATH.
	SourceInstalled = "installed"   // The plugin folder, written by Install.
	SourceGoXLA     = "go-xla"      // A folder that GoMLX's own installer writes.
)

// envPluginPath is go-xla's variable: folders of plugins, separated by colons.
const envPluginPath = "PJRT_PLUGIN_LIBRARY_PATH"

// DefaultPluginDir is the folder of installed plugins,
// $XDG_DATA_HOME/maskflow/plugins, else ~/.local/share/maskflow/plugins.
func DefaultPluginDir() string {
	data := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		home, err := os.UserHomeDir()
		if err != nil || !filepath.IsAbs(home) {
			return ""
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "maskflow", "plugins")
}

// pluginName matches the names that go-xla knows: pjrt_c_api_NAME_plugin,
// pjrt-plugin-NAME and pjrt_plugin_NAME, and the one in JAX's CUDA wheels.
var pluginName = regexp.MustCompile(`^(?:pjrt_c_api_(.+)_plugin|pjrt[-_]plugin[-_](.+)|xla_(cuda)_plugin)\.(?:so|dylib)$`)

// kindOfFile tells the kind of plugin from its file name: cpu or cuda, with an
// optional version behind (cpu_v0.114.0). Other devices are not ours to open.
func kindOfFile(name string) string {
	m := pluginName.FindStringSubmatch(name)
	if m == nil {
		return ""
	}
	device, _, _ := strings.Cut(m[1]+m[2]+m[3], "_")
	switch {
	case device == "cpu":
		return KindXLA
	case strings.HasPrefix(device, "cuda"):
		return KindCUDA
	}
	return ""
}

// findPlugins lists the plugins of a kind (every kind when empty) in the order
// in which they are tried: the folders of $PJRT_PLUGIN_LIBRARY_PATH, our own
// folder, then those of GoMLX's installer. In one folder the newest of several
// versions comes first.
func findPlugins(kind string) []PluginInfo {
	var found []PluginInfo
	look := func(dir, source string) {
		entries, err := os.ReadDir(dir)
		if err != nil || !filepath.IsAbs(dir) {
			return
		}
		slices.SortFunc(entries, func(a, b os.DirEntry) int { return text.Compare(b.Name(), a.Name()) })
		for _, e := range entries {
			path, own := filepath.Join(dir, e.Name()), kindOfFile(e.Name())
			known := slices.ContainsFunc(found, func(p PluginInfo) bool { return p.Path == path })
			if own != "" && (kind == "" || own == kind) && !known {
				found = append(found, PluginInfo{Path: path, Kind: own, Source: source})
			}
		}
	}
	for _, d := range filepath.SplitList(os.Getenv(envPluginPath)) {
		look(d, SourceEnv)
	}
	look(DefaultPluginDir(), SourceInstalled)
	look(filepath.Join(DefaultPluginDir(), cudaFolder, filepath.Dir(cudaPlugin)), SourceInstalled)
	for _, d := range goXLADirs() {
		look(d, SourceGoXLA)
		look(filepath.Join(d, "nvidia"), SourceGoXLA)
	}
	return found
}

// goXLADirs are the folders of GoMLX's installer.
func goXLADirs() []string {
	dirs := []string{"/usr/local/lib/go-xla"}
	if home, err := os.UserHomeDir(); err == nil {
		own := filepath.Join(home, ".local", "lib", "go-xla")
		if runtime.GOOS == "darwin" {
			own = filepath.Join(home, "Library", "Application Support", "go-xla")
		}
		dirs = slices.Insert(dirs, 0, own)
	}
	return dirs
}
