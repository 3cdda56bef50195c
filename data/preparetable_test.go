package data

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
	"gonum.org/v1/gonum/diff/fd"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/internal/num"
)

// anyColumn draws a column of any kind, and rows of it.
func anyColumn(t *rapid.T, name string, rows int, r *rand.Rand) (c Column, cells []any) {
	draw := func(label string, most int) int { return rapid.IntRange(0, most).Draw(t, name+" "+label) }
	c = Column{Name: name, Kind: []ColumnKind{Binary, Categorical, Integer, Real, Circular, Date}[draw("kind", 5)], Missing: draw("holes", 3) == 0}
	value := func() any { return nil }
	switch c.Kind {
	case Binary, Categorical:
		levels := 2
		if c.Kind == Categorical {
			levels = 2 + draw("levels", 40)
		}
		for k := range levels {
			c.Levels = append(c.Levels, []string{fmt.Sprintf("l %d", k), strconv.Itoa(3 * k)}[k%2])
		}
		value = func() any { return c.Levels[r.IntN(levels)] }
	case Integer:
		c.Step = float64(1 + 4*draw("step", 1))
		c.Transform = []Transform{Standardise, AsIs, SplineScale, LogScale, LogitScale, ProbitScale}[draw("transform", 5)]
		if draw("min", 1) == 0 {
			c.Min = new(-100.0)
		}
		if c.Transform == LogitScale || c.Transform == ProbitScale {
			c.Min, c.Max = new(-100.0), new(250.0)
		}
		least := 20
		if c.Transform == LogScale && c.Min == nil { // which makes 0 the bound
			least = 0
		}
		value = func() any { return c.Step * float64(r.IntN(70)-least) }
	case Real:
		c.Step = []float64{0, 0.1, 0.05, 0.25}[draw("step", 3)]
		c.Exact = c.Step == 0
		c.Transform = []Transform{Standardise, AsIs, SplineScale, LogScale, LogitScale, ProbitScale}[draw("transform", 5)]
		switch {
		case c.Transform == LogScale && draw("side", 1) == 0 && c.Step == 0:
			c.Max = new(1000.0)
		case c.Transform == LogScale:
			c.Min = new(-1.0)
		case c.Transform == LogitScale || c.Transform == ProbitScale:
			c.Min, c.Max = new(-1.0), new(1000.0)
		}
		if draw("atoms", 1) == 0 {
			c.Atoms = []float64{0, 7}
		}
		value = func() any {
			if v := math.Exp(r.NormFloat64()); r.IntN(4) > 0 && c.Step > 0 {
				s := newStep(c.Step)
				return s.value(s.index(v))
			} else if r.IntN(4) > 0 {
				return v
			}
			return 7.0
		}
		if c.Step > 0 {
			step := value
			value = func() any { s := newStep(c.Step); return s.value(s.index(step().(float64))) }
		}
	case Circular:
		c.Period = 24
		from := []float64{0, 1, -12}[draw("from", 2)]
		if from != 0 {
			c.Min = &from
		}
		if c.Step = []float64{0, 1, 0.5, 5}[draw("step", 3)]; c.Step > 0 {
			value = func() any { return c.Step * (math.Ceil(from/c.Step) + float64(r.IntN(int(24/c.Step)))) }
			break
		}
		c.Exact = true
		value = func() any { return from + 24*r.Float64() }
	case Date:
		c.Step, c.Format = 1, []string{"2006-01-02", "02.01.2006 15:04:05", "15:04"}[draw("format", 2)]
		if c.Format == "15:04" {
			c.Step = 60
		}
		value = func() any { return clockOf(c.Format).write(c.Step * float64(r.IntN(1400))) }
	}
	for range rows {
		if c.Missing && r.IntN(5) == 0 {
			cells = append(cells, nil)
			continue
		}
		cells = append(cells, value())
	}
	return c, cells
}

// tableOf makes a table of columns of cells: numbers, texts, also of numbers, and nil for holes.
func tableOf(s Schema, columns [][]any) *Table {
	t := must.M1(FromFlat(make([]float64, len(s)*len(columns[0])), len(s), s.Names()...))
	for c, cells := range columns {
		for i, cell := range cells {
			at := &t.wide.row(i, t.dim)[c]
			switch v := cell.(type) {
			case float64:
				*at = v
			case nil:
				*at = math.NaN()
			case string:
				n, err := strconv.ParseFloat(v, 64)
				if *at = n; err != nil {
					t.SetText(i, c, v)
				}
			}
		}
	}
	return t
}

// anyTable draws a table of up to six columns with its schema.
func anyTable(t *rapid.T) (Schema, [][]any) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	rows := rapid.IntRange(40, 80).Draw(t, "rows")
	var s Schema
	var columns [][]any
	for k := range rapid.IntRange(1, 6).Draw(t, "columns") {
		c, cells := anyColumn(t, string(rune('a'+k)), rows, r)
		s, columns = append(s, c), append(columns, cells)
	}
	return s, columns
}

