package backend

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSpecs(t *testing.T) {
	alone(t)
	for _, test := range []struct{ spec, want string }{
		{"tpu", "opening backend tpu: unknown backend (use auto"},
		{"go:parallelism=1", "unknown backend"},
		{"auto:x", "unknown backend"},
		{":", "unknown backend"},
	} {
		_, err := Open(context.Background(), test.spec, Options{})
		wantError(t, err, test.want)
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: error %v, want ErrUnknown", test.spec, err)
		}
	}
	for _, spec := range []string{"xla", "xla:/no/such.so", "cuda:/no/such.so"} {
		_, err := Open(context.Background(), spec, Options{})
		if !xlaBuild {
			if !errors.Is(err, ErrNoXLA) {
				t.Errorf("%s: error %v, want ErrNoXLA", spec, err)
			}
			continue
		}
		if spec == "xla" && !errors.Is(err, ErrNoPlugin) {
			t.Errorf("%s: error %v, want ErrNoPlugin", spec, err)
		}
		if err == nil {
			t.Errorf("%s falls back", spec)
		}
	}
	if xlaBuild {
		_, err := Open(context.Background(), "xla:plugin.so", Options{})
		wantError(t, err, "not absolute")
		_, err = Open(context.Background(), "xla:/no/such.so", Options{})
		wantError(t, err, "plugin /no/such.so does not exist")
	}
}

func TestAutoSaysWhy(t *testing.T) {
	dir := alone(t)
	open := func(want string) {
		t.Helper()
		b, err := Open(context.Background(), "", Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if b.Kind != KindGo || b.Plugin != "" {
			t.Errorf("opened %v", b)
		}
		if !strings.Contains(b.Reason, want) || !strings.Contains(b.String(), want) {
			t.Errorf("%v: reason %q, want one with %q", b, b.Reason, want)
		}
	}
	if !xlaBuild {
		open("built without XLA")
		return
	}
	open("maskflow backend install")
	bad := write(t, filepath.Join(dir, cpuFile), "text")
	open("plugin " + bad + " is not a shared library")

	t.Setenv(EnvBackend, KindXLA)
	if b, err := Open(context.Background(), "", Options{}); err == nil {
		t.Errorf("$%s=xla opened %v", EnvBackend, b)
	}
}

func TestAutoTakesTheNextPlugin(t *testing.T) {
	real := realPlugin(t)
	dir := alone(t)
	write(t, filepath.Join(dir, "pjrt_c_api_cpu_v9_plugin.so"), "text")
	if err := os.Symlink(real, filepath.Join(dir, cpuFile)); err != nil {
		t.Skip(err)
	}
	b, err := Open(context.Background(), "auto", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Kind != KindXLA || filepath.Base(b.Plugin) != cpuFile || !strings.HasPrefix(b.PluginVersion, "0.") ||
		!strings.Contains(b.Reason, "passed over plugin") {
		t.Errorf("opened %v", b)
	}
}

// Go-xla takes "nvidia" anywhere in a path for a CUDA plugin, and a comma for
// the end of the path.
func TestPathsThatGoXLAMisreads(t *testing.T) {
	real := realPlugin(t)
	alone(t)
	for _, folder := range []string{"nvidia", "a,b", "cuda,tf32=true"} {
		path := filepath.Join(t.TempDir(), folder, cpuFile)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(real, path); err != nil {
			t.Skip(err)
		}
		b, err := Open(context.Background(), "xla:"+path, Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		if b.Plugin != path || !b.Compute.HasSharedBuffers() {
			t.Errorf("opened %v, shared buffers %v", b, b.Compute.HasSharedBuffers())
		}
		b.Close()
	}
}

func TestCUDANeedsADevice(t *testing.T) {
	if !xlaBuild {
		t.Skip("this build loads no plugins")
	}
	dir := alone(t)
	defer func(d []string) { nvidiaDevices = d }(nvidiaDevices)
	nvidiaDevices = []string{filepath.Join(t.TempDir(), "nvidia*")}
	_, err := Open(context.Background(), "cuda", Options{})
	wantError(t, err, "no NVIDIA device")

	write(t, strings.TrimSuffix(nvidiaDevices[0], "*")+"0", "")
	_, err = Open(context.Background(), "cuda", Options{})
	if !errors.Is(err, ErrNoPlugin) {
		t.Errorf("error %v, want ErrNoPlugin", err)
	}
	wantError(t, err, "maskflow backend install --cuda")

	compile(t, cNull, filepath.Join(dir, cudaFolder, cudaPlugin))
	_, err = Open(context.Background(), "cuda", Options{})
	wantError(t, err, "GetPjrtApi returns nothing")
	_, err = Open(context.Background(), "xla", Options{})
	if !errors.Is(err, ErrNoPlugin) {
		t.Errorf("xla: error %v: a CUDA plugin does not serve", err)
	}
}

func TestGoBackendPrintsNothing(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	b, err := Open(context.Background(), "go", Options{})
	os.Stdout = stdout
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if text, err := io.ReadAll(r); err != nil || len(text) > 0 {
		t.Errorf("opening the Go backend prints %q (%v)", text, err)
	}
	if d := b.Compute.Description(); !strings.Contains(d, "parallelism=-1") {
		t.Errorf("Go backend is %q, want unlimited parallelism", d)
	}
	if b.SIMD != simdBuild || b.Reason != "" || b.Device == "" {
		t.Errorf("%+v", b)
	}
}

func TestCloseWaitsForCalls(t *testing.T) {
	b, err := Open(context.Background(), "go", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := b.Acquire(); err != nil {
			t.Fatal(err)
		}
	}
	closed := make(chan bool)
	go func() { b.Close(); close(closed) }()
	b.Release()
	select {
	case <-closed:
		t.Fatal("closed under a running call")
	case <-time.After(50 * time.Millisecond):
	}
	wantError(t, b.Acquire(), "go backend is closed")
	if b.Compute.IsFinalized() {
		t.Error("finalized under a running call")
	}
	b.Release()
	<-closed
	b.Close()
	if !b.Compute.IsFinalized() {
		t.Error("closed, but not finalized")
	}
}
