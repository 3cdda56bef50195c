// Package programtest runs the programs of this module, and the command.
package programtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// variable tells a test binary that it is the program.
const variable = "RUN_CONSUMER"

// Main is for TestMain: it runs the tests, or in a process that Output started
// the program's main.
func Main(m *testing.M, main func()) {
	if os.Getenv(variable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// Output is what the program prints on the Go backend.
func Output(t *testing.T, args ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Run(t, self, args...)
}

// Build compiles a package of another folder, seen from that of the test.
func Build(t *testing.T, folder string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v: %s", folder, err, out)
	}
	return path
}

// Run is what a program prints on the Go backend.
func Run(t *testing.T, path string, args ...string) string {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), variable+"=1", "MASKFLOW_BACKEND=go")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v: %s", filepath.Base(path), args, err, stderr.String())
	}
	return string(out)
}
