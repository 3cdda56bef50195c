package backend

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// fakePython puts a shell script that gets pip's arguments in the place of
// python3. The script finds the folder of --target in $to.
func fakePython(t *testing.T, script string) string {
	t.Helper()
	python := write(t, filepath.Join(t.TempDir(), "python3"), `#!/bin/sh
echo "$@" >> "$0.log"
to=
while [ $# -gt 0 ]; do
	case "$1" in --target) to=$2 ;; esac
	shift
done
`+script)
	t.Setenv("PATH", filepath.Dir(python)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	return python
}

func calls(t *testing.T, python string) []string {
	t.Helper()
	text, err := os.ReadFile(python + ".log")
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// pinFake makes the pinned wheel one with a library that passes for a plugin as
// long as nothing loads it, and returns the wheel and what it unpacks to.
func pinFake(t *testing.T) (wheel, unpacked string) {
	t.Helper()
	library := read(t, compile(t, cNull, filepath.Join(t.TempDir(), "fake.so")))
	text := zipOf(t, "fake/pjrt_c_api_cpu_plugin.so", library, "f.dist-info/METADATA", metadata, "f.dist-info/licenses/LICENSE", "the licence")
	wheel = write(t, filepath.Join(t.TempDir(), "fake_plugin-1.2.3-py3-none-any.whl"), string(text))
	unpacked = filepath.Join(t.TempDir(), "unpacked")
	if err := unpack(wheel, unpacked); err != nil {
		t.Fatal(err)
	}
	old := pinnedCPU
	pinnedCPU.wheels, pinnedCPU.sha256 = []requirement{{"fake-plugin", "1.2.3", sum(string(text))}}, sum(library)
	canProbe.Store(false)
	t.Cleanup(func() { pinnedCPU = old; canProbe.Store(true) })
	return wheel, unpacked
}

// wantOnly checks what a folder holds; hidden files count.
func wantOnly(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s holds %q, want %q", dir, got, want)
	}
}

var installedFiles = []string{"pjrt_c_api_cpu_plugin-licenses", "pjrt_c_api_cpu_plugin.json", cpuFile}

func TestInstallPinned(t *testing.T) {
	dir := alone(t)
	_, unpacked := pinFake(t)
	python := fakePython(t, `cp -r "`+unpacked+`" "$to"`)
	var progress bytes.Buffer
	o := InstallOptions{Progress: &progress}
	in, err := Install(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if in.Already || in.Path != filepath.Join(dir, cpuFile) || in.Package != "fake-plugin" || in.Version != "1.2.3" ||
		in.License != "MIT" || in.SHA256 != pinnedCPU.sha256 || in.Kind != KindXLA || len(in.Licenses) != 1 {
		t.Errorf("installed %+v", in)
	}
	if got := read(t, in.Licenses[0]); got != "the licence" {
		t.Errorf("licence is %q", got)
	}
	wantOnly(t, dir, installedFiles...)
	if log := calls(t, python); len(log) != 1 || !strings.Contains(log[0], "-m pip install --target") || !strings.Contains(log[0], "--require-hashes") {
		t.Errorf("pip was called as %q", log)
	}
	if !strings.Contains(progress.String(), "fake-plugin==1.2.3") {
		t.Errorf("progress %q", progress.String())
	}

	again, err := Install(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !again.Already || len(calls(t, python)) != 1 {
		t.Errorf("installed again: %+v, pip calls %q", again, calls(t, python))
	}

	// A damaged plugin is put right, also without Force.
	write(t, in.Path, "damaged")
	if again, err = Install(context.Background(), o); err != nil || again.Already {
		t.Errorf("over a damaged plugin: %+v, %v", again, err)
	}
	o.Force = true
	if again, err = Install(context.Background(), o); err != nil || again.Already || len(calls(t, python)) != 3 {
		t.Errorf("forced: %+v, %v, pip calls %q", again, err, calls(t, python))
	}
	wantOnly(t, dir, installedFiles...)

	infos := List()
	if len(infos) != 1 || infos[0].Problem != "" || infos[0].Source != SourceInstalled || infos[0].Installed.Version != "1.2.3" {
		t.Errorf("list says %+v", infos)
	}
}

// The installed plugin is opened by a program that cannot try it, as long as
// it is the one of the receipt.
func TestInstalledPluginIsHeldAgainstItsReceipt(t *testing.T) {
	alone(t)
	_, unpacked := pinFake(t)
	fakePython(t, `cp -r "`+unpacked+`" "$to"`)
	in, err := Install(context.Background(), InstallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := PluginInfo{Path: in.Path, Kind: KindXLA}
	if err := p.vet(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	if known := readTrials()[trialKey(in.Path)]; known.SHA256 != in.SHA256 || known.Tried {
		t.Errorf("of a plugin that was hashed and not tried, this is remembered: %+v", known)
	}
	compile(t, cNull+"int another;", in.Path)
	_, err = Open(context.Background(), "xla", Options{})
	wantError(t, err, "is not the file that was installed (run: maskflow backend install --force)")
	write(t, receiptPath(in.Path), "{")
	_, err = Open(context.Background(), "xla", Options{})
	wantError(t, err, "damaged receipt")
	if infos := List(); len(infos) != 1 || infos[0].Problem == "" {
		t.Errorf("list says %+v", infos)
	}
}

func TestPipFailures(t *testing.T) {
	dir := alone(t)
	_, unpacked := pinFake(t)
	for _, test := range []struct{ name, script, want string }{
		{"offline", `echo "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...: Failed to establish a new connection)'"
			echo "ERROR: Could not find a version that satisfies the requirement x (from versions: none)"
			echo "ERROR: No matching distribution found for x" >&2; exit 1`, "pip cannot reach its package index"},
		{"platform", `echo "ERROR: No matching distribution found for x"; exit 1`, "pip finds no fake-plugin==1.2.3 for this machine"},
		{"hash", `echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."; exit 1`, "is not the pinned fake-plugin==1.2.3"},
		{"nopip", `echo "/usr/bin/python3: No module named pip" >&2; exit 1`, "this Python has no pip"},
		{"full", `echo "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"; exit 1`, "no space left on the disk of " + dir},
		{"other", `echo "ERROR: something else"; exit 2`, "pip: something else"},
		{"silent", `exit 3`, "running pip: exit status 3"},
		{"nothing", `mkdir "$to"`, "fake-plugin==1.2.3: 0 PJRT plugins in it"},
		{"tampered", `cp -r "` + unpacked + `" "$to"; echo >> "$to/fake/` + cpuFile + `"`, "the plugin in fake-plugin==1.2.3 has SHA-256"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fakePython(t, test.script)
			_, err := Install(context.Background(), InstallOptions{})
			wantError(t, err, test.want)
			wantOnly(t, dir)
		})
	}
	t.Setenv("PATH", "")
	_, err := Install(context.Background(), InstallOptions{})
	wantError(t, err, "no python3 found (install Python with pip")
}

func TestInterruptedInstallLeavesWhatWasThere(t *testing.T) {
	dir := alone(t)
	wheel, unpacked := pinFake(t)
	fakePython(t, `cp -r "`+unpacked+`" "$to"`)
	in, err := Install(context.Background(), InstallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	python := fakePython(t, `mkdir "$to"; head -c 99 "`+wheel+`" > "$to/half"; touch "$0.started"; exec sleep 60`)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for {
			if _, err := os.Stat(python + ".started"); err == nil {
				cancel()
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if _, err := Install(ctx, InstallOptions{Force: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	wantOnly(t, dir, installedFiles...)
	if hash, err := hashFile(in.Path); err != nil || hash != in.SHA256 {
		t.Errorf("the plugin in place changed: %s, %v", hash, err)
	}

	// What a killed process left, which is known by that none is running, goes with the next.
	write(t, filepath.Join(dir, tempPrefix+"left", "half"), "x")
	if left := abandoned(dir); len(left) != 1 {
		t.Errorf("the doctor finds %q", left)
	}
	running := lockOf(dir)
	if got, err := running.TryLock(); !got || err != nil {
		t.Skipf("the folder cannot be locked: %v", err)
	}
	if left := abandoned(dir); len(left) != 0 {
		t.Errorf("the doctor takes %q of a running install for left", left)
	}
	soon, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := Install(soon, InstallOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("beside a running install: %v", err)
	}
	if err := running.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Install(context.Background(), InstallOptions{}); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, dir, installedFiles...)
}

func TestInstallRefusesBadFiles(t *testing.T) {
	dir := alone(t)
	from := t.TempDir()
	for _, test := range []struct{ path, want string }{
		{write(t, filepath.Join(from, "text.so"), "text"), "is not a shared library"},
		{write(t, filepath.Join(from, "text.whl"), "text"), "is not a wheel"},
		{filepath.Join(from, "missing.so"), "no such file"},
		{"/dev/zero", "not a regular file"},
		{compile(t, cNoSymbol, filepath.Join(from, "nosymbol.so")), "exports no GetPjrtApi"},
		{compile(t, cCrashes, filepath.Join(from, "crashes.so")), "kills the process that loads it"},
		{compile(t, cNull, filepath.Join(from, "pjrt_c_api_cuda_plugin.so")), "is a CUDA plugin"},
	} {
		_, err := Install(context.Background(), InstallOptions{From: test.path})
		wantError(t, err, test.want)
		wantOnly(t, dir)
	}
	canProbe.Store(false)
	defer canProbe.Store(true)
	_, err := Install(context.Background(), InstallOptions{From: compile(t, cNull, filepath.Join(from, "untried.so"))})
	wantError(t, err, "has not been tried on this machine")
}

func TestInstallFromFile(t *testing.T) {
	real := realPlugin(t)
	dir := alone(t)
	in, err := Install(context.Background(), InstallOptions{From: real})
	if err != nil {
		t.Fatal(err)
	}
	if in.From != real || in.API == "" || in.Package != "" || len(in.Licenses) != 0 || in.Pinned != (in.SHA256 == pinnedCPU.sha256) {
		t.Errorf("installed %+v", in)
	}
	b, err := Open(context.Background(), "auto", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Plugin != filepath.Join(dir, cpuFile) || b.PluginVersion != in.API {
		t.Errorf("opened %v after installing %+v", b, in)
	}
	again, err := Install(context.Background(), InstallOptions{From: real})
	if err != nil || !again.Already || again.Pinned != in.Pinned {
		t.Errorf("the same plugin again: %+v, %v", again, err)
	}

	// One byte behind its end makes no difference to what loads it, but another file.
	changed := write(t, filepath.Join(t.TempDir(), cpuFile), read(t, real)+"x")
	if in, err = Install(context.Background(), InstallOptions{From: changed}); err != nil || in.Pinned || in.SHA256 != sum(read(t, changed)) {
		t.Errorf("a changed plugin: %+v, %v", in, err)
	}
	// Nor does its receipt make it the pinned one.
	receipt := receiptPath(in.Path)
	write(t, receipt, strings.Replace(read(t, receipt), `"pinned": false`, `"pinned": true`, 1))
	if found := List(); len(found) != 1 || found[0].Installed == nil || found[0].Installed.Pinned {
		t.Errorf("a changed plugin with a changed receipt: %+v", found)
	}
}

func TestInstallCUDA(t *testing.T) {
	dir := alone(t)
	defer func(d []string) { nvidiaDevices = d }(nvidiaDevices)
	nvidiaDevices = nil
	library := compile(t, cNull, filepath.Join(t.TempDir(), "cuda.so"))
	defer func(p pinned) { pinnedCUDA = p }(pinnedCUDA)
	pinnedCUDA.sha256 = sum(read(t, library))
	python := fakePython(t, `
mkdir -p "$to/jax_plugins/xla_cuda13" "$to/nvidia/cu13/bin" "$to/nvidia.dist-info/licenses"
echo "License-Expression: Apache-2.0" > "$to/nvidia.dist-info/METADATA"
cp "`+library+`" "$to/jax_plugins/xla_cuda13/xla_cuda_plugin.so"
echo ptxas > "$to/nvidia/cu13/bin/ptxas"
echo "NVIDIA's licence" > "$to/nvidia.dist-info/licenses/License.txt"
`)
	wheels := t.TempDir()
	o := InstallOptions{CUDA: true, From: wheels}
	in, err := Install(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if in.Kind != KindCUDA || in.Path != filepath.Join(dir, cudaFolder, cudaPlugin) || len(in.Licenses) != 1 {
		t.Errorf("installed %+v", in)
	}
	if got := read(t, in.Licenses[0]); got != "NVIDIA's licence\n" {
		t.Errorf("licence is %q", got)
	}
	// Where go-xla looks for ptxas.
	if got := read(t, filepath.Join(filepath.Dir(in.Path), "..", "nvidia", "bin", "ptxas")); got != "ptxas\n" {
		t.Errorf("ptxas is %q", got)
	}
	wantOnly(t, dir, cudaFolder)
	log := calls(t, python)
	if len(log) != 1 || !strings.Contains(log[0], "-m pip install --target") || !strings.Contains(log[0], "--no-index --find-links "+wheels) {
		t.Errorf("pip was called as %q", log)
	}
	if again, err := Install(context.Background(), o); err != nil || !again.Already {
		t.Errorf("installed again: %+v, %v", again, err)
	}
	o.Force = true
	if again, err := Install(context.Background(), o); err != nil || again.Already {
		t.Errorf("forced: %+v, %v", again, err)
	}
	wantOnly(t, dir, cudaFolder)
	if infos := List(); len(infos) != 1 || infos[0].Installed == nil || infos[0].Installed.License == "" {
		t.Errorf("list says %+v", infos)
	}

	o.From = library
	_, err = Install(context.Background(), o)
	wantError(t, err, "is not a folder of wheels")
	pinnedCUDA.sha256 = sum("another")
	_, err = Install(context.Background(), InstallOptions{CUDA: true})
	wantError(t, err, "not the known one")

	// With a device the plugin must run.
	nvidiaDevices = []string{library}
	pinnedCUDA.sha256 = sum(read(t, library))
	_, err = Install(context.Background(), InstallOptions{CUDA: true, Force: true})
	wantError(t, err, "GetPjrtApi returns nothing")
	wantOnly(t, dir, cudaFolder)
}

func TestPinsAreWhole(t *testing.T) {
	for _, r := range slices.Concat(pinnedCPU.wheels, pinnedCUDA.wheels) {
		if b, err := hex.DecodeString(r.sha256); err != nil || len(b) != sha256.Size {
			t.Errorf("%s has the hash %q", r, r.sha256)
		}
	}
}