// whole is a preparation that is fitted to all rows.
func whole(table *Table, o Options) (*Preparation, error) {
	all := Part{Table: table}
	s, err := Prepare(Source{Train: all, Valid: all, Test: all}, o)
	if err != nil {
		return nil, err
	}
	return s.Prep, nil
}

func sameCell(a, b *Table, i, j, c, d int, tolerance float64) bool {
	one, isText := a.Text(i, c)
	other, isOther := b.Text(j, d)
	v, w := a.At(i, c), b.At(j, d)
	return isText == isOther && one == other && (v != v && w != w || math.Abs(v-w) <= tolerance*(1+math.Abs(v)))
}

// Rows of a schema come back as they were, whatever the order of the columns; rows that come
// back are prepared to the same bits; so does a preparation that was kept.
func TestTablesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema, columns := anyTable(t)
		table := tableOf(schema, columns)
		p := must.M1(whole(table, Options{Columns: schema}))
		s := must.M1(p.Apply(table))
		if err := s.Check(); err != nil || s.Width() != s.Dim+s.Cells || len(p.Modelled()) != s.Dim {
			t.Fatalf("%v: %d numbers of %d variables and %d cells", err, len(s.X), s.Dim, s.Cells)
		}
		back := must.M1(p.Undo(s.Values()))
		for d, c := range p.Variables {
			tolerance := 0.0
			if f := schema[c]; (f.Kind == Circular || f.Kind == Real) && f.Step == 0 {
				tolerance = 1e-3
			}
			for i := range table.rows {
				if !sameCell(table, back, i, i, c, d, tolerance) {
					t.Fatalf("row %d, %+v: %v becomes %v (prepared %v)", i, schema[c], columns[c][i], back.At(i, d), s.Row(i)[d])
				}
			}
		}
		again := must.M1(p.Apply(back))
		for i := range s.Rows {
			for d := range s.Width() {
				v, w := float64(s.Row(i)[d]), float64(again.Row(i)[d])
				exact := d >= s.Dim || schema[p.Variables[d]].Kind != Real && schema[p.Variables[d]].Kind != Circular
				if v != w && (exact || math.Abs(v-w) > 1e-6*(1+math.Abs(v))) {
					t.Fatalf("row %d, number %d: %v becomes %v", i, d, v, w)
				}
			}
		}
		order := rapid.Permutation(sequence(0, len(schema))).Draw(t, "order")
		swapped := must.M1(p.Apply(table.Select(nil, order)))
		var kept Preparation
		must.M(json.Unmarshal(must.M1(json.Marshal(p)), &kept))
		read := must.M1(kept.Apply(table))
		for i := range s.Rows {
			if s.RowLogDet(i) != swapped.RowLogDet(i) || s.RowLogDet(i) != read.RowLogDet(i) {
				t.Fatalf("row %d: ln |det| is %v, %v with the columns swapped, %v by what was kept", i, s.RowLogDet(i), swapped.RowLogDet(i), read.RowLogDet(i))
			}
		}
		if !slices.Equal(s.X, swapped.X) || !slices.Equal(s.X, read.X) {
			t.Fatal("other numbers of columns in another order, or by what was kept")
		}
	})
}

// Every map is increasing, has the inverse and the derivative that it says.
func TestMaps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	heavy := make([]float64, 5000)
	for i := range heavy {
		heavy[i] = math.Exp(2 * r.NormFloat64())
	}
	slices.Sort(heavy)
	for name, c := range map[string]struct {
		m         monotone
		low, high float64
	}{
		"linear":         {&linear{3, 0.2}, -9, 9},
		"lower bound":    {&bounded{Min: new(-2.0)}, -2, 5},
		"upper bound":    {&bounded{Max: new(7.0)}, -3, 7},
		"logit":          {&bounded{Min: new(-2.0), Max: new(5.0)}, -2, 5},
		"probit":         {&bounded{Min: new(-2.0), Max: new(5.0), Probit: true}, -2, 5},
		"spline":         {fitMarginal(heavy, nil), -5, 900},
		"spline of ties": {fitMarginal([]float64{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9}, nil), -3, 12},
	} {
		last := math.Inf(-1)
		for k := 1; k < 1000; k++ {
			x := c.low + (c.high-c.low)*float64(k)/1000
			y, logDet := c.m.forward(x)
			slope := fd.Derivative(func(x float64) float64 { y, _ := c.m.forward(x); return y }, x, &fd.Settings{Formula: fd.Central, Step: 1e-6 * (c.high - c.low)})
			if !(y > last) || math.Abs(c.m.inverse(y)-x) > 1e-9*(1+math.Abs(x)) || math.Abs(math.Log(slope)-logDet) > 1e-3 {
				t.Fatalf("%s: T(%v) = %v after %v, whose inverse is %v; ln of the slope is %v, not %v", name, x, y, last, c.m.inverse(y), math.Log(slope), logDet)
			}
			last = y
		}
		for _, y := range []float64{-1e300, -800, -40, -9, 9, 40, 800, 1e300} { // draws of a model
			x := c.m.inverse(y)
			if back, logDet := c.m.forward(x); strings.Contains(name, "i") && name != "linear" && name != "spline of ties" && name != "spline" &&
				(!num.Finite(back) || !num.Finite(logDet) || !(x > c.low || !num.Finite(c.low))) {
				t.Errorf("%s: of the draw %v, %v, the map is %v with the slope exp(%v)", name, y, x, back, logDet)
			}
		}
	}
}

