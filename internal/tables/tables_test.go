package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/backend"
	"github.com/maskflow/maskflow/backend/backendtest"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/train"
)

var every = regexp.MustCompile("")

// tableOf is a table that the name draws, with the values of some rows replaced.
func tableOf(name string, replaced []int) *data.Table {
	hash := fnv.New64()
	hash.Write([]byte(name))
	rng := rand.New(rand.NewPCG(hash.Sum64(), 0))
	columns := realColumns[strings.TrimSuffix(name, ".csv.gz")]
	if columns == nil {
		columns = []string{"a", "b", "c"}
	}
	dim := len(columns)
	values := make([]float64, 60*dim)
	for i := range values {
		values[i] = rng.NormFloat64()
	}
	for _, row := range replaced {
		for d := range dim {
			values[dim*row+d] = 1e6 * float64(row+d)
		}
	}
	return must.M1(data.FromFlat(values, dim, columns...))
}

// testRows are those that a training by default tests with.
func testRows(t *data.Table) []int {
	s := data.Source{Train: data.Part{Table: t}}
	c := must.M1(train.SourceConfig(data.InMemory, nil))
	must.M(s.Divide(c.DataOptions()))
	return s.Test.Rows
}

// hashed trains nothing: its NLL is a hash of all that it is given.
func hashed(trainings *int) func(context.Context, string, *data.Table, uint64, []string) (*Measured, error) {
	return func(_ context.Context, name string, t *data.Table, seed uint64, sets []string) (*Measured, error) {
		*trainings++
		hash := fnv.New64()
		fmt.Fprint(hash, name, t.Float64(), t.Columns, seed, sets)
		nll := float64(hash.Sum64()%1000) / 100
		return &Measured{Table: name, Seed: seed, Sets: sets, NLL: &nll, Variables: t.Rows()}, nil
	}
}

func newLab(t *testing.T, dir string, trainings *int, replace bool) *lab {
	l := &lab{options: options{records: filepath.Join(dir, "records.jsonl"), page: filepath.Join(dir, "page.md"), folder: dir}, out: io.Discard, train: hashed(trainings)}
	l.read = func(_ context.Context, path string) (*data.Table, error) {
		table := tableOf(path[strings.LastIndexByte(path, filepath.Separator)+1:], nil)
		if replace {
			table = tableOf(path[strings.LastIndexByte(path, filepath.Separator)+1:], testRows(table))
		}
		return table, nil
	}
	must.M(l.open())
	t.Cleanup(func() { must.M(l.close()) })
	return l
}

// What is chosen does not depend on the rows that are tested with.
func TestTestRowsAreNotRead(t *testing.T) {
	var pages []string
	for _, replace := range []bool{false, true} {
		dir, n := t.TempDir(), 0
		must.M(newLab(t, dir, &n, replace).choose(t.Context(), every))
		pages = append(pages, string(must.M1(os.ReadFile(filepath.Join(dir, "page.md")))))
	}
	if pages[0] != pages[1] {
		t.Error("other test rows make another page")
	}
	if rows := testRows(tableOf("x", nil)); len(rows) != 6 {
		t.Errorf("%d of 60 rows are test rows", len(rows))
	}
}

// A finished training is not repeated, and what a time cut short goes on.
func TestTheSearchGoesOn(t *testing.T) {
	dir, n := t.TempDir(), 0
	first := 0
	for _, of := range choices {
		first += len(of.candidates()) * len(of.read(of.rounds[0]))
	}
	if n := len(choices[0].candidates()); n < 30 {
		t.Fatalf("%d candidates, need 30 or more", n)
	}
	for _, of := range choices {
		if n := len(of.candidates()); n < 25 {
			t.Fatalf("%s: %d candidates, need 25 or more", of.name, n)
		}
	}
	l := newLab(t, dir, &n, false)
	l.time = time.Nanosecond
	if err := l.choose(t.Context(), every); !errors.Is(err, errTime) {
		t.Fatalf("error %v, want that the time is over", err)
	}
	must.M(newLab(t, dir, &n, false).choose(t.Context(), every))
	whole := n
	if must.M(newLab(t, dir, &n, false).choose(t.Context(), every)); n != whole {
		t.Errorf("%d trainings were repeated", n-whole)
	}
	if whole < first {
		t.Errorf("%d trainings, want %d or more", whole, first)
	}
}

