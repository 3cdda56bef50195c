package data_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/janpfeifer/must"
	"pgregory.net/rapid"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/data/format"
)

// read reads a table of text.
func read(t testing.TB, text string) *data.Table {
	t.Helper()
	return must.M1(format.ReadCSV(strings.NewReader(text), "table.csv", format.ReadOptions{}))
}

// columnOf is a table of one column, called x, of what f gives for each row.
func columnOf(t testing.TB, rows int, f func(i int) any) *data.Table {
	t.Helper()
	var b strings.Builder
	b.WriteString("x\n")
	for i := range rows {
		fmt.Fprintf(&b, "%v\n", f(i))
	}
	return read(t, b.String())
}

// inShort is a column as a test writes it: its role unless it is a variable, its kind, and what else it has.
func inShort(c data.Column) string {
	if c.Role == data.DropRole {
		return "drop"
	}
	s := string(c.Kind)
	if c.Role != "" && c.Role != data.VariableRole {
		s = string(c.Role) + " " + s
	}
	if c.Kind == data.Categorical {
		s += fmt.Sprint(" ", len(c.Levels))
	}
	if c.Step != 0 {
		s += fmt.Sprint(" ", c.Step)
	}
	if c.Atoms != nil {
		s += fmt.Sprint(" atoms ", c.Atoms)
	}
	if c.Missing {
		s += " missing"
	}
	return s
}

func guess(t testing.TB, table *data.Table, o data.Options, more ...*data.Table) (data.Schema, []string) {
	t.Helper()
	s, lines, err := data.GuessSchema(table, o, more...)
	if err != nil {
		t.Fatal(err)
	}
	return s, lines
}

