// Package programtest runs the program that a test belongs to.
package programtest

import (
	"bytes"
	"os"
	"os/exec"
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
func Output(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), variable+"=1", "MASKFLOW_BACKEND=go")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return string(out)
}
