package format

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// shown are the cells of a table: texts in quotes, numbers, and - for a missing one.
func shown(t *data.Table) string {
	rows, dim := t.Dims()
	var all []string
	for i := range rows {
		var row []string
		for c := range dim {
			cell := fmt.Sprint(t.At(i, c))
			if text, ok := t.Text(i, c); ok {
				cell = fmt.Sprintf("%q", text)
			} else if math.IsNaN(t.At(i, c)) {
				cell = "-"
			}
			row = append(row, cell)
		}
		all = append(all, strings.Join(row, " "))
	}
	return strings.Join(all, "; ")
}

// wantNote fails unless a table has notes with that part, or none where it is "".
func wantNote(t *testing.T, s *data.Table, part string) {
	t.Helper()
	if all := strings.Join(s.Notes, "; "); !strings.Contains(all, part) || (part == "") != (all == "") {
		t.Errorf("notes %q, want %q", all, part)
	}
}

// Tables with texts and holes as people have them.
func TestTablesOfTexts(t *testing.T) {
	cases := map[string]struct {
		text    string
		o       data.Dialect
		columns []string
		cells   string
		note    string // part of one, "" for none
	}{
		"R":                        {"\"\",\"ID\",\"class\"\n\"1\",\"1000025\",\"benign\"\n\"2\",NA,\"mild, or not\"\n", data.Dialect{}, []string{"0", "ID", "class"}, `1 1.000025e+06 "benign"; 2 - "mild, or not"`, "column 0 has no name"},
		"R, blanks, names of rows": {"\"a\" \"b\"\n\"1\" 5 \"x y\"\n\"2\" NA \"z\"\n", data.Dialect{}, []string{"0", "a", "b"}, `1 5 "x y"; 2 - "z"`, "a cell more than the header"},
		"R, tabs, names of rows":   {"a\tb\nr1\t5\tx\n", data.Dialect{}, []string{"0", "a", "b"}, `"r1" 5 "x"`, "a cell more than the header"},
		"number taken":             {",0\n0,5\n", data.Dialect{}, []string{"column 0", "0"}, `0 5`, "column 0 has no name"},
		"last without a name":      {"a,\n1,x\n2,\n", data.Dialect{}, []string{"a", "1"}, `1 "x"; 2 -`, "column 1 has no name"},
		"separators at the end":    {"a,b,\n1,2,\n3,4,\n", data.Dialect{}, []string{"a", "b"}, `1 2; 3 4`, ""},
		"years":                    {",2019,2020\na,1,2\n", data.Dialect{}, []string{"0", "2019", "2020"}, `"a" 1 2`, "column 0 has no name"},
		"two without a name":       {"a,,\nx,1,2\n", data.Dialect{Header: "yes", Separator: ","}, []string{"a", "1", "2"}, `"x" 1 2`, "column 1 has no name"},
		"texts alone":              {"a,b\nx,y\nz,y\n", data.Dialect{}, []string{"a", "b"}, `"x" "y"; "z" "y"`, ""},
		"no header":                {"5.1,setosa\n4.9,setosa\n7,virginica\n", data.Dialect{}, nil, `5.1 "setosa"; 4.9 "setosa"; 7 "virginica"`, ""},
		"no header, given":         {"5.1,setosa\n4.9,virginica\n", data.Dialect{Header: "no"}, nil, `5.1 "setosa"; 4.9 "virginica"`, ""},
		"no header, blanks":        {"1.5 red 3\n2 blue 4\n7 red 5\n", data.Dialect{}, nil, `1.5 "red" 3; 2 "blue" 4; 7 "red" 5`, ""},
		"signs":                    {"a,b\nNA,x\n?,N/A\nnull,NULL\nNaN,.\n\"\",#N/A\n1,None\n", data.Dialect{}, []string{"a", "b"}, `- "x"; - -; - -; - -; - -; 1 "None"`, ""},
		"signs, given":             {"a,b\n-9,x\n,NA\n", data.Dialect{Missing: []string{"-9x", "x "}}, []string{"a", "b"}, `-9 -; - "NA"`, ""},
		"ended, some lines":        {"a;b\n1;x;\n2;y\n3;z;\n", data.Dialect{}, []string{"a", "b"}, `1 "x"; 2 "y"; 3 "z"`, ""},
		"codes":                    {"zip,h,v\n00123,09,00.5\n12345,10,1\n00007,,2\n", data.Dialect{}, []string{"zip", "h", "v"}, `"00123" "09" 0.5; "12345" "10" 1; "00007" - 2`, ""},
		"no codes":                 {"a,b\n007,0\n-1,0.5\n08,-0\n", data.Dialect{}, []string{"a", "b"}, `7 0; -1 0.5; 8 -0`, ""},
		"thousands":                {"a;b\n1,234.5;-12,345\n7;1e3\n", data.Dialect{Thousands: "comma"}, []string{"a", "b"}, `1234.5 -12345; 7 1000`, ""},
		"thousands, German":        {"a;b\n1.234,5;1.234.567\n", data.Dialect{Thousands: "point", Decimal: "comma"}, []string{"a", "b"}, `1234.5 1.234567e+06`, ""},
		"thousands, quoted":        {"a,b\n\"1,234\",x\n\"12,34\",y\n5,z\n6,z\n7,z\n", data.Dialect{Thousands: "comma"}, []string{"a", "b"}, "", "-"},
		"thousands, French":        {"a;b\n1\u202f234,5;2\n1 234;\n", data.Dialect{Thousands: "blank", Decimal: "comma"}, []string{"a", "b"}, `1234.5 2; 1234 -`, ""},
		"thousands, Swiss":         {"a,b\n1'234,2\n1’234.5,3\n", data.Dialect{Thousands: "apostrophe"}, []string{"a", "b"}, `1234 2; 1234.5 3`, ""},
		"no thousands":             {"a;b\n1,234;2\n", data.Dialect{Thousands: "none"}, []string{"a", "b"}, `"1,234" 2`, ""},
		"few of many":              {"a;b\nx;1\ny;2\n1,5;3\n", data.Dialect{}, []string{"a", "b"}, `"x" 1; "y" 2; "1,5" 3`, ""},
		"Windows, quotes":          {"a;b\r\n\"x\";\"1\"\r\n\"say \"\"y\"\"\";\"\"\r\n", data.Dialect{}, []string{"a", "b"}, `"x" 1; "say \"y\"" -`, ""},
		"lines in a cell":          {"a,b\n\"x\ny\",1\n", data.Dialect{}, []string{"a", "b"}, `"x\ny" 1`, ""},
		"percent":                  {"a,b\n5%,$3\n7%,$4\n", data.Dialect{}, []string{"a", "b"}, `"5%" "$3"; "7%" "$4"`, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := ReadCSV(strings.NewReader(c.text), "t.csv", ReadOptions{Dialect: c.o})
			if c.note == "-" {
				datatest.WantError(t, err, "t.csv: line ")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(s); got != c.cells || !slices.Equal(s.Columns, c.columns) {
				t.Errorf("%q with %s, want %q with %s", s.Columns, got, c.columns, c.cells)
			}
			wantNote(t, s, c.note)
		})
	}
}

