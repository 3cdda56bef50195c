package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
)

// A machine without XLA, JAX and torch measures maskflow's side alone, and says
// what is left out.
func TestRunWithoutPeers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rounds.json")
	var stdout, stderr bytes.Buffer
	o := options{rounds: 2, seconds: 0.01, only: "^(train-small|train-go|maf-sample-21)$", backend: backend.KindGo, json: file,
		python: "/nonexistent/python", torch: "/nonexistent/python"}
	if err := run(context.Background(), o, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"JAX is left out: ", "flowjax is left out: ", "normflows is left out: "} {
		if strings.Count(stderr.String(), want) != 1 {
			t.Errorf("standard error has not one line with %q:\n%s", want, stderr.String())
		}
	}
	if !strings.Contains(stdout.String(), "train-small") || strings.Contains(stdout.String(), "train-go") {
		t.Errorf("the table is\n%s\nwant the row train-small but not train-go, which is about two backends", stdout.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rep report
	if err := json.Unmarshal(text, &rep); err != nil {
		t.Fatal(err)
	}
	if len(rep.Results) != 2 {
		t.Fatalf("the file holds %d rows, want 2", len(rep.Results))
	}
	for _, r := range rep.Results {
		if len(r.Sides) != 1 || len(r.Sides[0].Rounds) != 2 {
			t.Errorf("the file holds %+v, want two rounds of one side", r)
		}
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		o    options
		want string // part of the error, or the rows
	}{
		{options{rounds: 1, seconds: 1, only: "^(sample|density)$"}, "density sample"},
		{options{rounds: 1, seconds: 1, only: "^iaf"}, "iaf-train iaf-sample"},
		{options{rounds: 1, seconds: 1, only: "nothing"}, "no such row"},
		{options{rounds: 1, seconds: 1, only: "("}, "-only: error parsing regexp"},
		{options{rounds: 0, seconds: 1}, "need more than 0"},
		{options{rounds: 1}, "need more than 0"},
	} {
		chosen, err := choose(c.o)
		var names []string
		for _, r := range chosen {
			names = append(names, r.name)
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.o, got, c.want)
		}
	}
}
