package source

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
)

// Tables as people have them become rows of a schema, and come back as they were.
func TestTablesOfPeople(t *testing.T) {
	names, _ := filepath.Glob(filepath.Join(os.Getenv("MASKFLOW_DATA"), "tables", "*.csv.gz"))
	if len(names) == 0 {
		t.Skip("tables/*.csv.gz is not in the data folder, MASKFLOW_DATA")
	}
	for _, name := range names {
		s := must.M1(Load(context.Background(), data.Options{Source: name}))
		table := must.M1(format.Read(context.Background(), name, format.ReadOptions{}, data.NewLimit(0)))
		all := must.M1(s.Prep.Apply(table))
		var x []float32
		for i := range all.Rows {
			x = append(x, all.Row(i)[:all.Dim]...)
		}
		back := must.M1(s.Prep.Undo(x))
		off := 0 // of what is on no step
		for c, column := range back.Columns {
			from := must.M1(table.Column(column))
			for i := range table.Rows() {
				v, w := table.At(i, from), back.At(i, c)
				one, isText := table.Text(i, from)
				other, isOther := back.Text(i, c)
				if v != w && (v == v || w == w) || isText != isOther || one != other {
					if off++; isText || isOther || v != v || w != w || s.Prep.Schema()[from].Step == 0 && (v-w)/(1+v) > 1e-3 {
						t.Fatalf("%s, row %d, %s: %v %q becomes %v %q", name, i, column, v, one, w, other)
					}
				}
			}
		}
		if most := table.Rows() * back.Rows() / 100; off > most {
			t.Errorf("%s: %d cells come back as other ones", name, off)
		}
	}
}