// The marginal spline takes values of heavy tails to about N(0, 1), with few points.
func TestMarginalIsAboutNormal(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, of := range map[string]func() float64{
		"lognormal": func() float64 { return math.Exp(2 * r.NormFloat64()) },
		"Cauchy":    func() float64 { return math.Tan(math.Pi * (r.Float64() - 0.5)) },
		"two humps": func() float64 { return r.NormFloat64() + 10*float64(r.IntN(2)) },
	} {
		values := make([]float64, 20_000)
		for i := range values {
			values[i] = of()
		}
		m := fitMarginal(values[:10_000], nil)
		if len(m.X) > 21 {
			t.Errorf("%s: %d points", name, len(m.X))
		}
		var u []float64
		most := 0.0
		for _, v := range values[10_000:] {
			y, _ := m.forward(v)
			u, most = append(u, math.Erfc(-y/math.Sqrt2)/2), max(most, math.Abs(y))
		}
		if d, _ := num.KS(u, nil); d > 0.1 || most > 30 {
			t.Errorf("%s: the distance of Kolmogorov and Smirnov from N(0, 1) is %v, the farthest value %v", name, d, most)
		}
	}
}

// The cells of a grid tile the line: their probabilities sum to one, also between bounds, and
// the middle of a cell is its own, in float32 too.
func TestCellsTile(t *testing.T) {
	cdf := func(y float64) float64 { return 1 / (1 + math.Exp(-y)) }
	rapid.Check(t, func(t *rapid.T) {
		c, cells := anyColumn(t, "a", 60, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)))
		p := must.M1(whole(tableOf(Schema{c}, [][]any{cells}), Options{Columns: Schema{c}}))
		g := p.Modelled()[0].Grid
		if g == nil {
			return
		}
		sum, before := 0.0, math.Inf(-1)
		first, last := max(g.first, -3e4), min(g.last, 3e4)
		if g.around > 0 {
			first, last = g.start, g.start+g.around-1
		}
		for k := first; k <= last; k++ {
			y, _ := g.cell(g.step.value(k))
			low, high := g.Cell(y)
			if k > first && low != before || g.Round(y) != y || float32(g.Round(float64(float32(y)))) != float32(y) || !(g.Width(y) > 0) ||
				!math.IsInf(low, 0) && !math.IsInf(high, 0) && math.Abs(g.Width(y)-(high-low)) > 1e-9 {
				t.Fatalf("cell %v of %+v: from %v after %v to %v, the middle %v becomes %v, the width is %v", k, c, low, before, high, y, g.Round(y), g.Width(y))
			}
			if one, other := g.Ends(); (k == g.first) != (y == one) || (k == g.last) != (y == other) {
				t.Fatalf("cell %v of %+v: the ends are %v and %v", k, c, one, other)
			}
			sum, before = sum+cdf(high)-cdf(low), high
		}
		if bounded := c.Min != nil && c.Max != nil; bounded && math.Abs(sum-1) > 1e-12 || sum > 1+1e-12 {
			t.Fatalf("%+v: the cells sum to %v", c, sum)
		}
	})
}

// Decimal numbers of up to six digits come back as they were, though float32 has no decimals.
func TestDecimalsComeBack(t *testing.T) {
	for _, transform := range []Transform{Standardise, AsIs, LogScale, LogitScale, ProbitScale, SplineScale} {
		c := Column{Name: "x", Kind: Real, Exact: true, Transform: transform}
		if transform == LogitScale || transform == ProbitScale {
			c.Min, c.Max = new(-1.0), new(101.0)
		}
		var cells []any
		for i := range 2000 {
			cells = append(cells, float64(i*i%99_991+1)/1000)
		}
		table := tableOf(Schema{c}, [][]any{cells})
		p := must.M1(whole(table, Options{Columns: Schema{c}}))
		back, off := must.M1(p.Undo(must.M1(p.Apply(table)).X)), 0
		for i := range cells {
			if v := back.At(i, 0); v != cells[i] {
				if off++; math.Abs(v-cells[i].(float64)) > 1e-3 {
					t.Fatalf("%s: %v becomes %v", transform, cells[i], v)
				}
			}
		}
		if off > 20 { // far from the mean, or near to a bound
			t.Errorf("%s: %d of %d numbers come back as others", transform, off, len(cells))
		}
	}
}

