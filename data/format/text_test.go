package format

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// utf16Text encodes a text, with a mark or without.
func utf16Text(order unicode.Endianness, mark unicode.BOMPolicy, text string) string {
	out, err := unicode.UTF16(order, mark).NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return out
}

func latin1(text string) string {
	out, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return out
}

// Tables of text as people have them.
func TestOddTables(t *testing.T) {
	two := []string{"größe", "b"}
	ab := []string{"a", "b"}
	const umlauts = "größe,b\n1.5,2\n3,4\n"
	cases := map[string]struct {
		text    string
		o       data.Dialect
		columns []string
		rows    int
		x       []float32
		line    int    // of the last row
		note    string // part of the only one, "" for none
	}{
		"UTF-16 little, mark":     {utf16Text(unicode.LittleEndian, unicode.UseBOM, umlauts), data.Dialect{}, two, 2, []float32{1.5, 2, 3, 4}, 3, "UTF-16"},
		"UTF-16 big, mark":        {utf16Text(unicode.BigEndian, unicode.UseBOM, umlauts), data.Dialect{}, two, 2, []float32{1.5, 2, 3, 4}, 3, "UTF-16"},
		"UTF-16 little":           {utf16Text(unicode.LittleEndian, unicode.IgnoreBOM, umlauts), data.Dialect{}, two, 2, []float32{1.5, 2, 3, 4}, 3, "UTF-16"},
		"UTF-16 big, given":       {utf16Text(unicode.BigEndian, unicode.IgnoreBOM, umlauts), data.Dialect{Encoding: "utf-16"}, two, 2, []float32{1.5, 2, 3, 4}, 3, ""},
		"UTF-16, Windows, tabs":   {utf16Text(unicode.LittleEndian, unicode.UseBOM, "a\tb\r\n1\t2\r\n"), data.Dialect{}, ab, 1, []float32{1, 2}, 2, "UTF-16"},
		"Latin-1":                 {latin1(umlauts), data.Dialect{}, two, 2, []float32{1.5, 2, 3, 4}, 3, "line 1 is not UTF-8"},
		"Latin-1, given":          {latin1(umlauts), data.Dialect{Encoding: "latin-1"}, two, 2, []float32{1.5, 2, 3, 4}, 3, ""},
		"UTF-8, given":            {"\ufeff" + umlauts, data.Dialect{Encoding: "utf-8"}, two, 2, []float32{1.5, 2, 3, 4}, 3, ""},
		"old Mac":                 {"a,b\r1,2\r3,4\r", data.Dialect{}, ab, 2, []float32{1, 2, 3, 4}, 3, ""},
		"blanks":                  {"  0.1  18.0\n -2.0e1   7\n", data.Dialect{}, nil, 2, []float32{0.1, 18, -20, 7}, 2, ""},
		"blanks and tabs":         {"a b\n1 \t 2  \n\n 3   4\n", data.Dialect{Separator: "blanks"}, ab, 2, []float32{1, 2, 3, 4}, 4, ""},
		"blanks under names":      {"a   b\n1   2\n", data.Dialect{}, ab, 1, []float32{1, 2}, 2, ""},
		"blanks, quoted":          {"'x' \"y  z\"\n1 \"2\"\n", data.Dialect{Separator: "blanks"}, []string{"'x'", "y  z"}, 1, []float32{1, 2}, 2, ""},
		"a name with blanks":      {"fixed acidity\n1\n2\n", data.Dialect{}, []string{"fixed acidity"}, 2, []float32{1, 2}, 3, ""},
		"German":                  {"a;b\n1,5;-2,25\n3;1e2\n", data.Dialect{Decimal: "comma"}, ab, 2, []float32{1.5, -2.25, 3, 100}, 3, ""},
		"German, one column":      {"a\n1,5\n2,5\n", data.Dialect{Decimal: "comma"}, []string{"a"}, 2, []float32{1.5, 2.5}, 3, ""},
		"German, blanks":          {"1,5 2,5\n3,5 4,5\n", data.Dialect{Decimal: "comma"}, nil, 2, []float32{1.5, 2.5, 3.5, 4.5}, 2, ""},
		"bars":                    {"a|b\n1|2\n", data.Dialect{}, ab, 1, []float32{1, 2}, 2, ""},
		"given separator":         {"a,x:b\n1:2\n", data.Dialect{Separator: ":"}, []string{"a,x", "b"}, 1, []float32{1, 2}, 2, ""},
		"ended, header":           {"a;b;\n1;2;\n3;4;\n", data.Dialect{}, ab, 2, []float32{1, 2, 3, 4}, 3, ""},
		"ended":                   {"1\t2\t\n3\t4\t\n", data.Dialect{}, nil, 2, []float32{1, 2, 3, 4}, 2, ""},
		"comments":                {"# by hand\n\n# in metres\n1,2\n3,4\n", data.Dialect{}, nil, 2, []float32{1, 2, 3, 4}, 5, ""},
		"numpy's header":          {"# a b\n1 2\n3 4\n", data.Dialect{}, ab, 2, []float32{1, 2, 3, 4}, 3, ""},
		"comment and header":      {"# x,y\na,b\n1,2\n", data.Dialect{}, ab, 1, []float32{1, 2}, 3, ""},
		"numpy's header, none":    {"# a,b\n1,2\n", data.Dialect{Header: "no"}, nil, 1, []float32{1, 2}, 2, ""},
		"header of numbers":       {"1990,1991\n0.5,0.25\n", data.Dialect{Header: "yes"}, []string{"1990", "1991"}, 1, []float32{0.5, 0.25}, 2, ""},
		"header of a name":        {"x,1991\n0.5,0.25\n", data.Dialect{Header: "yes"}, []string{"x", "1991"}, 1, []float32{0.5, 0.25}, 2, ""},
		"counted columns":         {"0,1,2\n5,6,7\n8,9,8\n", data.Dialect{}, nil, 3, []float32{0, 1, 2, 5, 6, 7, 8, 9, 8}, 3, "line 1 counts the columns"},
		"counted from 1":          {"1;2\n5;6\n8;9\n", data.Dialect{}, nil, 3, []float32{1, 2, 5, 6, 8, 9}, 3, "line 1 counts the columns"},
		"far first row":           {"1990,1991\n1,2\n2,1\n3,3\n0,2\n", data.Dialect{}, nil, 5, []float32{1990, 1991, 1, 2, 2, 1, 3, 3, 0, 2}, 5, "line 1 is far"},
		"far first row, on order": {"1990,1991\n1,2\n2,1\n3,3\n0,2\n", data.Dialect{Header: "no"}, nil, 5, []float32{1990, 1991, 1, 2, 2, 1, 3, 3, 0, 2}, 5, ""},
		"an outlier below":        {"1,3\n1990,1991\n2,1\n3,3\n0,2\n", data.Dialect{}, nil, 5, []float32{1, 3, 1990, 1991, 2, 1, 3, 3, 0, 2}, 5, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := ReadCSV(strings.NewReader(c.text), "t.csv", ReadOptions{Dialect: c.o})
			if err != nil {
				t.Fatal(err)
			}
			datatest.WantTable(t, s, c.rows, len(c.x)/c.rows, c.x...)
			if !slices.Equal(s.Columns, c.columns) || s.Lines.At(c.rows-1) != c.line {
				t.Errorf("columns %q, last line %d, want %q, %d", s.Columns, s.Lines.At(c.rows-1), c.columns, c.line)
			}
			wantNote(t, s, c.note)
		})
	}
}

