// Command tables chooses what a training does by default, by measurement: it trains candidates of settings on tables of the data
// folder and writes docs/defaults.md.
//
//	go run ./internal/tables
//
// With -peers it measures the defaults beside other libraries and the baselines, on test rows, and writes docs/tables.md.
//
// Training and validation rows alone are read, of the tables that are chosen on: rows that a training by default tests with never
// are. What is left is divided once more, into rows to train with, to choose an epoch with and to compare settings by. Rounds of
// more steps and seeds leave fewer candidates each, and the first joins the best. A finished training is a line of the records, and is not repeated.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"

	"github.com/maskflow/maskflow/backend"
)

func main() {
	backend.ProbeMain()
	var o options
	flag.StringVar(&o.records, "records", "", "file of finished trainings (default internal/tables/records.jsonl; with -peers runs/tables-peers.jsonl)")
	flag.StringVar(&o.page, "page", "", "page that is written (default docs/defaults.md; with -peers docs/tables.md)")
	flag.BoolVar(&o.peers, "peers", false, "measure the defaults beside other libraries and baselines, on test rows")
	flag.IntVar(&o.seeds, "seeds", 3, "with -peers, seeds of the divisions and trainings")
	flag.StringVar(&o.folder, "data", os.Getenv("MASKFLOW_DATA"), "data folder, with a folder tables")
	flag.StringVar(&o.backend, "backend", "", "backend of the trainings")
	flag.StringVar(&o.only, "only", "", "regular expression for the candidates to train, with -peers for the tables")
	flag.DurationVar(&o.time, "time", 0, "stop after a training when so much time has passed (default: never)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	if o.peers {
		o.records, o.page = cmp.Or(o.records, "runs/tables-peers.jsonl"), cmp.Or(o.page, "docs/tables.md")
	}
	o.records, o.page = cmp.Or(o.records, "internal/tables/records.jsonl"), cmp.Or(o.page, "docs/defaults.md")
	only, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	b, err := backend.Open(ctx, o.backend, backend.Options{})
	if err != nil {
		return err
	}
	defer b.Close()
	if o.peers {
		return compete(ctx, o, b, only, out)
	}
	l := &lab{options: o, read: read, train: trainer(b), out: out}
	if err := l.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	return l.choose(ctx, only)
}
