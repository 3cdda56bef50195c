package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"example.com/consumer/programtest"
)

func TestMain(m *testing.M) { programtest.Main(m, main) }

// A model of independent columns scores 35 nats on these rows.
func TestAProgramOfAnotherModule(t *testing.T) {
	first, second, _ := strings.Cut(programtest.Output(t), "\n")
	var nll, twice float64
	var rows int
	if _, err := fmt.Sscanf(first, "%g ± %g nats on %d rows", &nll, &twice, &rows); err != nil {
		t.Fatalf("%q: %v", first, err)
	}
	if nll < 10 || nll > 34 || twice <= 0 || twice > 1 || rows != 47557 {
		t.Errorf("%s", first)
	}
	var sample []float32
	for _, word := range strings.Fields(strings.Trim(strings.TrimSpace(second), "[]")) {
		var v float32
		if _, err := fmt.Sscan(word, &v); err != nil || v != 0 && v != 1 {
			t.Fatalf("%q in %q is no bit", word, second)
		}
		sample = append(sample, v)
	}
	if len(sample) != 126 {
		t.Errorf("a sample of %d variables, want 126", len(sample))
	}
}

// Complete programs stay short; that with a graph of its own says more.
func TestTheProgramsAreShort(t *testing.T) {
	for file, limit := range map[string]int{"main.go": 40, "maf/main.go": 60, "load/main.go": 40, "embed/main.go": 70} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(source, []byte("\n")); lines > limit {
			t.Errorf("%s has %d lines, want %d at most", file, lines, limit)
		}
	}
}