// A number off its step has a cell around itself, and a line counts it.
func TestOffStep(t *testing.T) {
	for _, transform := range []Transform{Standardise, LogScale, SplineScale} {
		c := Column{Name: "n", Kind: Integer, Step: 1, Min: new(0.0), Transform: transform}
		var cells []any
		for i := range 100 {
			cells = append(cells, float64(i*i%37))
		}
		p := must.M1(whole(tableOf(Schema{c}, [][]any{cells}), Options{Columns: Schema{c}}))
		off := tableOf(Schema{c}, [][]any{{3.5, 4.0, 7.2}})
		s := must.M1(p.Apply(off))
		g := p.Modelled()[0].Grid
		for i, x := range []float64{3.5, 4, 7.2} {
			low, high := g.ends(x)
			l, h := g.Cell(float64(s.Row(i)[0]))
			if math.Abs(l-low) > 1e-5 || math.Abs(h-high) > 1e-5 || math.Abs(float64(s.Row(i)[1])-(high-low)) > 1e-5 {
				t.Errorf("%s, %v: cell from %v to %v, of the row %v from %v to %v", transform, x, low, high, s.Row(i), l, h)
			}
		}
		if lines := p.Warnings(off, false); len(lines) != 1 || !strings.Contains(lines[0], `"n": 2 values`) {
			t.Errorf("%s: %q", transform, lines)
		}
	}
}

// A context in other units is the same to the model.
func TestContextsHaveNoUnits(t *testing.T) {
	for _, plain := range []bool{true, false} {
		var first []float32
		for _, by := range []float64{1, 1000} {
			t1 := &Table{Columns: []string{"x", "site"}}
			r := rand.New(rand.NewPCG(1, 2))
			for range 500 {
				x := r.NormFloat64()
				t1.Append([]float64{x, (x+r.NormFloat64())*by + 5*(by-1)})
			}
			s := must.M1(Prepare(Source{Train: Part{Table: t1}, Plain: plain}, Options{ContextColumns: 1}))
			context := must.M1(s.Prep.ContextOf(t1.Select(nil, []int{1})))
			if first == nil {
				first = context
			}
			for i, v := range context {
				if math.Abs(float64(v-first[i])) > 1e-5 {
					t.Fatalf("plain %v: context %d is %v, in other units %v", plain, i, first[i], v)
				}
			}
		}
	}
}

// Contexts of all kinds: one number, a bit, one a level, sine and cosine, and whether it is missing.
func TestContextsOfEveryKind(t *testing.T) {
	s := Schema{{Name: "x", Kind: Real, Transform: Standardise}, {Name: "n", Kind: Real, Role: ContextRole, Transform: Standardise, Missing: true},
		{Name: "b", Kind: Binary, Role: ContextRole, Levels: []string{"no", "yes"}}, {Name: "l", Kind: Categorical, Role: ContextRole, Levels: []string{"p", "q", "r"}, Missing: true},
		{Name: "h", Kind: Circular, Period: 24, Role: ContextRole}}
	columns := [][]any{{0.5, 1.5, 2.5, 0.75}, {1.0, 3.0, nil, 2.0}, {"no", "yes", "yes", "no"}, {"r", nil, "p", "q"}, {0.0, 6.0, 12.0, 30.0}}
	p := must.M1(whole(tableOf(s, columns), Options{Columns: s}))
	got := must.M1(p.Apply(tableOf(s, columns)))
	z := float32(math.Sqrt(1.5))
	for i, want := range [][]float32{{-z, 0, 0, 0, 0, 1, 0, 0, 1}, {z, 0, 1, 0, 0, 0, 1, 1, 0}, {0, 1, 1, 1, 0, 0, 0, 0, -1}, {0, 0, 0, 0, 1, 0, 0, 1, 0}} {
		for k, v := range got.ContextRow(i) {
			if math.Abs(float64(v-want[k])) > 1e-6 {
				t.Errorf("row %d, %s: %v, want %v", i, got.ContextNames[k], v, want[k])
			}
		}
	}
	names := []string{"n", "n is missing", "b=yes", "l=p", "l=q", "l=r", "l is missing", "sin h", "cos h"}
	if !slices.Equal(got.ContextNames, names) || got.ContextDim != len(names) {
		t.Errorf("%q", got.ContextNames)
	}
	rows := must.M1(p.UndoWith(got.Values(), tableOf(s, columns)))
	for c := 1; c < 5; c++ {
		for i := range 4 {
			if !sameCell(rows, tableOf(s, columns), i, i, c, c, 0) {
				t.Errorf("row %d, column %d is not that of the context", i, c)
			}
		}
	}
}

