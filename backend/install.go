package backend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// InstallOptions are the settings of Install. The zero value installs the
// pinned CPU plugin with python3's pip.
type InstallOptions struct {
	Dir      string    // Folder of plugins; empty means DefaultPluginDir.
	CUDA     bool      // Install the CUDA plugin with NVIDIA's libraries instead (2.5 GB to fetch, 3.8 GB on disk).
	From     string    // A plugin or a wheel with one, instead of pip; with CUDA a folder of wheels.
	Force    bool      // Install even what is in place already.
	Python   string    // Python program with pip; empty means python3, else python.
	Progress io.Writer // One line a step; nil means none.
}

func (o InstallOptions) say(format string, args ...any) {
	if o.Progress != nil {
		_, _ = fmt.Fprintf(o.Progress, format+"\n", args...)
	}
}

// cpuFile is the name of the CPU plugin in the folder of plugins.
const cpuFile = "pjrt_c_api_cpu_plugin.so"

// The pinned CPU plugin: XLA's CPU plugin as built for the jaxlib of the same
// version, PJRT C API 0.115.
var (
	cpuWheel        = requirement{"lammps-jax-pjrt-cpu", "0.11.2", "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1"}
	cpuPluginSHA256 = "ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2"
)

// Install puts a plugin into the folder where Open finds it.
//
// Without From, pip fetches a pinned wheel; the SHA-256 of the wheel and of the
// plugin in it must be the known ones. With From, any plugin or wheel is taken
// and recorded with its own hash. Either way the plugin must run in a child
// process first (see ProbeMain; only the pinned one is taken without), and
// takes its place by a rename, so that an interrupted Install leaves what was
// there. When the same plugin is in place, nothing is done and
// Installed.Already is set.
func Install(ctx context.Context, o InstallOptions) (*Installed, error) {
	if o.Dir == "" {
		o.Dir = DefaultPluginDir()
	}
	if o.Dir == "" {
		return nil, errors.New("installing a plugin: no home folder to put it in (set XDG_DATA_HOME)")
	}
	in, err := install(ctx, o)
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("no space left on the disk of %s", o.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("installing a plugin: %w", err)
	}
	return in, nil
}

func install(ctx context.Context, o InstallOptions) (*Installed, error) {
	if !xlaBuild {
		return nil, ErrNoXLA
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	o.Dir = dir
	if platform := runtime.GOOS + "/" + runtime.GOARCH; platform != "linux/amd64" && (o.From == "" || o.CUDA) {
		return nil, fmt.Errorf("there is no pinned plugin for %s (if you have one: maskflow backend install --from FILE)", platform)
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, err
	}
	removeLeftovers(o.Dir)
	temp, err := os.MkdirTemp(o.Dir, tempPrefix+"*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	switch {
	case o.CUDA:
		return installCUDA(ctx, o, temp)
	case o.From != "":
		return installFile(ctx, o, temp)
	default:
		return installPinned(ctx, o, temp)
	}
}

// Temporary folders lie beside the target, so that a rename is enough. One that
// is a day old was left behind by a killed process.
const tempPrefix = ".install-"

func removeLeftovers(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, tempPrefix+"*"))
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(path)
		}
	}
}

// inPlace returns the receipt of an installed plugin whose file has the hash
// that is wanted, else nil.
func inPlace(path, sha256 string) *Installed {
	in, err := readReceipt(path)
	if err != nil || in == nil || in.SHA256 != sha256 {
		return nil
	}
	if have, err := hashFile(path); err != nil || have != sha256 {
		return nil
	}
	in.Already = true
	return in
}

func installPinned(ctx context.Context, o InstallOptions, temp string) (*Installed, error) {
	target := filepath.Join(o.Dir, cpuFile)
	if in := inPlace(target, cpuPluginSHA256); in != nil && !o.Force {
		return in, nil
	}
	o.say("fetching %s with pip (63 MB)", cpuWheel)
	p := pip{python: o.Python, temp: temp}
	if err := p.fetch(ctx, []requirement{cpuWheel}, "download", "--dest", temp); err != nil {
		return nil, err
	}
	found, _ := filepath.Glob(filepath.Join(temp, "*.whl"))
	if len(found) != 1 {
		return nil, fmt.Errorf("pip left %d wheels, not one", len(found))
	}
	o.say("checking and unpacking")
	if sum, err := hashFile(found[0]); err != nil {
		return nil, err
	} else if sum != cpuWheel.sha256 {
		return nil, fmt.Errorf("pip left a wheel with SHA-256 %s, not that of %s", sum, cpuWheel)
	}
	in, err := unpack(found[0], filepath.Join(temp, cpuFile))
	if err != nil {
		return nil, err
	}
	if in.SHA256 != cpuPluginSHA256 {
		return nil, fmt.Errorf("the plugin in %s has SHA-256 %s, not the known one", cpuWheel, in.SHA256)
	}
	return finish(ctx, o, in, target)
}

