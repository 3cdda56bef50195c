package format

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// csvOf reads a table of numbers.
func csvOf(text string) (*data.Table, error) {
	t, err := ReadCSV(strings.NewReader(text), "t.csv", ReadOptions{})
	if err == nil {
		_, err = t.Values()
	}
	return t, err
}

func TestCSV(t *testing.T) {
	cases := map[string]struct {
		text    string
		rows    int
		columns []string
		x       []float32
	}{
		"plain":               {"1,2\n3,4\n5,6\n", 3, nil, []float32{1, 2, 3, 4, 5, 6}},
		"no last newline":     {"1,2\n3,4", 2, nil, []float32{1, 2, 3, 4}},
		"Windows lines":       {"a,b\r\n1,2\r\n", 1, []string{"a", "b"}, []float32{1, 2}},
		"header":              {"a,b\n1,2\n", 1, []string{"a", "b"}, []float32{1, 2}},
		"quoted header":       {"\"fixed; acidity\",\"a,b\"\n1,2\n", 1, []string{"fixed; acidity", "a,b"}, []float32{1, 2}},
		"semicolons":          {"\"fixed acidity\";\"pH\"\n7.4;3.51\n", 1, []string{"fixed acidity", "pH"}, []float32{7.4, 3.51}},
		"tabs":                {"1\t2\n3\t4\n", 2, nil, []float32{1, 2, 3, 4}},
		"semicolon in a name": {"a;b,c\n1,2\n", 1, []string{"a;b", "c"}, []float32{1, 2}},
		"one line":            {"1;2\n", 1, nil, []float32{1, 2}},
		"one column":          {"1\n2\n3\n", 3, nil, []float32{1, 2, 3}},
		"quoted numbers":      {"\"1\",\"2\"\n", 1, nil, []float32{1, 2}},
		"spaces":              {" 1 , 2 \n", 1, nil, []float32{1, 2}},
		"empty lines":         {"\n\n1,2\n\n3,4\n\n", 2, nil, []float32{1, 2, 3, 4}},
		"byte order mark":     {"\ufeffa,b\n1,2\n", 1, []string{"a", "b"}, []float32{1, 2}},
		"exponents":           {"1e3,-2.5E-1\n", 1, nil, []float32{1000, -0.25}},
		"smallest, vanished":  {"1e-45,1e-60\n", 1, nil, []float32{math.SmallestNonzeroFloat32, 0}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := csvOf(c.text)
			if err != nil {
				t.Fatal(err)
			}
			datatest.WantTable(t, s, c.rows, len(c.x)/c.rows, c.x...)
			if !slices.Equal(s.Columns, c.columns) {
				t.Errorf("columns %q, want %q", s.Columns, c.columns)
			}
		})
	}
}