// What a careful person would write of tables as people have them.
func TestSchemasOfTables(t *testing.T) {
	for name, want := range map[string]string{
		"diamonds":  "0: drop, carat: real 0.01, cut: categorical 5, color: categorical 7, clarity: categorical 8, depth: real 0.1, table: real 0.1 atoms [54 55 56 57 58 59 60 61], price: integer 1, x: real 0.01, y: real 0.01, z: real 0.01",
		"survey":    "0: drop, Sex: binary missing, Wr.Hnd: real 0.1 missing, NW.Hnd: real 0.1 missing, W.Hnd: binary missing, Fold: categorical 3, Pulse: integer 1 missing, Clap: categorical 3 missing, Exer: categorical 3, Smoke: categorical 4 missing, Height: real 0.01 missing, M.I: binary missing, Age: real 0.001",
		"flchain":   "0: drop, age: integer 1, sex: binary, sample.yr: integer 1, kappa: real 0.0001, lambda: real 0.0001, flc.grp: integer 1, creatinine: real 0.1 missing, mgus: binary, futime: integer 1, death: binary, chapter: categorical 16 missing",
		"slid":      "0: drop, wages: real 0.01 missing, education: real 0.1 atoms [8 10 11 12 13 14] missing, age: integer 1, sex: binary, language: categorical 3 missing",
		"biopsy":    "0: drop, ID: drop, V1: integer 1, V2: integer 1, V3: integer 1, V4: integer 1, V5: integer 1, V6: integer 1 missing, V7: integer 1, V8: integer 1, V9: integer 1, class: binary",
		"computers": "0: drop, price: integer 1, speed: integer 1, hd: integer 1, ram: integer 2, screen: integer 1, cd: binary, multi: binary, premium: binary, ads: integer 1, trend: integer 1",
	} {
		table := must.M1(format.ReadFile(t.Context(), datatest.File(t, "tables/"+name+".csv.gz"), format.ReadOptions{}))
		schema, _ := guess(t, table, data.Options{})
		var got []string
		for _, c := range schema {
			got = append(got, c.Name+": "+inShort(c))
		}
		if all := strings.Join(got, ", "); all != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, all, want)
		}
		if err := schema.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestGuessesOfOneColumn(t *testing.T) {
	source := rand.NewPCG(7, 11)
	rng := rand.New(source)
	for name, test := range map[string]struct {
		rows int
		cell func(i int) any
		want string
	}{
		"exact":               {1009, func(int) any { return rng.NormFloat64() }, "real"},
		"exact to six digits": {1009, func(int) any { return fmt.Sprintf("%.6f", rng.NormFloat64()) }, "real"},
		"cents":               {1009, func(int) any { return fmt.Sprintf("%.2f", 3*rng.NormFloat64()) }, "real 0.01"},
		"quarters":            {1009, func(int) any { return float64(rng.IntN(97)) / 4 }, "real 0.25"},
		"halves, few":         {1009, func(int) any { return 1 + float64(rng.IntN(9))/2 }, "real 0.5"},
		"hundreds":            {1009, func(int) any { return 100 * rng.IntN(97) }, "integer 100"},
		"counts":              {1009, func(int) any { return rng.IntN(97) }, "integer 1"},
		"large":               {1009, func(int) any { return rng.Int64N(1 << 52) }, "integer 1"},
		"a number in a hundred is finer": {1009, func(i int) any {
			return []any{fmt.Sprintf("%.1f", 9*rng.NormFloat64()), "9.899999"}[max(0, min(1, i-1007))]
		}, "real 0.1"},
		"zeros": {1009, func(int) any {
			return []float64{0, math.Exp(rng.NormFloat64())}[min(1, rng.IntN(4))]
		}, "real atoms [0]"},
		"zeros among cents": {1009, func(int) any {
			return []string{"0", fmt.Sprintf("%.2f", math.Exp(5+rng.NormFloat64()))}[min(1, rng.IntN(4))]
		}, "real 0.01 atoms [0]"},
		"a filled-in mean":     {1009, func(int) any { return []float64{29.69911764705882, float64(rng.IntN(81))}[min(1, rng.IntN(5))] }, "real 1 atoms [29.69911764705882]"},
		"a top code":           {10_009, func(int) any { return min(9999, rng.IntN(10_500)) }, "integer 1 atoms [9999]"},
		"round numbers":        {10_009, func(int) any { return []int{rng.IntN(100), 10 * rng.IntN(10)}[min(1, rng.IntN(3))] }, "integer 1 atoms [0 10 20 30 40 50 60 70 80 90]"},
		"bits":                 {1009, func(int) any { return rng.IntN(2) }, "binary"},
		"bits with holes":      {1009, func(int) any { return []string{"0", "1", "NA"}[rng.IntN(3)] }, "binary missing"},
		"two numbers":          {1009, func(int) any { return 1.5 + float64(rng.IntN(2)) }, "binary"},
		"two texts":            {1009, func(int) any { return []string{"a", "b"}[rng.IntN(2)] }, "binary"},
		"three texts":          {1009, func(int) any { return []string{"a", "b", "None"}[rng.IntN(3)] }, "categorical 3"},
		"numbers and texts":    {1009, func(int) any { return []string{"1", "2", "3+"}[rng.IntN(3)] }, "categorical 3"},
		"a sign among numbers": {1009, func(int) any { return []string{fmt.Sprint(rng.NormFloat64()), "n/d"}[max(0, rng.IntN(9)-7)] }, "drop"},
		"signs of money":       {1009, func(i int) any { return fmt.Sprintf("$%.2f", float64(i%40)/4) }, "categorical 40"},
		"losses in brackets": {1009, func(int) any {
			return []string{fmt.Sprint(rng.NormFloat64()), fmt.Sprintf("(%v)", rng.Float64())}[rng.IntN(2)]
		}, "drop"},
		"an end of ages":        {1009, func(int) any { return []string{fmt.Sprint(rng.IntN(90)), "90+"}[max(0, rng.IntN(9)-7)] }, "categorical 91"},
		"rows from 0":           {29, func(i int) any { return i }, "drop"},
		"rows from 1":           {29, func(i int) any { return i + 1 }, "drop"},
		"few rows from 1":       {7, func(i int) any { return i + 1 }, "integer 1"},
		"years in order":        {29, func(i int) any { return 1980 + i }, "integer 1"},
		"a constant":            {29, func(int) any { return 7 }, "drop"},
		"a constant text":       {29, func(int) any { return "a" }, "drop"},
		"a constant or a hole":  {29, func(i int) any { return []string{"a", "NA"}[i%2] }, "categorical 1 missing"},
		"different texts":       {29, func(i int) any { return fmt.Sprint("a", i) }, "drop"},
		"many texts":            {5003, func(int) any { return fmt.Sprint("a", rng.IntN(1100)) }, "drop"},
		"as many as are useful": {5003, func(i int) any { return fmt.Sprint("a", i%900) }, "categorical 900"},
		"days":                  {1009, func(i int) any { return fmt.Sprintf("2024-%02d-%02d", 1+i%12, 1+rng.IntN(28)) }, "date 1"},
		"minutes":               {1009, func(i int) any { return fmt.Sprintf("2024-%02d-03T%02d:%02d:00", 1+i%12, rng.IntN(24), rng.IntN(60)) }, "date 60"},
		"milliseconds": {1009, func(i int) any {
			return fmt.Sprintf("2024-%02d-03 04:05:%02d.%03d", 1+i%12, rng.IntN(60), rng.IntN(1000))
		}, "date 0.001"},
		"microseconds": {1009, func(i int) any {
			return fmt.Sprintf("2024-%02d-03T04:05:%02d.%06d", 1+i%12, rng.IntN(60), rng.IntN(1e6))
		}, "date 1e-06"},
		"half days": {1009, func(int) any {
			return fmt.Sprintf("%d:%02d %s", 1+rng.IntN(12), rng.IntN(60), []string{"AM", "PM"}[rng.IntN(2)])
		}, "date 60"},
		"of a zone":           {1009, func(i int) any { return fmt.Sprintf("2024-%02d-03 04:05:%02d+00:00", 1+i%12, rng.IntN(60)) }, "date 1"},
		"days as numbers":     {1009, func(i int) any { return 20190000 + 100*(1+i%12) + 1 + rng.IntN(28) }, "date 1"},
		"numbers like days":   {1009, func(i int) any { return 20190000 + rng.IntN(9999) }, "integer 1"},
		"years of two digits": {1009, func(i int) any { return fmt.Sprintf("%02d/%02d/%02d", 1+i%12, 1+rng.IntN(28), rng.IntN(30)) }, "date 1"},
		"times of day":        {1009, func(int) any { return fmt.Sprintf("%02d:%02d:%02d", rng.IntN(24), rng.IntN(60), rng.IntN(60)) }, "date 1"},
		"days before months":  {1009, func(int) any { return fmt.Sprintf("%02d/%02d/2024", 1+rng.IntN(28), 1+rng.IntN(12)) }, "date 1"},
		"days or months":      {1009, func(int) any { return fmt.Sprintf("%02d/%02d/2024", 1+rng.IntN(12), 1+rng.IntN(12)) }, "categorical 144"},
	} {
		source.Seed(7, 11) // so that rows do not depend on the order of a map
		schema, lines, err := data.GuessSchema(columnOf(t, test.rows, test.cell), data.Options{})
		got := ""
		if err == nil {
			got = inShort(schema[0])
		} else if strings.Contains(err.Error(), "dropped") {
			got = "drop"
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q (%v, %v)", name, got, test.want, lines, err)
		}
	}
}

