package recipe

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

const powerHeader = "Date;Time;Global_active_power;Global_reactive_power;Voltage;Global_intensity;Sub_metering_1;Sub_metering_2;Sub_metering_3\n"

// powerFile has 40 rows and two with missing values, as the owner writes them.
func powerFile() string {
	var b strings.Builder
	b.WriteString(powerHeader)
	for i := range 40 {
		if i == 7 {
			b.WriteString("28/4/2007;00:21:00;?;?;?;?;?;?;\r\n\r\n28/4/2007;00:22:00;1.0;0.0;?;1.0;0.0;0.0;0.0\r\n")
		}
		minute := i * 61 % 1440
		fmt.Fprintf(&b, "16/12/2006;%02d:%02d:00;%.3f;0.000;%.2f;2.400;%d.000;%d.000;%d.000\r\n",
			minute/60, minute%60, float64(200+123*i%1500)/1000, float64(23000+37*i%1700)/100, i*7%13, i*5%11, i*3%17)
	}
	return b.String()
}

// The rows that the paper's code, run by numpy, makes of the same 40 rows.
func TestPowerIsThePapers(t *testing.T) {
	for _, file := range []string{powerFile(), string(datatest.Gzip([]byte(powerFile()))), strings.ReplaceAll(powerFile(), ";", ",")} {
		s, err := load(context.Background(), data.Options{Dir: recipeFolder(t, "power", "household_power_consumption.txt", file), Source: "power"})
		if err != nil {
			t.Fatal(err)
		}
		if s.Train.Rows != 33 || s.Valid.Rows != 3 || s.Test.Rows != 4 || s.Dim != 6 || s.Train.Columns[1] != "Voltage" {
			t.Fatalf("%d/%d/%d rows of %q", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Train.Columns)
		}
		for name, c := range map[string]struct{ got, want []float32 }{
			"first of train": {s.Train.Row(0), []float32{0.207429288, -0.0219506846, -0.636540817, 0.579655047, -0.389274403, 1.36579821}},
			"last of valid":  {s.Valid.Row(2), []float32{0.47930815, 0.0649463827, 0.983848522, -1.30685249, 0.317234972, 1.51873752}},
			"last of test":   {s.Test.Row(3), []float32{-1.25424952, 1.63587322, 0.141868821, -0.683453843, 0.851113088, 0.661274487}},
		} {
			for d := range c.want {
				if math.Abs(float64(c.got[d]-c.want[d])) > 1e-6 {
					t.Errorf("%s: %v, want %v", name, c.got, c.want)
					break
				}
			}
		}
		if math.Abs(s.Test.LogDet+10.784124225441882) > 1e-9 || s.Train.LogDet != s.Test.LogDet {
			t.Errorf("log-determinant %v, want −10.7841242", s.Test.LogDet)
		}
		wantScores(t, 0, s.Train, s.Valid)
	}
}

// The first month of the owner's file, saved again with commas.
func TestPowerOfAMonth(t *testing.T) {
	month := must.M1(os.ReadFile(datatest.File(t, "real/household_power_2006-12-16_2007-01-19.csv.gz")))
	dir := recipeFolder(t, ".", "household_power_consumption.txt.gz", string(month))
	s, err := load(context.Background(), data.Options{Dir: dir, Source: "power"})
	if err != nil {
		t.Fatal(err)
	}
	wantScores(t, 0, s.Train, s.Valid)
	if n := s.Train.Rows + s.Valid.Rows + s.Test.Rows; n > 47960 || n < 47900 || s.Test.Rows != n/10 {
		t.Errorf("%d/%d/%d rows", s.Train.Rows, s.Valid.Rows, s.Test.Rows)
	}
	// The test rows are drawn from the same minutes as the others.
	for d, sum := range columnSums(s.Test) {
		if mean := sum / float64(s.Test.Rows); math.Abs(mean) > 5/math.Sqrt(float64(s.Test.Rows)) {
			t.Errorf("column %d has the mean %v on test", d, mean)
		}
	}
}

func TestPowerRefuses(t *testing.T) {
	row := "1/1/2007;00:00:00;1.0;0.0;240.0;1.0;0.0;0.0;0.0\n"
	cases := map[string]struct {
		text string
		want []string
	}{
		"no lines":     {"\n", []string{"no rows"}},
		"no header":    {row, []string{`line 1, column "Date" is "1/1/2007", not a header`}},
		"another file": {"a;b\n1;2\n", []string{"line 1 has 2 cells, not 9"}},
		"short":        {powerHeader + row + "1/1/2007;00:01:00;1.0\n", []string{"line 3 has 3 cells, not 9"}},
		"text":         {powerHeader + row + strings.Replace(row, "240.0", "24O.0", 1), []string{`line 3, column "Voltage" is "24O.0", not a number`}},
		"time":         {powerHeader + row + strings.Replace(row, "00:00:00", "24:00:00", 1), []string{`line 3, column "Time" is "24:00:00"`}},
		"infinite":     {powerHeader + strings.Replace(row, "240.0", "1e400", 1), []string{`line 2, column "Voltage" is +Inf`}},
		"few rows":     {powerHeader + row, []string{"1 rows are too few"}},
		"constant":     {powerHeader + strings.Repeat(row, 20), []string{`column "Time" is constant`}},
		"long line":    {powerHeader + strings.Repeat("x", 1<<17), []string{"line 2 is too long"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := recipeFolder(t, "power", "household_power_consumption.txt", c.text)
			_, err := load(context.Background(), data.Options{Dir: dir, Source: "power"})
			datatest.WantError(t, err, append(c.want, "reading power")...)
		})
	}
}

func TestMinuteOfDay(t *testing.T) {
	for s, want := range map[string]int{"00:00:00": 0, "17:24:00": 1044, "7:24:00": 444, "23:59:59": 1439} {
		if got, ok := minuteOfDay(s); !ok || got != want {
			t.Errorf("%s: %d, %v, want %d", s, got, ok, want)
		}
	}
	for _, s := range []string{"", ":24:00", "124:000", "24:00:00", "00:60:00", "00:00:60", "0a:00:00", "00-00:00", "00:00:000"} {
		if _, ok := minuteOfDay(s); ok {
			t.Errorf("%q is taken for a time", s)
		}
	}
}

func FuzzPower(f *testing.F) {
	f.Add(powerHeader + "a;00:00:00;1;2;3;4;5;6;7\nb;23:59:00;?;?;?;?;?;?;\n")
	f.Add(strings.ReplaceAll(powerHeader, ";", ","))
	f.Fuzz(func(t *testing.T, text string) {
		x, err := readPower(newLineReader(strings.NewReader(text), smallLimit()))
		checkTable(t, x, err)
		if err == nil && slices.ContainsFunc(x.Float64()[min(len(x.Float64()), 5):min(len(x.Float64()), 6)], func(m float64) bool { return m < 0 || m >= 1440 }) {
			t.Errorf("minute %v of the day", x.Float64()[5])
		}
	})
}
