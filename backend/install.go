package backend

import (
	"archive/zip"
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/textproto"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/maskflow/maskflow/internal/files"
	"github.com/maskflow/maskflow/internal/text"
)

// InstallOptions are the settings of Install. The zero value installs the
// pinned CPU plugin with python3's pip.
type InstallOptions struct {
	CUDA     bool      // Install the CUDA plugin with NVIDIA's libraries instead (2.5 GB to fetch, 3.8 GB on disk).
	From     string    // A plugin, or a wheel with one, instead of the pinned; or a folder for pip to take the wheels from.
	Force    bool      // Install even what is in place already.
	Progress io.Writer // One line a step; nil means none.
}

func (o InstallOptions) say(format string, args ...any) {
	if o.Progress != nil {
		_, _ = fmt.Fprintf(o.Progress, format+"\n", args...)
	}
}

// pinned is a plugin of known content.
type pinned struct {
	path   string        // Where it is installed, below the folder of plugins.
	sha256 string        // Of the plugin, which is in the first of the wheels.
	wheels []requirement // What pip fetches.
	about  string        // What that is, as a person is told before.
}

// cpuFile is the name of the CPU plugin in the folder of plugins.
const cpuFile = "pjrt_c_api_cpu_plugin.so"

// pinnedCPU is XLA's CPU plugin as built for the jaxlib of the same version,
// PJRT C API 0.115.
var pinnedCPU = pinned{
	path:   cpuFile,
	sha256: "ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2",
	wheels: []requirement{{"lammps-jax-pjrt-cpu", "0.11.2", "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1"}},
	about:  "63 MB",
}

func isPinned(sha256 string) bool { return sha256 == pinnedCPU.sha256 || sha256 == pinnedCUDA.sha256 }

// Install puts a plugin into the folder where Open finds it.
//
// Without From, pip fetches pinned wheels; the SHA-256 of each and of the
// plugin in them must be the known ones. With From, any plugin or wheel is taken
// and recorded with its own hash; Installed.Pinned says whether it is the known
// one. Either way the plugin must run in a child process first (see ProbeMain;
// only the pinned one is taken without), and takes its place by a rename, so that
// an interrupted Install leaves what was there; what a killed one leaves beside
// it, the next one removes. On a machine without an NVIDIA device (a login node,
// say) a CUDA plugin cannot be tried; Open does that later. When the same plugin
// is in place, nothing is done and Installed.Already is set.
func Install(ctx context.Context, o InstallOptions) (*Installed, error) {
	dir := DefaultPluginDir()
	if dir == "" {
		return nil, errors.New("installing a plugin: no home folder to put it in (set XDG_DATA_HOME)")
	}
	in, err := install(ctx, o, dir)
	if errors.Is(err, syscall.ENOSPC) {
		err = fmt.Errorf("no space left on the disk of %s", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("installing a plugin: %w", err)
	}
	return in, nil
}

func install(ctx context.Context, o InstallOptions, dir string) (*Installed, error) {
	if !xlaBuild {
		return nil, ErrNoXLA
	}
	want := pinnedCPU
	if o.CUDA {
		want = pinnedCUDA
	}
	own, err := o.file()
	if err != nil {
		return nil, err
	}
	if platform := runtime.GOOS + "/" + runtime.GOARCH; platform != "linux/amd64" && own == "" {
		return nil, fmt.Errorf("there is no pinned plugin for %s (if you have one: maskflow backend install --from FILE)", platform)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	unlock, err := o.lock(ctx, dir)
	defer unlock()
	if err != nil {
		return nil, err
	}
	for _, left := range leftovers(dir) {
		_ = os.RemoveAll(left)
	}
	temp, err := os.MkdirTemp(dir, tempPrefix+"*")
	if err != nil {
		return nil, err
	}
	remove := func() { _ = os.RemoveAll(temp) }
	defer files.Temporary(remove)() // until it is gone
	defer remove()
	target, unpacked := filepath.Join(dir, want.path), filepath.Join(temp, "unpacked")
	if own != "" {
		err = unpack(own, unpacked)
	} else {
		if in := o.inPlace(target, want.sha256); in != nil {
			return in, nil
		}
		o.say("fetching %s with pip (%s)", listed(want.wheels), want.about)
		err = fetch(ctx, want.wheels, o.From, temp, unpacked)
	}
	if err != nil {
		return nil, err
	}
	o.say("checking")
	in, err := describeUnpacked(unpacked)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", cmp.Or(own, listed(want.wheels)), err)
	case in.Kind == KindCUDA && !o.CUDA:
		return nil, fmt.Errorf("%s is a CUDA plugin, which needs NVIDIA's libraries too (use --cuda, with --from for a folder of wheels)", own)
	case own == "" && in.SHA256 != want.sha256:
		return nil, fmt.Errorf("the plugin in %s has SHA-256 %s, not the known one", want.wheels[0], in.SHA256)
	}
	in.Pinned = isPinned(in.SHA256)
	if own != "" {
		in.From = own
		if have := o.inPlace(target, in.SHA256); have != nil {
			return have, nil
		}
	}
	return o.finish(ctx, in, unpacked, target)
}

// file is the plugin or the wheel that From names, "" when it is a folder or empty.
func (o InstallOptions) file() (string, error) {
	if o.From == "" {
		return "", nil
	}
	info, err := os.Stat(o.From)
	switch {
	case err != nil || info.IsDir():
		return "", err
	case !info.Mode().IsRegular():
		return "", &fs.PathError{Op: "open", Path: o.From, Err: files.ErrNotRegular}
	case o.CUDA:
		return "", fmt.Errorf("%s is not a folder of wheels (CUDA needs %d of them)", o.From, len(pinnedCUDA.wheels))
	}
	return filepath.Abs(o.From)
}

// finish tries the unpacked plugin and puts it into its place.
func (o InstallOptions) finish(ctx context.Context, in *Installed, unpacked, target string) (*Installed, error) {
	o.say("trying the plugin in a child process")
	p := PluginInfo{Path: in.Path, Kind: in.Kind}
	err := p.vet(ctx, true)
	switch {
	case errors.Is(err, errNoNVIDIA):
		o.say("no NVIDIA device here, so the plugin is not tried")
	case err != nil && !(in.Pinned && errors.Is(err, errNoProbe)):
		return nil, fmt.Errorf("plugin %w", err)
	}
	if o.CUDA {
		in.Licenses, err = placeCUDA(unpacked, target)
	} else {
		in.Licenses, err = placeCPU(unpacked, in.Path, target)
	}
	if err != nil {
		return nil, err
	}
	in.API, in.Path, p.Path = p.API, target, target
	if err := writeReceipt(in); err != nil {
		return nil, err
	}
	if p.Tried {
		remember(p)
	}
	o.say("installed %s", in.Path)
	return in, nil
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

// lock has one process at a time install into the folder, so that all else that lies there
// half-installed was left by killed ones. The kernel lets go of it when the process dies.
// Where a folder cannot be locked, installing goes on without.
func (o InstallOptions) lock(ctx context.Context, dir string) (unlock func(), err error) {
	l := lockOf(dir)
	if got, err := l.TryLock(); err == nil && !got {
		o.say("waiting for another install to end")
		_, _ = l.TryLockContext(ctx, 100*time.Millisecond)
	}
	return func() { _ = l.Close() }, ctx.Err()
}

// lockOf is the lock of the folder itself.
func lockOf(dir string) *flock.Flock { return flock.New(dir, flock.SetFlag(os.O_RDONLY)) }

// tempPrefix begins the names of temporary folders. They lie beside the target,
// so that a rename is enough.
const tempPrefix = ".install-"

// leftovers are the temporary folders in the folder of plugins.
func leftovers(dir string) []string { return glob(dir, tempPrefix+"*") }

// glob returns the files below a folder whose paths from there match a pattern.
// The name of the folder is no part of the pattern.
func glob(dir, pattern string) (paths []string) {
	found, _ := fs.Glob(os.DirFS(dir), pattern) // the patterns are well-formed
	for _, path := range found {
		paths = append(paths, filepath.Join(dir, path))
	}
	return paths
}

// unpack fills a folder with what is in a wheel, or with a plugin by itself.
func unpack(file, dir string) error {
	const most = 4 << 30 // the largest known plugins have 0.4 GB
	if strings.EqualFold(filepath.Ext(file), ".whl") {
		wheel, err := zip.OpenReader(file)
		if err != nil {
			return fmt.Errorf("%s is not a wheel: %s", file, text.FirstLine(err.Error()))
		}
		defer wheel.Close()
		size := uint64(0)
		for _, f := range wheel.File {
			if size += min(f.UncompressedSize64, most+1); size > most {
				return fmt.Errorf("%s says that it holds more than %d bytes", file, uint64(most))
			}
		}
		if err := os.CopyFS(dir, wheel); err != nil {
			return fmt.Errorf("unpacking %s: %w", file, err)
		}
		return nil
	}
	library, err := files.ReadRegular(file, most)
	if err != nil {
		return err
	}
	name := filepath.Base(file)
	if kindOfFile(name) == "" {
		name = cpuFile
	}
	return cmp.Or(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, name), library, 0o755))
}