func TestLevelsAreSortedAsPeopleDo(t *testing.T) {
	for text, want := range map[string][]string{
		"x\ngrade10\ngrade9\ngrade9\ngrade1\n": {"grade1", "grade9", "grade10"},
		"x\n10\n9\n3+\n":                       {"3+", "9", "10"},
		"x\n0.5\n-1\n10\n":                     {"-1", "0.5", "10"},
	} {
		schema, _ := guess(t, read(t, text), data.Options{Columns: data.Schema{{Name: "x", Kind: data.Categorical}}})
		if !slices.Equal(schema[0].Levels, want) {
			t.Errorf("%q has levels %q, want %q", text, schema[0].Levels, want)
		}
	}
}

// The digits of float32 are enough for a step.
func TestStepsOfFloat32(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 11))
	values := make([]float32, 3*1009)
	for i := range values {
		values[i] = []float32{float32(rng.IntN(997)) / 100, rng.Float32(), float32(rng.IntN(97))}[i%3]
	}
	table := must.M1(data.FromFlat(values, 3))
	schema, _ := guess(t, table, data.Options{})
	for k, want := range []string{"real 0.01", "real", "integer 1"} {
		if got := inShort(schema[k]); got != want {
			t.Errorf("column %d is %s, want %s", k, got, want)
		}
	}
}

