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
	o := options{rounds: 2, seconds: 0.01, idle: 1, pairs: 1, steps: 3000, only: "^(train-small|train-go|maf-sample-21)$", backend: backend.KindGo, json: file,
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
	with := func(change func(*options)) options {
		o := options{rounds: 1, seconds: 1, idle: 1, pairs: 1, steps: 501}
		change(&o)
		return o
	}
	for _, c := range []struct {
		o    options
		want string // part of the error, or the rows
	}{
		{with(func(o *options) { o.only = "^(sample|density)$" }), "density sample"},
		{with(func(o *options) { o.only = "^iaf" }), "iaf-train iaf-sample"},
		{with(func(o *options) { o.only = "train-go|idle" }), "train-go monitor-idle"},
		{with(func(o *options) { o.only = "nothing" }), "no such row"},
		{with(func(o *options) { o.only = "(" }), "-only: error parsing regexp"},
		{with(func(o *options) { o.rounds = 0 }), "-rounds and -seconds: need more than 0"},
		{with(func(o *options) { o.seconds = 0 }), "-rounds and -seconds: need more than 0"},
		{with(func(o *options) { o.idle = 0 }), "-idle and -pairs: need more than 0"},
		{with(func(o *options) { o.pairs = 0 }), "-idle and -pairs: need more than 0"},
		{with(func(o *options) { o.steps = 500 }), "-steps: more than 500"},
	} {
		compared, studied, err := choose(c.o)
		var names []string
		for _, r := range compared {
			names = append(names, r.name)
		}
		for _, r := range studied {
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
