package recipe

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// hepmassFile has rows of label 1 and 0 in turn. Feature f0 is the row number,
// f1 has its smallest value in six signal rows, f2 in five, and f3 is negative.
func hepmassFile(rows int, mass bool) string {
	var b strings.Builder
	b.WriteString("# label,f0,f1,f2,f3")
	if mass {
		b.WriteString(",mass")
	}
	b.WriteString("\n")
	for i := range rows {
		k := float64(i / 2)
		fmt.Fprintf(&b, "%.18e,%.18e,%.18e,%.18e,%.18e", float64(1-i%2), float64(i), max(0, k-5), max(0, k-4), -k*k)
		if mass {
			b.WriteString(",1.000000000000000000e+03")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestHepmass(t *testing.T) {
	train, test := hepmassFile(46, false), hepmassFile(30, true)
	for _, dir := range []string{
		recipeFolder(t, "hepmass", "1000_train.csv", train, "1000_test.csv", test),
		recipeFolder(t, ".", "1000_train.csv.gz", string(datatest.Gzip([]byte(train))), "1000_test.csv.gz", string(datatest.Gzip([]byte(test)))),
	} {
		s, err := load(context.Background(), data.Options{Dir: dir, Source: "hepmass"})
		if err != nil {
			t.Fatal(err)
		}
		// 23 signal rows, of which the last tenth, 2, is valid; 15 in the other file.
		if s.Train.Rows != 21 || s.Valid.Rows != 2 || s.Test.Rows != 15 || !slices.Equal(s.Train.Columns, []string{"f0", "f2", "f3"}) {
			t.Fatalf("%d/%d/%d rows of %q", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Train.Columns)
		}
		wantScores(t, 1, s.Train, s.Valid)
		// f0 of the signal is 0, 2, …, 44: mean 22, sum of squares 4·1012 over 22.
		sd := math.Sqrt(4 * 1012 / 22.0)
		for i := range s.Valid.Rows {
			if got := float64(s.Valid.Row(i)[0])*sd + 22; math.Abs(got-float64(42+2*i)) > 1e-4 {
				t.Errorf("validation row %d is row %v of the file, want %d", i, got, 42+2*i)
			}
		}
		if got := float64(s.Test.Row(14)[0])*sd + 22; math.Abs(got-28) > 1e-4 {
			t.Errorf("the last test row has f0 %v, want 28, by the scale of train", got)
		}
		if s.Train.LogDet != s.Test.LogDet || s.Train.LogDet > -math.Log(sd) {
			t.Errorf("log-determinants %v and %v", s.Train.LogDet, s.Test.LogDet)
		}
	}
}

func TestHepmassRefuses(t *testing.T) {
	good := hepmassFile(46, false)
	cases := map[string]struct{ train, test, want string }{
		"no header":      {"1,2\n", good, `line 1, column 0 is "1"`},
		"empty":          {"\n", good, "no rows"},
		"label only":     {"# label\n1\n", good, "no column but the label"},
		"twice":          {"# label,a,a\n1,2,3\n", good, `both named "a"`},
		"label":          {"# label,a\n2,3\n", good, `line 2, column "# label" is "2", not the label 0 or 1`},
		"short":          {"# label,a,b\n1,2,3\n1,2\n", good, "line 3 has 2 cells, not 3"},
		"text":           {"# label,a,b\n0,2,3\n1,2,x\n", good, `line 3, column "b" is "x", not a number`},
		"no signal":      {"# label,a,b\n0,2,3\n", good, "no rows of label 1"},
		"few":            {hepmassFile(12, false), good, "too few"},
		"repeats":        {"# label,a\n" + strings.Repeat("1,2\n", 20), "# label,a\n1,2\n", "none is left"},
		"other features": {good, "# label,f0,f2\n1,2,3\n", `"f1" at 2`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := recipeFolder(t, "hepmass", "1000_train.csv", c.train, "1000_test.csv", c.test)
			_, err := load(context.Background(), data.Options{Dir: dir, Source: "hepmass"})
			datatest.WantError(t, err, "reading hepmass", "1000_train.csv", c.want)
		})
	}
	_, err := load(context.Background(), data.Options{Dir: recipeFolder(t, "hepmass", "1000_train.csv", good), Source: "hepmass"})
	datatest.WantError(t, err, "no 1000_test.csv", "UCI")
}

// Cells that the header does not name are not read, if every row has them.
func TestHepmassUnnamedCells(t *testing.T) {
	x, err := readHepmass(newLineReader(strings.NewReader("# label,a,b\n1,2,3,\n0,4,5,\n1,6,7,\n"), smallLimit()))
	if err != nil || x.Rows() != 2 || !slices.Equal(x.Float64(), []float64{2, 3, 6, 7}) {
		t.Errorf("%v, %v", x, err)
	}
	_, err = readHepmass(newLineReader(strings.NewReader("# label,a,b\n1,2,3,\n1,6,7\n"), smallLimit()))
	datatest.WantError(t, err, "line 3 has 3 cells, not 4")
}

func FuzzHepmass(f *testing.F) {
	f.Add(hepmassFile(5, true))
	f.Add("# label,a,b\n1,2,3,\n0\n")
	f.Fuzz(func(t *testing.T, text string) {
		x, err := readHepmass(newLineReader(strings.NewReader(text), smallLimit()))
		checkTable(t, x, err)
	})
}
