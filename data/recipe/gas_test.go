package recipe

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

const gasHeader = "Time (seconds), CO conc (ppm), Ethylene conc (ppm), sensor readings (16 channels) \n"

// gasFile has rows of 16 sensors, of which sensor 2k repeats sensor 2k+1 but for
// a little noise. The row number is in the last sensor.
func gasFile(rows int) string {
	var b strings.Builder
	b.WriteString(gasHeader)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range rows {
		fmt.Fprintf(&b, "%.2f    0.00    0.00", float64(i)/100)
		for k := range 8 {
			v := 1000 * r.NormFloat64()
			if k == 7 {
				v = float64(i)
			}
			fmt.Fprintf(&b, "    %.3f    %.3f", 3*v+r.NormFloat64(), v)
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

func TestGas(t *testing.T) {
	const rows = 802
	s, err := load(context.Background(), data.Options{Dir: recipeFolder(t, "gas", "ethylene_CO.txt", gasFile(rows)), Source: "gas"})
	if err != nil {
		t.Fatal(err)
	}
	// A quarter of 802 is 200.5, which pandas rounds to the even 200; then 20 and 18.
	if s.Train.Rows != 162 || s.Valid.Rows != 18 || s.Test.Rows != 20 || s.Dim != 8 {
		t.Fatalf("%d/%d/%d rows of %d", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim)
	}
	for k, name := range s.Train.Columns { // of each pair the first is left out
		if want := fmt.Sprintf("sensor_%d", 2*k+1); name != want {
			t.Errorf("column %d is %s, want %s", k, name, want)
		}
	}
	wantScores(t, 1, s.Train, s.Valid, s.Test)
	// The last column tells the row of the file: they stand in the order of
	// numpy's permutation, cut in three without another shuffle.
	chosen := newRandomState(42).permutation(rows)[:200]
	var file []float64
	for _, row := range chosen {
		file = append(file, float64(row))
	}
	mean, sd := stat.MeanStdDev(file, nil)
	at := 0
	for _, n := range s.Sets() {
		for i := range n.Set.Rows {
			if got := float64(n.Set.Row(i)[7])*sd + mean; math.Abs(got-file[at]) > 1e-3 {
				t.Fatalf("%s row %d is row %v of the file, want %v", n.Split, i, got, file[at])
			}
			at++
		}
	}
}

// Leaving out goes on until no pair is left, and starts again at the first.
func TestUncorrelated(t *testing.T) {
	x := &data.Table{Columns: numbered("c", 4)}
	r := rand.New(rand.NewPCG(5, 5))
	for range 500 {
		a, b := r.NormFloat64(), r.NormFloat64()
		x.Append([]float64{a, b, a + 0.01*r.NormFloat64(), -2*a + 3})
	}
	// Columns 0 and 2 repeat each other, 3 has the correlation −1 with both.
	if got := uncorrelated(x); fmt.Sprint(got) != "[1 2 3]" {
		t.Errorf("columns %v, want 1, 2 and 3", got)
	}
}

func TestGasRefuses(t *testing.T) {
	whole := gasFile(100)
	broken := strings.ReplaceAll(whole, "0.00    0.00    ", "0.00    0.00    x")
	for want, text := range map[string]string{
		"it holds no rows":                gasHeader,
		"line 2 has 3 cells, not 19":      gasHeader + strings.Repeat("1 2 3\n", 100),
		`column "sensor_0" is "x`:         broken,
		"10 rows are too few":             gasFile(40),
		`column "sensor_0" is constant`:   gasHeader + strings.Repeat("0 0 0"+strings.Repeat(" 1", 16)+"\n", 100),
		"line 1 is too long: it is not a": strings.Repeat("x", 1<<17),
	} {
		_, err := load(context.Background(), data.Options{Dir: recipeFolder(t, "gas", "ethylene_CO.txt", text), Source: "gas"})
		datatest.WantError(t, err, "reading gas: ethylene_CO.txt: "[:12], want)
	}
	_, err := load(context.Background(), data.Options{Dir: recipeFolder(t, "gas", "ethylene_CO.txt", whole), Source: "gas", MaxValues: 399})
	datatest.WantError(t, err, "the limit")
}

func FuzzGas(f *testing.F) {
	f.Add("t\n" + strings.Repeat("1 ", 19) + "\n" + strings.Repeat("2 ", 19))
	f.Add("1 2 3\n")
	f.Fuzz(func(t *testing.T, text string) {
		x, err := readGas(newLineReader(strings.NewReader(text), smallLimit()))
		checkTable(t, x, err)
	})
}
