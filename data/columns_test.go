package data

import (
	"context"
	"slices"
	"testing"

	"github.com/janpfeifer/must"
)

func TestDropColumns(t *testing.T) {
	named := []string{"a", "b", "1", "d"}
	set := func(columns []string) *Set {
		return &Set{Name: "t", Rows: 3, Dim: 4, X: []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, Columns: columns, shape: []int{2, 2}}
	}
	s := set(named)
	if err := s.dropColumns([]string{"1", "0"}); err != nil { // "1" is a name here, "0" is not
		t.Fatal(err)
	}
	wantSet(t, s, 3, 2, 2, 4, 6, 8, 10, 12)
	if !slices.Equal(s.Columns, []string{"b", "d"}) || s.shape != nil || named[0] != "a" {
		t.Errorf("columns %q, shape %v", s.Columns, s.shape)
	}
	s = set(nil)
	must.M(s.dropColumns([]string{"1", "2", "3"}))
	wantSet(t, s, 3, 1, 1, 5, 9)
	s = set(nil)
	must.M(s.dropColumns(nil))
	wantSet(t, s, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	wantError(t, set(named).dropColumns([]string{"bb"}), `t has no column "bb" (it has a, b, 1, d)`)
	wantError(t, set(named).dropColumns([]string{"4"}), "no column 4", "count from 0")
	wantError(t, set(nil).dropColumns([]string{"a"}), "no names", "0 to 3")
	wantError(t, set(nil).dropColumns([]string{"0", "0"}), "dropped twice")
	wantError(t, set(nil).dropColumns([]string{"0", "1", "2", "3"}), "none is left")
}

// Columns are dropped before the last of the others become the context.
func TestLoadDropsColumns(t *testing.T) {
	file := writeTemp(t, "x.csv", []byte("a,b,c,d\n1,2,3,4\n1,2,3,4\n1,2,3,4\n"))
	s, err := Load(context.Background(), Options{Source: file, DropColumns: []string{"b", "3"}, ContextColumns: 1})
	if err != nil {
		t.Fatal(err)
	}
	wantSet(t, s.Test, 1, 1, 1)
	if s.Dim != 1 || s.ContextDim != 1 || s.Valid.Context[0] != 3 || !slices.Equal(s.Train.ContextNames, []string{"c"}) {
		t.Errorf("%+v", s)
	}
	_, err = Load(context.Background(), Options{Source: file, DropColumns: []string{"quality"}})
	wantError(t, err, file, `no column "quality"`)
}

// RNADE's columns of white wine: all but the quality, the last of twelve.
func TestDropQualityOfWine(t *testing.T) {
	s, err := Load(context.Background(), Options{Source: dataFile(t, "real/winequality-white.csv"), DropColumns: []string{"11"}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Dim != 11 || s.Train.Rows+s.Valid.Rows+s.Test.Rows != 4898 {
		t.Errorf("%d/%d/%d rows of %d", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim)
	}
	for i := range s.Test.Rows { // no wine has less than 8 % of alcohol, none a quality above 9
		if alcohol := s.Test.Row(i)[10]; alcohol < 8 || alcohol > 15 {
			t.Fatalf("the last column of row %d is %v, not alcohol", i, alcohol)
		}
	}
}
