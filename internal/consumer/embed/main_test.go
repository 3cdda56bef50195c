package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"testing"
)

// In this process the test binary is the program.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_CONSUMER") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// output is what the program prints.
func output(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "RUN_CONSUMER=1", "MASKFLOW_BACKEND=go")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return string(out)
}

// The entropy of the rows is ln 2πe + ln ½; it is estimated from a thousand.
func TestAProgramWithAGraphOfItsOwn(t *testing.T) {
	out := output(t)
	var nll, divergence float64
	if _, err := fmt.Sscanf(out, "negative log-likelihood %g nats\ndivergence %g nats\n", &nll, &divergence); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	if entropy := math.Log(math.Pi * math.E); math.Abs(nll-entropy) > 0.15 || math.Abs(divergence) > 0.1 {
		t.Errorf("%sthe entropy of the rows is %.3f", out, entropy)
	}
}
