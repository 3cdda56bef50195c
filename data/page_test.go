package data

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data/datatest"
)

// crew is a table of 200 rows of all kinds: numbers of the rows, levels, a hole in every tenth row, an atom in every
// fourth, dates, and a row for each that equals the one 100 before it but for its number.
func crew() *Table {
	table := must.M1(FromFlat(make([]float64, 200*5), 5, "id", "city", "age", "income", "born"))
	for i := range 200 {
		k := i % 100
		table.Set(i, 0, float64(i))
		table.SetText(i, 1, []string{"Ulm", "Bonn", "Ulm", "Kiel"}[k%4])
		table.Set(i, 2, float64(20+k%50))
		if k%10 == 0 {
			table.Set(i, 2, math.NaN())
		}
		if table.Set(i, 3, 0); k%4 != 1 {
			table.Set(i, 3, 1.5+float64(k)*math.Sqrt2)
		}
		table.SetText(i, 4, fmt.Sprintf("2001-02-%02d", 1+k%28))
	}
	return table
}

func TestPageOfATable(t *testing.T) {
	d := must.M1(DescribeSource(Source{Train: Part{Table: crew()}}, Options{Source: "crew", Fractions: [3]float64{0.8, 0.1, 0.1}}))
	columns := map[string]ColumnStats{}
	for _, c := range d.Columns {
		columns[c.Name] = c
	}
	if c := columns["id"]; c.Role != DropRole || c.Quantiles != nil {
		t.Errorf("the numbers of the rows are %+v", c)
	}
	if c := columns["city"]; !slices.Equal(c.Shares, []Share{{"Ulm", 0.5}, {"Bonn", 0.25}, {"Kiel", 0.25}}) {
		t.Errorf("cities %+v", c)
	}
	if c := columns["age"]; c.Holes != 0.1 || c.Quantiles[0] != 21.0 || c.Quantiles[6] != 69.0 {
		t.Errorf("ages %+v", c)
	}
	if c := columns["income"]; !slices.Equal(c.Shares, []Share{{"0", 0.25}}) || c.Quantiles[0] != 1.5 {
		t.Errorf("incomes %+v", c)
	}
	if c := columns["born"]; c.Quantiles[0] != "2001-02-01" || c.Quantiles[6] != "2001-02-28" {
		t.Errorf("dates %+v", c)
	}
	repeated, shared := 0, 0
	for _, s := range d.Splits {
		repeated, shared = repeated+s.Duplicates, shared+s.InTrain
	}
	// Each row of valid and test has its twin in train, in its own split, or in the other one.
	if s := d.Splits; d.Dim != 4 || s[0].Rows != 160 || repeated+shared < 95 || s[0].InTrain != 0 {
		t.Errorf("%d variables, splits %+v", d.Dim, d.Splits)
	}
	text := must.M1(json.Marshal(d))
	for _, want := range []string{`"name":"city","kind":"categorical"`, `"holes":0.1`, `"split":"train","rows":160,"duplicates"`, `"guesses":[`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
}

// A value that is not what its column was declared to be is an error with its place.
func TestPageOfValuesBeyondBounds(t *testing.T) {
	_, err := DescribeSource(Source{Train: Part{Table: crew()}}, Options{Columns: Schema{{Name: "age", Kind: Integer, Min: new(30.0)}}, Fractions: [3]float64{0.8, 0.1, 0.1}})
	datatest.WantError(t, err, "age", "row 1")
}
