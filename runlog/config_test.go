package runlog

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
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

	// A crash after the first of the two files was written.
	if err := os.WriteFile(filepath.Join(dir, ConfigFile), []byte("seed: 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.ReplaceConfig([]byte("seed: 3\n")); err != nil {
		t.Fatal(err)
	}
	check("seed: 3\n")

	// Another text than the one that run.json has the hash of, after a crash or by hand.
	if err := os.WriteFile(filepath.Join(dir, ConfigFile), []byte("seed: 4\n"), 0o644); err != nil {
		t.Fatal(err)
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