func TestOddTablesRefuse(t *testing.T) {
	cases := map[string]struct {
		text string
		o    data.Dialect
		want []string
	}{
		"UTF-32":                   {"\xff\xfe\x00\x001\x00\x00\x00", data.Dialect{}, []string{"UTF-32"}},
		"workbook":                 {"PK\x03\x04\x14\x00\x06", data.Dialect{}, []string{"zip archive"}},
		"numbers of a machine":     {"\x00\x01\x02\n\x05\x00", data.Dialect{}, []string{"value zero"}},
		"Latin-1 for UTF-8":        {latin1("a,größe\n1,2\n"), data.Dialect{Encoding: "utf-8"}, []string{"line 1, column 1", "--encoding"}},
		"names and numbers":        {"id,2019\n1,2\n", data.Dialect{}, []string{"line 1, column 0", "--header"}},
		"names for a row":          {"a,b\n1,2\n", data.Dialect{Header: "no"}, []string{"line 1, column 0", `"a"`}},
		"decimal comma":            {"a;b\n1,5;2\n", data.Dialect{}, []string{`line 2, column "a"`, "--decimal comma"}},
		"decimal comma, no header": {"1,5;2,5\n3;4\n", data.Dialect{}, []string{"line 1, column 0", "--decimal"}},
		"decimal point, no header": {"1.5;2.5\n3;4\n", data.Dialect{Decimal: "comma"}, []string{"line 1, column 0", "--decimal"}},
		"thousands":                {"a;b\n1.234,5;2\n", data.Dialect{Decimal: "comma"}, []string{`line 2, column "a"`}},
		"point for a comma":        {"a;b\n1.5;2\n", data.Dialect{Decimal: "comma"}, []string{`line 2, column "a"`}},
		"blanks around a tab":      {"  1\t 2  3 \n  4\t 5  6 \n", data.Dialect{}, []string{"line 1, column 1", "--separator blanks"}},
		"another separator":        {"a;b\n1;2\n", data.Dialect{Separator: ","}, []string{`line 2, column "a;b"`}},
		"no separator":             {"a\n1\n", data.Dialect{Separator: "ab"}, []string{`"ab"`}},
		"value behind the end":     {"a,b,\n1,2,\n3,4,5\n", data.Dialect{}, []string{"line 3 has 3 cells", "line 1 has 2"}},
		"comment between rows":     {"1,2\n# end\n", data.Dialect{}, []string{"line 2 has 1 cell,"}},
		"quote behind a comment":   {"# a\n1,2\n3\",4\n", data.Dialect{}, []string{"line 3"}},
		"empty cell of tabs":       {"a\tb\tc\n1\t\t3\n", data.Dialect{}, []string{`line 2, column "b" is missing`}},
		"first cell of tabs":       {"a\tb\n\t3\n", data.Dialect{}, []string{`line 2, column "a" is missing`}},
		"infinite":                 {"a\nInf\n", data.Dialect{}, []string{`line 2, column "a" is +Inf`}},
	}
	for _, cell := range []string{"1_2", "0x1p-2", "1e5_0", "0b1", "1e", "e5", "--1", "1.2.3", "1 2", "−1", "½", "TRUE", "#1"} {
		cases["the cell "+cell] = struct {
			text string
			o    data.Dialect
			want []string
		}{"a,b\n1,2\n3," + cell + "\n", data.Dialect{}, []string{`line 3, column "b" is "` + cell + `", not a number`}}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := ReadCSV(strings.NewReader(c.text), "t.csv", ReadOptions{Dialect: c.o})
			if err == nil {
				_, err = s.Values()
			}
			datatest.WantError(t, err, append(c.want, "t.csv: ")...)
		})
	}
}

