package runlog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReplaceConfig(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := Create(dir, Manifest{Name: "x"}, []byte("seed: 1\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(config string) {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(dir, ConfigFile))
		if err != nil || string(text) != config {
			t.Errorf("config.yaml is %q (%v), want %q", text, err, config)
		}
		m, err := ReadManifest(dir)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(config))
		if m.ConfigHash != hex.EncodeToString(sum[:]) {
			t.Errorf("the hash %s is not that of %q", m.ConfigHash, config)
		}
		if m.Name != "x" {
			t.Errorf("the name became %q", m.Name)
		}
	}
	if err := w.ReplaceConfig([]byte("seed: 2\n")); err != nil {
		t.Fatal(err)
	}
	check("seed: 2\n")

	// A kill at any moment of a replacement leaves a run that can be read, and is mended by the next.
	whole, err := ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, config := range []string{"seed: 2\n", "seed: 3\n"} { // before and after the file was replaced
		cut := *whole
		cut.ConfigNext = ConfigHash([]byte("seed: 3\n"))
		describe(t, dir, &cut)
		if err := os.WriteFile(filepath.Join(dir, ConfigFile), []byte(config), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, text, err := ReadConfig(dir); err != nil || string(text) != config {
			t.Errorf("read %q: %v", text, err)
		}
		if err := w.ReplaceConfig([]byte("seed: 3\n")); err != nil {
			t.Fatal(err)
		}
		check("seed: 3\n")
	}

	// What was edited by hand is not read, and stays.
	if err := os.WriteFile(filepath.Join(dir, ConfigFile), []byte("seed: 4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadConfig(dir); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), ConfigFile) {
		t.Errorf("reading an edited configuration: %v", err)
	}
	if err := w.ReplaceConfig([]byte("seed: 3\n")); err != nil {
		t.Fatal(err)
	}
	check("seed: 3\n")

	before, err := os.Stat(filepath.Join(dir, ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.ReplaceConfig([]byte("seed: 3\n")); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(filepath.Join(dir, ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		t.Error("run.json was replaced although nothing differs")
	}

	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.ReplaceConfig([]byte("seed: 4\n")); err == nil {
		t.Error("a closed writer replaced the configuration")
	}
	check("seed: 3\n")
}
