package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/internal/num"
)

type options struct {
	records, page, folder, backend, only string
	time                                 time.Duration
	peers                                bool
	seeds                                int // of the contest
}

// late reports whether the time is over.
func (o options) late(began time.Time) bool { return o.time > 0 && time.Since(began) > o.time }

// choice is what is chosen on some tables, those that are read first being the smallest, of what is around a beginning, and of
// others.
type choice struct {
	name      string
	tables    []string
	beginning candidate
	others    []candidate
	rounds    []round
}

// round is one of the rounds: so many steps and seeds, on the first of the tables, after which so many candidates are kept.
type round struct {
	steps, seeds, tables, keep int
}

// read are the tables that a round reads.
func (of choice) read(r round) []string { return of.tables[:min(r.tables, len(of.tables))] }

// The first round's best are joined by what they change together.
var choices = []choice{
	{"Few rows", []string{"diabetes", "breast_cancer", "computers few", "slid few"}, fewOrders, []candidate{fewMany, fewNormal, fewBefore, fewAny}, []round{{1500, 1, 4, 4}, {1500, 2, 4, 3}, {1500, 5, 4, 1}}},
	{"Few rows of real numbers", []string{"diabetes reals", "breast_cancer reals"}, fewOrders, []candidate{fewMany, fewNormal, fewAny, fewFlow, fewMixing}, []round{{1500, 1, 2, 4}, {1500, 2, 2, 3}, {1500, 5, 2, 1}}},
	{"Many rows", []string{"computers", "slid", "diamonds"}, manyOne, []candidate{manyAny, manyBent}, []round{{1500, 1, 2, 2}, {6000, 1, 3, 2}, {6000, 2, 3, 1}}},
	{"Many rows of real numbers", []string{"diamonds reals"}, manyFlow, []candidate{manyOne, manyBent}, []round{{1500, 1, 1, 2}, {6000, 1, 1, 2}, {6000, 2, 1, 1}}},
}

// lab trains, or knows that it has.
type lab struct {
	options
	read  func(ctx context.Context, path string) (*data.Table, error)
	train func(ctx context.Context, table string, t *data.Table, seed uint64, sets []string) (*Measured, error)
	out   io.Writer

	file  *os.File
	known map[string]*Measured
	rows  map[string]*data.Table
	began time.Time
}

func trainer(b *backend.Backend) func(context.Context, string, *data.Table, uint64, []string) (*Measured, error) {
	return func(ctx context.Context, name string, t *data.Table, seed uint64, sets []string) (*Measured, error) {
		return measure(ctx, b, name, t, seed, sets)
	}
}

func key(table string, seed uint64, sets []string) string {
	return fmt.Sprintf("%s %d %s", table, seed, strings.Join(sets, " "))
}

// open reads the records.
func (l *lab) open() (err error) {
	l.known, l.rows, l.began = map[string]*Measured{}, map[string]*data.Table{}, time.Now()
	l.file, err = openRecords(l.records, func(m *Measured) { l.known[key(m.Table, m.Seed, m.Sets)] = m })
	return err
}

func (l *lab) close() error { return l.file.Close() }

var errTime = errors.New("the time is over: run the command again to go on")

// measured is what a training came to, now or before.
func (l *lab) measured(ctx context.Context, table string, seed uint64, sets []string) (*Measured, error) {
	k := key(table, seed, sets)
	if m := l.known[k]; m != nil {
		return m, nil
	}
	if l.late(l.began) {
		return nil, errTime
	}
	if l.rows[table] == nil {
		t, err := readTable(ctx, l.folder, table, l.read)
		if err != nil {
			return nil, err
		}
		if t, err = withoutTest(t); err != nil {
			return nil, err
		}
		l.rows[table] = some(table, t)
	}
	m, err := l.train(ctx, table, l.rows[table], seed, sets)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(l.file).Encode(m); err != nil {
		return nil, err
	}
	l.known[k] = m
	_, err = fmt.Fprintln(l.out, m)
	return m, err
}

// figure is how a candidate did: the nats for each variable that it is behind the best candidate of a table, a mean over seeds.
type figure struct {
	candidate
	behind map[string]float64
	nll    map[string][]float64 // of each seed, nats for each variable; infinite where a training diverged
}

// worst is what a diverged training, or one that is much worse than others, is behind at most.
const worst = 1

