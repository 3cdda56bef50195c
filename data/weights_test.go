package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data/datatest"
)

// weighed is rows of columns of every kind with holes, in which the columns of weights are of several versions of them.
var weighed = Schema{{Name: "w", Role: WeightRole}, {Name: "x", Kind: Real, Exact: true, Transform: Standardise, Missing: true},
	{Name: "y", Kind: Real, Exact: true, Transform: SplineScale}, {Name: "n", Kind: Integer, Transform: LogScale, Min: new(0.0), Atoms: []float64{0}},
	{Name: "g", Kind: Real, Step: 0.25, Transform: Standardise}, {Name: "l", Kind: Categorical, Levels: []string{"a", "b", "c"}, Missing: true},
	{Name: "o", Kind: Circular, Period: 24}, {Name: "c", Role: ContextRole, Kind: Real, Missing: true, Transform: Standardise}}

// weighedRows are n rows, so many times each (0 for a row that should not be there) and with such weights.
func weighedRows(n int, of func(i int) (times int, weight float64)) *Table {
	r, columns := rand.New(rand.NewPCG(11, 13)), make([][]any, len(weighed))
	for i := range n {
		x := r.NormFloat64()
		row := []any{0.0, []any{x, nil}[min(r.IntN(5)/4, 1)], math.Exp(x + r.NormFloat64()), float64(r.IntN(9)), math.Round(8*x) / 4,
			[]any{"a", "b", nil}[r.IntN(3)], 24 * r.Float64(), []any{x * x, nil}[r.IntN(2)]}
		times, weight := of(i)
		row[0] = weight
		if weight == 0 {
			row = []any{0.0, 1e9, 1e12, 77.0, -1000.0, "c", 3.0, -1e9} // which would be seen
		}
		for range times {
			for c := range row {
				columns[c] = append(columns[c], row[c])
			}
		}
	}
	return tableOf(weighed, columns)
}

// preparedFigures are what training rows make of a preparation, and what is computed of all rows by it.
func preparedFigures(t *testing.T, table *Table) map[string]float64 {
	t.Helper()
	all := Part{Table: table}
	s := must.M1(Prepare(Source{Train: all, Valid: all, Test: all}, Options{Columns: weighed}))
	found := map[string]float64{"ln |det|": s.Test.LogDet, "independent columns": s.independent(nil).NLL, "effective rows": s.Train.EffectiveRows()}
	for _, f := range s.Prep.table.Columns {
		for _, v := range []float64{0.5, 1, 2, 7} {
			if f.Maps != nil {
				found[fmt.Sprintf("%s of %v", f.Name, v)], found[fmt.Sprintf("slope of %s at %v", f.Name, v)] = f.Maps.forward(v)
			}
		}
		for k, v := range f.Fill {
			found[fmt.Sprintf("hole of %s, %d", f.Name, k)] = v
		}
	}
	for d, m := range s.Prep.Modelled() {
		margin := m.MarginOf(s.Train, d)
		for k, v := range append(margin.states, margin.levels...) {
			found[fmt.Sprintf("ln p of level or state %d of %s", k, m.Name)] = v
		}
	}
	return found
}

