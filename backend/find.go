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
		if err != nil {
			return ""
		}
		data = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(data, "maskflow", "plugins")
}

// candidate is a file that, by its name and place, may be a plugin.
type candidate struct {
	Path, Kind, Source string
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
// folder, then those of GoMLX's installer.
func findPlugins(kind, dir string) []candidate {
	if dir == "" {
		dir = DefaultPluginDir()
	}
	var found []candidate
	seen := map[string]bool{}
	look := func(dir, source string) {
		for _, c := range pluginsIn(dir, source) {
			if (kind == "" || c.Kind == kind) && !seen[c.Path] {
				seen[c.Path] = true
				found = append(found, c)
			}
		}
	}
	for _, d := range filepath.SplitList(os.Getenv(envPluginPath)) {
		look(d, SourceEnv)
	}
	look(dir, SourceInstalled)
	look(filepath.Join(dir, cudaFolder, filepath.Dir(cudaPlugin)), SourceInstalled)
	for _, d := range goXLADirs() {
		look(d, SourceGoXLA)
		look(filepath.Join(d, "nvidia"), SourceGoXLA)
	}
	return found
}

func goXLADirs() []string {
	var dirs []string
	if home, err := os.UserHomeDir(); err == nil {
		if runtime.GOOS == "darwin" {
			dirs = append(dirs, filepath.Join(home, "Library", "Application Support", "go-xla"))
		} else {
			dirs = append(dirs, filepath.Join(home, ".local", "lib", "go-xla"))
		}
	}
	return append(dirs, "/usr/local/lib/go-xla")
}

// pluginsIn lists one folder; of several versions the newest comes first.
func pluginsIn(dir, source string) []candidate {
	if !filepath.IsAbs(dir) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var found []candidate
	for _, e := range entries {
		if kind := kindOfFile(e.Name()); kind != "" {
			found = append(found, candidate{filepath.Join(dir, e.Name()), kind, source})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return text.Compare(b.Path, a.Path) })
	return found
}
