package recipe

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
	"github.com/maskflow/maskflow/data/format"
)

// minibooneFile has signal rows, of which the third is an outlier, and as many
// background rows. Column 0 is the row number; column 7 is constant in six rows.
func minibooneFile(signal int) string {
	var b strings.Builder
	fmt.Fprintf(&b, " %d %d\n", signal, signal)
	for i := range 2 * signal {
		for c := range minibooneColumns {
			v := float64(i) + math.Sin(float64(i*c))
			switch {
			case i == 2:
				v = -999
			case c == 7:
				v = max(9, float64(i))
			case c == 0:
				v = float64(i)
			}
			fmt.Fprintf(&b, "  %.6E", v)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestMiniboone(t *testing.T) {
	s, err := load(context.Background(), data.Options{
		Dir: recipeFolder(t, "miniboone", "MiniBooNE_PID.txt", minibooneFile(32)), Source: "miniboone"})
	if err != nil {
		t.Fatal(err)
	}
	// 31 signal rows without the outlier: 3 for testing, 2 of the other 28.
	if s.Train.Rows != 26 || s.Valid.Rows != 2 || s.Test.Rows != 3 || s.Dim != 49 || s.Train.Columns[7] != "pid_8" {
		t.Fatalf("%d/%d/%d rows of %q", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Train.Columns)
	}
	wantScores(t, 0, s.Train, s.Valid)
	// Column 0 of train and valid is 0, 1, 3, …, 28.
	var sum, squares float64
	for i := range 29 {
		if v := float64(i); i != 2 {
			sum, squares = sum+v, squares+v*v
		}
	}
	mean := sum / 28
	sd := math.Sqrt(squares/28 - mean*mean)
	for i := range s.Test.Rows {
		if got := float64(s.Test.Row(i)[0])*sd + mean; math.Abs(got-float64(29+i)) > 1e-4 {
			t.Errorf("test row %d is row %v of the file, want %d", i, got, 29+i)
		}
	}
}

func TestMinibooneRefuses(t *testing.T) {
	good := minibooneFile(32)
	for want, text := range map[string]string{
		"no rows":                            "\n",
		"line 1 has 1 cells, not 2":          "36499\n",
		`line 1, column 0 is "1.5"`:          "1.5 2\n",
		`line 1, column 0 is "x"`:            "x 2\n",
		"line 2 has 3 cells, not 50":         "2 2\n1 2 3\n",
		"says 90 signal rows, but there are": strings.Replace(good, " 32 ", " 90 ", 1),
		`line 2, column "pid_1" is "bad"`:    strings.Replace(good, "0.000000E+00  0.000000E+00", "0.000000E+00  bad", 1),
		"7 rows are too few":                 minibooneFile(8),
	} {
		dir := recipeFolder(t, "miniboone", "MiniBooNE_PID.txt", text)
		_, err := load(context.Background(), data.Options{Dir: dir, Source: "miniboone"})
		datatest.WantError(t, err, "reading miniboone", want)
	}
}

// The paper's rows after its own code, which an evaluation of the recipe on the
// owner's file must give: 43 scores each, of about mean 0 and deviation 1.
func TestMinibooneOfThePaper(t *testing.T) {
	for name, rows := range map[string]int{"miniboone_valid.npy": 3284, "miniboone_test.npy": 3648} {
		s, err := format.ReadFile(context.Background(), datatest.File(t, "real/"+name), format.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		datatest.WantTable(t, s, rows, 43)
		for c := range 43 {
			mean := 0.0
			for i := range rows {
				mean += s.At(i, c) / float64(rows)
			}
			if math.Abs(mean) > 0.3 {
				t.Errorf("%s: column %d has the mean %v", name, c, mean)
			}
		}
	}
}

func FuzzMiniboone(f *testing.F) {
	f.Add("2 1\n" + strings.Repeat("1 ", 50) + "\n-999" + strings.Repeat(" 2", 49))
	f.Add("1 1\n1 2\n")
	f.Add("1e300 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		x, err := readMiniboone(newLineReader(strings.NewReader(text), smallLimit()))
		checkTable(t, x, err)
	})
}