// Rows of weight 0 are as if they were not there, weights ×10 are the same, and so is no weight as a weight for all; in
// what is a mean a row of weight 2 is the row twice. Where the number of rows decides (Laplace's estimates, the points of
// a spline) it is the effective one, which is another then.
func TestWeightsInPreparations(t *testing.T) {
	const n = 300
	weight := func(i int) float64 { return []float64{0.3, 1, 2, 5}[i%4] }
	want := preparedFigures(t, weighedRows(n, func(i int) (int, float64) { return 1, weight(i) }))
	equal := preparedFigures(t, weighedRows(n, func(int) (int, float64) { return 1, 1 }))
	twice := preparedFigures(t, weighedRows(n, func(i int) (int, float64) { return 1, float64(1 + i%2) }))
	byNumber := func(figure string) bool { // of rows: those of y are of its spline
		return strings.HasPrefix(figure, "ln ") || strings.HasPrefix(figure, "y ") || strings.Contains(figure, "of y ") ||
			figure == "effective rows" || figure == "independent columns"
	}
	for name, c := range map[string]struct {
		of   func(i int) (times int, weight float64)
		want map[string]float64
		not  func(name string) bool
	}{
		"×10":         {func(i int) (int, float64) { return 1, 10 * weight(i) }, want, nil},
		"÷7":          {func(i int) (int, float64) { return 1, weight(i) / 7 }, want, nil},
		"equal":       {func(int) (int, float64) { return 1, 0.3 }, equal, nil},
		"twice":       {func(i int) (int, float64) { return 1 + i%2, 1 }, twice, byNumber},
		"twice as 2s": {func(i int) (int, float64) { return 1 + i%2, 2 }, twice, byNumber},
	} {
		for figure, v := range preparedFigures(t, weighedRows(n, c.of)) {
			if c.not != nil && c.not(figure) {
				continue
			}
			if !(math.Abs(v-c.want[figure]) <= 1e-6*max(1, math.Abs(v))) {
				t.Errorf("%s: %s is %v, want %v", name, figure, v, c.want[figure])
			}
		}
	}
	kept := func(i int) int { return min(i%5, 1) }
	absent := preparedFigures(t, weighedRows(n, func(i int) (int, float64) { return kept(i), weight(i) }))
	for figure, v := range preparedFigures(t, weighedRows(n, func(i int) (int, float64) { return 1, weight(i) * float64(kept(i)) })) {
		if v != absent[figure] {
			t.Errorf("with rows of weight 0 %s is %v, without them %v", figure, v, absent[figure])
		}
	}
}

// Of so few rows that a spline has two points, at the quartiles, it does not matter whether rows are repeated or weighed.
func TestWeightsInQuantiles(t *testing.T) {
	values, weights := []float64{1, 2, 4, 5, 7, 8, 11, 13, 17}, []float64{1, 1, 2, 1, 1, 1, 1, 1, 1}
	repeated := append([]float64{4}, values...)
	for name, m := range map[string]*marginal{"weighed": fitMarginal(values, weights), "×10": fitMarginal(values, []float64{10, 10, 20, 10, 10, 10, 10, 10, 10}),
		"×0.1": fitMarginal(values, []float64{0.1, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1})} {
		for _, x := range []float64{0, 3, 4, 6, 12, 20} {
			y, slope := m.forward(x)
			other, otherSlope := fitMarginal(repeated, nil).forward(x)
			if math.Abs(y-other) > 1e-9 || math.Abs(slope-otherSlope) > 1e-9 {
				t.Errorf("%s: %v becomes %v with slope %v, with rows repeated %v and %v", name, x, y, slope, other, otherSlope)
			}
		}
	}
	few := make([]float64, 27)
	for i := range few {
		few[i] = 1e-9
	}
	few[3], few[7], few[11] = 1, 1, 1 // three rows have no two quantiles, as many as there are of the others
	many := make([]float64, len(few))
	for i := range many {
		many[i] = float64(i)
	}
	if m := fitMarginal(many, few); m != nil {
		t.Errorf("three rows have a spline with the points %v", m.X)
	}
}

