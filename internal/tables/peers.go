package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/baseline"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
	"github.com/maskflow/maskflow/internal/python"
	"github.com/maskflow/maskflow/internal/text"
	"github.com/maskflow/maskflow/train"
)

// script fits the models of other libraries.
//
//go:embed peers.py
var script string

// Tables of fewer rows are divided into folds, each of which is the test rows once.
const (
	rowsOfFolds = 2000
	folds       = 10
)

// mixedTables are those that are modelled whole.
var mixedTables = []string{"biopsy", "breast_cancer", "computers", "diabetes", "diamonds", "flchain", "slid", "survey", "wine"}

// ours is the name of our model in the records.
const ours = "maskflow"

// Scored is ln p of the test rows of one division of a table under one model, in nats and in the units of the source.
type Scored struct {
	Table string `json:"table"`
	Seed  uint64 `json:"seed"`
	// Fold is 0 of a table that is divided once.
	Fold    int       `json:"fold"`
	Model   string    `json:"model"`
	LogProb []float64 `json:"logp"`
	Chosen  string    `json:"chosen,omitempty"`
	Seconds float64   `json:"seconds"`
	// Problem is why a training ended without a model.
	Problem string `json:"problem,omitempty"`
}

// place is a division of a table.
type place struct {
	table string
	seed  uint64
	fold  int
}

func (p place) String() string {
	s := fmt.Sprintf("%s, seed %d", p.table, p.seed)
	if p.fold > 0 {
		s += fmt.Sprintf(", fold %d", p.fold)
	}
	return s
}

// contest measures the defaults beside other models.
type contest struct {
	options
	backend *backend.Backend
	match   *regexp.Regexp
	python  string // "" when there is none
	out     io.Writer
	sets    []string // of trainings, apart from the defaults

	file  *os.File
	known map[place][]Scored
}

// compete runs all places and writes the page.
func compete(ctx context.Context, o options, b *backend.Backend, match *regexp.Regexp, out io.Writer) (err error) {
	c := &contest{options: o, backend: b, match: match, out: out, known: map[place][]Scored{}}
	if c.python, err = python.Torch.Interpreter(ctx, func(s string) { _, _ = fmt.Fprintln(out, s) }); err != nil {
		return err
	}
	if c.file, err = openRecords(o.records, func(s Scored) {
		p := place{s.Table, s.Seed, s.Fold}
		c.known[p] = append(c.known[p], s)
	}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.file.Close()) }()
	failed := c.all(ctx)
	if failed != nil && !errors.Is(failed, errTime) {
		return failed
	}
	return errors.Join(os.WriteFile(c.page, []byte(c.text()), 0o644), failed)
}

// all measures the tables and seeds until the time is over.
func (c *contest) all(ctx context.Context) error {
	began := time.Now()
	for _, table := range c.tables() {
		if err := c.table(ctx, table, began); err != nil {
			return err
		}
	}
	return nil
}

// tables are those of real numbers, then those that are modelled whole, whose name matches.
func (c *contest) tables() (all []string) {
	return slices.DeleteFunc(slices.Concat(realTables(), mixedTables), func(name string) bool { return !c.match.MatchString(name) })
}

// realTables are the tables whose real numbers are modelled alone.
func realTables() (all []string) {
	for _, name := range slices.Sorted(maps.Keys(realColumns)) {
		all = append(all, name+realSuffix)
	}
	return all
}

// table measures the divisions of a table.
func (c *contest) table(ctx context.Context, name string, began time.Time) error {
	t, err := readTable(ctx, c.folder, name, read)
	if err != nil {
		return err
	}
	var places []place
	for seed := range uint64(c.seeds) {
		if t.Rows() >= rowsOfFolds {
			places = append(places, place{name, seed + 1, 0})
			continue
		}
		for k := range folds {
			places = append(places, place{name, seed + 1, k + 1})
		}
	}
	for _, p := range places {
		if c.late(began) {
			return errTime
		}
		if err := c.measure(ctx, p, t); err != nil {
			return fmt.Errorf("%v: %w", p, err)
		}
	}
	return nil
}