func installFile(ctx context.Context, o InstallOptions, temp string) (*Installed, error) {
	target := filepath.Join(o.Dir, cpuFile)
	from, err := filepath.Abs(o.From)
	if err != nil {
		return nil, err
	}
	o.say("reading %s", from)
	in, err := unpack(from, filepath.Join(temp, cpuFile))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	in.From = from
	if in.Kind == KindCUDA {
		return nil, fmt.Errorf("%s is a CUDA plugin, which needs NVIDIA's libraries too (use --cuda, with --from for a folder of wheels)", from)
	}
	if have := inPlace(target, in.SHA256); have != nil && !o.Force {
		return have, nil
	}
	return finish(ctx, o, in, target)
}

// unpack copies the plugin in file, a wheel or a plugin itself, to a temporary
// place, its licence texts beside it, and describes it.
func unpack(file, to string) (*Installed, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	in := &Installed{Path: to, Kind: KindXLA, Installed: time.Now().UTC().Truncate(time.Second)}
	name := filepath.Base(file)
	if strings.EqualFold(filepath.Ext(file), ".whl") {
		w, err := openWheel(f, info.Size())
		if err != nil {
			return nil, err
		}
		if err := w.extractPlugin(to); err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", w.plugin.Name, err)
		}
		in.Package, in.Version, in.License = w.name, w.version, w.license
		if in.Licenses, err = w.extractLicenses(licenseDir(to)); err != nil {
			return nil, err
		}
		name = filepath.Base(w.plugin.Name)
	} else {
		if err := checkLibrary(file); err != nil {
			return nil, err
		}
		if err := copyNew(to, f, 0o755); err != nil {
			return nil, err
		}
	}
	if kind := kindOfFile(name); kind != "" {
		in.Kind = kind
	}
	if in.SHA256, err = hashFile(to); err != nil {
		return nil, err
	}
	if info, err = os.Stat(to); err != nil {
		return nil, err
	}
	in.Size = info.Size()
	return in, nil
}

// licenseDir is the folder of the licence texts of a plugin, beside it.
func licenseDir(plugin string) string {
	return strings.TrimSuffix(plugin, filepath.Ext(plugin)) + "-licenses"
}

// finish tries the unpacked plugin and puts it into its place: first the
// receipt's old text goes, so that at no time a receipt fits another file.
func finish(ctx context.Context, o InstallOptions, in *Installed, target string) (*Installed, error) {
	if err := checkLibrary(in.Path); err != nil {
		return nil, fmt.Errorf("plugin %w", err)
	}
	o.say("trying the plugin in a child process")
	pinned := in.SHA256 == cpuPluginSHA256
	result, err := probe(ctx, in.Kind, in.Path)
	if err != nil && (!pinned || !errors.Is(err, errNoProbe)) {
		return nil, fmt.Errorf("plugin %w", err)
	}
	in.API = result.API

	if err := os.Remove(receiptPath(target)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := os.RemoveAll(licenseDir(target)); err != nil {
		return nil, err
	}
	if err := os.Rename(in.Path, target); err != nil {
		return nil, err
	}
	if len(in.Licenses) > 0 {
		if err := os.Rename(licenseDir(in.Path), licenseDir(target)); err != nil {
			return nil, err
		}
		for i, l := range in.Licenses {
			in.Licenses[i] = filepath.Join(licenseDir(target), filepath.Base(l))
		}
	}
	in.Path = target
	if err := writeReceipt(in); err != nil {
		return nil, err
	}
	if t, err := identify(target); err == nil && result.API != "" {
		t.SHA256, t.Ran, t.API, t.Devices = in.SHA256, true, result.API, result.Devices
		remember(t)
	}
	o.say("installed %s", target)
	return in, nil
}
