package main

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"example.com/consumer/programtest"
)

func TestMain(m *testing.M) { programtest.Main(m, main) }

// The moons as a Gaussian score 1.9 nats. Samples come back from their noise.
func TestAProgramWithAFlow(t *testing.T) {
	first, second, _ := strings.Cut(programtest.Output(t), "\n")
	var nll, twice float64
	var rows int
	if _, err := fmt.Sscanf(first, "%g ± %g nats on %d rows", &nll, &twice, &rows); err != nil {
		t.Fatalf("%q: %v", first, err)
	}
	if nll > 1.7 || nll < 0.5 || twice <= 0 || twice > 0.1 || rows != 10_000 {
		t.Errorf("%s", first)
	}
	var lists [][]float64
	for _, list := range strings.Split(strings.TrimSpace(second), "] [") {
		var values []float64
		for _, word := range strings.Fields(strings.Trim(list, "[]")) {
			var v float64
			if _, err := fmt.Sscan(word, &v); err != nil {
				t.Fatalf("%q in %q is no number", word, second)
			}
			values = append(values, v)
		}
		if len(values) != 6 {
			t.Fatalf("%d numbers in %q, want 6", len(values), list)
		}
		lists = append(lists, values)
	}
	if len(lists) != 3 {
		t.Fatalf("%d lists in %q, want samples, noise and samples", len(lists), second)
	}
	for i, v := range lists[2] {
		if math.Abs(v-lists[0][i]) > 1e-4 || lists[1][i] == v || math.Abs(v) > 3 || math.Abs(lists[1][i]) > 5 {
			t.Errorf("sample %v has the noise %v, which comes back as %v", lists[0], lists[1], lists[2])
		}
	}
}