// measure trains what is not known of a place.
func (c *contest) measure(ctx context.Context, p place, t *data.Table) error {
	sets := append(slices.Clone(c.sets), fmt.Sprintf("seed=%d", p.seed), fmt.Sprintf("data.seed=%d", p.seed))
	if p.fold > 0 {
		sets = append(sets, fmt.Sprintf("data.folds=%d", folds), fmt.Sprintf("data.fold=%d", p.fold))
	}
	config, err := train.SourceConfig(p.table, sets)
	if err != nil {
		return err
	}
	isReal := strings.HasSuffix(p.table, realSuffix)
	if !slices.ContainsFunc(c.known[p], func(s Scored) bool { return s.Model == ours }) {
		if err := c.ours(ctx, p, t, config, !isReal); err != nil {
			return err
		}
	}
	if !isReal || slices.ContainsFunc(c.known[p], func(s Scored) bool { return s.Model != ours }) {
		return nil
	}
	return c.peers(ctx, p, t, config)
}

// add records what was measured.
func (c *contest) add(p place, s Scored) error {
	s.Table, s.Seed, s.Fold = p.table, p.seed, p.fold
	for i, v := range s.LogProb {
		s.LogProb[i] = math.Round(v*1e5) / 1e5
	}
	if err := json.NewEncoder(c.file).Encode(s); err != nil {
		return err
	}
	c.known[p] = append(c.known[p], s)
	nll, n := 0.0, float64(len(s.LogProb))
	for _, v := range s.LogProb {
		nll -= v / n
	}
	_, err := fmt.Fprintf(c.out, "%-32v %-22s NLL %9.3f  %.0f s  %s%s\n", p, s.Model, nll, s.Seconds, s.Chosen, s.Problem)
	return err
}

// ours trains by the defaults, and fits the baselines on request.
func (c *contest) ours(ctx context.Context, p place, t *data.Table, config *train.Config, baselines bool) error {
	start := time.Now()
	r, splits, err := train.FitTable(ctx, c.backend, t, config)
	if err != nil {
		return err
	}
	defer r.Close()
	s := Scored{Model: ours, Chosen: fmt.Sprint(r.Definition()), Seconds: time.Since(start).Seconds()}
	if r.Ended != nil {
		s.Problem = r.Ended.Error()
	}
	if _, err := r.EvaluateOf(ctx, splits.Test, maskflow.EvalOptions{Row: func(v float64) { s.LogProb = append(s.LogProb, v) }}); err != nil {
		return err
	}
	if err := c.add(p, s); err != nil || !baselines {
		return err
	}
	fitted, err := baseline.Fit(ctx, splits)
	if err != nil {
		return err
	}
	for _, d := range fitted {
		if err := c.add(p, Scored{Model: string(d.Kind), Chosen: d.Name, LogProb: d.LogProb(splits, splits.Test)}); err != nil {
			return err
		}
	}
	return nil
}

// peers hands the same division to the script.
func (c *contest) peers(ctx context.Context, p place, t *data.Table, config *train.Config) error {
	s := data.Source{Train: data.Part{Table: t}}
	if err := s.Divide(config.DataOptions()); err != nil {
		return err
	}
	values := func(part data.Part) [][]float64 {
		return slices.Collect(slices.Chunk(part.Select().Float64(), len(t.Columns)))
	}
	asked, err := json.Marshal(struct {
		Train [][]float64 `json:"train"`
		Valid [][]float64 `json:"valid"`
		Test  [][]float64 `json:"test"`
		Seed  uint64      `json:"seed"`
	}{values(s.Train), values(s.Valid), values(s.Test), p.seed})
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, c.python, "-c", script)
	cmd.Stdin = bytes.NewReader(asked)
	var last python.LastLine
	cmd.Stderr = &last
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var scored []Scored
	readErr := records(answers, func(s Scored) { scored = append(scored, s) })
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, last.String())
	}
	for _, s := range scored {
		readErr = errors.Join(readErr, c.add(p, s))
	}
	return readErr
}

// openRecords opens a file of one JSON object a line to append to, after it has read what is there.
func openRecords[T any](path string, each func(T)) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := records(file, each); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return file, nil
}

