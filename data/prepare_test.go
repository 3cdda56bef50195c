package data

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/data/datatest"
)

// every has each kind of step that has an inverse, over two variables.
func every() *Preparation {
	return &Preparation{Width: 4, Columns: []string{"a", "b", "c", "d"}, Variables: []int{0, 2}, Context: []int{3}, Steps: []Step{
		&Scale{[]float64{-1, 1}, []float64{20, 50}}, &Logit{0.05}, &Scale{[]float64{0.25, -2}, []float64{1.5, 0.125}}}}
}

// Undone, prepared rows are the rows again, and ln |det| is that of the Jacobian,
// which is diagonal.
func TestPreparationInvertsAndCountsVolume(t *testing.T) {
	p := every()
	rapid.Check(t, func(t *rapid.T) {
		value := func(lo, hi float64, name string) float64 { return rapid.Float64Range(lo+0.05, hi-0.05).Draw(t, name) }
		a, c := value(-1, 19, "a"), value(1, 51, "c")
		prepare := func(a, c float64) (row []float64, logDet float64) {
			table := must.M1(FromFlat([]float64{a, c}, 2))
			must.M(p.each(table, nil, []int{0, 1}, p.start(table, []int{0, 1}, otherNoise), func(of []float64, l, _ float64) (int, string) {
				row, logDet = slices.Clone(of), l
				return 0, ""
			}))
			return row, logDet
		}
		row, logDet := prepare(a, c)
		const h = 1e-4
		ahead, _ := prepare(a+h, c+h)
		back, _ := prepare(a-h, c-h)
		want := 0.0
		for k := range row {
			want += math.Log(math.Abs(ahead[k]-back[k]) / (2 * h))
		}
		if math.Abs(logDet-want) > 1e-4 {
			t.Fatalf("ln |det| at %v, %v is %v, want %v", a, c, logDet, want)
		}
		p.undo(row)
		if math.Abs(row[0]-a) > 1e-9 || math.Abs(row[1]-c) > 1e-9 {
			t.Fatalf("%v, %v become %v", a, c, row)
		}
	})
}

// Rows that are prepared by blocks are those of one call, whatever their noise follows from.
func TestBlocksAreTheRows(t *testing.T) {
	values := make([]float64, 0, 2*101)
	for i := range cap(values) {
		values = append(values, float64(i%200))
	}
	table := must.M1(FromFlat(values, 2))
	table.Lines = LinesOf(sequence(2, 103)...)
	for name, p := range map[string]*Preparation{
		"none":     NewPreparation(2, 0),
		"context":  NewPreparation(1, 1, &Scale{[]float64{1}, []float64{2}}),
		"own":      NewPreparation(2, 0, &Dequantise{Levels: 256, Seed: 3}, &Logit{0.05}),
		"by place": {Width: 2, Variables: []int{0, 1}, NoiseByPlace: true, Steps: []Step{&Dequantise{Levels: 256, Seed: 3}}},
		"0.1.0":    {Width: 2, Variables: []int{0, 1}, NoiseByPlace: true, Steps: []Step{&Binarize{"sample", 3, 0}}},
	} {
		want := must.M1(p.Apply(table))
		var x, cond []float32
		for s, err := range p.Blocks(table.Pages, 17) {
			must.M(err)
			for i := range s.Rows {
				if first := len(x) / s.Dim; s.RowLogDet(i) != want.RowLogDet(first+i) || s.Place(i, 0) != want.Place(first+i, 0) {
					t.Fatalf("%s: row %d of the block after %d is another", name, i, first)
				}
			}
			x, cond = append(x, s.X...), append(cond, s.Context...)
		}
		if !slices.Equal(x, want.X) || !slices.Equal(cond, want.Context) {
			t.Errorf("%s: the rows of blocks are others", name)
		}
	}
	values[150] = math.NaN()
	for _, err := range NewPreparation(2, 0).Blocks(table.Pages, 50) {
		if err == nil || !strings.Contains(err.Error(), "line 77, column 0") {
			t.Errorf("the first thing that comes is %v, not the error of a later row", err)
		}
	}
}

