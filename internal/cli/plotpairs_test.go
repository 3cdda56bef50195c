package cli

import (
	"fmt"
	"math"
	"testing"

	"github.com/maskflow/maskflow/data"
)

// mixedRows are rows of numbers and the preparation of splits of them: of named columns, of which the first and the third
// are context, or of columns without names, of which the last two are.
func mixedRows(t *testing.T, named bool) (*data.Table, *data.Preparation) {
	t.Helper()
	var rows []float64
	for i := range 300 {
		rows = append(rows, float64(i%7)+0.25, float64(i)+math.Sqrt(float64(i)), -float64(i%11)/7, float64(i)/7)
	}
	var o data.Options
	var names []string
	if named {
		names = []string{"seen", "a", "also seen", "b"}
		for i, name := range names {
			o.Columns = append(o.Columns, data.Column{Name: name, Kind: data.Real, Exact: true, Role: []data.Role{data.ContextRole, data.VariableRole}[i%2]})
		}
	} else {
		o.ContextColumns = 2
	}
	table, err := data.FromFlat(rows, 4, names...)
	if err != nil {
		t.Fatal(err)
	}
	splits, err := data.Split(table, o)
	if err != nil {
		t.Fatal(err)
	}
	return table, splits.Prep
}

// Samples have the variables where they are said to be, with a context and without.
func TestColumnsOfSamples(t *testing.T) {
	for _, named := range []bool{true, false} {
		table, prep := mixedRows(t, named)
		set, err := prep.Apply(table)
		if err != nil {
			t.Fatal(err)
		}
		for _, context := range []*data.Table{nil, table} {
			t.Run(fmt.Sprint("named ", named, ", context ", context != nil), func(t *testing.T) {
				back, err := prep.UndoWith(set.Values(), context)
				if err != nil {
					t.Fatal(err)
				}
				columns := sampleColumns(prep, context != nil)
				for d, c := range prep.Variables {
					for row := range table.Rows() {
						if got, want := back.At(row, columns[d]), table.At(row, c); math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
							t.Fatalf("variable %d of row %d is %v, want %v", d, row, got, want)
						}
					}
				}
			})
		}
	}
}
