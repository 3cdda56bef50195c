package backend

import "slices"

// PluginInfo is what is known about a file that may be a plugin.
type PluginInfo struct {
	Path      string     `json:"path"`
	Kind      string     `json:"kind"`   // KindXLA or KindCUDA, by its name.
	Source    string     `json:"source"` // SourceInstalled, SourceEnv or SourceGoXLA.
	Size      int64      `json:"size"`   // Bytes.
	SHA256    string     `json:"sha256,omitempty"`
	Installed *Installed `json:"installed,omitempty"` // Receipt of Install; nil for a foreign plugin.
	API       string     `json:"api,omitempty"`       // PJRT C API version, once it was tried.
	Devices   []string   `json:"devices,omitempty"`   // Once it was tried.
	Tried     bool       `json:"tried"`               // It has run on this machine.
	Problem   string     `json:"problem,omitempty"`   // Why it is refused; empty when nothing is known against it.
}

// List describes the plugins that Open would try, in its order, without
// loading any of them: what it says beyond the file and its receipt is
// remembered from earlier trials. Doctor tries them all.
func List(o Options) []PluginInfo {
	var infos []PluginInfo
	for _, c := range findPlugins("", o.PluginDir) {
		infos = append(infos, look(c))
	}
	return infos
}

func look(c candidate) PluginInfo {
	t, receipt, err := inspect(c.Path)
	p := PluginInfo{Path: c.Path, Kind: c.Kind, Source: c.Source, Installed: receipt}
	p.learn(t)
	switch {
	case err != nil:
		p.Problem = err.Error()
	case receipt != nil && receipt.Size != p.Size:
		p.Problem = errNotInstalled.Error()
	}
	return p
}

func (p *PluginInfo) learn(t trial) {
	p.Size, p.SHA256, p.API, p.Devices, p.Tried = t.Size, t.SHA256, t.API, slices.Clone(t.Devices), t.Ran
}