// mean is over the tables but one; "" for all.
func (f figure) mean(but string) float64 {
	sum, n := 0.0, 0
	for _, table := range slices.Sorted(maps.Keys(f.behind)) {
		if table != but {
			sum, n = sum+f.behind[table], n+1
		}
	}
	return sum / float64(n)
}

// sets are the settings of a candidate in a round.
func (r round) sets(c candidate) []string {
	return c.with(settings{"train.max_steps": fmt.Sprint(r.steps)}).sets()
}

// play trains candidates as a round says and orders them, the best first.
func (l *lab) play(ctx context.Context, r round, tables []string, all []candidate) ([]figure, error) {
	nll := make([]map[string][]float64, len(all))
	for i := range all {
		nll[i] = map[string][]float64{}
	}
	for _, table := range tables {
		for i, c := range all {
			for seed := range uint64(r.seeds) {
				m, err := l.measured(ctx, table, seed+1, r.sets(c))
				if err != nil {
					return nil, err
				}
				v := math.Inf(1)
				if m.NLL != nil {
					v = *m.NLL / float64(max(1, m.Variables))
				}
				nll[i][table] = append(nll[i][table], v)
			}
		}
	}
	return ranked(all, nll), nil
}

// chosen is the best of the last round, or the beginning where the best is ahead of it by less than twice the standard error of their
// difference over tables and seeds; ahead and se are in nats for each variable.
func (of choice) chosen(last []figure) (f figure, ahead, se float64) {
	at := slices.IndexFunc(last, func(f figure) bool { return f.name == of.beginning.name })
	if at <= 0 {
		return last[0], 0, 0
	}
	var m num.Mean
	for _, table := range slices.Sorted(maps.Keys(last[0].nll)) {
		for i, v := range last[0].nll[table] {
			m.Add(min(last[at].nll[table][i]-v, worst), 1)
		}
	}
	ahead, se = m.Value(), m.StandardError()
	if ahead > 2*se {
		return last[0], ahead, se
	}
	return last[at], ahead, se
}

// ranked orders candidates by how far they are behind, of their NLL by table and seed.
func ranked(all []candidate, nll []map[string][]float64) []figure {
	figures := make([]figure, len(all))
	for i, c := range all {
		figures[i] = figure{c, map[string]float64{}, nll[i]}
		for table, seeds := range nll[i] {
			best := math.Inf(1)
			for _, of := range nll {
				best = min(best, stat.Mean(of[table], nil))
			}
			behind := stat.Mean(seeds, nil) - best
			if !(behind < worst) {
				behind = worst
			}
			figures[i].behind[table] = behind
		}
	}
	slices.SortStableFunc(figures, func(a, b figure) int { return cmp.Compare(a.mean(""), b.mean("")) })
	return figures
}

// search plays all rounds of a choice among the candidates whose name matches.
func (l *lab) search(ctx context.Context, of choice, only *regexp.Regexp) (played [][]figure, err error) {
	all := slices.DeleteFunc(of.candidates(), func(c candidate) bool { return !only.MatchString(c.name) })
	for k, r := range of.rounds {
		tables := of.read(r)
		figures, err := l.play(ctx, r, tables, all)
		if err != nil {
			return played, err
		}
		played = append(played, figures)
		said := fmt.Sprintf("%s, round %d: %d steps, %d tables, %d seeds\n", of.name, k+1, r.steps, len(tables), r.seeds)
		for _, f := range figures {
			said += fmt.Sprintf("  %.4f  %s\n", f.mean(""), f.name)
		}
		if _, err := io.WriteString(l.out, said); err != nil {
			return played, err
		}
		if all = r.kept(figures, of.beginning.name); k == 0 {
			all = append(all, joined(figures, of.beginning)...)
		}
	}
	return played, nil
}

// kept are the best, and the beginning, which the others are to be better than.
func (r round) kept(figures []figure, beginning string) (all []candidate) {
	for k, f := range figures {
		if k < r.keep || f.name == beginning {
			all = append(all, f.candidate)
		}
	}
	return all
}

// choose plays all choices and writes the page, of what was played before the time was over too.
func (l *lab) choose(ctx context.Context, only *regexp.Regexp) error {
	var played [][][]figure
	var failed error
	for _, of := range choices {
		rounds, err := l.search(ctx, of, only)
		played, failed = append(played, rounds), cmp.Or(failed, err)
		if err != nil && !errors.Is(err, errTime) {
			return err
		}
	}
	return errors.Join(os.WriteFile(l.page, []byte(page(played)), 0o644), failed)
}
