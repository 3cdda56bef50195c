package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/backend"
)

// A machine without XLA, JAX and torch measures maskflow's side alone, and says
// what is left out.
func TestRunWithoutPeers(t *testing.T) {
	var stdout, stderr bytes.Buffer
	o := options{rounds: 2, seconds: 0.01, idle: 1, pairs: 1, steps: 3000, only: "^(train-small|train-go|maf-sample-21)$", backend: backend.KindGo,
		python: "/nonexistent/python", torch: "/nonexistent/python"}
	if err := run(context.Background(), o, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"JAX, a step a call is left out: ", "flowjax is left out: ", "normflows is left out: "} {
		if strings.Count(stderr.String(), want) != 1 {
			t.Errorf("standard error has not one line with %q:\n%s", want, stderr.String())
		}
	}
	if !strings.Contains(stdout.String(), "train-small") || strings.Contains(stdout.String(), "train-go") {
		t.Errorf("the table is\n%s\nwant the row train-small but not train-go, which is about two backends", stdout.String())
	}
	for _, name := range []string{"train-small", "maf-sample-21"} {
		if !regexp.MustCompile(`(?m)^` + name + ` +\d+\.\d{3}$`).MatchString(stdout.String()) {
			t.Errorf("the table is\n%s\nwant a row %s of one side", stdout.String(), name)
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
		rows, err := choose(c.o)
		var names []string
		for _, r := range rows {
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