// A whole file with rows of weight 0 is that without them: what is guessed of its columns, its division and its noise. What is
// refused is called as it is in the file.
func TestRowsOfNoWeight(t *testing.T) {
	with := weighedRows(90, func(i int) (int, float64) { return 1, float64(min(i%3, 1)) })
	without := weighedRows(90, func(i int) (int, float64) { return min(i%3, 1), 1 })
	o := Options{Columns: Schema{{Name: "w", Role: WeightRole}, {Name: "c", Role: ContextRole}}, DropColumns: []string{"l", "x"}, Noise: true}
	a, b := must.M1(Split(with, o)), must.M1(Split(without, o))
	for k := range a.Sets() {
		one, other := a.Sets()[k].Set, b.Sets()[k].Set
		if one.Rows != other.Rows || fmt.Sprint(one.X, one.Context, one.LogDet) != fmt.Sprint(other.X, other.Context, other.LogDet) {
			t.Errorf("%s: %d rows with rows of weight 0, %d without, or others", a.Sets()[k].Split, one.Rows, other.Rows)
		}
	}
	if a.Identity.Train != b.Identity.Train || fmt.Sprint(a.Guesses) != fmt.Sprint(b.Guesses) {
		t.Errorf("%v of %+v, want %v of %+v", a.Guesses, a.Identity.Train, b.Guesses, b.Identity.Train)
	}
	if want := "30 rows of weight 0 left out; "; a.Note != want+b.Note {
		t.Errorf("%q, want %q before %q", a.Note, want, b.Note)
	}
	all := Part{Table: with}
	x := must.M1(DescribeSource(Source{Train: all}, o))
	y := must.M1(DescribeSource(Source{Train: Part{Table: without}}, o))
	if x.Note = ""; fmt.Sprint(x.Columns, x.Splits) != fmt.Sprint(y.Columns, y.Splits) {
		t.Errorf("described as %v, want %v", x, y)
	}
	with.wide.row(4, with.dim)[2] = math.Inf(1) // of weight 1, and the row of the file
	_, err := Split(with, o)
	datatest.WantError(t, err, "row 4", `"y"`)
	with.Lines = LinesOf(sequence(2, 92)...)
	_, err = Split(with, o)
	datatest.WantError(t, err, "line 6", `"y"`)
	other := weighedRows(90, func(i int) (int, float64) { return min(i%3, 1), 3 })
	if c := must.M1(Split(other, o)); c.Identity.Train.SHA256 == b.Identity.Train.SHA256 {
		t.Error("rows with other weights are taken for the same")
	}
}

// What is no weight is refused, by its line and column.
func TestBadWeights(t *testing.T) {
	for what, cell := range map[string]any{"is -1,": -1.0, "is missing,": nil, "is +Inf,": math.Inf(1), "is 1e+200,": 1e200, "is 1e-200,": 1e-200, `is "heavy",`: "heavy"} {
		cells := make([]any, 30)
		numbers := make([]any, 30)
		for i := range cells {
			cells[i], numbers[i] = 1.0, float64(i*i%17)
		}
		cells[7] = cell
		table := tableOf(Schema{{Name: "w"}, {Name: "x"}}, [][]any{cells, numbers})
		table.Name, table.Lines = "rows.csv", LinesOf(sequence(2, 32)...)
		_, err := Split(table, Options{Columns: Schema{{Name: "w", Role: WeightRole}}})
		datatest.WantError(t, err, "rows.csv", "line 9", `"w"`, what, "no weight")
		good := tableOf(Schema{{Name: "w"}, {Name: "x"}}, [][]any{numbers, numbers})
		p := must.M1(Split(good, Options{Columns: Schema{{Name: "w", Role: WeightRole}}})).Prep
		_, err = p.Apply(table)
		datatest.WantError(t, err, "rows.csv", "line 9", `"w"`, what, "no weight")
	}
	zeros, numbers := make([]any, 30), make([]any, 30)
	for i := range zeros {
		zeros[i], numbers[i] = 0.0, float64(i)
	}
	_, err := Split(tableOf(Schema{{Name: "w"}, {Name: "x"}}, [][]any{zeros, numbers}), Options{Columns: Schema{{Name: "w", Role: WeightRole}}})
	datatest.WantError(t, err, "every row has the weight 0")
	two := Schema{{Name: "w", Role: WeightRole}, {Name: "v", Role: WeightRole}, {Name: "x", Kind: Real}}
	_, err = Split(tableOf(two, [][]any{numbers, numbers, numbers}), Options{Columns: two})
	datatest.WantError(t, err, `"w"`, "weights", "keep one")
	datatest.WantError(t, two.Validate(), "v", `"w"`, "weights")
	for name, weights := range map[string][]float64{"2 weights": {1, 1}, "weight is -1": {1, -1, 1}, "weight is NaN": {1, 1, math.NaN()}, "every row": {0, 0, 0}} {
		datatest.WantError(t, (&Prepared{Name: "mine", Rows: 3, Dim: 1, X: []float32{1, 2, 3}, Weights: weights}).Check(), "mine", name)
	}
}