// What cannot be read right is refused with its place and the option that helps.
func TestTablesOfTextsRefuse(t *testing.T) {
	cases := map[string]struct {
		text string
		o    data.Dialect
		want []string
	}{
		"words and numbers":      {"country,2019\nFrance,1\nSpain,2\n", data.Dialect{}, []string{"line 1, column 0", "--header"}},
		"texts without a header": {"x,y\nx,z\nw,y\n", data.Dialect{}, []string{"line 1", "--header no"}},
		"equal names":            {"a,b,a\nx,1,2\n", data.Dialect{}, []string{"line 1", "columns 0 and 2", "--header"}},
		"a cell more":            {"a,b\nr1,5,x\n", data.Dialect{}, []string{"line 2 has 3 cells", "line 1 has 2"}},
		"decimal comma":          {"a;b\n1,5;x\n2,25;y\n", data.Dialect{}, []string{`line 2, column "a" is "1,5"`, "--decimal comma"}},
		"decimal point":          {"a;b\n1,5;x\n2.25;y\n", data.Dialect{Decimal: "comma"}, []string{`line 3, column "a" is "2.25"`, "--decimal point"}},
		"thousands":              {"a;b\n999;x\n1,234;y\n", data.Dialect{}, []string{`line 3, column "a" is "1,234"`, "--thousands comma", "--decimal comma"}},
		"thousands, points":      {"a;b\n999;x\n1.234.567;y\n", data.Dialect{}, []string{`line 3, column "a" is "1.234.567"`, "--thousands point"}},
		"thousands, blanks":      {"a;b\n999;x\n1 234;y\n", data.Dialect{}, []string{`line 3, column "a"`, "--thousands blank"}},
		"point for both":         {"a;b\n1;2\n", data.Dialect{Thousands: "point"}, []string{`"point"`, "thousands"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(c.text), "t.csv", ReadOptions{Dialect: c.o})
			datatest.WantError(t, err, append(c.want, "t.csv: ")...)
		})
	}
}

// A first line that has a known name is a header, although it has numbers.
func TestKnownNames(t *testing.T) {
	s, err := ReadCSV(strings.NewReader("0,2019\n1,2\n"), "t.csv", ReadOptions{Schema: data.Schema{{Name: "2019"}, {Name: "a"}}})
	if err != nil || !slices.Equal(s.Columns, []string{"0", "2019"}) || shown(s) != "1 2" {
		t.Errorf("%v, %v", s, err)
	}
}

// The tables that R and scikit-learn ship are read, with their names and their holes.
func TestShippedTables(t *testing.T) {
	for name, want := range map[string]struct{ rows, dim, texts, holes int }{
		"biopsy": {699, 12, 699, 16}, "breast_cancer": {569, 31, 569, 0}, "computers": {6259, 11, 3 * 6259, 0}, "diabetes": {442, 11, 0, 0},
		"diamonds": {53940, 11, 3 * 53940, 0}, "flchain": {7874, 12, 10043, 7055}, "slid": {7425, 6, 14729, 3648}, "survey": {237, 13, 1627, 107}, "wine": {178, 14, 178, 0},
	} {
		s, err := ReadFile(context.Background(), datatest.File(t, filepath.Join("tables", name+".csv.gz")), ReadOptions{})
		if err != nil {
			t.Error(err)
			continue
		}
		rows, dim := s.Dims()
		texts, holes := 0, 0
		for i := range rows {
			for c := range dim {
				if _, ok := s.Text(i, c); ok {
					texts++
				} else if math.IsNaN(s.At(i, c)) {
					holes++
				}
			}
		}
		if rows != want.rows || dim != want.dim || texts != want.texts || holes != want.holes || len(s.Columns) != dim {
			t.Errorf("%s: %d rows of %d, %d texts, %d holes, want %v", name, rows, dim, texts, holes, want)
		}
	}
}