// The first is least behind the best of each table by the mean of its seeds; what diverged is behind by the most.
func TestRanked(t *testing.T) {
	all := []candidate{{name: "a"}, {name: "b"}, {name: "c"}}
	got := ranked(all, []map[string][]float64{{"x": {0.25, 0.75}, "y": {10, 10}}, {"x": {0.7, 0.7}, "y": {9.8, 10}}, {"x": {math.Inf(1), 0.5}, "y": {9.9, 9.9}}})
	var names []string
	for _, f := range got {
		names = append(names, fmt.Sprintf("%s %.2f", f.name, f.mean("")))
	}
	if said := strings.Join(names, ", "); said != "a 0.05, b 0.10, c 0.50" {
		t.Errorf("ranked %s", said)
	}
	if v := got[0].mean("y"); v != 0 {
		t.Errorf("without y, %s is %v behind", got[0].name, v)
	}
}

// The beginning stays unless the best is ahead by more than twice the error.
func TestChosen(t *testing.T) {
	of := choice{beginning: candidate{name: "beginning"}}
	for _, c := range []struct {
		best, beginning []float64
		want            string
	}{
		{[]float64{1, 2, 3}, []float64{1.1, 2.1, 3.11}, "best"},
		{[]float64{1, 2, 3}, []float64{1.5, 1.9, 3.1}, "beginning"},
		{[]float64{1, 2, 3}, []float64{math.Inf(1), math.Inf(1), math.Inf(1)}, "best"},
	} {
		got, _, _ := of.chosen([]figure{{candidate: candidate{name: "best"}, nll: map[string][]float64{"x": c.best}}, {candidate: of.beginning, nll: map[string][]float64{"x": c.beginning}}})
		if got.name != c.want {
			t.Errorf("%v and %v: chosen %s, want %s", c.best, c.beginning, got.name, c.want)
		}
	}
	if got, _, _ := of.chosen([]figure{{candidate: of.beginning}, {candidate: candidate{name: "other"}}}); got.name != "beginning" {
		t.Errorf("chosen %s, which is not the best", got.name)
	}
}

// Every candidate can be trained on a table with all kinds of columns, or says why it cannot.
func TestCandidatesAreSettings(t *testing.T) {
	b := backendtest.Open(t, backend.KindGo)
	rng := rand.New(rand.NewPCG(1, 2))
	table := must.M1(data.FromFlat(make([]float64, 3*200), 3, "number", "count", "kind"))
	for i := range 200 {
		table.Set(i, 0, rng.NormFloat64())
		table.Set(i, 1, float64(rng.IntN(20)))
		table.SetText(i, 2, string(rune('a'+rng.IntN(3))))
	}
	all := choices[0].candidates()
	for _, c := range slices.Concat(all[:2], all[len(all)-2:], all[len(all)/2:][:1]) {
		m := must.M1(measure(t.Context(), b, "x", table, 1, c.with(settings{"train.max_steps": "3"}).sets()))
		if m.NLL == nil || m.Variables != 3 || m.Named == "" {
			t.Errorf("%s: %+v", c.name, m)
		}
	}
	for _, c := range slices.Concat(all, choices[1].candidates(), choices[2].candidates(), choices[3].candidates()) {
		if _, err := train.SourceConfig("x", choices[0].rounds[0].sets(c)); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// All numbers are moved by less than a step, each to another place, those of no step that the schema knows too, whose zeros else
// were a number with a probability of its own.
func TestRealsAreMoved(t *testing.T) {
	columns := realColumns["diabetes"]
	values := make([]float64, 500*len(columns))
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range values {
		switch d := i % len(columns); {
		case d == 0 && i%5 == 0:
		case d == 0:
			values[i] = math.Round(1e7*math.Exp(4*rng.NormFloat64()-4)) / 1e7
		default:
			values[i] = math.Round(10*rng.NormFloat64()) / 10
		}
	}
	moved := must.M1(reals("diabetes"+realSuffix, must.M1(data.FromFlat(values, len(columns), columns...))))
	for c := range columns {
		step, of := 0.1, map[float64]bool{}
		if c == 0 {
			step = 1e-7
		}
		for i := range moved.Rows() {
			v := moved.At(i, c)
			if by := math.Abs(v - values[i*len(columns)+c]); by > step/2*1.001 || of[v] {
				t.Fatalf("row %d of %s is moved by %v to %v, which others have: %v", i, columns[c], by, v, of[v])
			}
			of[v] = true
		}
	}
}
