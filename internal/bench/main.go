// Command bench times maskflow and, in the same run and by turns, the same work
// written in plain JAX, and prints a table of both:
//
//	go run ./internal/bench
//
// A round is half a second of one side while the other sleeps; the sides take
// turns until each has had its rounds. A round's time is that of its best call,
// so that a disturbance of the machine shorter than a round is not seen; a side's
// time is the median over rounds; the ratio of two sides is the median of the
// rounds' ratios, given with its quartiles. Both sides start from rows in host
// memory and read every result back. They start from the same weights and must
// agree on likelihoods and losses before they are timed.
//
// The first run makes a Python environment with JAX in the user's cache folder.
// Where that fails, the side of JAX is left out.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"time"

	"github.com/maskflow/maskflow/backend"
)

// options are the flags.
type options struct {
	rounds  int
	seconds float64
	only    string
	python  string
	backend string
	json    string
}

func main() {
	backend.ProbeMain()
	var o options
	flag.IntVar(&o.rounds, "rounds", 15, "rounds of each side (a third of it for rows without a target)")
	flag.Float64Var(&o.seconds, "seconds", 0.5, "length of a round")
	flag.StringVar(&o.only, "only", "", "regular expression for the rows to measure")
	flag.StringVar(&o.python, "python", "", "Python interpreter with JAX (default: one in the user's cache folder, made when absent)")
	flag.StringVar(&o.backend, "backend", "auto", "maskflow's backend, such as xla:/path/to/plugin.so")
	flag.StringVar(&o.json, "json", "", "file to write every round to")
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
	chosen, err := choose(o)
	if err != nil {
		return err
	}
	backend.QuietLogs(io.Discard)
	l, err := newLab(ctx, o, stderr)
	if err != nil {
		return err
	}
	defer l.close()
	rep := report{Machine: machine(l), Rounds: o.rounds, Seconds: o.seconds}
	fmt.Fprintf(stdout, "%s\nrounds: %d of %g s a side, by turns\n\n", rep.Machine, o.rounds, o.seconds)
	writeHead(stdout)
	for _, c := range chosen {
		r, err := c.run(ctx, l, o.rounds, time.Duration(o.seconds*float64(time.Second)))
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if r == nil {
			continue
		}
		r.write(stdout)
		rep.Results = append(rep.Results, r)
	}
	writeLegend(stdout, rep.Results)
	if o.json == "" {
		return nil
	}
	return rep.save(o.json)
}

func choose(o options) ([]comparison, error) {
	if o.rounds < 1 || o.seconds <= 0 {
		return nil, fmt.Errorf("-rounds and -seconds: need more than 0")
	}
	re, err := regexp.Compile(o.only)
	if err != nil {
		return nil, fmt.Errorf("-only: %w", err)
	}
	var chosen []comparison
	for _, c := range comparisons {
		if re.MatchString(c.name) {
			chosen = append(chosen, c)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("-only %s: no such row", o.only)
	}
	return chosen, nil
}

// newLab opens the backends and starts the peer, which is left out, with a line
// that says why, where it does not start.
func newLab(ctx context.Context, o options, stderr io.Writer) (*lab, error) {
	b, err := backend.Open(ctx, o.backend, backend.Options{})
	if err != nil {
		return nil, err
	}
	l := &lab{main: b}
	if b.Kind != backend.KindGo {
		if l.pure, err = backend.Open(ctx, backend.KindGo, backend.Options{}); err != nil {
			l.close()
			return nil, err
		}
	} else if b.Reason != "" {
		fmt.Fprintln(stderr, "bench: without XLA:", b.Reason)
	}
	if l.dir, err = os.MkdirTemp("", "maskflow-bench-"); err != nil {
		l.close()
		return nil, err
	}
	python := o.python
	if python == "" {
		python, err = jaxPython(ctx, func(s string) { fmt.Fprintln(stderr, "bench:", s) })
	}
	if err == nil {
		l.peer, err = startPeer(ctx, python, peerScript)
	}
	if ctx.Err() != nil {
		l.close()
		return nil, ctx.Err()
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench: JAX is left out:", err)
	}
	return l, nil
}

func (l *lab) close() {
	if l.peer != nil {
		l.peer.close()
	}
	if l.dir != "" {
		_ = os.RemoveAll(l.dir)
	}
	if l.pure != nil {
		l.pure.Close()
	}
	l.main.Close()
}