// describeUnpacked is the receipt of the one plugin in a folder, with what the
// first of the packages there says about itself.
func describeUnpacked(dir string) (*Installed, error) {
	var plugins []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && kindOfFile(d.Name()) != "" {
			plugins = append(plugins, path)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(plugins) != 1 {
		return nil, fmt.Errorf("%d PJRT plugins in it, not one (a file such as %s)", len(plugins), cpuFile)
	}
	in := &Installed{Path: plugins[0], Kind: kindOfFile(filepath.Base(plugins[0])), Installed: time.Now().UTC().Truncate(time.Second)}
	info, err := os.Stat(in.Path)
	if err != nil {
		return nil, err
	}
	in.Size = info.Size()
	if packages := glob(dir, "*.dist-info/METADATA"); len(packages) > 0 {
		f, err := os.Open(packages[0])
		if err != nil {
			return nil, err
		}
		defer f.Close()
		// The text after the first empty line is the description, and a line that is no header ends the reading.
		h, _ := textproto.NewReader(bufio.NewReader(io.LimitReader(f, 8<<20))).ReadMIMEHeader()
		in.Package, in.Version = h.Get("Name"), h.Get("Version")
		in.License = text.Shorten(cmp.Or(h.Get("License-Expression"), h.Get("License")), 100) // some packages give all of its text
	}
	in.SHA256, err = hashFile(in.Path)
	return in, err
}

// placeCPU moves a plugin to its place, and the licence texts of its wheel beside
// it. The old receipt goes first, so that at no time one fits another file.
func placeCPU(unpacked, plugin, target string) (licenses []string, err error) {
	beside := strings.TrimSuffix(target, filepath.Ext(target)) + "-licenses"
	_ = os.Remove(receiptPath(target))
	if err := os.RemoveAll(beside); err != nil {
		return nil, err
	}
	if found := glob(unpacked, "*.dist-info/licenses"); len(found) > 0 {
		if err := os.Rename(found[0], beside); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(plugin, target); err != nil {
		return nil, err
	}
	return glob(beside, "*"), nil
}