// What may be worth a declaration has a line, which says how; what is declared has none.
func TestHints(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 7))
	var b strings.Builder
	b.WriteString("wind_direction,price,class,day\n")
	for range 211 {
		fmt.Fprintf(&b, "%d,%.2f,%d,%02d.%02d.2024\n", rng.IntN(360), math.Exp(rng.NormFloat64()), 1+rng.IntN(3), 1+rng.IntN(12), 1+rng.IntN(12))
	}
	hints := []string{"{wind_direction: {kind: circular, period: 360}}", "{price: {min: 0}}", "{class: categorical}"}
	_, lines := guess(t, read(t, b.String()), data.Options{})
	for _, hint := range hints {
		if !strings.Contains(strings.Join(lines, "\n"), hint) {
			t.Errorf("%q do not say %s", lines, hint)
		}
	}
	_, lines = guess(t, read(t, b.String()), data.Options{Columns: data.Schema{{Name: "wind_direction", Kind: data.Integer}, {Name: "price", Exact: true}, {Name: "class", Role: data.VariableRole}}})
	for _, hint := range hints {
		if strings.Contains(strings.Join(lines, "\n"), hint) {
			t.Errorf("%q say %s", lines, hint)
		}
	}
}

// A word among many numbers is refused with its place, and with what to declare.
func TestAWordAmongNumbers(t *testing.T) {
	var b strings.Builder
	b.WriteString("x,m,d\n")
	for i := range 97 {
		fmt.Fprintf(&b, "%v,%v,2024-%02d-%02d\n", float64(i*i)/7, []any{i, "n/d"}[max(0, i-95)], 1+i%12, 1+i%28)
	}
	_, _, err := data.GuessSchema(read(t, b.String()), data.Options{})
	datatest.WantError(t, err, "line 98", `"m"`, `"n/d"`, "data.missing", "{m: categorical}")
	for _, c := range []data.Column{{Name: "m", Kind: data.Categorical}, {Name: "m", Role: data.DropRole}} {
		if _, _, err := data.GuessSchema(read(t, b.String()), data.Options{Columns: data.Schema{c}}); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// So is one among dates.
func TestAWordAmongDates(t *testing.T) {
	table := columnOf(t, 97, func(i int) any {
		return []string{fmt.Sprintf("2024-%02d-%02d", 1+i%12, 1+i%28), "unknown"}[max(0, i-95)]
	})
	_, _, err := data.GuessSchema(table, data.Options{})
	datatest.WantError(t, err, `line 98, column "x" is "unknown" in a column of dates`)
}

// A circle has the step of its numbers, and begins where these do.
func TestCirclesBeginAsTheirNumbers(t *testing.T) {
	source := rand.NewPCG(2, 3)
	rng := rand.New(source)
	for name, test := range map[string]struct {
		period float64
		cell   func(i int) any
		step   float64
		from   string
	}{
		"hours":      {24, func(i int) any { return i % 24 }, 1, ""},
		"months":     {12, func(i int) any { return 1 + i%12 }, 1, "1"},
		"longitudes": {360, func(int) any { return 360*rng.Float64() - 180 }, 0, "-180"},
		"radians":    {2 * math.Pi, func(int) any { return fmt.Sprintf("%.2f", 2*math.Pi*rng.Float64()) }, 0.01, ""},
	} {
		source.Seed(2, 3) // so that rows do not depend on the order of a map
		table := columnOf(t, 211, test.cell)
		column := data.Column{Name: "x", Kind: data.Circular, Period: test.period}
		schema, _ := guess(t, table, data.Options{Columns: data.Schema{column}})
		from := ""
		if schema[0].Min != nil {
			from = data.Number(*schema[0].Min)
		}
		if schema[0].Step != test.step || from != test.from {
			t.Errorf("%s: a step of %v from %q, want %v from %q", name, schema[0].Step, from, test.step, test.from)
		}
		s := must.M1(data.Split(table, data.Options{Columns: data.Schema{column}}))
		back := must.M1(s.Prep.Undo([]float32{0, 6.283}))
		for i := range 2 {
			if v, low := back.At(i, 0), back.At(0, 0); v < low || v >= low+test.period {
				t.Errorf("%s: %v is not in a turn from %v", name, v, low)
			}
		}
	}
}

// Names act, whatever the values are, unless a kind or a role is declared.
func TestColumnsThatNameTheRows(t *testing.T) {
	table := read(t, "id,customer_id,width,index,key\n"+strings.Repeat("3,17,2.5,1,a\n1,23,3.5,1,b\n2,42,1.5,2,a\n", 1)+"4,5,9,1,b\n5,6,8.5,2,c\n")
	schema, lines := guess(t, table, data.Options{})
	for k, want := range []string{"drop", "drop", "real", "integer 1", "categorical 3"} {
		if got := inShort(schema[k]); got != want {
			t.Errorf("%s is %s, want %s", schema[k].Name, got, want)
		}
	}
	if !slices.ContainsFunc(lines, func(s string) bool { return strings.Contains(s, "data.columns: {id: variable}") }) {
		t.Errorf("no line says how to keep the column: %q", lines)
	}
	for _, declared := range []data.Column{{Name: "id", Role: data.VariableRole}, {Name: "id", Kind: data.Integer}} {
		schema, _ = guess(t, table, data.Options{Columns: data.Schema{declared}})
		if got := inShort(schema[0]); got != "integer 1" {
			t.Errorf("declared as %+v it is %s", declared, got)
		}
	}
}

func TestEqualColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	var b strings.Builder
	b.WriteString("a,b,c,d,e,f\n")
	for i := range 101 {
		v, s := rng.NormFloat64(), []string{"x", "", "y"}[i%3]
		fmt.Fprintf(&b, "%v,%s,%v,%s,%s,%v\n", v, s, v, s, strings.ToUpper(s), -v)
	}
	schema, _ := guess(t, read(t, b.String()), data.Options{})
	for k, want := range []string{"real", "binary missing", "drop", "drop", "binary missing", "real"} {
		if got := inShort(schema[k]); got != want {
			t.Errorf("%s is %s, want %s", schema[k].Name, got, want)
		}
	}
	schema, _ = guess(t, read(t, b.String()), data.Options{Columns: data.Schema{{Name: "c", Role: data.ContextRole}}})
	if got := inShort(schema[2]); got != "context real" {
		t.Errorf("a context is %s", got)
	}
}

// Levels and holes are those of all splits.
func TestGuessesOfSeveralTables(t *testing.T) {
	a, b := read(t, "x,y\nb,1\na,2\nb,4\na,3\n"), read(t, "x,y\nd,1\nb,7.5\n,2\n")
	schema, _ := guess(t, a, data.Options{}, b)
	if got := schema[0]; !slices.Equal(got.Levels, []string{"a", "b", "d"}) || !got.Missing {
		t.Errorf("x is %+v", got)
	}
	if got := schema[1]; got.Kind != data.Real {
		t.Errorf("y is %+v", got)
	}
}

func TestShortFormsActOnColumns(t *testing.T) {
	table := read(t, "a,b,c,d\n1,2,3.5,4\n5,7,8.5,1\n2,2,1.5,3\n")
	schema, _ := guess(t, table, data.Options{DropColumns: []string{"a", "3"}, ContextColumns: 1, Columns: data.Schema{{Name: "1", Kind: data.Real}}})
	for k, want := range []string{"drop", "real", "context real", "drop"} {
		if got := inShort(schema[k]); got != want {
			t.Errorf("%s is %s, want %s", schema[k].Name, got, want)
		}
	}
}

func TestGuessReals(t *testing.T) {
	table := columnOf(t, 1009, func(i int) any { return i % 37 / 2 * 5 })
	schema, _ := guess(t, table, data.Options{Guess: "reals", Marginal: "spline"})
	if got := schema[0]; got.Kind != data.Real || got.Step != 0 || got.Atoms != nil || got.Transform != data.SplineScale {
		t.Errorf("it is %+v", got)
	}
}

// Bounds choose a transform that keeps them where values have a density.
func TestTransformsKeepBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 7))
	exact, counts := columnOf(t, 101, func(int) any { return rng.Float64() }), columnOf(t, 101, func(int) any { return rng.IntN(37) })
	for _, test := range []struct {
		table    *data.Table
		declared data.Column
		want     data.Transform
	}{
		{exact, data.Column{}, data.Standardise},
		{exact, data.Column{Min: new(0.0)}, data.LogScale},
		{exact, data.Column{Max: new(1.0)}, data.LogScale},
		{exact, data.Column{Min: new(0.0), Max: new(1.0)}, data.LogitScale},
		{exact, data.Column{Min: new(0.0), Max: new(1.0), Transform: data.ProbitScale}, data.ProbitScale},
		{counts, data.Column{Min: new(0.0)}, data.Standardise},
		{counts, data.Column{Min: new(0.0), Transform: data.LogScale}, data.LogScale},
	} {
		test.declared.Name = "x"
		schema, _ := guess(t, test.table, data.Options{Columns: data.Schema{test.declared}})
		if got := schema[0].Transform; got != test.want {
			t.Errorf("%+v has the transform %s, want %s", test.declared, got, test.want)
		}
	}
	for _, declared := range []data.Column{{Min: new(0.0), Transform: data.SplineScale}, {Min: new(0.0), Max: new(1.0), Transform: data.LogScale}} {
		declared.Name = "x"
		_, _, err := data.GuessSchema(exact, data.Options{Columns: data.Schema{declared}})
		datatest.WantError(t, err, `"x"`)
	}
}

