package main

import (
	"fmt"
	"math"
	"testing"

	"example.com/consumer/programtest"
)

func TestMain(m *testing.M) { programtest.Main(m, main) }

// The entropy of the rows is ln 2πe + ln ½; it is estimated from a thousand.
func TestAProgramWithAGraphOfItsOwn(t *testing.T) {
	out := programtest.Output(t)
	var nll, divergence float64
	if _, err := fmt.Sscanf(out, "negative log-likelihood %g nats\ndivergence %g nats\n", &nll, &divergence); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	if entropy := math.Log(math.Pi * math.E); math.Abs(nll-entropy) > 0.15 || math.Abs(divergence) > 0.1 {
		t.Errorf("%sthe entropy of the rows is %.3f", out, entropy)
	}
}