// Noise of a step stays in its cell; that of training rows is another one in every epoch and the
// same where the epoch is, that of other rows follows from their values.
func TestNoiseOfSteps(t *testing.T) {
	s := Schema{{Name: "n", Kind: Integer, Transform: Standardise}, {Name: "p", Kind: Real, Step: 0.05, Min: new(0.0), Transform: Standardise},
		{Name: "b", Kind: Binary, Levels: []string{"no", "yes"}}, {Name: "x", Kind: Real, Transform: Standardise}}
	columns := make([][]any, 4)
	for i := range 200 {
		columns[0], columns[1] = append(columns[0], float64(i*i%23)), append(columns[1], newStep(0.05).value(float64(i%31)))
		columns[2], columns[3] = append(columns[2], s[2].Levels[i%3/2]), append(columns[3], math.Sqrt(float64(i)))
	}
	table := tableOf(s, columns)
	splits := must.M1(Split(table, Options{Columns: s, Noise: true}))
	if !splits.Noisy() || splits.Train.Cells != 0 || slices.ContainsFunc(splits.Prep.Modelled(), func(m Modelled) bool { return m.Grid != nil || m.Kind != Real }) {
		t.Fatalf("%+v", splits.Prep.Modelled())
	}
	first, logDet := slices.Clone(splits.Train.X), splits.Train.LogDet
	must.M(splits.Redraw(1))
	second := slices.Clone(splits.Train.X)
	must.M(splits.Redraw(0))
	if !slices.Equal(first, splits.Train.X) || slices.Equal(first, second) || logDet != splits.Train.LogDet {
		t.Error("epoch 0 has other noise than at first, or epoch 1 the same")
	}
	for _, x := range [][]float32{first, second} {
		back := must.M1(splits.Prep.Undo(x))
		for i := range splits.Train.Rows {
			for c := range 3 {
				if !sameCell(table, back, splits.Train.from(i), i, c, c, 0) {
					t.Fatalf("row %d, column %d leaves its cell: %v", i, c, x[4*i+c])
				}
			}
		}
	}
	p := splits.Prep
	all, some := must.M1(p.Apply(table)), must.M1(p.Apply(table.Select([]int{7}, []int{3, 2, 0, 1})))
	if !slices.Equal(all.Row(7), some.Row(0)) {
		t.Errorf("row 7 has the noise %v among others, %v alone", all.Row(7), some.Row(0))
	}
	for want, c := range map[string]Column{"is categorical": {Name: "n", Kind: Categorical}, "has holes": {Name: "n", Missing: true}} {
		_, err := Split(table, Options{Columns: Schema{c}, Noise: true})
		datatest.WantError(t, err, want, "model.output: mixed")
	}
}

// A row of weight w counts as w rows: in means, scales and splines, in what fills holes of a context, and in the baseline.
func TestWeightsCountRows(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 13))
	s := Schema{{Name: "w", Role: WeightRole, Kind: Real}, {Name: "x", Kind: Real, Exact: true, Transform: Standardise},
		{Name: "y", Kind: Real, Exact: true, Transform: SplineScale}, {Name: "n", Kind: Integer, Transform: LogScale, Min: new(0.0), Atoms: []float64{0}},
		{Name: "l", Kind: Categorical, Levels: []string{"a", "b", "c"}, Missing: true}, {Name: "c", Role: ContextRole, Kind: Real, Missing: true, Transform: Standardise}}
	few, many := make([][]any, len(s)), make([][]any, len(s))
	for range 400 {
		w, x := r.IntN(4), r.NormFloat64()
		row := []any{float64(w), x, math.Exp(x + r.NormFloat64()), float64(r.IntN(9)), []any{"a", "b", nil}[r.IntN(3)], []any{x * x, nil}[r.IntN(2)]}
		for c := range s {
			few[c] = append(few[c], row[c])
			for range w {
				many[c] = append(many[c], row[c])
			}
		}
	}
	for i := range many[0] {
		many[0][i] = 1.0
	}
	var fits [2]*Splits
	for k, columns := range [][][]any{few, many} {
		table := tableOf(s, columns)
		p := must.M1(whole(table, Options{Columns: s}))
		all := must.M1(p.Apply(table))
		fits[k] = &Splits{Train: all, Test: all, Prep: p}
	}
	for c := range s {
		a, b := fits[0].Prep.table.Columns[c], fits[1].Prep.table.Columns[c]
		for _, v := range []float64{0.5, 1, 2, 7} {
			if y, z := a.Maps, b.Maps; len(y) > 0 {
				one, _ := y.forward(v)
				if other, _ := z.forward(v); math.Abs(one-other) > 1e-9 && (a.Transform != SplineScale || math.Abs(one-other) > 0.1) { // which has points by the number of rows
					t.Errorf("%s: %v becomes %v with weights, %v with as many rows", a.Name, v, one, other)
				}
			}
		}
		for k, v := range a.Fill {
			if math.Abs(v-b.Fill[k]) > 1e-9 {
				t.Errorf("%s: a hole is %v with weights, %v with as many rows", a.Name, v, b.Fill[k])
			}
		}
	}
	if a, b := fits[0].independent(nil).NLL, fits[1].independent(nil).NLL; math.Abs(a-b) > 0.02 {
		t.Errorf("independent columns have %v nats with weights, %v with as many rows", a, b)
	}
}

