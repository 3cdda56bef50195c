package data

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
)

// generated is a table of columns of n rows, each by a function of the row.
func generated(n int, columns map[string]func(i int) float64) *Table {
	var names []string
	for name := range columns {
		names = append(names, name)
	}
	slices.Sort(names)
	t := &Table{Name: "t", Columns: names}
	for i := range n {
		row := make([]float64, len(names))
		for c, name := range names {
			row[c] = columns[name](i)
		}
		t.Append(row)
	}
	return t
}

// splitPlain divides rows that have no schema.
func splitPlain(t *Table, o Options) (*Splits, error) {
	return Prepare(Source{Train: Part{Table: t}, Plain: true}, o)
}

// Each column that lies has one line that names it, and no other has one.
func TestWarnings(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	normal := func(int) float64 { return r.NormFloat64() }
	some := func(v, otherwise float64) func(int) float64 {
		return func(i int) float64 {
			if i%50 == 7 {
				return v
			}
			return otherwise + r.NormFloat64()
		}
	}
	const equal, fill, repeats = "equal in float32", "far from its other values", "values that repeat"
	cases := map[string]struct {
		column      func(int) float64
		standardise bool
		want        string // in the one line, "" for none
	}{
		"normal":                {normal, false, ""},
		"normal, scaled":        {normal, true, ""},
		"exponential":           {func(int) float64 { return math.Exp(3 * r.NormFloat64()) }, false, ""},
		"time":                  {func(int) float64 { return 1.7e9 + 50*r.NormFloat64() }, false, equal},
		"time, scaled":          {func(int) float64 { return 1.7e9 + 50*r.NormFloat64() }, true, ""},
		"nanoseconds, scaled":   {func(int) float64 { return 1.7e18 + 5e10*r.NormFloat64() }, true, ""},
		"too wide, scaled":      {func(i int) float64 { return r.NormFloat64() * math.Pow(10, float64(i%7)*4) }, true, equal},
		"rounding, not values":  {func(i int) float64 { return math.Nextafter(float64(i)*math.Pi, float64(i%2)*1e9) }, false, ""},
		"−9999":                 {some(-9999, 20), false, fill},
		"−999, scaled":          {some(-999, 0), true, fill},
		"−99.9":                 {some(-99.9, 0), false, fill},
		"NetCDF":                {some(9.96921e36, 0), false, fill},
		"1e20":                  {some(1e20, 300), false, fill},
		"1e30 once":             {func(i int) float64 { return map[bool]float64{true: 1e30, false: r.NormFloat64()}[i == 5] }, false, fill},
		"largest float32":       {some(math.MaxFloat32, 300), false, fill},
		"a value of no list":    {some(-1234, 0), false, fill},
		"one far value":         {func(i int) float64 { return map[bool]float64{true: 123, false: r.NormFloat64()}[i == 5] }, false, ""},
		"nines among others":    {func(int) float64 { return 1e5 * r.Float64() * float64(r.IntN(2)*2-1) }, false, ""},
		"constant":              {func(int) float64 { return 3 }, true, "constant in training"},
		"counts":                {func(int) float64 { return float64(r.IntN(11)) }, true, repeats},
		"many counts":           {func(int) float64 { return math.Round(100 + 10*r.NormFloat64()) }, false, repeats},
		"tenths":                {func(int) float64 { return float64(r.IntN(50)) / 10 }, false, repeats},
		"zero or more":          {func(int) float64 { return max(0, r.NormFloat64()) }, false, repeats},
		"whole and far between": {func(int) float64 { return float64(r.IntN(1e9)) }, false, ""},
		"number of the row":     {func(i int) float64 { return float64(i + 1) }, false, "number of the row"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r = rand.New(rand.NewPCG(1, 2)) // whatever the order of the cases is
			rows := generated(1000, map[string]func(int) float64{"a": normal, "odd": c.column, "z": normal})
			s, err := splitPlain(rows, Options{Standardise: c.standardise})
			if err != nil {
				t.Fatal(err)
			}
			of := func(where string, lines []string) {
				if c.standardise && c.want == fill { // which leaves the others few values, too
					lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, equal) })
				}
				all := strings.Join(lines, "\n")
				if (c.want == "") != (all == "") || len(lines) > 1 || !strings.Contains(all, c.want) || c.want != "" && !strings.Contains(all, `"odd"`) {
					t.Errorf("%s: %q, want one line with %q", where, lines, c.want)
				}
			}
			of("splits", s.Warnings(true))
			if c.want != "number of the row" {
				of("test", s.Prep.Warnings(rows, true))
			}
			real := c.want == repeats || strings.HasPrefix(c.want, "constant")
			if got := s.Warnings(false); real && got != nil || !real && !slices.Equal(got, s.Warnings(true)) {
				t.Errorf("of any density: %q", got)
			}
		})
	}
}

