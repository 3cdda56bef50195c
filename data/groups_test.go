package data

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
)

func groupTable(t *testing.T, rows int, name string, cell func(i int, t *Table)) *Table {
	t.Helper()
	x := must.M1(FromFlat(make([]float64, 2*rows), 2, name, "x"))
	for i := range rows {
		x.Set(i, 1, float64(i*i%17))
		cell(i, x)
	}
	return x
}

func divided(t *testing.T, x *Table, o Options) Source {
	t.Helper()
	s := Source{Train: Part{Table: x}}
	o.Source = InMemory
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	if err := s.Divide(o); err != nil {
		t.Fatal(err)
	}
	return s
}

// Rows of one value are never divided, whatever divides them; every row is in one part, and the shares are about those that were
// asked for.
func TestRowsOfOneValueStayTogether(t *testing.T) {
	const rows = 1000
	cells := map[string]func(i int, x *Table){
		"numbers": func(i int, x *Table) { x.Set(i, 0, float64(i*i%37)) },
		"texts":   func(i int, x *Table) { x.SetText(i, 0, fmt.Sprint("p", i*i%37)) },
		"both": func(i int, x *Table) {
			if x.Set(i, 0, float64(i%31)); i%31 > 15 {
				x.SetText(i, 0, fmt.Sprint("p", i%31))
			}
		},
		"holes": func(i int, x *Table) {
			if x.Set(i, 0, float64(i%23)); i%23 == 0 {
				x.Set(i, 0, math.NaN())
			}
		},
	}
	options := map[string]Options{"random": {Split: SplitBy{By: "g"}}, "fold": {Split: SplitBy{By: "g"}, Folds: 4, Fold: 2}, "time": {Split: SplitBy{After: "g"}}}
	for kind, cell := range cells {
		for how, o := range options {
			if how == "time" && kind != "numbers" {
				continue
			}
			t.Run(kind+"/"+how, func(t *testing.T) {
				x := groupTable(t, rows, "g", cell)
				s := divided(t, x, o)
				part, seen := map[string]int{}, make([]int, rows)
				for k, p := range s.parts() {
					for _, row := range p.Rows {
						seen[row]++
						key := fmt.Sprint(x.At(row, 0))
						if text, is := x.Text(row, 0); is {
							key = text
						}
						if in, known := part[key]; known && in != k {
							t.Fatalf("rows of %s are in parts %d and %d", key, in, k)
						}
						part[key] = k
					}
				}
				if slices.ContainsFunc(seen, func(n int) bool { return n != 1 }) {
					t.Error("a row is in no part, or in two")
				}
				want := []int{800, 100, 100}
				if how == "fold" {
					want = []int{675, 75, 250}
				}
				for k, p := range s.parts() {
					if off := p.Len() - want[k]; off < -60 || off > 60 {
						t.Errorf("part %d has %d rows, want about %d", k, p.Len(), want[k])
					}
				}
			})
		}
	}
}

// All folds together have each row once, groups or not.
func TestFoldsOfGroupsAreApart(t *testing.T) {
	x := groupTable(t, 500, "g", func(i int, x *Table) { x.Set(i, 0, float64(i%40)) })
	seen := make([]int, 500)
	for k := range 5 {
		for _, row := range divided(t, x, Options{Split: SplitBy{By: "g"}, Folds: 5, Fold: k + 1}).Test.Rows {
			seen[row]++
		}
	}
	if slices.ContainsFunc(seen, func(n int) bool { return n != 1 }) {
		t.Error("a row is in no fold, or in two")
	}
}

func TestRowsAreDividedByTime(t *testing.T) {
	days := func(i int, x *Table) { x.SetText(i, 0, fmt.Sprintf("%02d.%02d.2024", 1+i*7%28, 1+i*5%12)) }
	x := groupTable(t, 300, "day", days)
	s := divided(t, x, Options{Split: SplitBy{After: "day"}})
	day := func(row int) int {
		var d, m, y int
		text, _ := x.Text(row, 0)
		if _, err := fmt.Sscanf(text, "%d.%d.%d", &d, &m, &y); err != nil {
			t.Fatal(err)
		}
		return 400*y + 31*m + d
	}
	last := 0
	for k, p := range s.parts() {
		days := make([]int, len(p.Rows))
		for i, row := range p.Rows {
			days[i] = day(row)
		}
		if slices.Min(days) <= last {
			t.Errorf("part %d begins before the end of the one before it", k)
		}
		last = slices.Max(days)
	}
}

