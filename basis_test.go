package maskflow_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow"
	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/format"
	"github.com/maskflow/maskflow/models"
	"github.com/maskflow/maskflow/runlog"
	"github.com/maskflow/maskflow/train"
)

// basisOf is what the likelihoods of a model are of that a configuration makes of a table of a number, one rounded to 0.5, a
// word and a bit, of which change may be other.
func basisOf(t *testing.T, config string, change func(csv string) string) runlog.Basis {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	csv := "x,half,word,bit\n"
	for range 200 {
		csv += fmt.Sprintf("%v,%v,%s,%d\n", rng.NormFloat64(), 0.5*float64(rng.IntN(20)), []string{"no", "yes", "so"}[rng.IntN(3)], rng.IntN(2))
	}
	if change != nil {
		csv = change(csv)
	}
	c, err := train.ParseConfig("x", []byte(config), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := must.M1(c.Split(must.M1(format.ReadCSV(strings.NewReader(csv), "rows.csv", format.ReadOptions{}))))
	d, err := c.NewModel(s.Dim, s.ContextDim, maskflow.Variables(s.Prep)...)
	if err != nil {
		t.Fatal(err)
	}
	return *maskflow.BasisOf(d, s, c.Eval)
}

// Two likelihoods are of the same where columns, steps, figure and rows are: what a model is and how it is trained, its
// transforms and bounds change nothing.
func TestBasis(t *testing.T) {
	const made = "model: {type: made, output: mixed, hidden: [5]}"
	plain := basisOf(t, "data: {source: x}\n"+made, nil)
	flows := basisOf(t, "data: {source: x, columns: {word: drop, half: {exact: true}, bit: drop}}\nmodel: {type: maf}", nil)
	type same struct{ figure, columns, steps, valid bool }
	for _, c := range []struct {
		name, config string
		change       func(string) string
		to           runlog.Basis
		want         same
	}{
		{"another network", "seed: 9\ndata: {source: x}\nmodel: {type: made, output: mixed, hidden: [7, 7], orders: {count: 3}}", nil, plain, same{true, true, true, true}},
		{"a transform and a bound", "data: {source: x, columns: {x: {transform: log, min: -99}}}\n" + made, nil, plain, same{true, true, true, true}},
		{"a mixture of orders", "data: {source: x}\nmodel: {type: nade, output: mixed, hidden: [5]}", nil, plain, same{false, true, true, true}},
		{"some columns given the others", "data: {source: x}\nmodel: {type: nade, targets: [x], output: mixed, hidden: [5]}", nil, plain, same{false, true, true, true}},
		{"no step", "data: {source: x, columns: {half: {exact: true}}}\n" + made, nil, plain, same{true, true, false, true}},
		{"an atom", "data: {source: x, columns: {half: {atoms: [0]}}}\n" + made, nil, plain, same{true, true, false, true}},
		{"another kind", "data: {source: x, columns: {bit: integer}}\n" + made, nil, plain, same{true, false, false, true}},
		{"another name", "data: {source: x}\n" + made, func(csv string) string { return strings.Replace(csv, "word", "term", 1) }, plain, same{true, false, true, true}},
		{"another level", "data: {source: x}\n" + made, func(csv string) string { return strings.Replace(csv, "so", "or", 1) }, plain, same{true, false, true, true}},
		{"a context", "data: {source: x, columns: {bit: context}}\n" + made, nil, plain, same{true, false, true, true}},
		{"other splits", "data: {source: x, seed: 2}\n" + made, nil, plain, same{true, true, true, false}},
		{"a flow", "data: {source: x, columns: {word: drop, half: {exact: true}, bit: drop}}\nmodel: {type: made, output: mixed}", nil, flows, same{true, true, true, true}},
		{"noise", "data: {source: x, columns: {word: drop, half: {step: 0.5}, bit: drop}}\nmodel: {type: maf}", nil,
			basisOf(t, "data: {source: x, columns: {word: drop, half: {step: 0.5}, bit: drop}}\nmodel: {type: made, output: mixed}", nil), same{true, true, false, true}},
	} {
		b := basisOf(t, c.config, c.change)
		if got := (same{b.Figure == c.to.Figure, b.Columns == c.to.Columns, b.Steps == c.to.Steps, b.Valid == c.to.Valid && b.Test == c.to.Test}); got != c.want {
			t.Errorf("%s: the same are %+v, want %+v:\n%+v\n%+v", c.name, got, c.want, b, c.to)
		}
	}
	if maskflow.BasisOf(nil, nil, maskflow.Estimation{}) != nil {
		t.Error("nothing has likelihoods")
	}
}

// Rows without a schema are told from others by the draws that made them; a target has none.
func TestBasisOfPlainRows(t *testing.T) {
	load := func(text string) runlog.Basis {
		c := must.M1(train.ParseConfig("x", []byte(text), nil))
		s := must.M1(c.LoadData(t.Context(), ""))
		return *maskflow.BasisOf(must.M1(c.NewModel(s.Dim, s.ContextDim)), s, c.Eval)
	}
	banana := load("{data: {source: banana}, model: {type: maf}}")
	if other := load("{data: {source: banana, standardise: true}, model: {type: made, output: gaussian}}"); other != banana {
		t.Errorf("another model: %+v, want %+v", other, banana)
	}
	if other := load("{data: {source: banana, seed: 5}, model: {type: maf}}"); other.Valid == banana.Valid || other.Columns != banana.Columns {
		t.Errorf("another seed of the rows: %+v beside %+v", other, banana)
	}
	four := load("{data: {source: u1}, model: {type: iaf}}")
	if four.Figure != models.Divergence.String()+" by 1 draw" || four.Columns == load("{data: {source: u2}, model: {type: iaf}}").Columns {
		t.Errorf("a target: %+v", four)
	}
	flat := &data.Splits{Train: numbered("train", 8), Valid: numbered("valid", 4), Test: numbered("test", 4), Dim: 2}
	d := must.M1(must.M1(train.ParseConfig("x", []byte("{data: {source: x}, model: {type: maf}}"), nil)).NewModel(2, 0))
	if b := maskflow.BasisOf(d, flat, maskflow.Estimation{}); !strings.HasPrefix(b.Valid, "4 rows ") || b.Columns == "" {
		t.Errorf("rows of a program: %+v", b)
	}
}

// numbered is rows that a program made.
func numbered(name string, rows int) *data.Prepared {
	s := &data.Prepared{Name: name, Rows: rows, Dim: 2}
	for i := range 2 * rows {
		s.X = append(s.X, float32(i))
	}
	return s
}
