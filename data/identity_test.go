package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
)

// Rows are the same in float32 and float64, and whatever a dropped column has become;
// others are named by their split: by number, by order, by values, contexts included.
func TestIdentityOfRows(t *testing.T) {
	type change func(row []float64, i int)
	identity := func(names []string, rows int, change change, order func(*Table)) *Identity {
		t.Helper()
		parts := [3]Part{}
		for k := range parts {
			all := &Table{Name: "t", Columns: names}
			for i := range rows {
				row := []float64{float64(i), float64(k) + 0.1, float64(7 * i), float64(-i)}
				if change != nil && k == 1 {
					change(row, i)
				}
				all.Append(row)
			}
			if order != nil && k == 2 {
				order(all)
			}
			parts[k] = Part{Table: all}
		}
		o := Options{DropColumns: []string{"2"}, ContextColumns: 1}
		return must.M1(Prepare(Source{Train: parts[0], Valid: parts[1], Test: parts[2]}, o)).Identity
	}
	names := []string{"a", "b", "drop", "c"}
	then := identity(names, 5, nil, nil)
	var kept Identity
	must.M(json.Unmarshal(must.M1(json.Marshal(then)), &kept))
	for name, c := range map[string]struct {
		now  *Identity
		want []string
	}{
		"the same":                     {identity(names, 5, nil, nil), nil},
		"a dropped column":             {identity(names, 5, func(row []float64, _ int) { row[2] = 3 }, nil), nil},
		"−0 for 0":                     {identity(names, 5, func(row []float64, i int) { row[0] = math.Copysign(row[0], float64(i)-0.5) }, nil), nil},
		"a value":                      {identity(names, 5, func(row []float64, i int) { row[0] += float64(i/4) * 1e-12 }, nil), []string{"valid has other rows"}},
		"a context":                    {identity(names, 5, func(row []float64, _ int) { row[3]++ }, nil), []string{"valid has other rows"}},
		"fewer rows":                   {identity(names, 4, nil, nil), []string{"train has 4 rows, 5 then", "valid has 4 rows, 5 then", "test has 4 rows, 5 then"}},
		"other names":                  {identity([]string{"b", "a", "drop", "c"}, 5, nil, nil), []string{"the columns are b, a, c, not a, b, c"}},
		"another order":                {identity(names, 5, nil, func(t *Table) { *t = *t.Select([]int{4, 3, 2, 1, 0}, nil) }), []string{"test has the same rows in another order"}},
		"another name that is dropped": {identity([]string{"a", "b", "x", "c"}, 5, nil, nil), nil},
	} {
		err := kept.Check(c.now, "t.csv")
		changed := (*ChangedError)(nil)
		if c.want == nil && err != nil || c.want != nil && (!errors.As(err, &changed) || !slices.Equal(changed.Texts(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if split := "train"; changed != nil && changed.Concerns(split) != (name == "fewer rows" || name == "other names") {
			t.Errorf("%s concerns %s: %v", name, split, changed.Concerns(split))
		}
	}
	if err := (*Identity)(nil).Check(then, ""); err != nil || kept.Check(nil, "") != nil {
		t.Errorf("what is not known has changed: %v", err)
	}
	narrow, wide := []float32{0.1, 2, -3, 4, 5.5, 6}, []float64{}
	for _, v := range narrow {
		wide = append(wide, float64(v))
	}
	a, b := must.M1(Split(must.M1(FromFlat(narrow, 2)), Options{})), must.M1(Split(must.M1(FromFlat(wide, 2)), Options{}))
	if fmt.Sprint(a.Identity) != fmt.Sprint(b.Identity) {
		t.Errorf("in float32 %v, in float64 %v", a.Identity, b.Identity)
	}
	own := *a
	if own.Identity = nil; fmt.Sprint(IdentityOf(&own).Test) != fmt.Sprint(a.Identity.Test) {
		t.Error("rows as they are have another identity when they are prepared")
	}
}

// A file in another order is divided otherwise: its test rows may have been trained on.
func TestIdentityKnowsRowsOfOtherSplits(t *testing.T) {
	rows, reversed := &Table{Name: "t"}, &Table{Name: "t"}
	for i := range 100 {
		rows.Append([]float64{float64(i), float64(i * i)})
		reversed.Append([]float64{float64(99 - i), float64((99 - i) * (99 - i))})
	}
	then := must.M1(Split(rows, Options{})).Identity
	changed := (*ChangedError)(nil)
	if err := then.Check(must.M1(Split(reversed, Options{})).Identity, "t"); !errors.As(err, &changed) ||
		!changed.Concerns("test") || !strings.Contains(err.Error(), "test has rows that were in another split") {
		t.Errorf("%v", err)
	}
}