// What a row cannot have is refused where it is; what is not known has its own number.
func TestReadings(t *testing.T) {
	s := Schema{{Name: "id", Role: IDRole}, {Name: "n", Kind: Integer, Min: new(0.0), Max: new(9.0), Transform: Standardise},
		{Name: "l", Kind: Categorical, Levels: []string{"p", "q", "r"}, Missing: true}, {Name: "w", Role: WeightRole, Kind: Real}}
	var columns [][]any
	for c := range s {
		var cells []any
		for i := range 30 {
			cells = append(cells, []any{"i" + strconv.Itoa(i), float64(i % 10), s[2].Levels[i%3], float64(i % 2)}[c])
		}
		columns = append(columns, cells)
	}
	table := tableOf(s, columns)
	p := must.M1(whole(table, Options{Columns: s}))
	all := must.M1(p.Apply(table))
	if all.Dim != 2 || len(all.Weights) != 30 || all.Weights[1] != 1 || all.Weights[2] != 0 {
		t.Fatalf("%d variables, weights %v", all.Dim, all.Weights)
	}
	row := func(n, l any) *Table {
		t := tableOf(Schema{s[1], s[2]}, [][]any{{1.0, n}, {"p", l}})
		t.Name, t.Lines = "rows", LinesOf(2, 3)
		return t
	}
	for want, r := range map[string]*Table{
		`line 3, column "l" is "s", a level`: row(1.0, "s"), `line 3, column "n" is missing`: row(nil, "p"), `line 3, column "n" is 10, above 9`: row(10.0, "p"),
		`line 3, column "n" is -1, below 0`: row(-1.0, "p"), `line 3, column "n" is "x", not a number`: row("x", "p"),
	} {
		_, err := p.Apply(r)
		datatest.WantError(t, err, want)
	}
	if got := must.M1(p.Apply(row(1.0, nil))); got.Row(1)[1] != num.StateCode(0) {
		t.Errorf("a hole is %v", got.Row(1))
	}
	unknown := p.As(Reading{HolesUnknown: true, LevelsUnknown: true})
	for _, r := range []*Table{row(nil, "p"), row(1.0, nil), row(1.0, "s")} {
		if got := must.M1(unknown.Apply(r)); !slices.Contains(got.Row(1), num.NotKnown) || got.Row(1)[2] <= 0 || got.Check() != nil {
			t.Errorf("not known is %v", got.Row(1))
		}
	}
	for want, x := range map[string]Column{"row 0, column \"n\" (counted from 0) is 0, a declared bound": {Name: "n", Kind: Real, Exact: true, Min: new(0.0)},
		"is \"r\", which is none of its levels": {Name: "l", Kind: Categorical, Levels: []string{"p", "q"}}} {
		_, err := whole(table, Options{Columns: Schema{x}})
		datatest.WantError(t, err, want)
	}
	missing := table.Select(nil, []int{1})
	_, err := p.Apply(missing)
	datatest.WantError(t, err, `no column "l"`)
	extra := table.Select(nil, []int{2, 1})
	extra.Columns = []string{"l", "n"}
	if must.M1(p.Apply(extra)); len(p.Warnings(extra, true)) != 1 || !strings.Contains(p.Warnings(extra, true)[0], "another order") {
		t.Errorf("%q", p.Warnings(extra, true))
	}
	if w := p.Warnings(extra.Select(nil, []int{1, 0}), true); w != nil {
		t.Errorf("%q", w)
	}
	extra = table.Select(nil, []int{0, 1, 2, 3})
	extra.Columns[0] = "more"
	if lines := p.Warnings(extra, true); len(lines) != 1 || !strings.Contains(lines[0], "column more") {
		t.Errorf("%q", lines)
	}
	extra.Columns = nil
	if got := must.M1(p.Apply(extra)); !slices.Equal(got.X, all.X) {
		t.Error("a table without names has other numbers")
	}
}