// Fills hide each other, and each has its count.
func TestWarningsOfFills(t *testing.T) {
	rows := generated(400, map[string]func(int) float64{"x": func(i int) float64 {
		switch {
		case i%10 == 0:
			return -9999
		case i%100 == 1:
			return 1e30
		case i%100 == 2:
			return -999
		}
		return 20 + math.Sin(float64(i))
	}})
	all := strings.Join(must.M1(splitPlain(rows, Options{})).Warnings(false), "\n")
	for _, want := range []string{"-9999 in 40 rows", "-999 in 4 rows", "1e+30 in 4 rows"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %q", want, all)
		}
	}
}

// Levels that get noise, and bits, are what they are.
func TestNoWarningsOfLevels(t *testing.T) {
	rows := generated(100, map[string]func(int) float64{"a": func(i int) float64 { return float64(i % 3) }, "b": func(int) float64 { return 0 }})
	for _, o := range []Options{{Dequantize: 3}, {Dequantize: 3, Logit: 0.1, Standardise: true}} {
		if got := must.M1(splitPlain(rows, o)).Warnings(true); got != nil {
			t.Errorf("%+v: %q", o, got)
		}
	}
}

// Where values of a context become equal though it is scaled, a line says so.
func TestWarningsOfContext(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rows := generated(200, map[string]func(int) float64{"a": func(int) float64 { return r.NormFloat64() },
		"when": func(i int) float64 { return 1.7e9 + r.NormFloat64() + 1e20*float64(i%10/9) }})
	got := must.M1(splitPlain(rows, Options{ContextColumns: 1, Standardise: true})).Warnings(true)
	if len(got) != 2 || !strings.Contains(got[1], `equal in float32: column context "when" (`) {
		t.Errorf("%q", got)
	}
}

// The first cell that is no number is named, whatever the order in which rows are drawn.
func TestSplitNamesFirstBadCell(t *testing.T) {
	rows := generated(50, map[string]func(int) float64{"a": func(i int) float64 { return float64(i * i) }, "b": func(i int) float64 { return 1 / float64(i-7) }})
	for i := 13; i < 40; i++ {
		rows.SetText(i, 0, "red")
	}
	for _, o := range []Options{{}, {Standardise: true}, {ContextColumns: 1}} {
		if _, err := splitPlain(rows, o); err == nil || !strings.Contains(err.Error(), `row 7, column "b"`) {
			t.Errorf("%+v: %v", o, err)
		}
		if _, err := splitPlain(rows, Options{DropColumns: []string{"b"}}); err == nil || !strings.Contains(err.Error(), `row 13, column "a"`) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// The notes of the reader are among the warnings.
func TestWarningsOfReader(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rows := generated(50, map[string]func(int) float64{"a": func(int) float64 { return r.NormFloat64() }})
	rows.Notes = []string{"read as Latin-1"}
	if got := must.M1(splitPlain(rows, Options{})).Warnings(true); !slices.Equal(got, []string{"t: read as Latin-1"}) {
		t.Errorf("%q", got)
	}
}

// Names of columns in another order, or other ones, are no rows of the model; a table
// without names is.
func TestApplyComparesNames(t *testing.T) {
	table := func(columns ...string) *Table {
		return must.M1(FromFlat([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6}, len(columns), columns...))
	}
	s := must.M1(splitPlain(table("a", "b", "c"), Options{ContextColumns: 1}))
	whole := must.M1(splitPlain(table("id", "a", "c"), Options{DropColumns: []string{"id"}}))
	apart := table("a", "b", "c").Select(nil, []int{0, 1})
	apart.Context = table("a", "b", "d").Select(nil, []int{2})
	for name, c := range map[string]struct {
		prep  *Preparation
		table *Table
		want  string
	}{
		"same":              {s.Prep, table("a", "b", "c"), ""},
		"none":              {s.Prep, must.M1(FromFlat([]float64{1, 2, 3}, 3)), ""},
		"another order":     {s.Prep, table("b", "a", "c"), `"b" stands where the model has "a"`},
		"another name":      {s.Prep, table("a", "b", "d"), `"d" stands where the model has "c"`},
		"another context":   {s.Prep, apart, `"d" stands where the model has "c"`},
		"the dropped":       {whole.Prep, table("number", "a", "c"), ""},
		"variables alone":   {whole.Prep, table("id", "a", "c").Select(nil, []int{1, 2}), ""},
		"variables swapped": {whole.Prep, table("id", "a", "c").Select(nil, []int{2, 1}), `"c" stands where the model has "a"`},
	} {
		_, err := c.prep.Apply(c.table)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if s.Prep.checkContextNames(table("x", "y", "z").Select(nil, []int{2})) == nil {
		t.Error("a context of another name passes")
	}
}
