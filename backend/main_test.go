package backend

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	ProbeMain()
	os.Exit(m.Run())
}

// alone gives a test a home folder of its own and returns the folder of
// plugins in it, not yet made.
func alone(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	data := filepath.Join(home, "da[t]a") // no pattern
	t.Setenv("HOME", home)
	t.Setenv("XDG_DATA_HOME", data)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, "cache"))
	t.Setenv(envPluginPath, "")
	t.Setenv(EnvBackend, "")
	return filepath.Join(data, "maskflow", "plugins")
}

// compile makes a shared library of C code, or skips the test.
func compile(t *testing.T, code, to string) string {
	t.Helper()
	if !xlaBuild || runtime.GOOS != "linux" {
		t.Skip("this build loads no plugins")
	}
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler (cc) to make a fake plugin with")
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(cc, "-shared", "-fPIC", "-o", to, "-x", "c", "-")
	cmd.Stdin = strings.NewReader(code)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compiling a fake plugin: %v\n%s", err, out)
	}
	return to
}

// C code of plugins that go wrong.
const (
	cNoSymbol = `int nothing_to_see;`
	cNull     = `void *GetPjrtApi(void) { return 0; }`
	cHangs    = cNull + `
		#include <unistd.h>
		__attribute__((constructor)) static void hang(void) { for (;;) sleep(1); }`
	cCrashes = cNull + `
		__attribute__((constructor)) static void crash(void) { *(volatile int *)8 = 1; }`
	cExits = cNull + `
		#include <unistd.h>
		__attribute__((constructor)) static void leave(void) { _exit(0); }`
	cUnresolved = `void *there_is_no_such_function(void);
		void *GetPjrtApi(void) { return there_is_no_such_function(); }
		void *(*eager)(void) = there_is_no_such_function;`
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// realPlugin returns the CPU plugin of this machine, or skips the test.
func realPlugin(t *testing.T) string {
	t.Helper()
	for _, p := range List() {
		if p.Kind == KindXLA && p.Problem == "" && xlaBuild {
			return p.Path
		}
	}
	t.Skip("no XLA plugin on this machine (run: maskflow backend install)")
	return ""
}

// wantError checks that an error is one line with the text in it.
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	switch {
	case err == nil:
		t.Fatalf("no error, want %q", text)
	case !strings.Contains(err.Error(), text):
		t.Errorf("error %q, want one with %q", err, text)
	case strings.Contains(err.Error(), "\n"):
		t.Errorf("error %q has several lines", err)
	}
}