// Where holes are not known they are no state: variables have the codes of atoms alone, whatever later rows lack is not known
// either, and a preparation that was kept reads them so. A hole of a context stays what it was.
func TestHolesThatAreNotKnown(t *testing.T) {
	s := Schema{{Name: "n", Kind: Integer, Missing: true, Atoms: []float64{99}, Transform: Standardise}, {Name: "l", Kind: Categorical, Levels: []string{"p", "q"}, Missing: true},
		{Name: "b", Kind: Binary, Levels: []string{"0", "1"}}, {Name: "c", Kind: Real, Role: ContextRole, Missing: true}}
	columns := make([][]any, len(s))
	for i := range 60 {
		columns[0] = append(columns[0], []any{float64(i % 17), nil, 99.0}[min(i%4, 2)])
		columns[1] = append(columns[1], []any{"p", "q", nil}[i%3])
		columns[2] = append(columns[2], float64(i%2))
		columns[3] = append(columns[3], []any{nil, float64(i)}[i%2])
	}
	table := tableOf(s, columns)
	splits := must.M1(Split(table, Options{Columns: s, Holes: UnknownHoles}))
	var kept Preparation
	must.M(json.Unmarshal(must.M1(json.Marshal(splits.Prep)), &kept))
	lacks := tableOf(s, [][]any{{nil}, {nil}, {nil}, {nil}})
	for what, p := range map[string]*Preparation{"fitted": splits.Prep, "kept": &kept, "with a reading": kept.As(Reading{})} {
		if !p.HolesUnknown() {
			t.Errorf("%s: holes are an event", what)
		}
		for d, m := range p.Modelled() {
			if m.Hole || m.Unknown != (d < 2) || m.Atoms != 1-min(d, 1) {
				t.Errorf("%s: %+v", what, m)
			}
		}
		all := must.M1(p.Apply(table))
		for i := range all.Rows {
			for d, v := range all.Row(i)[:all.Dim] {
				switch cell := columns[d][i]; {
				case (cell == nil) != (v == num.NotKnown), (cell == 99.0) != (v == num.StateCode(0)):
					t.Fatalf("%s: row %d, %s: %v is %v", what, i, s[d].Name, cell, v)
				}
			}
			if missing := all.Context[2*i+1]; missing != float32(1-i%2) {
				t.Fatalf("%s: row %d: the context is missing: %v", what, i, missing)
			}
		}
		back := must.M1(p.Undo(all.Values()))
		for i := range table.rows {
			for d := range all.Dim {
				if !sameCell(table, back, i, i, d, d, 0) {
					t.Fatalf("%s: row %d, %s: %v becomes %v", what, i, s[d].Name, columns[d][i], back.At(i, d))
				}
			}
		}
		if nothing := must.M1(p.Apply(lacks)); !slices.Equal(nothing.Row(0)[:3], []float32{num.NotKnown, num.NotKnown, num.NotKnown}) || nothing.RowLogDet(0) != 0 {
			t.Errorf("%s: a row of which nothing is known is %v", what, nothing.Row(0))
		}
	}
	for d, m := range splits.Prep.Modelled() {
		margin, sum := m.MarginOf(splits.Train, d), 0.0
		score := func(v float32) float64 { return margin.LogProb(m.Point(v)) }
		for k := range m.Levels {
			sum += math.Exp(score(float32(k)))
		}
		if m.Levels > 0 && math.Abs(sum-1) > 1e-9 || score(num.NotKnown) != 0 {
			t.Errorf("%s: the probabilities of the baseline sum to %v, what is not known has %v nats", m.Name, sum, score(num.NotKnown))
		}
	}
	event := must.M1(Split(table, Options{Columns: s})).Prep
	if m := event.Modelled(); event.HolesUnknown() || !m[0].Hole || m[0].Unknown {
		t.Errorf("by default %+v", m[0])
	}
	_, err := Split(table, Options{Holes: UnknownHoles, Logit: 0.1})
	datatest.WantError(t, err, "data.holes")
	_, err = Split(table, Options{Holes: "both"})
	datatest.WantError(t, err, "holes")
	page := must.M1(DescribeSource(Source{Train: Part{Table: lacks}, Valid: Part{Table: lacks}, Test: Part{Table: lacks}}, Options{Prep: &kept}))
	if page.Columns[2].Holes != 1 {
		t.Errorf("a column without a value is described as %+v", page.Columns[2])
	}
}

// Of a column with one value the holes are a distribution where they are an event, and nothing is left to learn where they are not
// known.
func TestOneValueOrAHole(t *testing.T) {
	s := Schema{{Name: "a"}, {Name: "one"}}
	columns := make([][]any, 2)
	for i := range 40 {
		columns[0], columns[1] = append(columns[0], float64(i%7)), append(columns[1], []any{"yes", nil}[i%2])
	}
	for holes, want := range map[string]Role{"event": "", UnknownHoles: DropRole} {
		schema, _ := must.M2(GuessSchema(tableOf(s, columns), Options{Holes: holes}))
		if schema[1].Role != want {
			t.Errorf("holes %s: the column is %+v", holes, schema[1])
		}
	}
}

