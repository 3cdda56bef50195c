package monitor

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maskflow/maskflow/config"
	"github.com/maskflow/maskflow/runlog"
)

// of changes what the likelihoods of a run are of.
func of(r *Run, change func(b *runlog.Basis)) *Run {
	b := whole
	change(&b)
	r.History.Starts = []runlog.Start{{Basis: &b}}
	return r
}

// unrecorded is a run whose log does not say what its likelihoods are of.
func unrecorded(name string, nll float64, settings ...string) *Run {
	r := withHistory(name, runlog.Done, 1, nll)
	r.History.Starts = []runlog.Start{{}}
	for _, s := range settings {
		path, text, _ := strings.Cut(s, "=")
		r.Config = append(r.Config, config.Value{Path: path, Text: text})
	}
	return r
}

// classesInWords are the classes in a line: the runs of each, with what sets it apart.
func classesInWords(classes []Class) string {
	var all []string
	for _, c := range classes {
		var names []string
		for _, r := range c.Runs {
			names = append(names, r.Name)
		}
		all = append(all, strings.TrimSpace(c.Apart+": "+strings.Join(names, " ")))
	}
	return strings.Join(all, "; ")
}

// Runs are ranked beside those alone whose likelihoods are of the same figure, columns, steps and rows. However low the others
// are, they come after, the larger class first.
func TestRunsAreRankedWhereTheyCanBeCompared(t *testing.T) {
	valid := func(rows string) func(*runlog.Basis) { return func(b *runlog.Basis) { b.Valid = rows } }
	s := given(
		of(withHistory("a", runlog.Done, 1, -9), valid("other")),
		withHistory("b", runlog.Done, 1, 5),
		withHistory("c", runlog.Running, 1),
		withHistory("d", runlog.Done, 1, 3),
		of(withHistory("e", runlog.Done, 1, -8), func(b *runlog.Basis) { b.Steps = "noise" }),
		of(withHistory("f", runlog.Done, 1, -7), func(b *runlog.Basis) { b.Columns = "renamed" }),
		of(withHistory("g", runlog.Done, 1, -6), func(b *runlog.Basis) { b.Figure, b.Columns = "order mean", "renamed" }),
		of(withHistory("h", runlog.Done, 1, -5), func(b *runlog.Basis) { b.Test = "other" }),
		of(withHistory("i", runlog.Done, 1, -4), valid("third")),
		of(withHistory("j", runlog.Done, 1, -3), valid("third")),
		unrecorded("k", -10), unrecorded("l", -11),
	)
	const want = ": d b c; rows: i j; rows 2: a; steps: e; columns: f; figure: g; rows 3: h; unknown: k l"
	if got := classesInWords(s.Classes(Query{}, time.Now())); got != want {
		t.Errorf("the classes are %q\nnot %q", got, want)
	}
	var sorted []string
	for _, r := range s.Sorted(ByBest, Query{}, time.Now()) {
		sorted = append(sorted, r.Name)
	}
	if got := strings.Join(sorted, ""); got != "dbcijaefghkl" {
		t.Errorf("the runs by their best validation are %s", got)
	}
	var classes []int
	for _, one := range s.Summaries(Query{}, time.Now()) {
		classes = append(classes, one.Class)
	}
	if !slices.Equal(classes, []int{1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 0, 0}) {
		t.Errorf("the summaries have the classes %v", classes)
	}
	q, err := ParseQuery("name~[ai]")
	ok(t, err)
	if got := classesInWords(s.Classes(q, time.Now())); got != ": a; rows: i" {
		t.Errorf("of the runs that are chosen the classes are %q", got)
	}
}

// What a run has not recorded follows from its settings where these name its rows, and from a file's name not.
func TestRunsWithoutARecordOfTheirRows(t *testing.T) {
	s := given(
		unrecorded("a", 3, "data.source=connect4", "data.fractions=[0.8,0.1,0.1]", "model.hidden=[5]"),
		unrecorded("b", 2, "data.source=connect4", "data.fractions=[0.8,0.1,0.1]", "model.hidden=[7]"),
		unrecorded("c", 1, "data.source=connect4", "data.fractions=[0.6,0.2,0.2]"),
		unrecorded("d", 0, "data.source=people.csv"), unrecorded("e", -1, "data.source=people.csv"),
		unrecorded("f", -2, "data.source=connect4", "data.fractions=[0.8,0.1,0.1]", "model.latent=4"),
	)
	if got := classesInWords(s.Classes(Query{}, time.Now())); got != ": b a; rows: c; figure: f; unknown: d e" {
		t.Errorf("the classes are %q", got)
	}
	if got := classesInWords(given(unrecorded("d", 0), unrecorded("e", -1)).Classes(Query{}, time.Now())); got != "unknown: d e" {
		t.Errorf("where nothing is known the classes are %q", got)
	}
}

// The best of a run that was continued on other rows is of these: what was before cannot be compared with it.
func TestBestOfOtherRows(t *testing.T) {
	r := inMemory(t, `{"t":"start","step":0,"basis":{"figure":"likelihood","valid":"9 rows"},"independent_nll":20}`,
		validLine(10, 1, 1, 5), validLine(20, 2, 2, 6),
		`{"t":"start","step":20,"resumed":true,"basis":{"figure":"likelihood","valid":"12 rows"},"independent_nll":30}`,
		validLine(30, 3, 3, 8), validLine(40, 4, 4, 9))
	best := r.Figures(time.Now()).Best
	if best == nil || best.Step != 30 || *r.Above() != 22 {
		t.Errorf("the best is %+v, %v above independent columns", best, r.Above())
	}
	same := inMemory(t, `{"t":"start","step":0,"basis":{"figure":"likelihood"}}`, validLine(10, 1, 1, 5),
		`{"t":"start","step":10,"resumed":true,"basis":{"figure":"likelihood"}}`, validLine(20, 2, 2, 8))
	if best := same.Figures(time.Now()).Best; best == nil || best.Step != 10 || same.Above() != nil {
		t.Errorf("on the same rows the best is %+v, %v above", best, same.Above())
	}
	if r := withHistory("x", runlog.Done, 1, math.NaN()); r.Above() != nil || r.TestAbove() != nil {
		t.Error("nothing is above something")
	}
}