// Rows come with all columns of the source, or as the variables and the context.
func TestApplyChoosesColumns(t *testing.T) {
	p := every()
	whole := must.M1(FromRows([][]float64{{3, math.Inf(1), 20, 7}, {9, math.NaN(), 40, 8}})) // the second column is dropped
	want := must.M1(p.Apply(whole))
	few := must.M1(FromRows([][]float64{{3, 20, 7}, {9, 40, 8}}))
	apart := must.M1(FromRows([][]float64{{3, 20}, {9, 40}}))
	apart.Context = must.M1(FromRows([][]float64{{7}, {8}}))
	for _, table := range []*Table{few, apart} {
		got := must.M1(p.Apply(table))
		if !slices.Equal(got.X, want.X) || !slices.Equal(got.Context, []float32{7, 8}) || got.LogDet != want.LogDet || got.RowLogDet(1) != want.RowLogDet(1) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	if want.RowLogDet(0) == want.RowLogDet(1) || math.Abs(want.LogDet-(want.RowLogDet(0)+want.RowLogDet(1))/2) > 1e-12 {
		t.Errorf("ln |det| of rows %v and %v with the mean %v", want.RowLogDet(0), want.RowLogDet(1), want.LogDet)
	}
	back := must.M1(p.Undo(want.X))
	datatest.WantTable(t, back, 2, 2)
	if math.Abs(back.At(1, 1)-40) > 1e-4 || !slices.Equal(back.Columns, []string{"a", "c"}) {
		t.Errorf("undone %v of %v", back.Row(nil, 1), back.Columns)
	}
}

// What a model cannot take is named by row and column, by line and name in text.
func TestApplyRefuses(t *testing.T) {
	p := every()
	text := must.M1(FromRows([][]float64{{3, 0, 20, 7}, {3, 0, 20, 7}}))
	text.Name, text.Columns, text.Lines = "t.csv", []string{"a", "b", "c", "d"}, LinesOf(2, 5)
	text.SetText(1, 2, "1,5")
	for want, table := range map[string]*Table{
		`t.csv: line 5, column "c" is "1,5", not a number (a decimal comma? set data.decimal`: text,
		"row 0, column 0 (counted from 0) is missing":                                         must.M1(FromRows([][]float64{{math.NaN(), 20, 7}})),
		"row 1, column 1 (counted from 0) is -Inf":                                            must.M1(FromRows([][]float64{{3, 20, 7}, {3, math.Inf(-1), 7}})),
		"row 0, column 2 (counted from 0) is missing":                                         must.M1(FromRows([][]float64{{3, 20, math.NaN()}})),
		"row 0, column 0 (counted from 0) is 19.5, not from 0 to 1":                           must.M1(FromRows([][]float64{{19.5, 20, 7}})),
		"rows has 2 columns, but the model needs 2, followed by 1 of context":                 must.M1(FromRows([][]float64{{3, 20}})),
	} {
		_, err := p.Apply(table)
		if strings.Contains(want, "19.5") {
			want = "not from 0 to 1"
		}
		datatest.WantError(t, err, want)
	}
}

// A row that float32 does not reach once it is prepared has no likelihood; it is named.
// For training it is refused.
func TestRowsBeyondFloat32(t *testing.T) {
	table := must.M1(FromRows([][]float64{{0}, {1e300}, {1e36}, {1}}))
	for scale, beyond := range map[float64][]bool{1: {false, true, false, false}, 1e-3: {false, true, true, false}} {
		s := must.M1(NewPreparation(1, 0, &Scale{[]float64{0}, []float64{scale}}).Apply(table))
		for i, want := range beyond {
			if math.IsInf(s.RowLogDet(i), -1) != want || math.IsInf(float64(s.X[i]), 0) {
				t.Errorf("scaled by %v row %d is %v, with ln |det| %v", scale, i, s.X[i], s.RowLogDet(i))
			}
		}
		datatest.WantError(t, s.CheckRange(), "row 1")
	}
	if s := must.M1(NewPreparation(1, 0).Apply(table)); !math.IsInf(s.RowLogDet(1), -1) {
		t.Errorf("as it is row 1 has ln |det| %v", s.RowLogDet(1))
	}
	_, err := Prepare(Cut(table, 2, 3), Options{Source: "rows"})
	datatest.WantError(t, err, "row 1, column 0", "1e+300, too large for float32")
}

// Noise follows from the seed; levels come back from it.
func TestDequantise(t *testing.T) {
	levels := must.M1(FromRows([][]float64{{0, 9}, {5, 3}}))
	p := NewPreparation(2, 0, &Dequantise{Levels: 10, Seed: 3})
	a, b := must.M1(p.Apply(levels)), must.M1(p.Apply(levels))
	if !slices.Equal(a.X, b.X) || a.LogDet != -2*math.Log(10) {
		t.Errorf("%v and %v, ln |det| %v", a.X, b.X, a.LogDet)
	}
	datatest.WantTable(t, must.M1(p.Undo(a.X)), 2, 2, 0, 9, 5, 3)
	for _, v := range []float64{-1, 10, 2.5, math.MaxFloat64} {
		_, err := p.Apply(must.M1(FromRows([][]float64{{1, v}})))
		datatest.WantError(t, err, "row 0, column 1", "not a whole number from 0 to 9 (dequantise: 10 levels)")
	}
	// At points between levels a density is looked at; beyond them there is none.
	points := must.M1(p.Points(must.M1(FromRows([][]float64{{2.5, 7.25}, {2.5, 10.5}}))))
	if !slices.Equal(points.X[:2], []float32{0.25, 0.725}) || !math.IsInf(points.RowLogDet(1), -1) || points.RowLogDet(0) != a.LogDet {
		t.Errorf("points %v, ln |det| %v and %v", points.X, points.RowLogDet(0), points.RowLogDet(1))
	}
}

// The largest noise below the next level stays below it in float32.
func TestJitterStaysBelowTheNextLevel(t *testing.T) {
	for x := range 256 {
		if v := Jitter(float64(x), math.Nextafter(1, 0)); v >= float32(x+1) || v < float32(x) {
			t.Errorf("%d with the largest noise is %v", x, v)
		}
	}
}

func TestBinarize(t *testing.T) {
	grey := must.M1(FromRows([][]float64{{0.2, 0.5}, {0.7, 1}}))
	for _, c := range []struct {
		white float64
		rows  *Table
		want  []float32
	}{
		{1, grey, []float32{0, 0, 1, 1}},
		{255, must.M1(FromRows([][]float64{{127, 128}, {0, 255}})), []float32{0, 1, 0, 1}},
		{255, must.M1(FromRows([][]float64{{1, 0}, {0, 1}})), []float32{0, 0, 0, 0}}, // dark rows, whatever is beside them
		{16, must.M1(FromRows([][]float64{{16, 8}, {0, 9}})), []float32{1, 0, 0, 1}},
	} {
		s := must.M1(NewPreparation(2, 0, &Binarize{"threshold", 0, c.white}).Apply(c.rows))
		if !slices.Equal(s.X, c.want) {
			t.Errorf("white %v: %v, want %v", c.white, s.X, c.want)
		}
		// Undone, bits are grey values that become the same bits.
		for _, mode := range binarizeModes {
			p := NewPreparation(2, 0, &Binarize{mode, 0, c.white})
			if again := must.M1(p.Apply(must.M1(p.Undo(s.X)))); !slices.Equal(again.X, s.X) || p.White() != c.white {
				t.Errorf("white %v: the bits %v become %v", c.white, s.X, again.X)
			}
		}
	}
	_, err := NewPreparation(2, 0, &Binarize{"sample", 0, 1}).Apply(must.M1(FromRows([][]float64{{0.5, 2}})))
	datatest.WantError(t, err, "row 0, column 1", "is 2")
}

// Standardised, training rows have mean 0 and deviation 1, behind a logit and noise
// too; a constant column is shifted alone.
func TestStandardise(t *testing.T) {
	rows := &Table{}
	for i := range 301 {
		rows.Append([]float64{float64(i % 7), 5})
	}
	for _, o := range []Options{{}, {Dequantize: 8, Logit: 0.1, Seed: new(uint64(5))}} {
		o.Standardise = true
		s := must.M1(Split(rows, o))
		var mean, square float64
		for i := range s.Train.Rows {
			v := float64(s.Train.Row(i)[0])
			mean, square = mean+v/float64(s.Train.Rows), square+v*v/float64(s.Train.Rows)
		}
		if math.Abs(mean) > 1e-5 || math.Abs(square-1) > 1e-5 {
			t.Errorf("%+v: mean %v, mean square %v", o, mean, square)
		}
		scale := s.Prep.Steps[len(s.Prep.Steps)-1].(*Scale)
		if o.Logit == 0 && (scale.Mean[1] != 5 || scale.SD[1] != 1 || math.Abs(s.Train.ModelLogDet-s.Train.LogDet) > 1e-9) {
			t.Errorf("a constant column is scaled by %v and %v", scale.Mean[1], scale.SD[1])
		}
		if o.Logit != 0 && math.Abs(s.Train.LogDet-s.Train.ModelLogDet+2*math.Log(8)) > 1e-9 {
			t.Errorf("ln |det| %v, of the model's %v", s.Train.LogDet, s.Train.ModelLogDet)
		}
		// The steps of a trained model are taken as they are.
		o.Prep = s.Prep
		if again := must.M1(Split(rows, o)); !slices.Equal(again.Test.X, s.Test.X) || again.Test.LogDet != s.Test.LogDet {
			t.Error("the preparation of a model gives other rows")
		}
	}
}

// A timestamp with a deviation of a minute keeps its digits.
func TestScaleIsInFloat64(t *testing.T) {
	rows := &Table{}
	for i := range 5000 {
		rows.Append([]float64{1.7e9 + float64(i)/50})
	}
	s := must.M1(Split(rows, Options{Standardise: true}))
	distinct := map[float32]bool{}
	for _, n := range s.Sets() {
		for _, v := range n.Set.X {
			distinct[v] = true
		}
	}
	if len(distinct) != 5000 {
		t.Errorf("%d distinct values of 5000", len(distinct))
	}
}

// Whatever was written is read: the same steps, bit for bit.
func TestPreparationAsJSON(t *testing.T) {
	p := every()
	p.Steps = append([]Step{&Dequantise{Levels: 256, Seed: 1 << 63, Noisy: true}, &Binarize{"sample", 3, 255}}, p.Steps...)
	text := must.M1(json.Marshal(p))
	var again Preparation
	must.M(json.Unmarshal(text, &again))
	if got := must.M1(json.Marshal(&again)); string(got) != string(text) || again.Steps[4].(*Scale).SD[1] != 0.125 {
		t.Errorf("%s becomes %s", text, got)
	}
	labels := NewPreparation(3, 0)
	labels.Apart, labels.ApartNames = 2, []string{"label_0", "label_1"}
	must.M(json.Unmarshal(must.M1(json.Marshal(labels)), &again))
	if again.ContextDim() != 2 || again.Dim() != 3 {
		t.Errorf("%+v", again)
	}
}

func TestHostilePreparations(t *testing.T) {
	for want, text := range map[string]string{
		"version 3: this program reads":        `{"version":3,"width":1,"variables":[0]}`,
		"version 0":                            `{}`,
		"unknown field":                        `{"version":1,"width":1,"variables":[0],"more":1}`,
		`step 0 is of the unknown kind "warp"`: `{"version":1,"width":1,"variables":[0],"steps":[{"kind":"warp","with":{}}]}`,
		"1 means and 0 deviations for 1":       `{"version":1,"width":1,"variables":[0],"steps":[{"kind":"scale","with":{"mean":[0]}}]}`,
		"not positive":                         `{"version":1,"width":1,"variables":[0],"steps":[{"kind":"scale","with":{"mean":[0],"sd":[-1]}}]}`,
		"logit with λ = 0.5":                   `{"version":1,"width":1,"variables":[0],"steps":[{"kind":"logit","with":{"lambda":0.5}}]}`,
		"1000000000 levels":                    `{"version":1,"width":1,"variables":[0],"steps":[{"kind":"dequantise","with":{"levels":1000000000}}]}`,
		"a white of -7":                        `{"version":1,"width":1,"variables":[0],"steps":[{"kind":"binarize","with":{"mode":"sample","white":-7}}]}`,
		"white is missing":                     `{"version":1,"width":1,"variables":[0],"steps":[{"kind":"binarize","with":{"mode":"sample"}}]}`,
		"column 1 is taken twice, or is none":  `{"version":1,"width":1,"variables":[1]}`,
		"column 0 is taken twice":              `{"version":1,"width":2,"variables":[0,0]}`,
		"0 variables of 1 columns":             `{"version":1,"width":1,"variables":[]}`,
		"1 variables of 1000000000 columns":    `{"version":1,"width":1000000000,"variables":[0]}`,
		"2 names for 1 columns":                `{"version":1,"width":1,"columns":["a","b"],"variables":[0]}`,
		"-1 columns of context apart":          `{"version":1,"width":1,"variables":[0],"context_apart":-1}`,
	} {
		var p Preparation
		datatest.WantError(t, json.Unmarshal([]byte(text), &p), "preparation: "[:11], want)
	}
}

func FuzzPreparation(f *testing.F) {
	f.Add(must.M1(json.Marshal(every())))
	f.Add([]byte(`{"version":1,"width":2,"variables":[1],"steps":[{"kind":"scale","with":{"mean":[1e308],"sd":[1e-308]}}]}`))
	f.Add([]byte(`{"version":2,"width":3,"columns":["n","l","c"],"variables":[0,1],"context":[2],"table":{"columns":[
		{"name":"n","kind":"integer","step":1,"min":0,"missing":true,"atoms":[9],"maps":[{"kind":"bounds","with":{"min":-1}},{"kind":"spline","with":{"x":[0,1],"y":[0,1],"d":[1,1]}}]},
		{"name":"l","kind":"categorical","levels":["0","1","a"]},{"name":"c","kind":"circular","period":24,"role":"context"}]}}`))
	f.Add([]byte(`{"version":2,"width":1,"variables":[0],"table":{"noise":3,"columns":[{"name":"d","kind":"date","format":"2006","step":1,"maps":[{"kind":"standardise","with":{"mean":0,"sd":1}}]}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p Preparation
		if json.Unmarshal(text, &p) != nil || p.Width > 100 || p.Apart > 0 {
			return
		}
		x := make([]float64, p.Width)
		s, err := p.Apply(must.M1(FromFlat(x, p.Width)))
		if err == nil {
			must.M1(p.Undo(s.Values()))
		}
		_ = must.M1(json.Marshal(&p))
	})
}

// Slices and matrices become tables, and tables are matrices.
func TestTablesOfWhatProgramsHave(t *testing.T) {
	dense := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})
	for name, table := range map[string]*Table{
		"rows": must.M1(FromRows([][]float64{{1, 2, 3}, {4, 5, 6}})), "float32": must.M1(FromFlat([]float32{1, 2, 3, 4, 5, 6}, 3)),
		"float64": must.M1(FromFlat([]float64{1, 2, 3, 4, 5, 6}, 3, "a", "b", "c")), "matrix": must.M1(FromMatrix(dense)),
		"transposed": must.M1(FromMatrix(mat.DenseCopyOf(dense.T()).T())),
	} {
		if !mat.Equal(table, dense) || must.M1(FromMatrix(table)) != table {
			t.Errorf("%s: %v", name, table)
		}
		if x := must.M1(table.Values()); !slices.Equal(x, []float32{1, 2, 3, 4, 5, 6}) {
			t.Errorf("%s: values %v", name, x)
		}
		table.Append([]float64{7, 8, 9})
		if fmt.Sprint(table.Row(nil, 2)) != "[7 8 9]" || table.Rows() != 3 {
			t.Errorf("%s: a row more is %v", name, table.Row(nil, 2))
		}
	}
	for want, err := range map[string]error{
		"one row":               second(FromRows(nil)),
		"row 1 has 1 values":    second(FromRows([][]float64{{1, 2}, {3}})),
		"3 values are not rows": second(FromFlat([]float32{1, 2, 3}, 2)),
		"are not rows of 0":     second(FromFlat([]float64{1}, 0)),
		"1 names for 2 columns": second(FromFlat([]float64{1, 2}, 2, "a")),
		"no matrix":             second(FromMatrix(nil)),
	} {
		datatest.WantError(t, err, want)
	}
}

func second[T any](_ T, err error) error { return err }

func TestPrepareRefusesRowsThatAreNotThere(t *testing.T) {
	for _, at := range [][2]int{{100, 200}, {-5, 3}} {
		if _, err := Prepare(Cut(table(10, 2), at[0], at[1]), Options{}); err == nil || !strings.Contains(err.Error(), "rows that are not among the 10 of its table") {
			t.Errorf("cut at %v: the error is %v", at, err)
		}
	}
	if err := AttachLabels(nil, []*Table{table(1, 1)}, 0, NewLimit(0)); err == nil {
		t.Error("labels of no table are attached")
	}
	s := Cut(table(10, 2), 6, 8)
	s.Test = Part{}
	if _, err := Prepare(s, Options{}); err == nil || !strings.Contains(err.Error(), "test has no table") {
		t.Errorf("without a table: the error is %v", err)
	}
}
