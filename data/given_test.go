package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/internal/num"
)

// Rows of which some is given have the numbers that whole rows have there, and others are not known.
func TestGiven(t *testing.T) {
	s := Schema{{Name: "city", Kind: Categorical, Levels: []string{"Bern", "Oslo"}},
		{Name: "age", Kind: Real, Missing: true}, {Name: "day", Kind: Real, Role: ContextRole}}
	table := tableOf(s, [][]any{{"Oslo", "Bern", "Bern", "Oslo"}, {30.5, math.NaN(), 41.25, 18.}, {1., 2., 3., 5.}})
	p, err := whole(table, Options{Columns: s})
	if err != nil {
		t.Fatal(err)
	}
	all, err := p.Apply(table)
	if err != nil {
		t.Fatal(err)
	}
	hidden := table.Select(nil, nil)
	hidden.Set(0, 0, math.NaN())
	for name, c := range map[string]struct {
		t     *Table
		known func(i, d int) bool
	}{
		"cells":    {hidden, func(i, d int) bool { return (i != 0 || d != 0) && (i != 1 || d != 1) }},
		"no age":   {table.Select(nil, []int{2, 0}), func(_, d int) bool { return d == 0 }},
		"no city":  {table.Select(nil, []int{1, 2}), func(i, d int) bool { return d == 1 && i != 1 }},
		"no value": {table.Select(nil, []int{2}), func(int, int) bool { return false }},
	} {
		got, err := p.Given(c.t)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(got.Context, all.Context) {
			t.Errorf("%s: the context is %v", name, got.Context)
		}
		for i := range got.Rows {
			for d := range got.Dim {
				want := num.NotKnown
				if c.known(i, d) {
					want = all.Row(i)[d]
				}
				if v := got.Row(i)[d]; v != want {
					t.Errorf("%s: row %d, variable %d is %v, want %v", name, i, d, v, want)
				}
			}
		}
	}
	other := table.Select(nil, nil)
	other.Columns = []string{"city", "agee", "day"}
	for name, c := range map[string]struct {
		t    *Table
		want string
	}{
		"misspelt":   {other, `did you mean "age"`},
		"no context": {table.Select(nil, []int{0}), `"day"`},
		"nothing":    {nil, "no rows"},
	} {
		if _, err := p.Given(c.t); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

// Where there is no schema, steps change what is given as they change whole rows.
func TestGivenNumbers(t *testing.T) {
	rows, err := FromFlat([]float64{1, 10, 2, 30, 4, 20, 8, 80}, 2, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	for name, steps := range map[string][]Step{"scaled": {&Scale{Mean: []float64{3, 30}, SD: []float64{2, 20}}}, "as they are": nil} {
		t.Run(name, func(t *testing.T) {
			p := NewPreparation(2, 0, steps...)
			p.Columns = []string{"a", "b"}
			all, err := p.Apply(rows)
			if err != nil {
				t.Fatal(err)
			}
			hidden := rows.Select(nil, nil)
			hidden.Set(2, 0, math.NaN())
			want := slices.Clone(all.X)
			want[4] = num.NotKnown
			unnamed := hidden.Select(nil, nil)
			unnamed.Columns = nil
			for _, table := range []*Table{hidden, unnamed, hidden.Select(nil, []int{1, 0})} {
				if got, err := p.Given(table); err != nil || !slices.Equal(got.X, want) {
					t.Errorf("%v, want %v (%v)", got, want, err)
				}
			}
			got, err := p.Given(rows.Select(nil, []int{1}))
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows.Rows() {
				if got.X[2*i] != num.NotKnown || got.X[2*i+1] != all.X[2*i+1] {
					t.Errorf("row %d is %v", i, got.X[2*i:][:2])
				}
			}
		})
	}
}
