package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maskflow/maskflow/data"
)

// realColumns are the columns of real numbers of tables that are modelled without the others; nil for all but the last.
var realColumns = map[string][]string{
	"breast_cancer": nil,
	"diabetes":      {"bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"},
	"diamonds":      {"carat", "depth", "table", "x", "y", "z"},
	"wine":          nil,
}

// realSuffix in the name of a table stands for its real columns, with noise.
const realSuffix = " reals"

// fewSuffix in the name of a table stands for so many of its rows as are few.
const fewSuffix = " few"

// rowsOfFew are those of a table of which the others are left out.
const rowsOfFew = 500

// some are the rows of the table called name that are chosen on, of those that are not test rows.
func some(name string, t *data.Table) *data.Table {
	if !strings.HasSuffix(name, fewSuffix) {
		return t
	}
	rows := rand.New(rand.NewPCG(1, 0)).Perm(t.Rows())
	return data.Part{Table: t, Rows: rows[:min(rowsOfFew, len(rows))]}.Select()
}

// readTable is a table of the data folder, or its real numbers.
func readTable(ctx context.Context, folder, name string, read func(context.Context, string) (*data.Table, error)) (*data.Table, error) {
	t, err := read(ctx, filepath.Join(folder, "tables", strings.TrimSuffix(strings.TrimSuffix(name, realSuffix), fewSuffix)+".csv.gz"))
	if err == nil && strings.HasSuffix(name, realSuffix) {
		t, err = reals(name, t)
	}
	return t, err
}

// finest is the decimal step of which all numbers of a column are multiples, which a schema leaves out where hardly any repeats.
func finest(t *data.Table, c int) float64 {
	const most = 9
	decimals := 0
	for i := range t.Rows() {
		off := func() bool { n := t.At(i, c) * math.Pow10(decimals); return math.Abs(n-math.Round(n)) > 1e-6 }
		for decimals < most && off() {
			decimals++
		}
	}
	return math.Pow10(-decimals)
}

// reals are the real columns of the table called name, in double precision, each value moved by uniform noise of a step, drawn anew
// for every row: rows that are equal become different ones.
func reals(name string, t *data.Table) (*data.Table, error) {
	name = strings.TrimSuffix(name, realSuffix)
	schema, _, err := data.GuessSchema(t, data.Options{})
	if err != nil {
		return nil, err
	}
	columns, known := realColumns[name]
	if !known {
		return nil, fmt.Errorf("%s has no columns of real numbers that go without the others", name)
	}
	if columns == nil {
		columns = t.Columns[:len(t.Columns)-1]
	}
	values := make([]float64, t.Rows()*len(columns))
	rng := rand.New(rand.NewPCG(1, 0))
	for d, column := range columns {
		c, err := t.Column(column)
		if err != nil {
			return nil, err
		}
		step := schema[c].Step
		if step == 0 {
			step = finest(t, c)
		}
		for i := range t.Rows() {
			values[i*len(columns)+d] = t.At(i, c) + step*(rng.Float64()-0.5)
		}
	}
	return data.FromFlat(values, len(columns), slices.Clone(columns)...)
}
