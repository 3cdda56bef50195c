//go:build cgo && !noxla && ((linux && (amd64 || arm64)) || (darwin && arm64))

package backend

import (
	"fmt"
	"strings"

	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

// xlaBuild says whether this program can load PJRT plugins.
const xlaBuild = true

// loadPlugin opens the plugin in this process. Go-xla's own installer and
// search never run, since they are for plugins without an absolute path.
func loadPlugin(kind, path string, o Options) (b *Backend, err error) {
	defer recovered(&err)
	if strings.ContainsRune(path, ',') {
		return nil, fmt.Errorf("plugin path %q has a comma, which ends a path in GoMLX's configuration (move or link the plugin)", path)
	}
	xla.EnableAutoInstall(false)
	config := path
	if kind == KindCUDA {
		config += fmt.Sprintf(",tf32=%t", o.TF32)
	}
	c, err := xla.NewWithOptions(config, nil)
	if err != nil {
		return nil, oneLine(err)
	}
	b = newBackend(c, kind)
	b.Plugin = path
	b.Device = c.DeviceDescription(0)
	plugin, err := pjrt.GetPlugin(path)
	if err != nil {
		c.Finalize()
		return nil, oneLine(err)
	}
	major, minor := plugin.Version()
	b.PluginVersion = fmt.Sprintf("%d.%d", major, minor)
	return b, nil
}