func TestProblemsOfDeclarations(t *testing.T) {
	table := read(t, "income,site\n1,a\n2,b\n3,c\n")
	for want, o := range map[string]data.Options{
		`"incom" did you mean "income"?`:       {Columns: data.Schema{{Name: "incom", Kind: data.Real}}},
		`"sight" "incom"`:                      {Columns: data.Schema{{Name: "sight"}, {Name: "incom"}}},
		`"site" is declared binary, but has 3`: {Columns: data.Schema{{Name: "site", Kind: data.Binary}}},
		`"site" is declared a date format`:     {Columns: data.Schema{{Name: "site", Kind: data.Date}}},
		`"site" label context_columns`:         {Columns: data.Schema{{Name: "site", Role: data.LabelRole}}, ContextColumns: 1},
		"2 columns leaves none to model":       {ContextColumns: 2},
		`"site" twice number`:                  {Columns: data.Schema{{Name: "site"}, {Name: "1", Kind: data.Categorical}}},
		`"site" drop_columns`:                  {Columns: data.Schema{{Name: "site", Kind: data.Categorical}}, DropColumns: []string{"1"}},
		`"siet" did you mean`:                  {DropColumns: []string{"siet"}},
		"no column left to model":              {DropColumns: []string{"site", "income"}},
		"income.levels income.min":             {Columns: data.Schema{{Name: "income", Kind: data.Integer, Levels: []string{"1"}, Min: new(3.0), Max: new(2.0)}}},
	} {
		_, _, err := data.GuessSchema(table, o)
		datatest.WantError(t, err, strings.Fields(want)...)
	}
}