func TestCSVRefuses(t *testing.T) {
	cases := map[string]struct {
		text string
		want []string
	}{
		"empty":            {"", []string{"no rows"}},
		"empty lines":      {"\n\n", []string{"no rows"}},
		"header only":      {"a,b\n", []string{"no rows", "header on line 1"}},
		"fewer cells":      {"1,2,3\n4,5,6\n\n7,8\n", []string{"line 4 has 2 cells", "line 1 has 3"}},
		"more cells":       {"a;b\n1;2\n3;4;5\n", []string{"line 3 has 3 cells", "line 1 has 2", "';'"}},
		"text":             {"a,b\n1,2\n3,red\n", []string{`line 3, column "b" is "red", not a number`}},
		"text, no header":  {"1,2\n3,red\n", []string{`line 2, column 1 is "red", not a number`}},
		"text in line 1":   {"1,?\n3,4\n", []string{"line 1, column 1 is missing"}},
		"empty cell":       {"a,b\n1,\n", []string{`line 2, column "b" is missing`}},
		"missing":          {"a,b\n1,?\n", []string{`line 2, column "b" is missing`, "finite"}},
		"NaN":              {"1,2\n3,NaN\n", []string{"line 2, column 1 is missing"}},
		"infinite":         {"1,2\n3,-inf\n", []string{"line 2, column 1 is -Inf"}},
		"too large":        {"1,2\n1e39,4\n", []string{"line 2, column 0 is 1e+39, too large for float32"}},
		"decimal comma":    {"1.5;2\n2,5;3\n", []string{`line 2, column 0 is "2,5"`, "data.decimal"}},
		"separated by gap": {"1\n1 2\n", []string{`line 2, column 0 is "1 2"`, "data.separator"}},
		"equal names":      {"a,b,a\n0,1,2\n", []string{"line 1", `columns 0 and 2 are both named "a"`}},
		"open quote":       {"1,2\n\"3,4\n5,6\n", []string{"quote", "line 2"}},
		"bare quote":       {"1,2\n3\",4\n", []string{"line 2", "quote"}},
		"long cell":        {"1\n" + strings.Repeat("x", 1000), []string{"line 2", "…"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := csvOf(c.text)
			datatest.WantError(t, err, append(c.want, "t.csv: ")...)
			if err != nil && len(err.Error()) > 200 {
				t.Errorf("a message of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestCSVMissing(t *testing.T) {
	s, err := ReadCSV(strings.NewReader("a,b,c,d\n?,,NA,nan\n1,2,3,4\n"), "-", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for c := range 4 {
		if !math.IsNaN(s.At(0, c)) || s.At(1, c) != float64(c+1) {
			t.Errorf("column %d is %v, %v", c, s.At(0, c), s.At(1, c))
		}
	}
	s, err = ReadCSV(strings.NewReader("?,1\n"), "-", ReadOptions{})
	if err != nil || s.Rows() != 1 || s.Columns != nil {
		t.Errorf("a first line with a missing value is not a row: %v", err)
	}
}

func TestCSVCompressed(t *testing.T) {
	for _, name := range []string{"t.csv.gz", "T.CSV", "t.data"} { // gzip is told by its first bytes
		s, err := ReadFile(context.Background(), datatest.Temp(t, name, datatest.Gzip([]byte("a,b\n1,2\n"))), ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		datatest.WantTable(t, s, 1, 2, 1, 2)
	}
	whole := datatest.Gzip([]byte("1,2\n3,4\n"))
	_, err := ReadFile(context.Background(), datatest.Temp(t, "t.csv.gz", whole[:len(whole)-9]), ReadOptions{})
	datatest.WantError(t, err, "t.csv.gz", "cut short")
	whole[len(whole)-8]++
	_, err = ReadFile(context.Background(), datatest.Temp(t, "t.csv.gz", whole), ReadOptions{})
	datatest.WantError(t, err, "checksum")
}

// A line without end is refused before it fills the memory.
func TestCSVBomb(t *testing.T) {
	for _, prefix := range []string{"1\n", "1\n\"2\n"} {
		bomb := datatest.ZeroBomb([]byte(prefix), maxCSVLine+1<<20)
		_, err := ReadFile(context.Background(), datatest.Temp(t, "t.csv.gz", bomb), ReadOptions{})
		datatest.WantError(t, err, "longer than 64 MiB")
	}
	_, err := ReadCSV(strings.NewReader(strings.Repeat("1,2\n", 100)), "-", ReadOptions{MaxValues: 20})
	datatest.WantError(t, err, "line 11", "more than 20 values")
}

func TestCSVOfUCI(t *testing.T) {
	s, err := ReadFile(context.Background(), datatest.File(t, "real/winequality-white.csv"), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	datatest.WantTable(t, s, 4898, 12, 7)
	s, err = ReadFile(context.Background(), datatest.File(t, "real/parkinsons_updrs.data"), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	datatest.WantTable(t, s, 5875, 22, 1)
	if s.Columns[0] != "subject#" || s.Columns[21] != "PPE" {
		t.Errorf("parkinsons: columns %q", s.Columns)
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "1;2\n3;4", "\ufeffx\n\"1\"\n", "1,2\n3\n", "1\t2\r\n", "\"a\nb\",c\n1,2\n", "?,NA\n,nan\n", "1e400\n", "\"",
		"# a b\n 1 2 \n", "\xff\xfe1\x00,\x002\x00\n\x00", "\xfe\xff\x001\x00\n", "gr\xf6\xdfe|b\n1|2\n", "1\r2\r", "1,5;2\n", "0,1,\n2,3,\n",
		"a b\n\"r\" 1 x\n", "a,b\n007,x\n10,y\n", "x,y\nx,z\n", "1,x\n2,x\n", ",5,6\nx,1'234,\n", "a;b\n1.234;x\n1,5;y\n",
	} {
		f.Add(seed, "", "", "", "")
		f.Add(seed, "yes", "blanks", "comma", "latin-1")
		f.Add(seed, "no", "|", "point", "utf-16")
	}
	f.Fuzz(func(t *testing.T, text, header, separator, decimal, encoding string) {
		o := data.Dialect{Header: header, Separator: separator, Decimal: decimal, Encoding: encoding}
		s, err := ReadCSV(strings.NewReader(text), "t.csv", ReadOptions{Dialect: o, MaxValues: 1 << 12})
		checkRead(t, s, err)
	})
}

// A cell that is no number is kept as a text, and missing as a number.
func TestCSVText(t *testing.T) {
	s, err := ReadCSV(strings.NewReader("size,colour\n1,red\n2,\"dark, blue\"\n"), "t.csv", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := s.Text(1, 1); !ok || text != "dark, blue" || !math.IsNaN(s.At(1, 1)) {
		t.Errorf("text %q", text)
	}
	if _, ok := s.Text(1, 0); ok || s.At(1, 0) != 2 {
		t.Error("a number is a text")
	}
	var b strings.Builder
	if err := WriteCSV(&b, s); err != nil || b.String() != "size,colour\n1,red\n2,\"dark, blue\"\n" {
		t.Errorf("written %q, %v", b.String(), err)
	}
}
