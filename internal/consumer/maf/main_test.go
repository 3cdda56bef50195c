package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/consumer/programtest"
)

func TestMain(m *testing.M) { programtest.Main(m, main) }

// numbers reads lists in brackets.
func numbers(t *testing.T, text string) (lists [][]float64) {
	t.Helper()
	for _, list := range strings.Split(strings.TrimSpace(text), "] ") {
		var values []float64
		for _, word := range strings.Fields(strings.Trim(list, "[]")) {
			var v float64
			if _, err := fmt.Sscan(word, &v); err != nil {
				t.Fatalf("%q in %q is no number", word, text)
			}
			values = append(values, v)
		}
		lists = append(lists, values)
	}
	return lists
}

func near(a, b []float64, within float64) bool {
	for i := range a {
		if len(a) != len(b) || !(math.Abs(a[i]-b[i]) <= within) {
			return false
		}
	}
	return len(a) > 0
}

// A flow is fitted in one program; another and the command open its file, and give the
// same samples and densities. The moons as a Gaussian score 1.9 nats.
func TestAModelThatPassesFromProgramToProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "moons.safetensors")
	lines := strings.Split(strings.TrimSpace(programtest.Output(t, file)), "\n")
	var step int
	var nll float64
	if _, err := fmt.Sscanf(lines[len(lines)-2], "step %d: %g nats", &step, &nll); err != nil || step != 400 || nll > 1.7 || nll < 0.5 {
		t.Errorf("the last validation is %q (%v)", lines[len(lines)-2], err)
	}
	count, rest, _ := strings.Cut(lines[len(lines)-1], " ")
	lists := numbers(t, rest)
	if count != "4000" || len(lists) != 4 || len(lists[0]) != 6 || len(lists[3]) != 3 {
		t.Fatalf("the program printed %q", lines[len(lines)-1])
	}
	x, z, back, logp := lists[0], lists[1], lists[2], lists[3]
	if !near(x, back, 1e-4) || near(x, z, 1e-4) {
		t.Errorf("samples %v have the noise %v, which comes back as %v", x, z, back)
	}

	loaded := programtest.Run(t, programtest.Build(t, "../load"), file)
	again := numbers(t, loaded)
	if len(again) != 2 || !near(again[0], x, 0) || !near(again[1], logp, 1e-6) {
		t.Errorf("the file gives %v, want the samples %v with %v", again, x, logp)
	}

	command := programtest.Build(t, "../../../cmd/maskflow")
	rows := filepath.Join(t.TempDir(), "x.csv")
	programtest.Run(t, command, "sample", file, "-n", "3", "--seed", "1", "-o", rows)
	scores := filepath.Join(t.TempDir(), "logp.csv")
	programtest.Run(t, command, "logprob", file, rows, "-o", scores)
	text, err := os.ReadFile(scores)
	if err != nil {
		t.Fatal(err)
	}
	got := numbers(t, strings.ReplaceAll(strings.TrimPrefix(string(text), "log_prob"), "\n", " "))[0]
	if !near(got, logp, 1e-4) {
		t.Errorf("the command gives %v, want %v", got, logp)
	}
}