// What is declared stays, and a guess that is declared is the guess.
func TestDeclaredFieldsStay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		table := columnOf(t, 60, func(int) any { return float64(rng.IntN(50)) / 2 })
		declared := data.Column{Name: "x", Kind: rapid.SampledFrom([]data.ColumnKind{"", data.Integer, data.Real, data.Categorical}).Draw(rt, "kind"),
			Role: rapid.SampledFrom([]data.Role{"", data.VariableRole}).Draw(rt, "role"), Missing: rapid.Bool().Draw(rt, "missing")}
		if declared.Kind != data.Categorical {
			declared.Step = rapid.SampledFrom([]float64{0, 0.5, 5}).Draw(rt, "step")
			declared.Atoms = rapid.SampledFrom([][]float64{nil, {}, {3}}).Draw(rt, "atoms")
			declared.Transform = rapid.SampledFrom([]data.Transform{"", data.AsIs, data.SplineScale}).Draw(rt, "transform")
		}
		schema, _, err := data.GuessSchema(table, data.Options{Columns: data.Schema{declared}})
		if declared.Kind == data.Integer && declared.Step == 0.5 {
			if err == nil {
				rt.Fatal("an integer has a step of a half")
			}
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		was, is := reflect.ValueOf(declared), reflect.ValueOf(schema[0])
		for k := range was.NumField() {
			if !was.Field(k).IsZero() && !reflect.DeepEqual(was.Field(k).Interface(), is.Field(k).Interface()) {
				rt.Fatalf("%s was declared as %v and is %v", was.Type().Field(k).Name, was.Field(k), is.Field(k))
			}
		}
		again, _, err := data.GuessSchema(table, data.Options{Columns: schema})
		if err != nil || !reflect.DeepEqual(again, schema) {
			rt.Fatalf("%+v, declared, is %+v (%v)", schema, again, err)
		}
	})
}