// A number a thousand times as large has a density a thousand times as small.
func TestLogDetOfUnits(t *testing.T) {
	logDet := func(by float64) float64 {
		s := Schema{{Name: "x", Kind: Real, Transform: Standardise}, {Name: "n", Kind: Real, Step: by, Transform: Standardise}}
		columns := make([][]any, 2)
		for i := range 100 {
			columns[0], columns[1] = append(columns[0], by*math.Sin(float64(i))), append(columns[1], by*float64(i%9))
		}
		return must.M1(Split(tableOf(s, columns), Options{Columns: s})).Test.LogDet
	}
	if d := logDet(1) - logDet(1000) - 2*math.Log(1000); math.Abs(d) > 1e-9 {
		t.Errorf("off by %v", d)
	}
}

// The baseline is a distribution: its probabilities of states, levels and cells sum to one, and
// its score is in the units of the source.
func TestBaselineOfSchemas(t *testing.T) {
	s := Schema{{Name: "n", Kind: Integer, Step: 1, Min: new(0.0), Transform: LogScale, Missing: true, Atoms: []float64{99}},
		{Name: "l", Kind: Categorical, Levels: []string{"p", "q", "r"}, Missing: true}, {Name: "b", Kind: Binary, Levels: []string{"0", "1"}}}
	columns := make([][]any, 3)
	for i := range 200 {
		columns[0] = append(columns[0], []any{float64(i % 17), nil, 99.0}[min(i%5, 2)])
		columns[1] = append(columns[1], []any{"p", "q", nil}[i%3])
		columns[2] = append(columns[2], float64(i%2))
	}
	splits := must.M1(Split(tableOf(s, columns), Options{Columns: s}))
	for d, m := range splits.Prep.Modelled() {
		margin, sum := m.MarginOf(splits.Train, d), 0.0
		score := func(v float32) float64 { return margin.LogProb(m.Point(v)) }
		for k := range m.States() {
			sum += math.Exp(score(num.StateCode(k)))
		}
		for k := range m.Levels {
			sum += math.Exp(score(float32(k)))
		}
		for k := 0.0; m.Grid != nil && k < 3000; k++ {
			y, _ := m.Grid.cell(k)
			sum += math.Exp(score(float32(y)))
		}
		if math.Abs(sum-1) > 1e-3 {
			t.Errorf("%s: the probabilities sum to %v", m.Name, sum)
		}
	}
	for _, by := range []float64{1, 1000} {
		s := Schema{{Name: "x", Kind: Real, Exact: true}}
		var cells []any
		r := rand.New(rand.NewPCG(1, 2))
		for range 5000 {
			cells = append(cells, by*r.NormFloat64())
		}
		b := IndependentColumns(must.M1(Split(tableOf(s, [][]any{cells}), Options{Columns: s})))
		if want := math.Log(2*math.Pi*math.E)/2 + math.Log(by); math.Abs(b.NLL-want) > 0.1 {
			t.Errorf("normal numbers times %v: %v nats, want %v", by, b.NLL, want)
		}
	}
}

// Blocks of a table are its rows.
func TestBlocksOfSchemas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema, columns := anyTable(t)
		table := tableOf(schema, columns)
		p := must.M1(whole(table, Options{Columns: schema}))
		all, from := must.M1(p.Apply(table)), 0
		for s, err := range p.Blocks(table.Pages, rapid.IntRange(1, 50).Draw(t, "rows of a block"), (*Prepared).Check) {
			if err != nil || !slices.Equal(s.X, all.X[from*all.Width():(from+s.Rows)*all.Width()]) {
				t.Fatalf("rows from %d: %v", from, err)
			}
			from += s.Rows
		}
		if from != table.rows {
			t.Fatalf("%d rows of %d", from, table.rows)
		}
	})
}

func BenchmarkPrepareTable(b *testing.B) {
	const rows = 100_000
	r := rand.New(rand.NewPCG(1, 2))
	var schema Schema
	table := must.M1(FromFlat(make([]float64, rows*20), 20))
	for c := range 20 {
		schema = append(schema, []Column{{Kind: Categorical, Levels: []string{"one", "two", "three", "four", "five"}}, {Kind: Integer, Step: 1}, {Kind: Real, Exact: true, Transform: SplineScale},
			{Kind: Real, Step: 0.01, Missing: true, Atoms: []float64{0}}, {Kind: Date, Format: "2006-01-02", Step: 1}}[c%5])
		schema[c].Name = string(rune('a' + c))
		for i := range rows {
			at := &table.wide.row(i, 20)[c]
			switch c % 5 {
			case 0:
				table.SetText(i, c, schema[c].Levels[r.IntN(5)])
			case 1:
				*at = float64(r.IntN(100))
			case 2:
				*at = math.Exp(r.NormFloat64())
			case 3:
				*at = []float64{0, math.NaN(), math.Round(100*math.Exp(r.NormFloat64())) / 100}[min(r.IntN(10), 2)]
			case 4:
				table.SetText(i, c, clockOf("2006-01-02").write(float64(r.IntN(20_000))))
			}
		}
	}
	table.Columns = schema.Names()
	for b.Loop() {
		must.M1(Split(table, Options{Columns: schema}))
	}
}
