package backend

import (
	"cmp"
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
	if o.CUDA {
		return installCUDA(ctx, o, temp)
	}
	return installCPU(ctx, o, temp)
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
// that is wanted, else nil, as when it is to be installed whatever is there.
func (o InstallOptions) inPlace(path, sha256 string) *Installed {
	in, err := readReceipt(path)
	if err != nil || in == nil || in.SHA256 != sha256 || o.Force {
		return nil
	}
	if have, err := hashFile(path); err != nil || have != sha256 {
		return nil
	}
	in.Already = true
	return in
}

// installCPU unpacks the plugin of a file, by default of the pinned wheel.
func installCPU(ctx context.Context, o InstallOptions, temp string) (*Installed, error) {
	target, pinned := filepath.Join(o.Dir, cpuFile), o.From == ""
	from, err := filepath.Abs(o.From)
	if pinned {
		if in := o.inPlace(target, cpuPluginSHA256); in != nil {
			return in, nil
		}
		from, err = fetchCPU(ctx, o, temp)
	}
	if err != nil {
		return nil, err
	}
	o.say("checking and unpacking %s", filepath.Base(from))
	in, err := unpack(from, filepath.Join(temp, cpuFile))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", from, err)
	case in.Kind == KindCUDA:
		return nil, fmt.Errorf("%s is a CUDA plugin, which needs NVIDIA's libraries too (use --cuda, with --from for a folder of wheels)", from)
	case pinned && in.SHA256 != cpuPluginSHA256:
		return nil, fmt.Errorf("the plugin in %s has SHA-256 %s, not the known one", cpuWheel, in.SHA256)
	case !pinned:
		in.From = from
		if have := o.inPlace(target, in.SHA256); have != nil {
			return have, nil
		}
	}
	// The old receipt goes first, so that at no time one fits another file.
	return finish(ctx, o, in, temp, filepath.Base(receiptPath(target)), filepath.Base(licenseDir(target)), cpuFile)
}

// fetchCPU lets pip fetch the pinned wheel, and returns its path.
func fetchCPU(ctx context.Context, o InstallOptions, temp string) (string, error) {
	o.say("fetching %s with pip (63 MB)", cpuWheel)
	p := pip{python: o.Python, temp: temp}
	if err := p.fetch(ctx, []requirement{cpuWheel}, "download", "--dest", temp); err != nil {
		return "", err
	}
	found, _ := filepath.Glob(filepath.Join(temp, "*.whl"))
	if len(found) != 1 {
		return "", fmt.Errorf("pip left %d wheels, not one", len(found))
	}
	sum, err := hashFile(found[0])
	if err == nil && sum != cpuWheel.sha256 {
		err = fmt.Errorf("pip left a wheel with SHA-256 %s, not that of %s", sum, cpuWheel)
	}
	return found[0], err
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
	if !strings.EqualFold(filepath.Ext(file), ".whl") {
		if err := checkLibrary(file); err != nil {
			return nil, err
		}
		if err := copyNew(to, f, 0o755); err != nil {
			return nil, err
		}
		return describeFile(to, file)
	}
	w, err := openWheel(f, info.Size())
	if err != nil {
		return nil, err
	}
	if err := w.extractPlugin(to); err != nil {
		return nil, fmt.Errorf("unpacking %s: %w", w.plugin.Name, err)
	}
	in, err := describeFile(to, w.plugin.Name)
	if err != nil {
		return nil, err
	}
	in.Package, in.Version, in.License = w.name, w.version, w.license
	in.Licenses, err = w.extractLicenses(licenseDir(to))
	return in, err
}

// describeFile is the receipt of a plugin at path, of the kind that its former
// name says.
func describeFile(path, name string) (*Installed, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	in := &Installed{Path: path, Size: info.Size(), Installed: time.Now().UTC().Truncate(time.Second)}
	in.Kind = cmp.Or(kindOfFile(filepath.Base(name)), KindXLA)
	in.SHA256, err = hashFile(path)
	return in, err
}

// licenseDir is the folder of the licence texts of a plugin, beside it.
func licenseDir(plugin string) string {
	return strings.TrimSuffix(plugin, filepath.Ext(plugin)) + "-licenses"
}

// finish tries the unpacked plugin and puts the pieces of the temporary folder
// that belong to it into their places. On a machine without an NVIDIA device (a
// login node, say) a CUDA plugin cannot be tried; Open does that later.
func finish(ctx context.Context, o InstallOptions, in *Installed, temp string, pieces ...string) (*Installed, error) {
	if err := checkLibrary(in.Path); err != nil {
		return nil, fmt.Errorf("plugin %w", err)
	}
	var result probeResult
	if in.Kind != KindCUDA || hasNVIDIA() {
		o.say("trying the plugin in a child process")
		var err error
		pinned := in.SHA256 == cpuPluginSHA256 || in.SHA256 == cudaPluginSHA256
		if result, err = probe(ctx, in.Kind, in.Path); err != nil && (!pinned || !errors.Is(err, errNoProbe)) {
			return nil, fmt.Errorf("plugin %w", err)
		}
	} else {
		o.say("no NVIDIA device here, so the plugin is not tried")
	}
	for _, name := range pieces {
		if err := moveInto(o.Dir, temp, name); err != nil {
			return nil, err
		}
	}
	in.API, in.Path = result.API, o.Dir+strings.TrimPrefix(in.Path, temp)
	for i, l := range in.Licenses {
		in.Licenses[i] = o.Dir + strings.TrimPrefix(l, temp)
	}
	if err := writeReceipt(in); err != nil {
		return nil, err
	}
	if t, err := identify(in.Path); err == nil && result.API != "" {
		t.SHA256, t.Ran, t.API, t.Devices = in.SHA256, true, result.API, result.Devices
		remember(t)
	}
	o.say("installed %s", in.Path)
	return in, nil
}

// moveInto moves a file or a folder, if there is one of that name, from the
// temporary folder to dir, and what was there into the temporary folder. A file
// takes the place of another at once.
func moveInto(dir, temp, name string) error {
	from, to, old := filepath.Join(temp, name), filepath.Join(dir, name), filepath.Join(temp, "old-"+name)
	info, err := os.Stat(from)
	if err == nil && info.Mode().IsRegular() {
		return os.Rename(from, to)
	}
	missing := errors.Is(err, os.ErrNotExist)
	if err := os.Rename(to, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if missing {
		return nil
	}
	if err := os.Rename(from, to); err != nil {
		_ = os.Rename(old, to)
		return err
	}
	return nil
}