func TestDivisionsThatCannotBe(t *testing.T) {
	numbers := func(i int, x *Table) { x.Set(i, 0, float64(i%2)) }
	for _, c := range []struct {
		name string
		cell func(i int, x *Table)
		o    Options
		want string
	}{
		{"two values", numbers, Options{Split: SplitBy{By: "g"}}, "2 values of column \"g\""},
		{"no such column", numbers, Options{Split: SplitBy{By: "h"}}, "no column \"h\""},
		{"more folds than values", numbers, Options{Split: SplitBy{By: "g"}, Folds: 3, Fold: 1}, "not enough for 3 parts"},
		{"texts for time", func(i int, x *Table) { x.SetText(i, 0, fmt.Sprint("p", i)) }, Options{Split: SplitBy{After: "g"}}, "is \"p0\": rows are divided by numbers, dates or times"},
		{"no time", func(i int, x *Table) { x.Set(i, 0, math.NaN()) }, Options{Split: SplitBy{After: "g"}}, "is missing"},
		{"many layouts", func(i int, x *Table) { x.SetText(i, 0, "01/02/2003") }, Options{Split: SplitBy{After: "g"}}, "declare which"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Source{Train: Part{Table: groupTable(t, 20, "g", c.cell)}}
			if err := s.Divide(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	x := groupTable(t, 20, "g", numbers)
	s := Source{Train: Part{Table: x}, Valid: Part{Table: x}, Test: Part{Table: x}}
	if err := s.Divide(Options{Split: SplitBy{By: "g"}}); err == nil || !strings.Contains(err.Error(), "splits of its own") {
		t.Errorf("a source with splits: error %v", err)
	}
	for _, o := range []Options{{Split: SplitBy{By: "g", After: "x"}}, {Split: SplitBy{After: "x"}, Folds: 2, Fold: 1}} {
		o.Source = InMemory
		if err := o.Validate(); err == nil {
			t.Errorf("%+v was not refused", o.Split)
		}
	}
}

// Names of patients that repeat are told, those of rows, of measurements and of what is divided by them are not.
func TestRepeatedNamesAreTold(t *testing.T) {
	for _, c := range []struct {
		column string
		values int
		split  string
		want   bool
	}{{"subject#", 30, "", true}, {"patient id", 30, "", true}, {"subject#", 30, "subject#", false}, {"patient id", 300, "", false}, {"age", 30, "", false}, {"bid", 30, "", false}} {
		x := groupTable(t, 300, c.column, func(i int, x *Table) { x.Set(i, 0, float64(i*7%c.values)) })
		_, lines, err := GuessSchema(x, Options{Split: SplitBy{By: c.split}})
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(strings.Join(lines, "\n"), "data.split: {by: "); told != c.want {
			t.Errorf("%q of %d values: told %v, want %v (%q)", c.column, c.values, told, c.want, lines)
		}
	}
}

// A twin is a row with the values of a training row of some weight, in variables and context; noise within steps hides none.
func TestTwins(t *testing.T) {
	values := []float64{1, 2, 1, 3, 2, 5, 1, 2, 7}
	for _, noise := range []bool{false, true} {
		x := must.M1(FromFlat(values, 1, "x"))
		s := Source{Train: Part{Table: x, Rows: []int{0, 1, 3}}, Valid: Part{Table: x, Rows: []int{2}}, Test: Part{Table: x, Rows: []int{4, 5, 6, 8}}}
		splits := must.M1(Prepare(s, Options{Source: InMemory, Typed: true, Noise: noise, Columns: Schema{{Name: "x", Kind: Integer}}}))
		if got, want := must.M1(splits.Twins(splits.Test)), []bool{true, false, true, false}; !slices.Equal(got, want) {
			t.Errorf("noise %v: twins %v, want %v", noise, got, want)
		}
		splits.Train.Weights = []float64{0, 1, 1} // 1 is no training row any more
		if got, want := must.M1(splits.Twins(splits.Test)), []bool{true, false, false, false}; !slices.Equal(got, want) {
			t.Errorf("noise %v, a row of weight 0: twins %v, want %v", noise, got, want)
		}
		splits.Train.Weights = nil
		splits.Train.ContextDim, splits.Train.Context = 1, []float32{1, 2, 3}
		splits.Test.ContextDim, splits.Test.Context = 1, []float32{2, 0, 2, 0}
		if got, want := must.M1(splits.Twins(splits.Test)), []bool{true, false, false, false}; !slices.Equal(got, want) {
			t.Errorf("noise %v, a context: twins %v, want %v", noise, got, want)
		}
	}
}
