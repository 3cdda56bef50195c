package python

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVenvIsMadeOnce(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, home)
	}
	t.Setenv("PATH", "")
	unheard := func(s string) { t.Errorf("said %q", s) }
	if _, err := JAX.Interpreter(context.Background(), unheard); err == nil || err.Error() != "no python3 found" {
		t.Fatalf("error %v, want that there is no Python", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "maskflow", "bench-venv")
	for name, text := range map[string]string{
		"bin/python": "", "Scripts/python.exe": "", "maskflow-pins.txt": strings.Join(JAX.Pins, "\n") + "\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	python, err := JAX.Interpreter(context.Background(), unheard)
	if err != nil || !strings.HasPrefix(python, dir) {
		t.Errorf("got %q, %v; want the interpreter that is there", python, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "maskflow-pins.txt"), []byte("jax==0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := JAX.Interpreter(context.Background(), unheard); err == nil {
		t.Error("an environment with other versions was taken")
	}
	if _, err := Torch.Interpreter(context.Background(), unheard); err == nil {
		t.Error("JAX's environment was taken for torch's")
	}
}

func TestLastLine(t *testing.T) {
	var l LastLine
	for _, s := range []string{"Traceback:\n", "  ...\nValueError: ", "why\n\n"} {
		if _, err := l.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if got := l.String(); got != "ValueError: why" {
		t.Errorf("last line %q", got)
	}
}