func TestSchemasInPrint(t *testing.T) {
	long := strings.Repeat("wide ", 30)
	schema := data.Schema{
		{Name: long, Kind: data.Categorical, Levels: []string{long, "b", "c"}, Missing: true},
		{Name: "size\x1b[31m", Kind: data.Real, Min: new(0.0), Max: new(1.5), Step: 0.01, Atoms: []float64{0, 1e-3}, Transform: data.LogitScale},
		{Name: "day", Role: data.ContextRole, Kind: data.Date, Format: "02.01.2006", Step: 1},
		{Name: "id", Role: data.DropRole},
	}
	text := schema.String()
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) != 1+len(schema) || strings.Contains(text, "\x1b") {
		t.Errorf("it prints as\n%s", text)
	}
	for _, line := range lines {
		if utf8.RuneCountInString(line) > 100 {
			t.Errorf("a line has %d characters: %s", utf8.RuneCountInString(line), line)
		}
	}
	for k, parts := range [][]string{{"may be missing", "3 levels"}, {"0 to 1.5", "step 0.01", "atoms 0, 0.001", "logit"}, {"context", "02.01.2006"}, {"drop"}} {
		for _, part := range parts {
			if !strings.Contains(lines[k+1], part) {
				t.Errorf("%q does not say %s", lines[k+1], part)
			}
		}
	}
	var many data.Schema
	for k := range 784 {
		many = append(many, data.Column{Name: fmt.Sprint(k), Kind: data.Binary, Levels: []string{"0", "1"}})
	}
	if lines := strings.Split(append(many, schema...).String(), "\n"); len(lines) != 1+1+len(schema)+1 || !strings.HasPrefix(lines[1], "0 … 783 ") || !strings.Contains(lines[1], "784 columns; 0, 1") {
		t.Errorf("many columns print as\n%s", strings.Join(lines, "\n"))
	}
	_, err := schema.Find("dya")
	datatest.WantError(t, err, `"day"`)
	if k, err := schema.Find("day"); err != nil || k != 2 || !slices.Equal(schema.Variables(), []int{0, 1}) || !slices.Equal(schema.Context(), []int{2}) {
		t.Errorf("day is %d (%v), variables %v, context %v", k, err, schema.Variables(), schema.Context())
	}
}

// A line names a few of many columns.
func TestLinesOfWideTables(t *testing.T) {
	const dim = 784
	values := make([]float32, 50*dim)
	rng := rand.New(rand.NewPCG(3, 11))
	for i := range values {
		values[i] = float32(rng.IntN(2))
		if i%dim < 300 {
			values[i] = 0
		}
	}
	table := must.M1(data.FromFlat(values, dim))
	schema, lines := guess(t, table, data.Options{})
	if n := len(schema.Variables()); n > dim-300 || len(lines) > 3 {
		t.Errorf("%d variables, %d lines", n, len(lines))
	}
	for _, line := range lines {
		if len(line) > 300 {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
	table.Shape = []int{28, 28}
	if schema, lines = guess(t, table, data.Options{}); len(schema.Variables()) != dim || lines != nil {
		t.Errorf("an image keeps %d pixels, %q", len(schema.Variables()), lines)
	}
}

func BenchmarkGuessSchema(b *testing.B) {
	rng := rand.New(rand.NewPCG(7, 11))
	const rows, dim = 100_000, 20
	table := must.M1(data.FromFlat(make([]float64, rows*dim), dim, strings.Split("abcdefghijklmnopqrst", "")...))
	for i := range rows {
		for c := range dim {
			switch c % 4 {
			case 0:
				table.SetText(i, c, fmt.Sprint("level ", rng.IntN(5+3*c)))
			case 1:
				table.Set(i, c, rng.NormFloat64())
			case 2:
				table.Set(i, c, math.Round(1000*rng.NormFloat64())/100)
			case 3:
				table.Set(i, c, float64(rng.IntN(10+c*c*c)))
			}
		}
	}
	for b.Loop() {
		if _, _, err := data.GuessSchema(table, data.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