// records reads one JSON object a line.
func records[T any](r io.Reader, each func(T)) error {
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var v T
			if err := json.Unmarshal(line, &v); err != nil {
				return fmt.Errorf("line %d: %w (remove the line)", n, err)
			}
			each(v)
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// beside is our model beside another over the rows of all folds, a mean over seeds; its error is that of a seed.
type beside struct {
	model           string
	nll, better, se float64
	seconds         float64
}

// compared is how the models of a table did, the best first, ours among them, over the seeds of which all is measured.
func (c *contest) compared(table string, seeds int) (all []beside, complete int) {
	sums := map[string]*beside{}
	for seed := range uint64(seeds) {
		type both struct{ nll, better num.Mean }
		of, seconds := map[string]*both{}, map[string]float64{}
		found := 0
		for fold := range folds + 1 {
			scored := c.known[place{table, seed + 1, fold}]
			mine := slices.IndexFunc(scored, func(s Scored) bool { return s.Model == ours })
			if mine < 0 || len(scored) < 2 {
				continue
			}
			found++
			if fold == 0 {
				found = folds
			}
			for _, s := range scored {
				if of[s.Model] == nil {
					of[s.Model] = &both{}
				}
				seconds[s.Model] += s.Seconds
				for i, v := range s.LogProb {
					of[s.Model].nll.Add(-v, 1)
					of[s.Model].better.Add(scored[mine].LogProb[i]-v, 1)
				}
			}
		}
		if found < folds {
			continue
		}
		complete++
		for model, b := range of {
			if sums[model] == nil {
				sums[model] = &beside{model: model}
			}
			s := sums[model]
			s.nll, s.better, s.se, s.seconds = s.nll+b.nll.Value(), s.better+b.better.Value(), s.se+b.better.StandardError(), s.seconds+seconds[model]
		}
	}
	for _, s := range sums {
		n := float64(complete)
		all = append(all, beside{s.model, s.nll / n, s.better / n, s.se / n, s.seconds / n})
	}
	slices.SortFunc(all, func(a, b beside) int { return cmp.Or(cmp.Compare(a.nll, b.nll), cmp.Compare(a.model, b.model)) })
	return all, complete
}

const contestBegins = `# The defaults beside other libraries

` + "`make tables-peers`" + ` trains what is below and writes this page: ` + "`maskflow train FILE`" + ` without options, and its peers, on the
tables of the data folder. Figures are nats a row of test rows, with twice the standard error of the paired difference.
Tables of fewer than %s rows are divided into %d folds, each the test rows once; others once, by default fractions.
`

// text is the page.
func (c *contest) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, contestBegins, text.Grouped(rowsOfFolds), folds)
	for _, part := range []struct {
		title, about string
		tables       []string
	}{
		{"Real numbers", `Each value is moved by uniform noise of a step, drawn for each row, and all models get these rows. scikit-learn's
GaussianMixture, of 1 to 6, 8, 10, 12, 15 or 20 components, full, tied or diagonal, reg_covar 1e-6 to 1e-2 by tens, is
chosen on validation rows, of fits to 10,000 training rows at most, and fitted to all; Zuko's MAF and NSF have 3 transforms
of [64, 64], Adam 1e-3 and early stopping.`, realTables()},
		{"Whole tables", "Columns of numbers with a step, numbers without, levels and holes; ours beside what `train` and `eval` compare it with.", mixedTables},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| table | seeds | model | NLL | ours better by | seconds |\n|---|---|---|---|---|---|\n", part.title, part.about)
		for _, table := range part.tables {
			all, seeds := c.compared(table, c.seeds)
			for _, m := range all {
				better := fmt.Sprintf("%+.3f ± %.3f", m.better, 2*m.se)
				if m.model == ours {
					better = ""
				}
				fmt.Fprintf(&b, "| %s | %d | %s | %.3f | %s | %.0f |\n", strings.TrimSuffix(table, realSuffix), seeds, m.model, m.nll, better, m.seconds)
			}
		}
	}
	return b.String()
}
