package data

import (
	"slices"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data/datatest"
)

func TestCheckBinary(t *testing.T) {
	s := &Prepared{Name: "t.csv", Rows: 2, Dim: 2, X: []float32{0, 1, 1, 0}}
	if err := s.CheckBinary(); err != nil {
		t.Error(err)
	}
	s.X[3] = 0.5
	datatest.WantError(t, s.CheckBinary(), "t.csv: row 1, column 1 (counted from 0) is 0.5, not 0 or 1")
	s.Columns = []string{"a", "b"}
	datatest.WantError(t, s.CheckBinary(), `column "b"`)
}

// table is a table of whole numbers from 1 on.
func table(rows, dim int, columns ...string) *Table {
	x := make([]float32, rows*dim)
	for k := range x {
		x[k] = float32(k + 1)
	}
	t := must.M1(FromFlat(x, dim, columns...))
	t.Name = "t"
	return t
}

// prepared is the training set of a table that is not divided.
func prepared(t *Table, o Options) (*Prepared, error) {
	all := Part{Table: t}
	s, err := Prepare(Source{Train: all, Valid: all, Test: all, Plain: true}, o)
	if err != nil {
		return nil, err
	}
	return s.Train, nil
}

func TestDropColumns(t *testing.T) {
	named := []string{"a", "b", "1", "d"}
	images := table(3, 4, named...)
	images.Shape = []int{2, 2}
	all := Part{Table: images}
	s := must.M1(Prepare(Source{Train: all, Valid: all, Test: all, Plain: true}, Options{DropColumns: []string{"1", "0"}})) // "1" is a name here, "0" is not
	if !slices.Equal(s.Train.X, []float32{2, 4, 6, 8, 10, 12}) || !slices.Equal(s.Train.Columns, []string{"b", "d"}) || s.Shape != nil {
		t.Errorf("%v, columns %q, shape %v", s.Train.X, s.Train.Columns, s.Shape)
	}
	one := must.M1(prepared(table(3, 4), Options{DropColumns: []string{"1", "2", "3"}}))
	if !slices.Equal(one.X, []float32{1, 5, 9}) {
		t.Errorf("%v", one.X)
	}
	for _, c := range []struct {
		t    *Table
		drop []string
		want string
	}{
		{table(3, 4, named...), []string{"bb"}, `t has no column "bb" (it has a, b, 1, d)`},
		{table(3, 4, named...), []string{"4"}, "no column 4"},
		{table(3, 4), []string{"a"}, "no names (give a number from 0 to 3)"},
		{table(3, 4), []string{"0", "0"}, "dropped twice"},
		{table(3, 4), []string{"0", "1", "2", "3"}, "none is left"},
	} {
		_, err := prepared(c.t, Options{DropColumns: c.drop})
		datatest.WantError(t, err, c.want)
	}
}

func TestContextColumns(t *testing.T) {
	s := must.M1(prepared(table(2, 3, "a", "b", "c"), Options{ContextColumns: 2}))
	if !slices.Equal(s.X, []float32{1, 4}) || !slices.Equal(s.Context, []float32{-1, -1, 1, 1}) ||
		!slices.Equal(s.Columns, []string{"a"}) || !slices.Equal(s.ContextNames, []string{"b", "c"}) {
		t.Errorf("%v, context %v, names %v and %v", s.X, s.Context, s.Columns, s.ContextNames)
	}
}
