package recipe

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"github.com/maskflow/maskflow/data"
	"github.com/maskflow/maskflow/data/datatest"
)

// npyF8 is an npy file of float64 numbers.
func npyF8(rows, cols int, x []float64) string {
	raw := must.M1(binary.Append(nil, binary.LittleEndian, x))
	return string(datatest.NPY(datatest.NPYHeader("<f8", false, fmt.Sprintf("(%d, %d)", rows, cols)), raw))
}

// The owner's file and the authors' rows of it give the same splits.
func TestPowerOfTheArchive(t *testing.T) {
	text := powerFile()
	var x []float64
	l := newLineReader(strings.NewReader(text), smallLimit())
	l.comma = ";"
	for l.next() {
		if l.line == 1 || strings.Contains(string(l.scanner.Bytes()), "?") {
			continue
		}
		x = append(x, l.numbers(2, 7)...)
		minute, _ := minuteOfDay(l.cells[1])
		x = append(x, float64(minute))
	}
	archive := must.M1(load(context.Background(), data.Options{Dir: recipeFolder(t, "power", "data.npy", npyF8(40, 8, x)), Source: "power"}))
	file := must.M1(load(context.Background(), data.Options{Dir: recipeFolder(t, "power", "household_power_consumption.txt", text), Source: "power"}))
	for k, n := range file.Sets() {
		other := archive.Sets()[k].Set
		if n.Set.Rows != other.Rows || n.Set.Dim != other.Dim || math.Abs(n.Set.LogDet-other.LogDet) > 1e-5 {
			t.Fatalf("%s: %d rows of %d from the file, %d of %d from the archive", n.Split, n.Set.Rows, n.Set.Dim, other.Rows, other.Dim)
		}
		for i, v := range n.Set.X {
			if math.Abs(float64(v-other.X[i])) > 1e-4 {
				t.Fatalf("%s: value %d is %v from the file, %v from the archive", n.Split, i, v, other.X[i])
			}
		}
	}
}

// The authors' rows after z-scores are scores of the same rows again: the recipe
// scales them once more, by the rows before the last tenth.
func TestMinibooneOfTheArchive(t *testing.T) {
	test := must.M1(os.ReadFile(datatest.File(t, "real/miniboone_test.npy")))
	dir := recipeFolder(t, "miniboone", "data.npy", string(test))
	s, err := load(context.Background(), data.Options{Dir: dir, Source: "miniboone"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Rows != 2956 || s.Valid.Rows != 328 || s.Test.Rows != 364 || s.Dim != 43 {
		t.Errorf("%d/%d/%d rows of %d", s.Train.Rows, s.Valid.Rows, s.Test.Rows, s.Dim)
	}
	wantScores(t, 0, s.Train, s.Valid)
	must.M(os.WriteFile(filepath.Join(dir, "miniboone", "data.npy"), []byte(npyF8(1, 3, []float64{1, 2, 3})), 0o600))
	_, err = load(context.Background(), data.Options{Dir: dir, Source: "miniboone"})
	datatest.WantError(t, err, "data.npy has 3 columns, not the 43", "zenodo")
}
