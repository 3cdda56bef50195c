// Command bench times maskflow and, in the same run and by turns, the same work
// written in plain JAX or done by libraries of flows (FlowJAX, NumPyro, Zuko,
// nflows and normflows), and prints a table of all:
//
//	go run ./internal/bench
//
// A round is half a second of one side while the other sleeps; the sides take
// turns until each has had its rounds. A round's time is that of its best call,
// so that a disturbance of the machine shorter than a round is not seen; a side's
// time is the median over rounds; the ratio of two sides is the median of the
// rounds' ratios, given with its quartiles. Both sides start from rows in host
// memory and read every result back.
//
// The network in plain JAX starts from the same weights and must agree with
// maskflow on likelihoods and losses before it is timed. A library of flows has
// parameters of its own: its losses must fall and its results be finite, and of
// the ways in which it can do the work the fastest is timed.
//
// The first run makes Python environments in the user's cache folder: one with
// JAX, FlowJAX and NumPyro, and, where a row with flows is measured, one with
// torch and its libraries, which takes gigabytes. What fails is left out. The
// rows with flows take some minutes each, most of it for compiling; -only
// chooses rows.
//
// The rows named stream read rows of a file page by page, and say how much memory the command
// takes for one of many rows.
//
// The last rows are about the monitor: the command maskflow is built and run as a
// process of its own, on a pseudo-terminal that is read as a real one is. It reports how
// long a run of a million records takes to open and how much memory, both as the
// system sees the whole process; what the monitor computes while nothing happens; and
// by how much training is slower beside it. For that the same training is run in pairs,
// one with the monitor and one without, in an order that is drawn for each pair; its
// speed is that of the steps after the first, which wait for a compiler, by the times in
// its log. In the same way -old compares with another build of maskflow.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"

	"github.com/maskflow/maskflow/backend"
)

// options are the flags.
type options struct {
	rounds  int
	seconds float64
	only    string
	python  string
	torch   string
	backend string

	idle  float64
	pairs int
	old   string
	steps int
	rows  int
}

func main() {
	backend.ProbeMain()
	var o options
	flag.IntVar(&o.rounds, "rounds", 15, "rounds of each side (a third of it for rows without a target)")
	flag.Float64Var(&o.seconds, "seconds", 0.5, "length of a round")
	flag.StringVar(&o.only, "only", "", "regular expression for the rows to measure")
	flag.StringVar(&o.python, "python", "", "Python interpreter with JAX (default: one in the user's cache folder, made when absent)")
	flag.StringVar(&o.torch, "torch", "", "Python interpreter with torch (default: the same, made when a row needs it)")
	flag.StringVar(&o.backend, "backend", "auto", "maskflow's backend, such as xla:/path/to/plugin.so")
	flag.Float64Var(&o.idle, "idle", 20, "monitor-idle: seconds of watching")
	flag.IntVar(&o.pairs, "pairs", 20, "monitor-cost, train-old: pairs of trainings")
	flag.StringVar(&o.old, "old", "", "train-old: another build of the command maskflow, to compare with")
	flag.IntVar(&o.steps, "steps", 3000, "monitor-cost, train-old: steps of each, of which the first 500 are not counted")
	flag.IntVar(&o.rows, "rows", 1_000_000, "stream-memory: rows of the file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", backend.OneLine(err))
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, stdout, stderr io.Writer) error {
	rows, err := choose(o)
	if err != nil {
		return err
	}
	backend.QuietLogs(io.Discard)
	l, err := newLab(ctx, o, stderr)
	if err != nil {
		return err
	}
	defer l.close()
	fmt.Fprintf(stdout, "%s\nrounds: %d of %g s a side, by turns\n\n", machine(l.main), o.rounds, o.seconds)
	writeRow(stdout, "", "ms", "against", "", "ratio", "quartiles", "target")
	var results []*result
	for _, r := range rows {
		found, err := r.measure(ctx, l)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		if found != nil {
			found.write(stdout)
			results = append(results, found)
		}
	}
	writeLegend(stdout, results)
	return nil
}

func choose(o options) (rows []row, err error) {
	if o.rounds < 1 || o.seconds <= 0 {
		return nil, fmt.Errorf("-rounds and -seconds: need more than 0")
	}
	if o.idle <= 0 || o.pairs < 1 || o.steps <= firstSteps {
		return nil, fmt.Errorf("-idle and -pairs: need more than 0, -steps: more than %d", firstSteps)
	}
	re, err := regexp.Compile(o.only)
	if err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	for _, r := range slices.Concat(comparisons, studies) {
		if re.MatchString(r.name) && (r.name != "train-old" || o.old != "") {
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("-only %s: no such row", o.only)
	}
	return rows, nil
}