// Whole numbers that float64 rounds are noted, in text and in arrays.
func TestRoundedWholeNumbers(t *testing.T) {
	for text, want := range map[string]bool{
		"1\n12345678901234567\n": true, "-9007199254740993\n": true, "a\n1700000000123456789\n": true,
		"9007199254740994\n": false, "1e20\n": false, "12345678901234567.5\n": false, "9007199254740993,1\n9007199254740993,2\n": true,
	} {
		s, err := ReadCSV(strings.NewReader(text), "t.csv", ReadOptions{})
		if err != nil || (len(s.Notes) == 1 && strings.Contains(s.Notes[0], "beyond 2^53")) != want {
			t.Errorf("%q: %v, %v", text, s.Notes, err)
		}
	}
	for kind, want := range map[elementKind]bool{"i8": true, "u8": true, "f8": false} {
		var b bytes.Buffer
		b.Write(npyHeader(kind, []int{1, 2}))
		if err := binary.Write(&b, binary.LittleEndian, []uint64{7, 1<<60 + 1}); err != nil {
			t.Fatal(err)
		}
		s, err := ReadFile(context.Background(), datatest.Temp(t, "x.npy", b.Bytes()), ReadOptions{})
		if err != nil || (len(s.Notes) == 1 && strings.Contains(s.Notes[0], "column 1")) != want {
			t.Errorf("%s: %v, %v", kind, s, err)
		}
	}
}

// Densities, which may be infinite, are read again.
func TestCSVInfinite(t *testing.T) {
	s, err := ReadCSV(strings.NewReader("log_prob\n-Inf\n+inf\n"), "t.csv", ReadOptions{Infinite: true})
	if err != nil || !math.IsInf(s.At(0, 0), -1) || !math.IsInf(s.At(1, 0), 1) {
		t.Errorf("%v, %v", s, err)
	}
}
