package backend

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/maskflow/maskflow/internal/files"
)

// PluginInfo is what is known about a file that may be a plugin.
type PluginInfo struct {
	Path      string     `json:"path"`
	Kind      string     `json:"kind"`     // KindXLA or KindCUDA, by its name.
	Source    string     `json:"source"`   // SourceInstalled, SourceEnv or SourceGoXLA.
	Size      int64      `json:"size"`     // Bytes.
	Modified  time.Time  `json:"modified"` // When the file was changed last.
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
func List() []PluginInfo {
	plugins := findPlugins("")
	for i := range plugins {
		if err := plugins[i].inspect(); err != nil {
			plugins[i].Problem = err.Error()
		}
	}
	return plugins
}

var errNotInstalled = errors.New("is not the file that was installed (run: maskflow backend install --force)")

// inspect looks at the file without loading it. Like that of vet, its error says
// why the plugin is refused and reads on after "plugin PATH ".
func (p *PluginInfo) inspect() error {
	if info, err := os.Stat(p.Path); err == nil {
		p.Size, p.Modified = info.Size(), info.ModTime().UTC()
	}
	if t := readTrials()[trialKey(p.Path)]; t.Size == p.Size && t.Modified.Equal(p.Modified) {
		p.SHA256, p.API, p.Devices, p.Tried = t.SHA256, t.API, t.Devices, t.Tried
	}
	err := checkLibrary(p.Path)
	if err == nil {
		p.Installed, err = readReceipt(p.Path)
	}
	if err == nil && p.Installed != nil && p.Installed.Size != p.Size {
		err = errNotInstalled
	}
	return err
}

// vet says whether a plugin may be loaded into this process. In this order: the
// file is looked at; what this package installed is compared with the hash of
// its receipt; the plugin runs in a child process. What has passed is not
// repeated until the file changes, unless again is set.
func (p *PluginInfo) vet(ctx context.Context, again bool) error {
	err := p.inspect()
	enough := p.Tried || p.Installed != nil && p.Installed.SHA256 == p.SHA256 && !canProbe.Load()
	if err != nil || enough && !again {
		return err
	}
	p.API, p.Devices, p.Tried = "", nil, false
	if p.SHA256, err = hashFile(p.Path); err != nil {
		return err
	}
	if p.Installed != nil && p.Installed.SHA256 != p.SHA256 {
		return errNotInstalled
	}
	if err = usable(p.Kind); err == nil {
		err = p.probe(ctx)
	}
	if errors.Is(err, errNoProbe) && p.Installed != nil {
		err = nil // Install tried these very bytes.
	}
	if err == nil {
		remember(*p)
	}
	return err
}

// usable says why no plugin of a kind can be opened on this machine.
func usable(kind string) error {
	switch {
	case !xlaBuild:
		return ErrNoXLA
	case kind == KindCUDA && !hasNVIDIA():
		return errNoNVIDIA
	}
	return nil
}

// trialsFile is $XDG_CACHE_HOME/maskflow/trials.json, or what the system has
// for it; empty where there is no home folder.
func trialsFile() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "maskflow", "trials.json")
}

// trialKey names a plugin among the trials, which are those of one version of
// go-xla. Test binaries do not know theirs.
func trialKey(path string) string { return path + " " + Built().GoXLA }

// readTrials returns the plugins that have been hashed or have run in a child
// process, so that neither is repeated at every start. A damaged or missing file
// only means that both are done again.
func readTrials() (all map[string]PluginInfo) {
	text, err := files.ReadRegular(trialsFile(), 1<<20)
	if err != nil || json.Unmarshal(text, &all) != nil {
		return nil
	}
	return all
}

// remember is best effort: where the cache cannot be written, the next start
// tries the plugin again.
func remember(p PluginInfo) {
	all := map[string]PluginInfo{trialKey(p.Path): p}
	for key, known := range readTrials() {
		if _, err := os.Stat(known.Path); err == nil && all[key].Path == "" {
			all[key] = known
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	path := trialsFile()
	if err == nil && path != "" && os.MkdirAll(filepath.Dir(path), 0o755) == nil {
		_ = files.Replace(path, append(text, '\n'))
	}
}

// hashFile returns the SHA-256 of a file in hexadecimal digits.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
